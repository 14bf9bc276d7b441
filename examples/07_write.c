/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Write records of three values to scores.ladle.
 */
#include <ladle.h>
#include <stdio.h>
#include <string.h>

/*
 * A tuple of 3 and then its values. LADLE_OK is 0, so the calls can be joined.
 */
static bool put_record(ladle_buffer *record, int64_t id, const char *name, double score)
{
    record->len = 0; /* the memory is used again */
    return !ladle_value_put_container(record, LADLE_TUPLE, 3) && !ladle_value_put_int(record, id) &&
           !ladle_value_put_data(record, LADLE_STR, name, strlen(name)) &&
           !ladle_value_put_float(record, score);
}

static ladle_status write_records(ladle_writer *writer, ladle_error *error)
{
    ladle_buffer record = {0};
    ladle_status status = LADLE_OK;
    for (int64_t id = 0; status == LADLE_OK && id < 100000; id++) {
        status = put_record(&record, id, id % 2 ? "odd" : "even", (double)id / 7)
                     ? ladle_writer_append(writer, record.data, record.len, error)
                     : LADLE_E_MEMORY;
    }
    ladle_buffer_free(&record);
    return status;
}

int main(void)
{
    ladle_error error = {.text = "out of memory"};
    ladle_sink sink;
    ladle_writer *writer = NULL;
    ladle_status status = ladle_sink_open(&sink, "scores.ladle", false, &error);
    if (status == LADLE_OK) {
        status = ladle_writer_open(&writer, &sink, NULL, &error);
    }
    if (status == LADLE_OK) {
        status = write_records(writer, &error);
        if (status == LADLE_OK) {
            status = ladle_writer_close(writer, &error);
        } else {
            ladle_writer_abort(writer, NULL); /* the file stays unfinished */
        }
    }
    if (status != LADLE_OK) {
        fprintf(stderr, "scores.ladle: %s\n", error.text);
        return 1;
    }
    puts("wrote 100000 records to scores.ladle");
    return 0;
}
