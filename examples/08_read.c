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
    int64_t id;
    ladle_string name; /* points into the record */
    ladle_status status = ladle_value_get_container(record, LADLE_TUPLE, 3);
    if (status || (status = ladle_value_get_int(record, &id)) ||
        (status = ladle_value_get_str(record, &name))) {
        return status;
    }
    return ladle_value_get_float(record, score);
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
