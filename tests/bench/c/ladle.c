/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ladle: each row a tagged tuple of three values.
 */
#include "ladle-file.h"

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

ladle_status write_rows(ladle_writer *writer, const struct row *rows, size_t count,
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

ladle_status read_rows(ladle_reader *reader, struct sum *sum, ladle_error *error)
{
    ladle_cursor record;
    ladle_status status = ladle_reader_next(reader, &record, error);
    return status == LADLE_OK ? take_row(&record, sum) : status;
}
