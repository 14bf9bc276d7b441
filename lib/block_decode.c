/* SPDX-License-Identifier: BSD-2-Clause */
#include "block_decode.h"

#include "checksum.h"
#include "status.h"
#include <ladle/wire.h>

/*
 * Memory for decoded streams that is kept from one block to the next.
 */
#define KEPT_LEN ((size_t)4 << 20)

struct entry {
    uint32_t stored_len;
    uint32_t decoded_len;
    uint32_t crc;
    uint8_t codec;
};

static ladle_status corrupt(const char **why, const char *reason)
{
    *why = reason;
    return LADLE_E_CORRUPT;
}

void ladle_block_decoder_init(struct ladle_block_decoder *decoder, const ladle_allocator *allocator)
{
    *decoder = (struct ladle_block_decoder){.allocator = allocator};
}

void ladle_block_decoder_free(struct ladle_block_decoder *decoder)
{
    for (uint8_t id = 1; id <= LADLE_CODEC_ID_MAX; id++) {
        const struct ladle_codec *codec;
        if (decoder->codec_states[id] && ladle_codec_by_id(id, &codec) == LADLE_OK) {
            codec->decompressor_free(decoder->codec_states[id], decoder->allocator);
        }
    }
}

void ladle_block_init(struct ladle_block *block, const ladle_allocator *allocator)
{
    *block = (struct ladle_block){.decoded = {.allocator = allocator},
                                  .streams = {.allocator = allocator}};
    ladle_views_init(&block->views, allocator);
}

void ladle_block_free(struct ladle_block *block)
{
    ladle_buffer_free(&block->decoded);
    ladle_buffer_free(&block->streams);
    ladle_views_free(&block->views);
}

static struct entry load_entry(const uint8_t *from)
{
    return (struct entry){.stored_len = ladle_load_u32(from),
                          .decoded_len = ladle_load_u32(from + 4),
                          .crc = ladle_load_u32(from + 8),
                          .codec = from[12]};
}

/*
 * Check the directory against the block header.
 */
static ladle_status check_directory(const struct ladle_block_header *header, const uint8_t *stored,
                                    const char **why)
{
    size_t directory_len = (size_t)header->stream_count * LADLE_STREAM_ENTRY_LEN;
    if (ladle_crc32c(0, stored, directory_len) != header->directory_crc) {
        return corrupt(why, "the directory of a block is damaged");
    }
    uint64_t stored_len = directory_len;
    uint64_t decoded_len = 0;
    bool is_lawful = true;
    for (uint16_t i = 0; i < header->stream_count; i++) {
        const uint8_t *from = stored + (size_t)i * LADLE_STREAM_ENTRY_LEN;
        struct entry entry = load_entry(from);
        stored_len += ladle_align(entry.stored_len);
        decoded_len += entry.decoded_len;
        is_lawful = is_lawful && !from[13] && !from[14] && !from[15] &&
                    (entry.codec ? entry.stored_len < entry.decoded_len
                                 : entry.stored_len == entry.decoded_len);
    }
    if (!is_lawful || stored_len != header->stored_len || decoded_len != header->decoded_len) {
        return corrupt(why, "the directory of a block does not fit its header");
    }
    return LADLE_OK;
}

static ladle_status verify_stream(const struct entry *entry, const uint8_t *stored,
                                  const char **why)
{
    return ladle_crc32c(0, stored, ladle_align(entry->stored_len)) == entry->crc
               ? LADLE_OK
               : corrupt(why, "the data of a block are damaged");
}

ladle_status ladle_block_verify(const struct ladle_block_header *header, const uint8_t *stored,
                                const char **why)
{
    LADLE_TRY(check_directory(header, stored, why));
    const uint8_t *next = stored + (size_t)header->stream_count * LADLE_STREAM_ENTRY_LEN;
    for (uint16_t i = 0; i < header->stream_count; i++) {
        struct entry entry = load_entry(stored + (size_t)i * LADLE_STREAM_ENTRY_LEN);
        LADLE_TRY(verify_stream(&entry, next, why));
        next += ladle_align(entry.stored_len);
    }
    return LADLE_OK;
}

/*
 * The decompressor for a codec, made when it is first needed.
 */
static ladle_status decompressor(struct ladle_block_decoder *decoder, uint8_t id,
                                 const struct ladle_codec **codec, const char **why)
{
    ladle_status status = ladle_codec_by_id(id, codec);
    if (status != LADLE_OK) {
        *why = id == 2   ? "it is compressed with zstd, which is not built in"
               : id == 3 ? "it is compressed with lz4, which is not built in"
                         : "it is compressed with a codec of a newer version";
        return status;
    }
    if (decoder->codec_states[id]) {
        return LADLE_OK;
    }
    return (*codec)->decompressor_new(&decoder->codec_states[id], decoder->allocator);
}

static ladle_status decode_stream(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                  const struct entry *entry, const uint8_t *stored,
                                  struct ladle_stream *stream, const char **why)
{
    stream->len = entry->decoded_len;
    if (entry->codec == 0) {
        stream->data = stored;
        return LADLE_OK;
    }
    const struct ladle_codec *codec;
    LADLE_TRY(decompressor(decoder, entry->codec, &codec, why));
    uint8_t *to = block->decoded.data + block->decoded.len;
    block->decoded.len += ladle_align(entry->decoded_len);
    stream->data = to;
    ladle_status status = codec->decompress(decoder->codec_states[entry->codec], to,
                                            entry->decoded_len, stored, entry->stored_len);
    return status == LADLE_E_CORRUPT ? corrupt(why, "the data of a block do not decompress")
                                     : status;
}

