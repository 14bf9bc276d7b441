/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#ifdef LADLE_WITH_LZ4

#include "alloc.h"

#include <limits.h>
#include <lz4.h>
#include <lz4hc.h>

/*
 * Level 1 is the fast compressor, the others are those of LZ4HC. 'memory' is what either
 * works in.
 */
struct compressor {
    int level;
    size_t len; /* bytes of the whole struct */
    max_align_t memory[];
};

static ladle_status compressor_new(void **state, int level, const ladle_allocator *allocator)
{
    if (level == 0) {
        level = ladle_codec_lz4.level_default;
    }
    size_t memory_len = (size_t)(level == 1 ? LZ4_sizeofState() : LZ4_sizeofStateHC());
    size_t len = sizeof(struct compressor) + memory_len;
    struct compressor *compressor = ladle_alloc(allocator, len, 1);
    *state = compressor;
    if (!compressor) {
        return LADLE_E_MEMORY;
    }
    compressor->level = level;
    compressor->len = len;
    return LADLE_OK;
}

static void compressor_free(void *state, const ladle_allocator *allocator)
{
    struct compressor *compressor = state;
    ladle_free(allocator, compressor, compressor ? compressor->len : 0, 1);
}

static ladle_status compress_stream(void *state, void *to, size_t capacity, size_t *len,
                                    const void *from, size_t from_len)
{
    struct compressor *compressor = state;
    if (from_len > LZ4_MAX_INPUT_SIZE) {
        return LADLE_END;
    }
    int room = capacity < INT_MAX ? (int)capacity : INT_MAX;
    int result =
        compressor->level == 1
            ? LZ4_compress_fast_extState(compressor->memory, from, to, (int)from_len, room, 1)
            : LZ4_compress_HC_extStateHC(compressor->memory, from, to, (int)from_len, room,
                                         compressor->level);
    if (result <= 0) {
        return LADLE_END;
    }
    *len = (size_t)result;
    return LADLE_OK;
}

/*
 * Decompressing needs no state.
 */
static ladle_status decompressor_new(void **state, const ladle_allocator *allocator)
{
    (void)allocator;
    *state = NULL;
    return LADLE_OK;
}

static void decompressor_free(void *state, const ladle_allocator *allocator)
{
    (void)state;
    (void)allocator;
}

static ladle_status decompress_stream(void *state, void *to, size_t len, const void *from,
                                      size_t from_len)
{
    (void)state;
    if (len > INT_MAX || from_len > INT_MAX) {
        return LADLE_E_CORRUPT;
    }
    int result = LZ4_decompress_safe(from, to, (int)from_len, (int)len);
    return result >= 0 && (size_t)result == len ? LADLE_OK : LADLE_E_CORRUPT;
}

const struct ladle_codec ladle_codec_lz4 = {
    .id = 3,
    .name = "lz4",
    .level_min = 1,
    .level_max = LZ4HC_CLEVEL_MAX,
    .level_default = 1,
    .compressor_len = (size_t)512 << 10,
    .compressor_new = compressor_new,
    .compressor_free = compressor_free,
    .compress = compress_stream,
    .decompressor_new = decompressor_new,
    .decompressor_free = decompressor_free,
    .decompress = decompress_stream,
};

#endif
