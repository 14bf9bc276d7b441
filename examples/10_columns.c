/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns as C arrays: the greatest score of samples.ladle, which 09_structs.c made. No record is
 * put together, and what is not asked for is not even read from the file.
 */
#include <ladle.h>
#include <stdio.h>

static bool wants(void *ctx, const ladle_view *parent, uint32_t child)
{
    (void)ctx;
    return parent->names[child].len == 5 && memcmp(parent->names[child].data, "score", 5) == 0;
}

static ladle_status greatest(ladle_reader *reader, double *score, ladle_error *error)
{
    ladle_buffer copy = {0}; /* for what has to be copied: here nothing */
    ladle_view *block;
    uint64_t first_record;
    ladle_status status;
    while ((status = ladle_reader_next_block(reader, &block, &first_record, error)) == LADLE_OK) {
        ladle_view *column = ladle_column_named(block, "score");
        const double *scores;
        status = column ? ladle_column_doubles(column, NULL, &copy, &scores, error) : LADLE_E_VALUE;
        if (status != LADLE_OK) {
            break;
        }
        for (uint64_t i = 0; i < ladle_column_count(column); i++) {
            *score = scores[i] > *score ? scores[i] : *score;
        }
    }
    ladle_buffer_free(&copy);
    return status;
}

int main(void)
{
    ladle_error error = {.text = "the records have no score"};
    ladle_source source;
    ladle_reader *reader = NULL;
    double score = 0;
    ladle_status status = ladle_source_open(&source, "samples.ladle", &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    if (status == LADLE_OK) {
        ladle_reader_select(reader, wants, NULL);
        status = greatest(reader, &score, &error);
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "samples.ladle: %s\n", error.text);
        return 1;
    }
    printf("the greatest score is %.1f\n", score);
    return 0;
}
