/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_BENCH_PEER_H
#define LADLE_BENCH_PEER_H

/*
 * What main.c asks of a peer: write rows to a file and read them back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LETTERS_LEN = 20 };

/*
 * A record of the workload T.
 */
struct row {
    double number;
    uint64_t integer;
    char letters[LETTERS_LEN]; /* not zero-terminated */
};

/*
 * What is done with each row that was read: enough that none of its values can be left unread.
 */
struct sum {
    size_t count;
    double numbers;
    uint64_t integers;
    uint64_t letters;
};

static inline void sum_row(struct sum *sum, double number, const char *letters, size_t letters_len,
                           uint64_t integer)
{
    sum->count++;
    sum->numbers += number;
    sum->integers += integer;
    sum->letters += letters_len + (uint8_t)letters[0] + (uint8_t)letters[letters_len - 1];
}

/*
 * The file is opened, worked on and closed. False when that failed; the peer has printed why.
 */
bool peer_write(const char *path, const struct row *rows, size_t count);
bool peer_read(const char *path, struct sum *sum);

#endif
