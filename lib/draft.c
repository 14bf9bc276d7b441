/* SPDX-License-Identifier: BSD-2-Clause */
#include "draft.h"

#include "status.h"
#include <ladle/wire.h>

/*
 * More memory than this is given back after a large record.
 */
#define KEPT_LEN ((size_t)1 << 20)

struct span {
    size_t offset; /* in the room for streams that the caller writes */
    size_t len;
    const uint8_t *borrowed;
};

void ladle_draft_init(struct ladle_draft *draft, const struct ladle_codec *codec, bool borrows,
                      const ladle_allocator *allocator)
{
    const ladle_buffer empty = {.allocator = allocator};
    *draft = (struct ladle_draft){.codec = codec,
                                  .borrows = borrows,
                                  .plain = empty,
                                  .spans = empty,
                                  .output = empty,
                                  .pieces = empty};
}

void ladle_draft_free(struct ladle_draft *draft)
{
    ladle_buffer_free(&draft->plain);
    ladle_buffer_free(&draft->spans);
    ladle_buffer_free(&draft->output);
    ladle_buffer_free(&draft->pieces);
}

static const struct span *spans_of(const struct ladle_draft *draft)
{
    return (const struct span *)(void *)draft->spans.data;
}

static size_t directory_len(const struct ladle_draft *draft)
{
    return draft->stream_count * LADLE_STREAM_ENTRY_LEN;
}

void ladle_draft_begin(struct ladle_draft *draft)
{
    draft->spans.len = 0;
    draft->stream_count = 0;
    draft->borrowed_count = 0;
    draft->decoded_len = 0;
    draft->padded_len = 0;
    draft->room_len = 0;
}

ladle_status ladle_draft_add_stream(struct ladle_draft *draft, size_t len, const void *borrowed)
{
    struct span span = {draft->room_len, len, borrowed};
    size_t padded_len = ladle_align(len);
    draft->stream_count++;
    if (len >= LADLE_BLOCK_LEN_MAX ||
        draft->padded_len + padded_len + directory_len(draft) >= LADLE_BLOCK_LEN_MAX) {
        return LADLE_E_LIMIT;
    }
    draft->borrowed_count += borrowed != NULL;
    draft->decoded_len += len;
    draft->padded_len += padded_len;
    draft->room_len += borrowed ? padded_len - len : padded_len;
    return ladle_buffer_put(&draft->spans, &span, sizeof span);
}

static ladle_status reserve(ladle_buffer *buffer, size_t len)
{
    buffer->len = 0;
    if (buffer->capacity > KEPT_LEN && len < buffer->capacity / 4) {
        ladle_buffer_free(buffer);
    }
    return ladle_buffer_reserve(buffer, len);
}

ladle_status ladle_draft_reserve(struct ladle_draft *draft)
{
    size_t stored_len = draft->codec ? draft->padded_len : draft->room_len;
    LADLE_TRY(reserve(&draft->output, LADLE_BLOCK_HEADER_LEN + directory_len(draft) + stored_len));
    LADLE_TRY(
        reserve(&draft->pieces, (2 * draft->borrowed_count + 1) * sizeof(struct ladle_piece)));
    return draft->codec ? reserve(&draft->plain, draft->room_len + 1) : LADLE_OK;
}

/*
 * Where a stream lies in the room for those that the caller writes.
 */
static uint8_t *place_of(const struct ladle_draft *draft, const struct span *span)
{
    return draft->codec
               ? draft->plain.data + span->offset
               : draft->output.data + LADLE_BLOCK_HEADER_LEN + directory_len(draft) + span->offset;
}

uint8_t *ladle_draft_stream(const struct ladle_draft *draft, size_t index)
{
    const struct span *span = &spans_of(draft)[index];
    return span->borrowed ? NULL : place_of(draft, span);
}

ladle_status ladle_draft_put(struct ladle_draft *draft, const void *data, size_t len)
{
    ladle_draft_begin(draft);
    LADLE_TRY(ladle_draft_add_stream(draft, len, NULL));
    LADLE_TRY(ladle_draft_reserve(draft));
    if (len) {
        memcpy(ladle_draft_stream(draft, 0), data, len);
    }
    return LADLE_OK;
}

/*
 * Add a piece to the block, for which there is room.
 */
static void add_piece(struct ladle_draft *draft, const void *data, size_t len)
{
    const ladle_piece piece = {data, len};
    memcpy(draft->pieces.data + draft->pieces.len, &piece, sizeof piece);
    draft->pieces.len += sizeof piece;
}

/*
 * End the piece that is made of the output.
 */
static void end_piece(struct ladle_draft *draft)
{
    add_piece(draft, draft->output.data + draft->piece_offset,
              draft->output.len - draft->piece_offset);
    draft->piece_offset = draft->output.len;
}

/*
 * Put zeros behind a stream of 'len' bytes, as the next bytes of the output.
 */
