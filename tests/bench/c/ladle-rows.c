/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ladle: the structs as they are, many at a time.
 */
#include "peer.h"

#include <ladle.h>
#include <stdio.h>

enum { BATCH = 1000 }; /* rows read at a time */

static const ladle_field fields[] = {LADLE_FIELD(struct row, number),
                                     LADLE_FIELD(struct row, letters),
                                     LADLE_FIELD(struct row, integer)};
static const ladle_layout layout = {sizeof(struct row), fields, 3, LADLE_TUPLE};

bool peer_write(const char *path, const struct row *rows, size_t count)
{
    ladle_error error = {.text = "out of memory"};
    ladle_sink sink;
    ladle_writer *writer = NULL;
    ladle_status status = ladle_sink_open(&sink, path, false, &error);
    if (status == LADLE_OK) {
        status = ladle_writer_open(&writer, &sink, NULL, &error);
    }
    if (status == LADLE_OK) {
        status = ladle_writer_append_rows(writer, &layout, rows, count, &error);
        if (status == LADLE_OK) {
            status = ladle_writer_close(writer, &error);
        } else {
            ladle_writer_abort(writer, NULL);
        }
    }
    if (status != LADLE_OK) {
        fprintf(stderr, "%s: %s\n", path, error.text);
    }
    return status == LADLE_OK;
}

bool peer_read(const char *path, struct sum *sum)
{
    ladle_error error = {.text = "out of memory"};
    ladle_source source;
    ladle_reader *reader = NULL;
    struct row rows[BATCH];
    size_t count = 0;
    ladle_status status = ladle_source_open(&source, path, &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    while (status == LADLE_OK) {
        status = ladle_reader_next_rows(reader, &layout, rows, BATCH, &count, &error);
        for (size_t i = 0; status == LADLE_OK && i < count; i++) {
            sum_row(sum, rows[i].number, rows[i].letters, LETTERS_LEN, rows[i].integer);
        }
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "%s: %s\n", path, error.text);
    }
    return status == LADLE_END;
}
