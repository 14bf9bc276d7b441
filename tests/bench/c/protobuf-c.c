/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protobuf-c: each message behind its length, as a varint.
 */
#include "peer.h"
#include "row.pb-c.h"

#include <stdio.h>
#include <string.h>

static bool put_row(FILE *file, const struct row *from)
{
    char letters[LETTERS_LEN + 1] = {0};
    uint8_t message[1 + 128];
    Row row = ROW__INIT;
    memcpy(letters, from->letters, LETTERS_LEN);
    row.number = from->number;
    row.letters = letters;
    row.integer = from->integer;
    size_t len = row__get_packed_size(&row); /* below 128: its varint is one byte */
    message[0] = (uint8_t)len;
    row__pack(&row, message + 1);
    return fwrite(message, 1 + len, 1, file) == 1;
}

bool peer_write(const char *path, const struct row *rows, size_t count)
{
    FILE *file = fopen(path, "wb");
    bool is_good = file != NULL;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good = put_row(file, &rows[i]);
    }
    if (file && fclose(file) != 0) {
        is_good = false;
    }
    if (!is_good) {
        perror(path);
    }
    return is_good;
}

static bool take_row(FILE *file, size_t len, struct sum *sum)
{
    uint8_t message[128];
    if (len >= sizeof message || fread(message, len, 1, file) != 1) {
        return false;
    }
    Row *row = row__unpack(NULL, len, message);
    if (!row) {
        return false;
    }
    sum_row(sum, row->number, row->letters, strlen(row->letters), row->integer);
    row__free_unpacked(row, NULL);
    return true;
}

bool peer_read(const char *path, struct sum *sum)
{
    FILE *file = fopen(path, "rb");
    bool is_good = file != NULL;
    int len = 0;
    while (is_good && (len = getc(file)) != EOF) {
        is_good = take_row(file, (size_t)len, sum);
    }
    if (file) {
        fclose(file);
    }
    return is_good;
}
