/* SPDX-License-Identifier: BSD-2-Clause */
#include "ladle-file.h"

#include <stdio.h>

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

bool peer_read(const char *path, struct sum *sum)
{
    ladle_error error = {.text = "a record is of another kind"};
    ladle_source source;
    ladle_reader *reader = NULL;
    ladle_status status = ladle_source_open(&source, path, &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    while (status == LADLE_OK) {
        status = read_rows(reader, sum, &error);
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "%s: %s\n", path, error.text);
    }
    return status == LADLE_END;
}
