/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_EVERYTHING_H
#define LADLE_TEST_EVERYTHING_H

/*
 * Rows of structs with fields of all types, and files of them.
 */

#include <ladle.h>

struct point {
    double x;
    int16_t y;
};

struct everything {
    bool truth;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f;
    double d;
    char text[20];
    char short_text[3];
    unsigned char raw[5];
    ladle_string string;
    ladle_string blob;
    int32_t array[4];
    struct point point;
    struct point points[2];
};

extern const ladle_layout point_layout;

/*
 * As dicts and as tuples.
 */
extern const ladle_layout everything_layouts[2];

/*
 * The letters of which texts are made.
 */
extern const char everything_letters[];

/*
 * To be released with free.
 */
struct everything *random_rows(uint64_t seed, size_t count);

void must_be_points(const struct point *one, const struct point *other, size_t count);
void must_be_row(const struct everything *got, const struct everything *written);

/*
 * A writer of a file in memory, and a reader of it.
 */
ladle_writer *open_writer(ladle_memory_sink *file, const ladle_writer_options *options);
ladle_reader *open_reader(ladle_memory_source *source, const ladle_memory_sink *file);

/*
 * Read a file of rows, so many at a time.
 */
void must_hold_rows(const ladle_memory_sink *file, const struct everything *rows, size_t count,
                    size_t capacity);

#endif
