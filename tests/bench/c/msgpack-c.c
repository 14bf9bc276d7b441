/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msgpack-c: an array of three for each row, through stdio when writing and its streaming
 * unpacker when reading.
 */
#include "peer.h"

#include <msgpack.h>
#include <msgpack/fbuffer.h>
#include <stdio.h>

enum { CHUNK_LEN = 128 * 1024 };

bool peer_write(const char *path, const struct row *rows, size_t count)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        return false;
    }
    msgpack_packer packer;
    msgpack_packer_init(&packer, file, msgpack_fbuffer_write);
    bool is_good = true;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good = msgpack_pack_array(&packer, 3) == 0 &&
                  msgpack_pack_double(&packer, rows[i].number) == 0 &&
                  msgpack_pack_str(&packer, LETTERS_LEN) == 0 &&
                  msgpack_pack_str_body(&packer, rows[i].letters, LETTERS_LEN) == 0 &&
                  msgpack_pack_uint64(&packer, rows[i].integer) == 0;
    }
    return fclose(file) == 0 && is_good;
}

static msgpack_unpack_return take_rows(msgpack_unpacker *unpacker, msgpack_unpacked *row,
                                       struct sum *sum)
{
    msgpack_unpack_return result = msgpack_unpacker_next(unpacker, row);
    while (result == MSGPACK_UNPACK_SUCCESS) {
        const msgpack_object *items = row->data.via.array.ptr;
        sum_row(sum, items[0].via.f64, items[1].via.str.ptr, items[1].via.str.size,
                items[2].via.u64);
        result = msgpack_unpacker_next(unpacker, row);
    }
    return result;
}

static bool read_rows(FILE *file, msgpack_unpacker *unpacker, msgpack_unpacked *row,
                      struct sum *sum)
{
    for (;;) {
        if (!msgpack_unpacker_reserve_buffer(unpacker, CHUNK_LEN)) {
            return false;
        }
        size_t len = fread(msgpack_unpacker_buffer(unpacker), 1, CHUNK_LEN, file);
        if (len == 0) {
            return !ferror(file);
        }
        msgpack_unpacker_buffer_consumed(unpacker, len);
        if (take_rows(unpacker, row, sum) != MSGPACK_UNPACK_CONTINUE) {
            return false;
        }
    }
}

bool peer_read(const char *path, struct sum *sum)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    msgpack_unpacker unpacker;
    msgpack_unpacked row;
    bool is_good = msgpack_unpacker_init(&unpacker, CHUNK_LEN);
    msgpack_unpacked_init(&row);
    if (is_good) {
        is_good = read_rows(file, &unpacker, &row, sum);
        msgpack_unpacker_destroy(&unpacker);
    }
    msgpack_unpacked_destroy(&row);
    fclose(file);
    return is_good;
}