static size_t pad(struct ladle_draft *draft, size_t len)
{
    size_t pad_len = ladle_align(len) - len;
    memset(draft->output.data + draft->output.len, 0, pad_len);
    draft->output.len += pad_len;
    return pad_len;
}

static void put_entry(struct ladle_draft *draft, size_t index, size_t stored_len, uint32_t crc,
                      uint8_t codec_id)
{
    uint8_t *entry = draft->output.data + LADLE_BLOCK_HEADER_LEN + index * LADLE_STREAM_ENTRY_LEN;
    ladle_store_u32(entry, (uint32_t)stored_len);
    ladle_store_u32(entry + 4, (uint32_t)spans_of(draft)[index].len);
    ladle_store_u32(entry + 8, crc);
    ladle_store_u32(entry + 12, codec_id);
    draft->stored_len += ladle_align(stored_len);
}

/*
 * A stream whose stored bytes come next in the output, where they are already.
 */
static void close_stream(struct ladle_draft *draft, size_t index, size_t stored_len,
                         uint8_t codec_id)
{
    const uint8_t *stored = draft->output.data + draft->output.len;
    draft->output.len += stored_len;
    size_t padded_len = stored_len + pad(draft, stored_len);
    put_entry(draft, index, stored_len, ladle_crc32c(0, stored, padded_len), codec_id);
}

/*
 * A stream that is stored as it is and where it is.
 */
static void leave_stream(struct ladle_draft *draft, size_t index)
{
    const struct span *span = &spans_of(draft)[index];
    uint32_t crc = ladle_crc32c(0, span->borrowed, span->len);
    end_piece(draft);
    add_piece(draft, span->borrowed, span->len);
    size_t pad_len = pad(draft, span->len);
    crc = ladle_crc32c(crc, draft->output.data + draft->piece_offset, pad_len);
    put_entry(draft, index, span->len, crc, 0);
}

/*
 * What a stream must become to be stored compressed: to read more bytes takes less time than to
 * decompress those that hardly shrank.
 */
static size_t compressed_len_max(size_t len)
{
    return len ? len - 1 - len / 16 : 0;
}

/*
 * Compress a stream into the output, by the codec or, for streams that hardly get longer by that, by
 * the one that decompresses in a fraction of the time. The codec that did it; NULL: none does.
 */
static const struct ladle_codec *compress(struct ladle_draft *draft, const uint8_t *plain,
                                          size_t len, void *state, size_t *stored_len)
{
    uint8_t *to = draft->output.data + draft->output.len;
    size_t capacity = compressed_len_max(len);
    bool is_shorter =
        capacity && draft->codec->compress(state, to, capacity, stored_len, plain, len) == LADLE_OK;
    size_t worth_len = is_shorter ? *stored_len + *stored_len / 16 : capacity;
    worth_len = worth_len < capacity ? worth_len : capacity;
    if (worth_len &&
        ladle_codec_bitpack.compress(NULL, to, worth_len, stored_len, plain, len) == LADLE_OK) {
        return &ladle_codec_bitpack;
    }
    return is_shorter ? draft->codec : NULL;
}

/*
 * Store a stream, compressed if that pays.
 */
static void store_stream(struct ladle_draft *draft, size_t index, void *state)
{
    const struct span *span = &spans_of(draft)[index];
    const uint8_t *plain = span->borrowed ? span->borrowed : place_of(draft, span);
    uint8_t *to = draft->output.data + draft->output.len;
    size_t stored_len = 0;
    const struct ladle_codec *codec =
        draft->codec ? compress(draft, plain, span->len, state, &stored_len) : NULL;
    if (codec) {
        close_stream(draft, index, stored_len, codec->id);
    } else if (span->borrowed) {
        leave_stream(draft, index);
    } else {
        if (draft->codec && span->len) {
            memcpy(to, plain, span->len);
        }
        close_stream(draft, index, span->len, 0);
    }
}

void ladle_draft_compress(struct ladle_draft *draft, void *state)
{
    draft->stored_len = directory_len(draft);
    draft->output.len = LADLE_BLOCK_HEADER_LEN + directory_len(draft);
    draft->pieces.len = 0;
    draft->piece_offset = 0;
    for (size_t i = 0; i < draft->stream_count; i++) {
        store_stream(draft, i, state);
    }
    end_piece(draft);
}

void ladle_draft_finish(struct ladle_draft *draft, struct ladle_block_header *header, uint32_t salt,
                        uint64_t offset)
{
    uint8_t *data = draft->output.data;
    header->stream_count = (uint16_t)draft->stream_count;
    header->decoded_len = (uint32_t)draft->decoded_len;
    header->stored_len = (uint32_t)draft->stored_len;
    header->directory_crc = ladle_crc32c(0, data + LADLE_BLOCK_HEADER_LEN, directory_len(draft));
    ladle_block_header_store(header, salt, offset, data);
}
