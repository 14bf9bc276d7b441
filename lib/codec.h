/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_CODEC_H
#define LADLE_LIB_CODEC_H

#include <ladle/base.h>

/*
 * A compression method for one stream at a time. 'state' is what the *_new function gave:
 * one compressor or decompressor, used again for every stream, by one thread at a time;
 * NULL for a codec that needs none. 'level' is level_min to level_max, or 0 for
 * level_default. 'to' and 'from' are never NULL.
 */
struct ladle_codec {
    uint8_t id; /* FORMAT.md section 4 */
    const char *name;
    int level_min;
    int level_max;
    int level_default;
    size_t compressor_len; /* bytes that a compressor takes at most, */
    size_t byte_len;       /* and for each byte of the stream */

    ladle_status (*compressor_new)(void **state, int level, const ladle_allocator *allocator);
    void (*compressor_free)(void *state, const ladle_allocator *allocator);

    /*
     * Compress into at most 'capacity' bytes. Returns LADLE_OK, LADLE_END when it would
     * not fit (so the stream is stored as it is), or LADLE_E_MEMORY.
     */
    ladle_status (*compress)(void *state, void *to, size_t capacity, size_t *len, const void *from,
                             size_t from_len);

    ladle_status (*decompressor_new)(void **state, const ladle_allocator *allocator);
    void (*decompressor_free)(void *state, const ladle_allocator *allocator);

    /*
     * Decompress to exactly 'len' bytes. Returns LADLE_OK, LADLE_E_CORRUPT or
     * LADLE_E_MEMORY.
     */
    ladle_status (*decompress)(void *state, void *to, size_t len, const void *from,
                               size_t from_len);
};

#define LADLE_CODEC_ID_MAX 4

/*
 * The codec with this id or name. LADLE_E_UNSUPPORTED when it is known but not built in
 * (zstd, lz4), or unknown; bitpack, which stands in for the others, has no name to ask for. NULL as
 * output stands for id 0 or "none".
 */
ladle_status ladle_codec_by_id(uint8_t id, const struct ladle_codec **codec);
ladle_status ladle_codec_by_name(const char *name, const struct ladle_codec **codec);

/*
 * The name for an id, built in or not; "unknown" for others.
 */
const char *ladle_codec_name(uint8_t id);

extern const struct ladle_codec ladle_codec_zlib;
extern const struct ladle_codec ladle_codec_zstd;
extern const struct ladle_codec ladle_codec_lz4;
extern const struct ladle_codec ladle_codec_bitpack;

#endif
