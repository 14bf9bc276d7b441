/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No format at all: the structs as they lie in memory, through stdio. The floor.
 */
#include "peer.h"

#include <stdio.h>

bool peer_write(const char *path, const struct row *rows, size_t count)
{
    FILE *file = fopen(path, "wb");
    bool is_good = file != NULL;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good = fwrite(&rows[i], sizeof rows[i], 1, file) == 1;
    }
    if (file && fclose(file) != 0) {
        is_good = false;
    }
    if (!is_good) {
        perror(path);
    }
    return is_good;
}

bool peer_read(const char *path, struct sum *sum)
{
    struct row row;
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    while (fread(&row, sizeof row, 1, file) == 1) {
        sum_row(sum, row.number, row.letters, LETTERS_LEN, row.integer);
    }
    bool is_good = !ferror(file);
    fclose(file);
    return is_good;
}
