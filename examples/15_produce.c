/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first of three programs in a row: 15_produce 1000000 | 16_filter | 17_consume
 *
 * Writes so many samples to the standard output.
 */
#include "sample.h"
#include <stdio.h>
#include <stdlib.h>

static void make_samples(struct sample *samples, uint64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t id = first + i;
        samples[i].score = (double)(id % 1000) / 8;
        for (size_t j = 0; j < sizeof samples[i].name; j++) {
            samples[i].name[j] = (char)('a' + (id >> j) % 26);
        }
        samples[i].id = id * UINT64_C(0x9E3779B97F4A7C15);
    }
}

int main(int argc, char **argv)
{
    static struct sample samples[SAMPLES_AT_ONCE];
    ladle_error error;
    ladle_sink sink;
    ladle_writer *writer;
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    ladle_sink_from_fd(&sink, 1, false);
    ladle_status status = ladle_writer_open(&writer, &sink, NULL, &error);
    for (uint64_t done = 0; status == LADLE_OK && done < count;) {
        size_t step = count - done < SAMPLES_AT_ONCE ? (size_t)(count - done) : SAMPLES_AT_ONCE;
        make_samples(samples, done, step);
        status = ladle_writer_append_rows(writer, &sample_layout, samples, step, &error);
        done += step;
    }
    if (status == LADLE_OK) {
        status = ladle_writer_close(writer, &error);
    }
    if (status != LADLE_OK) {
        fprintf(stderr, "produce: %s\n", error.text);
        return 1;
    }
    return 0;
}
