/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_PACK_H
#define LADLE_LIB_PACK_H

#include <ladle/buffer.h>

/*
 * Arrays of a block on their way out (FORMAT.md section 5.1): how wide each is to be, its
 * descriptor, its bytes.
 */
struct ladle_pack {
    const void *from;   /* elements in memory; bytes of a raw array */
    size_t count;       /* elements; bytes of a raw array */
    uint8_t from_len;   /* bytes of an element in memory: 1, 4 or 8; 0: a raw array */
    uint8_t stride;     /* elements of memory from one to the next */
    uint8_t width_code; /* FORMAT.md section 5.1 */
    bool is_unsigned;
    bool is_differences;
    bool begins_stream;
    uint64_t base;
    uint64_t start;
    uint64_t least; /* of the elements, but for raw arrays, those of 8 bits and floats */
    uint64_t greatest;
};

enum {
    LADLE_PACK_WIDTH_MASK = 7,
    LADLE_PACK_UNSIGNED = 1 << 3,
    LADLE_PACK_DIFFERENCES = 1 << 4,
    LADLE_PACK_STREAM = 1 << 5
};

/*
 * Choose the width for integers of 64 bits ('is_unsigned' tells how they compare); for those of 32
 * bits (lengths, dictionary codes); for those of 8 bits with values up to 'greatest'; for floats by
 * their bits, 'stride' words from one to the next.
 */
struct ladle_pack ladle_pack_int(const uint64_t *values, size_t count, bool is_unsigned);
struct ladle_pack ladle_pack_u32(const uint32_t *values, size_t count);
struct ladle_pack ladle_pack_u8(const uint8_t *values, size_t count, uint8_t greatest);
struct ladle_pack ladle_pack_float(const uint64_t *values, size_t count, uint8_t stride);
struct ladle_pack ladle_pack_raw(const void *data, size_t len);

/*
 * Bytes that the array takes in its stream.
 */
size_t ladle_pack_len(const struct ladle_pack *pack);

/*
 * The array where its elements lie, if that is how it is written; or NULL.
 */
const void *ladle_pack_in_place(const struct ladle_pack *pack);

/*
 * Append the descriptor.
 */
ladle_status ladle_pack_describe(const struct ladle_pack *pack, ladle_buffer *to);

/*
 * Write the array: ladle_pack_len bytes.
 */
void ladle_pack_store(const struct ladle_pack *pack, uint8_t *to);

#endif
