/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measure how one peer writes or reads rows: PROGRAM write|read COUNT PATH.
 * Prints seconds, peak memory and length of the file as JSON.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fill_row(struct row *row, uint64_t *state)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    row->number = (double)(next_random(state) >> 11) * 0x1p-53;
    row->integer = next_random(state);
    for (size_t i = 0; i < LETTERS_LEN; i++) {
        row->letters[i] = characters[next_random(state) % (sizeof characters - 1)];
    }
}

static struct row *make_rows(size_t count)
{
    struct row *rows = calloc(count, sizeof *rows);
    uint64_t state = 20;
    for (size_t i = 0; rows && i < count; i++) {
        fill_row(&rows[i], &state);
    }
    return rows;
}

static bool is_same_sum(const struct sum *sum, size_t count)
{
    struct sum expected = {0};
    uint64_t state = 20;
    for (size_t i = 0; i < count; i++) {
        struct row row;
        fill_row(&row, &state);
        sum_row(&expected, row.number, row.letters, LETTERS_LEN, row.integer);
    }
    return sum->count == expected.count && sum->integers == expected.integers &&
           sum->letters == expected.letters && sum->numbers == expected.numbers;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * A field of /proc/self/status that is given in kB, in bytes; 0 when it is not there.
 */
static long status_bytes(const char *name)
{
    char line[256];
    long value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtol(line + strlen(name), NULL, 10) * 1024;
        }
    }
    if (file) {
        fclose(file);
    }
    return value;
}

static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

static int measure(bool writes, size_t count, const char *path)
{
    struct sum sum = {0};
    struct row *rows = writes ? make_rows(count) : NULL;
    if (writes && !rows) {
        return 1;
    }
    forget_peak();
    long before = status_bytes("VmRSS:");
    double start = now();
    bool is_done = writes ? peer_write(path, rows, count) : peer_read(path, &sum);
    double seconds = now() - start;
    long peak = status_bytes("VmHWM:") - before;
    free(rows);
    struct stat info;
    if (!is_done || stat(path, &info) != 0) {
        return 1;
    }
    if (!writes && !is_same_sum(&sum, count)) {
        fprintf(stderr, "%s: not the rows that were written\n", path);
        return 1;
    }
    printf("{\"seconds\": %.9f, \"peak\": %ld, \"file_len\": %lld}\n", seconds, peak,
           (long long)info.st_size);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "read") != 0)) {
        fprintf(stderr, "usage: %s write|read COUNT PATH\n", argv[0]);
        return 2;
    }
    return measure(strcmp(argv[1], "write") == 0, strtoull(argv[2], NULL, 10), argv[3]);
}
