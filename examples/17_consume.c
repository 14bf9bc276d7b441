/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read samples from the standard input and add up their scores.
 */
#include "sample.h"
#include <stdio.h>

int main(void)
{
    static struct sample samples[SAMPLES_AT_ONCE];
    ladle_error error;
    ladle_source source;
    ladle_reader *reader;
    size_t count;
    uint64_t total = 0;
    double sum = 0;
    ladle_source_from_fd(&source, 0, false);
    ladle_status status = ladle_reader_open(&reader, &source, NULL, &error);
    while (status == LADLE_OK) {
        status = ladle_reader_next_rows(reader, &sample_layout, samples, SAMPLES_AT_ONCE, &count,
                                        &error);
        for (size_t i = 0; i < count; i++) {
            sum += samples[i].score;
        }
        total += count;
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "consume: %s\n", error.text);
        return 1;
    }
    printf("%llu samples, the sum of their scores is %.1f\n", (unsigned long long)total, sum);
    return 0;
}