/*
 * Room for all streams that a codec decodes, so that none moves.
 */
static ladle_status reserve(struct ladle_block *block, const struct ladle_block_header *header,
                            const uint8_t *stored)
{
    size_t len = 0;
    for (uint16_t i = 0; i < header->stream_count; i++) {
        struct entry entry = load_entry(stored + (size_t)i * LADLE_STREAM_ENTRY_LEN);
        len += entry.codec ? ladle_align(entry.decoded_len) : 0;
    }
    if (block->decoded.capacity > KEPT_LEN && len < KEPT_LEN) {
        ladle_buffer_free(&block->decoded);
    }
    block->decoded.len = 0;
    block->streams.len = 0;
    LADLE_TRY(ladle_buffer_reserve(&block->decoded, len + 1)); /* no NULL, for arithmetic */
    return ladle_buffer_reserve(&block->streams,
                                header->stream_count * sizeof(struct ladle_stream));
}

ladle_status ladle_block_decode_streams(struct ladle_block *block,
                                        struct ladle_block_decoder *decoder,
                                        const struct ladle_block_header *header,
                                        const uint8_t *stored, const char **why)
{
    *why = "out of memory";
    LADLE_TRY(reserve(block, header, stored));
    const uint8_t *next = stored + (size_t)header->stream_count * LADLE_STREAM_ENTRY_LEN;
    for (uint16_t i = 0; i < header->stream_count; i++) {
        struct entry entry = load_entry(stored + (size_t)i * LADLE_STREAM_ENTRY_LEN);
        struct ladle_stream stream;
        LADLE_TRY(decode_stream(block, decoder, &entry, next, &stream, why));
        LADLE_TRY(ladle_buffer_put(&block->streams, &stream, sizeof stream));
        next += ladle_align(entry.stored_len);
    }
    return LADLE_OK;
}

ladle_status ladle_block_decode(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                const struct ladle_block_header *header, const uint8_t *stored,
                                const char **why)
{
    LADLE_TRY(ladle_block_decode_streams(block, decoder, header, stored, why));
    if (header->stream_count == 0) {
        return corrupt(why, "a block has no streams");
    }
    const struct ladle_stream *streams = (void *)block->streams.data;
    return ladle_views_read(&block->views, streams, header->stream_count, header->record_count,
                            NULL, &block->root, why);
}

/*
 * Streams being fetched one after the other.
 */
struct fetcher {
    struct ladle_block *block;
    struct ladle_block_decoder *decoder;
    const uint8_t *stored;
    const struct ladle_block_choice *choice;
    size_t next;   /* stream */
    size_t offset; /* of it in 'stored' */
};

static ladle_status fetch(void *ctx, size_t index, const char **why)
{
    struct fetcher *fetcher = ctx;
    struct ladle_stream *streams = (void *)fetcher->block->streams.data;
    struct entry entry;
    for (;;) {
        entry = load_entry(fetcher->stored + fetcher->next * LADLE_STREAM_ENTRY_LEN);
        if (fetcher->next == index) {
            break;
        }
        fetcher->offset += ladle_align(entry.stored_len);
        fetcher->next++;
    }
    const struct ladle_block_choice *choice = fetcher->choice;
    const uint8_t *stored = fetcher->stored + fetcher->offset;
    LADLE_TRY(choice->get(choice->get_ctx, fetcher->offset, ladle_align(entry.stored_len)));
    LADLE_TRY(verify_stream(&entry, stored, why));
    return decode_stream(fetcher->block, fetcher->decoder, &entry, stored, &streams[index], why);
}

ladle_status ladle_block_decode_some(struct ladle_block *block, struct ladle_block_decoder *decoder,
                                     const struct ladle_block_header *header, const uint8_t *stored,
                                     const struct ladle_block_choice *choice, const char **why)
{
    size_t directory_len = (size_t)header->stream_count * LADLE_STREAM_ENTRY_LEN;
    struct fetcher fetcher = {.block = block,
                              .decoder = decoder,
                              .stored = stored,
                              .choice = choice,
                              .offset = directory_len};
    const struct ladle_choice columns = {.wants = choice->wants,
                                         .wants_ctx = choice->wants_ctx,
                                         .epoch = choice->epoch,
                                         .fetch = fetch,
                                         .fetch_ctx = &fetcher};
    *why = "out of memory";
    LADLE_TRY(choice->get(choice->get_ctx, 0, directory_len));
    LADLE_TRY(check_directory(header, stored, why));
    LADLE_TRY(reserve(block, header, stored));
    if (header->stream_count == 0) {
        return corrupt(why, "a block has no streams");
    }
    LADLE_TRY(fetch(&fetcher, 0, why));
    const struct ladle_stream *streams = (void *)block->streams.data;
    return ladle_views_read(&block->views, streams, header->stream_count, header->record_count,
                            &columns, &block->root, why);
}

ladle_status ladle_block_decode_bytes(struct ladle_block *block,
                                      struct ladle_block_decoder *decoder,
                                      const struct ladle_block_header *header,
                                      const uint8_t *stored, struct ladle_stream *bytes,
                                      const char **why)
{
    if (header->stream_count != 1) {
        return corrupt(why, "a block has a wrong number of streams");
    }
    LADLE_TRY(ladle_block_decode_streams(block, decoder, header, stored, why));
    *bytes = *(const struct ladle_stream *)(void *)block->streams.data;
    return LADLE_OK;
}
