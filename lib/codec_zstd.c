/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#ifdef LADLE_WITH_ZSTD

#include <ladle/wire.h>
#include <zstd.h>
#include <zstd_errors.h>

static ladle_status compressor_new(void **state, int level, const ladle_allocator *allocator)
{
    (void)allocator;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    *state = context;
    if (!context) {
        return LADLE_E_MEMORY;
    }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                           level ? level : ladle_codec_zstd.level_default);
    return LADLE_OK;
}

static void compressor_free(void *state, const ladle_allocator *allocator)
{
    (void)allocator;
    ZSTD_freeCCtx(state);
}

static ladle_status compress_stream(void *state, void *to, size_t capacity, size_t *len,
                                    const void *from, size_t from_len)
{
    size_t result = ZSTD_compress2(state, to, capacity, from, from_len);
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
        return LADLE_E_MEMORY;
    }
    if (ZSTD_isError(result)) {
        return LADLE_END;
    }
    *len = result;
    return LADLE_OK;
}

static ladle_status decompressor_new(void **state, const ladle_allocator *allocator)
{
    (void)allocator;
    *state = ZSTD_createDCtx();
    return *state ? LADLE_OK : LADLE_E_MEMORY;
}

static void decompressor_free(void *state, const ladle_allocator *allocator)
{
    (void)allocator;
    ZSTD_freeDCtx(state);
}

/*
 * ZSTD_decompressDCtx would also take several frames, frames to be skipped, and formats
 * from before zstd 1.0.
 */
static bool is_one_frame(const void *from, size_t from_len)
{
    return from_len >= 4 && ladle_load_u32(from) == ZSTD_MAGICNUMBER &&
           ZSTD_findFrameCompressedSize(from, from_len) == from_len;
}

static ladle_status decompress_stream(void *state, void *to, size_t len, const void *from,
                                      size_t from_len)
{
    if (!is_one_frame(from, from_len)) {
        return LADLE_E_CORRUPT;
    }
    size_t result = ZSTD_decompressDCtx(state, to, len, from, from_len);
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
        return LADLE_E_MEMORY;
    }
    return result == len ? LADLE_OK : LADLE_E_CORRUPT;
}

const struct ladle_codec ladle_codec_zstd = {
    .id = 2,
    .name = "zstd",
    .level_min = -131072,
    .level_max = 22,
    .level_default = 1,
    .compressor_len = (size_t)4 << 20,
    .byte_len = 16, /* at the highest levels */
    .compressor_new = compressor_new,
    .compressor_free = compressor_free,
    .compress = compress_stream,
    .decompressor_new = decompressor_new,
    .decompressor_free = decompressor_free,
    .decompress = decompress_stream,
};

#endif
