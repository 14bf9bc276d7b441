/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the standard input to the standard output: the samples whose score is not 0.
 */
#include "sample.h"
#include <stdio.h>

/*
 * Move what is to be kept to the beginning.
 */
static size_t keep(struct sample *samples, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        samples[kept] = samples[i];
        kept += samples[i].score != 0;
    }
    return kept;
}

/*
 * LADLE_END when the input is complete and all of it was written.
 */
static ladle_status filter(ladle_reader *reader, ladle_writer *writer, ladle_error *error)
{
    static struct sample samples[SAMPLES_AT_ONCE];
    ladle_status status = LADLE_OK;
    while (status == LADLE_OK) {
        size_t count;
        status =
            ladle_reader_next_rows(reader, &sample_layout, samples, SAMPLES_AT_ONCE, &count, error);
        if (status == LADLE_OK) {
            status = ladle_writer_append_rows(writer, &sample_layout, samples, keep(samples, count),
                                              error);
        }
    }
    return status;
}

int main(void)
{
    ladle_error error;
    ladle_source source;
    ladle_reader *reader;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_source_from_fd(&source, 0, false);
    ladle_sink_from_fd(&sink, 1, false);
    if (ladle_reader_open(&reader, &source, NULL, &error) ||
        ladle_writer_open(&writer, &sink, NULL, &error) ||
        filter(reader, writer, &error) != LADLE_END || ladle_writer_close(writer, &error)) {
        fprintf(stderr, "filter: %s\n", error.text);
        return 1; /* without a trailer: who reads the output sees that it is not complete */
    }
    ladle_reader_close(reader);
    return 0;
}
