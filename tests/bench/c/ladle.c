/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ladle: each row a tagged tuple of three values.
 */
#include "peer.h"

#include <ladle.h>
#include <stdio.h>

static ladle_status put_row(ladle_buffer *record, const struct row *row)
{
    ladle_status status = ladle_value_put_container(record, LADLE_TUPLE, 3);
    if (status == LADLE_OK) {
        status = ladle_value_put_float(record, row->number);
    }
    if (status == LADLE_OK) {
        status = ladle_value_put_data(record, LADLE_STR, row->letters, LETTERS_LEN);
    }
    return status == LADLE_OK ? ladle_value_put_uint(record, row->integer) : status;
}

static ladle_status write_rows(ladle_writer *writer, const struct row *rows, size_t count,
                               ladle_error *error)
{
    ladle_buffer record = {0};
    ladle_status status = LADLE_OK;
    for (size_t i = 0; status == LADLE_OK && i < count; i++) {
        record.len = 0;
        status = put_row(&record, &rows[i]);
        if (status == LADLE_OK) {
            status = ladle_writer_append(writer, record.data, record.len, error);
        }
    }
    ladle_buffer_free(&record);
    return status;
}

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
        status = write_rows(writer, rows, count, &error);
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

static ladle_status take_row(ladle_cursor *record, struct sum *sum)
{
    ladle_item tuple;
    ladle_item number;
    ladle_item letters;
    ladle_item integer;
    ladle_status status = ladle_value_next(record, &tuple);
    if (status == LADLE_OK) {
        status = ladle_value_next(record, &number);
    }
    if (status == LADLE_OK) {
        status = ladle_value_next(record, &letters);
    }
    if (status == LADLE_OK) {
        status = ladle_value_next(record, &integer);
    }
    if (status == LADLE_OK) {
        sum_row(sum, number.real, (const char *)letters.data, letters.data_len, integer.integer);
    }
    return status;
}

bool peer_read(const char *path, struct sum *sum)
{
    ladle_error error = {.text = "a record is of another kind"};
    ladle_source source;
    ladle_reader *reader = NULL;
    ladle_cursor record;
    ladle_status status = ladle_source_open(&source, path, &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    while (status == LADLE_OK) {
        status = ladle_reader_next(reader, &record, &error);
        if (status == LADLE_OK) {
            status = take_row(&record, sum);
        }
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "%s: %s\n", path, error.text);
    }
    return status == LADLE_END;
}
