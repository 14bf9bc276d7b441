/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#ifdef LADLE_WITH_LIBDEFLATE

#include <libdeflate.h>

static ladle_status compressor_new(void **state, int level, const ladle_allocator *allocator)
{
    (void)allocator;
    *state = libdeflate_alloc_compressor(level ? level : ladle_codec_zlib.level_default);
    return *state ? LADLE_OK : LADLE_E_MEMORY;
}

static void compressor_free(void *state, const ladle_allocator *allocator)
{
    (void)allocator;
    libdeflate_free_compressor(state);
}

static ladle_status compress_stream(void *state, void *to, size_t capacity, size_t *len,
                                    const void *from, size_t from_len)
{
    size_t result = libdeflate_zlib_compress(state, from, from_len, to, capacity);
    if (result == 0) {
        return LADLE_END;
    }
    *len = result;
    return LADLE_OK;
}

static ladle_status decompressor_new(void **state, const ladle_allocator *allocator)
{
    (void)allocator;
    *state = libdeflate_alloc_decompressor();
    return *state ? LADLE_OK : LADLE_E_MEMORY;
}

static void decompressor_free(void *state, const ladle_allocator *allocator)
{
    (void)allocator;
    libdeflate_free_decompressor(state);
}

static ladle_status decompress_stream(void *state, void *to, size_t len, const void *from,
                                      size_t from_len)
{
    size_t used_len = 0;
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(state, from, from_len, to, len, &used_len, NULL);
    return result == LIBDEFLATE_SUCCESS && used_len == from_len ? LADLE_OK : LADLE_E_CORRUPT;
}

#else

#include "alloc.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

/*
 * zlib does not say how long the memory is that it gives back, so each piece begins with
 * its length.
 */
union piece {
    size_t len; /* bytes, this header included */
    max_align_t alignment;
};

static void *allocate(void *allocator, uInt count, uInt size)
{
    size_t len = sizeof(union piece) + (size_t)count * size;
    union piece *piece = ladle_alloc(allocator, len, 1);
    if (!piece) {
        return NULL;
    }
    piece->len = len;
    return piece + 1;
}

static void release(void *allocator, void *memory)
{
    union piece *piece = (union piece *)memory - 1;
    ladle_free(allocator, piece, piece->len, 1);
}

static z_stream *stream_new(const ladle_allocator *allocator)
{
    z_stream *stream = ladle_alloc(allocator, 1, sizeof *stream);
    if (stream) {
        stream->zalloc = allocate;
        stream->zfree = release;
        stream->opaque = (void *)allocator;
    }
    return stream;
}

/*
 * Hand over a new stream, or give it back when it could not be set up.
 */
static ladle_status stream_ready(z_stream *stream, int result, void **state,
                                 const ladle_allocator *allocator)
{
    if (result == Z_OK) {
        *state = stream;
        return LADLE_OK;
    }
    ladle_free(allocator, stream, 1, sizeof *stream);
    return result == Z_MEM_ERROR ? LADLE_E_MEMORY : LADLE_E_UNSUPPORTED;
}

static ladle_status compressor_new(void **state, int level, const ladle_allocator *allocator)
{
    *state = NULL;
    z_stream *stream = stream_new(allocator);
    if (!stream) {
        return LADLE_E_MEMORY;
    }
    int result = deflateInit(stream, level ? level : ladle_codec_zlib.level_default);
    return stream_ready(stream, result, state, allocator);
}

static void compressor_free(void *state, const ladle_allocator *allocator)
{
    if (state) {
        deflateEnd(state);
        ladle_free(allocator, state, 1, sizeof(z_stream));
    }
}

static ladle_status compress_stream(void *state, void *to, size_t capacity, size_t *len,
                                    const void *from, size_t from_len)
{
    z_stream *stream = state;
    if (from_len > UINT_MAX || capacity > UINT_MAX) {
        return LADLE_END;
    }
    deflateReset(stream);
    stream->next_in = from;
    stream->avail_in = (uInt)from_len;
    stream->next_out = to;
    stream->avail_out = (uInt)capacity;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) {
        return LADLE_END;
    }
    *len = capacity - stream->avail_out;
    return LADLE_OK;
}

static ladle_status decompressor_new(void **state, const ladle_allocator *allocator)
{
    *state = NULL;
    z_stream *stream = stream_new(allocator);
    return stream ? stream_ready(stream, inflateInit(stream), state, allocator) : LADLE_E_MEMORY;
}

static void decompressor_free(void *state, const ladle_allocator *allocator)
{
    if (state) {
        inflateEnd(state);
        ladle_free(allocator, state, 1, sizeof(z_stream));
    }
}

static ladle_status decompress_stream(void *state, void *to, size_t len, const void *from,
                                      size_t from_len)
{
    z_stream *stream = state;
    if (from_len > UINT_MAX || len > UINT_MAX) {
        return LADLE_E_CORRUPT;
    }
    inflateReset(stream);
    stream->next_in = from;
    stream->avail_in = (uInt)from_len;
    stream->next_out = to;
    stream->avail_out = (uInt)len;
    int result = inflate(stream, Z_FINISH);
    if (result == Z_MEM_ERROR) {
        return LADLE_E_MEMORY;
    }
    bool is_exact = stream->avail_in == 0 && stream->avail_out == 0;
    return result == Z_STREAM_END && is_exact ? LADLE_OK : LADLE_E_CORRUPT;
}

#endif

const struct ladle_codec ladle_codec_zlib = {
    .id = 1,
    .name = "zlib",
    .level_min = 1,
    .level_max = 9,
    .level_default = 6,
    .compressor_len = (size_t)1 << 20,
    .compressor_new = compressor_new,
    .compressor_free = compressor_free,
    .compress = compress_stream,
    .decompressor_new = decompressor_new,
    .decompressor_free = decompressor_free,
    .decompress = decompress_stream,
};
