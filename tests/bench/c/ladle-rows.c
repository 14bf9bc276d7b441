/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ladle: the structs as they are, many at a time.
 */
#include "ladle-file.h"

enum { BATCH = 1000 }; /* rows read at a time */

static const ladle_field fields[] = {LADLE_FIELD(struct row, number),
                                     LADLE_FIELD(struct row, letters),
                                     LADLE_FIELD(struct row, integer)};
static const ladle_layout layout = {sizeof(struct row), fields, 3, LADLE_TUPLE};

ladle_status write_rows(ladle_writer *writer, const struct row *rows, size_t count,
                        ladle_error *error)
{
    return ladle_writer_append_rows(writer, &layout, rows, count, error);
}

ladle_status read_rows(ladle_reader *reader, struct sum *sum, ladle_error *error)
{
    struct row rows[BATCH];
    size_t count = 0;
    ladle_status status = ladle_reader_next_rows(reader, &layout, rows, BATCH, &count, error);
    for (size_t i = 0; status == LADLE_OK && i < count; i++) {
        sum_row(sum, rows[i].number, rows[i].letters, LETTERS_LEN, rows[i].integer);
    }
    return status;
}
