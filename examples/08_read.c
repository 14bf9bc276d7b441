/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read scores.ladle, which 07_write.c made, and add up what is in it.
 */
#include <ladle.h>
#include <stdio.h>

/*
 * Take a record apart: the tuple, then its three values.
 */
static ladle_status get_score(ladle_cursor *record, double *score)
{
    ladle_item item;
    ladle_status status = ladle_value_next(record, &item);
    if (status == LADLE_OK && (item.kind != LADLE_TUPLE || item.count != 3)) {
        return LADLE_E_ARGUMENT;
    }
    for (int i = 0; status == LADLE_OK && i < 3; i++) {
        status = ladle_value_next(record, &item);
    }
    if (status == LADLE_OK && item.kind != LADLE_FLOAT) {
        return LADLE_E_ARGUMENT;
    }
    *score = item.real;
    return status;
}

int main(void)
{
    ladle_error error = {.text = "a record is of another kind"};
    ladle_source source;
    ladle_reader *reader = NULL;
    ladle_cursor record;
    double sum = 0;
    uint64_t count = 0;
    ladle_status status = ladle_source_open(&source, "scores.ladle", &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    while (status == LADLE_OK) {
        double score = 0;
        status = ladle_reader_next(reader, &record, &error);
        if (status == LADLE_OK) {
            status = get_score(&record, &score);
            sum += score;
            count++;
        }
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "scores.ladle: %s\n", error.text);
        return 1;
    }
    printf("%llu records, sum of scores %.1f\n", (unsigned long long)count, sum);
    return 0;
}
