/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_RECORDS_H
#define LADLE_TEST_RECORDS_H

/*
 * Lists of records, and files of them in memory.
 */

#include "gen.h"
#include <ladle.h>

struct records {
    ladle_buffer bytes;
    ladle_buffer ends; /* size_t each */
    size_t count;
};

/*
 * The record is what was put into records->bytes since the one before it.
 */
void records_end(struct records *records);

/*
 * Add 'count' random records.
 */
void records_generate(struct records *records, uint64_t seed, enum gen_style style, size_t count);
ladle_cursor records_at(const struct records *records, size_t index);
void records_free(struct records *records);

/*
 * How many values follow an item as its own.
 */
uint64_t values_in(const ladle_item *item);

/*
 * Whether two tagged values are equal. An integer is the same as INT and as BIGINT.
 */
bool values_equal(ladle_cursor one, ladle_cursor other);

/*
 * Options that make the same file each time.
 */
ladle_writer_options fixed_options(void);

/*
 * Write a whole file; the test fails when that fails.
 */
void write_file(const struct records *records, const ladle_writer_options *options,
                ladle_memory_sink *file);

struct outcome {
    ladle_status status; /* LADLE_END or an error */
    uint64_t count;      /* records before that */
    bool is_open;        /* the error did not come from opening */
    ladle_error error;
};

/*
 * Read to the end or an error. The test fails when a record is not the one of 'expected' (NULL: is
 * no whole value), or when the error does not come again.
 */
struct outcome read_source(const ladle_source *source, const ladle_reader_options *options,
                           const struct records *expected);
struct outcome read_memory(const void *data, size_t len, const ladle_reader_options *options,
                           const struct records *expected);

/*
 * The test fails unless the file holds exactly these records and is complete.
 */
void must_hold(const void *data, size_t len, const struct records *expected);

/*
 * Write and read back.
 */
void round_trip(const struct records *records, const ladle_writer_options *options);

#endif
