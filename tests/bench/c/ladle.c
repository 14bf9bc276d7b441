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
    double number;
    ladle_string letters;
    uint64_t integer;
    ladle_status status = ladle_value_get_container(record, LADLE_TUPLE, 3);
    if (status == LADLE_OK) {
        status = ladle_value_get_float(record, &number);
    }
    if (status == LADLE_OK) {
        status = ladle_value_get_str(record, &letters);
    }
    if (status == LADLE_OK) {
        status = ladle_value_get_uint(record, &integer);
    }
    if (status == LADLE_OK) {
        sum_row(sum, number, letters.data, letters.len, integer);
    }
    return status;
}

ladle_status read_rows(ladle_reader *reader, struct sum *sum, ladle_error *error)
{
    ladle_cursor record;
    ladle_status status = ladle_reader_next(reader, &record, error);
    return status == LADLE_OK ? take_row(&record, sum) : status;
}
