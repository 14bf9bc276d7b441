/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Share the work over threads: each has a reader of its own and goes to its part of samples.ladle,
 * which 09_structs.c made.
 */
#include <ladle.h>
#include <pthread.h>
#include <stdio.h>

enum { THREAD_COUNT = 4, PORTION = 256 };

struct part {
    unsigned number;
    double sum;
    uint64_t count;
    ladle_error error;
    ladle_status status;
};

struct score {
    double score; /* the only column that is looked at */
};

static const ladle_field fields[] = {LADLE_FIELD(struct score, score)};
static const ladle_layout layout = LADLE_LAYOUT(struct score, fields);

static ladle_status add_up(struct part *part, ladle_reader *reader, uint64_t left)
{
    struct score scores[PORTION];
    ladle_status status = LADLE_OK;
    while (status == LADLE_OK && left) {
        size_t count;
        size_t wanted = left < PORTION ? (size_t)left : PORTION;
        status = ladle_reader_next_rows(reader, &layout, scores, wanted, &count, &part->error);
        for (size_t i = 0; i < count; i++) {
            part->sum += scores[i].score;
        }
        part->count += count;
        left -= count;
    }
    return status;
}

static void *work(void *argument)
{
    struct part *part = argument;
    ladle_source source;
    ladle_reader *reader = NULL;
    uint64_t count;
    ladle_status status = ladle_source_open(&source, "samples.ladle", &part->error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &part->error);
    }
    if (status == LADLE_OK) {
        status = ladle_reader_count(reader, &count, &part->error);
    }
    if (status == LADLE_OK) {
        uint64_t first = count * part->number / THREAD_COUNT;
        uint64_t end = count * (part->number + 1) / THREAD_COUNT;
        status = ladle_reader_seek(reader, first, &part->error);
        if (status == LADLE_OK) {
            status = add_up(part, reader, end - first);
        }
    }
    ladle_reader_close(reader);
    part->status = status;
    return NULL;
}

int main(void)
{
    pthread_t threads[THREAD_COUNT];
    struct part parts[THREAD_COUNT];
    double sum = 0;
    uint64_t count = 0;
    for (unsigned i = 0; i < THREAD_COUNT; i++) {
        parts[i] = (struct part){.number = i};
        if (pthread_create(&threads[i], NULL, work, &parts[i]) != 0) {
            fputs("no thread could be made\n", stderr);
            return 1;
        }
    }
    for (unsigned i = 0; i < THREAD_COUNT; i++) {
        pthread_join(threads[i], NULL);
        if (parts[i].status != LADLE_OK) {
            fprintf(stderr, "samples.ladle: %s\n", parts[i].error.text);
            return 1;
        }
        sum += parts[i].sum;
        count += parts[i].count;
    }
    printf("%llu records, the sum of their scores is %.1f\n", (unsigned long long)count, sum);
    return 0;
}
