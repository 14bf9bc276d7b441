/* SPDX-License-Identifier: BSD-2-Clause */
#include "draft.h"

#include "status.h"
#include <ladle/wire.h>

/*
 * More memory than this is given back after a large record.
 */
#define KEPT_LEN ((size_t)1 << 20)

struct span {
    size_t offset;
    size_t len;
};

void ladle_draft_init(struct ladle_draft *draft, const struct ladle_codec *codec,
                      const ladle_allocator *allocator)
{
    const ladle_buffer empty = {.allocator = allocator};
    *draft = (struct ladle_draft){.codec = codec, .plain = empty, .spans = empty, .output = empty};
}

void ladle_draft_free(struct ladle_draft *draft)
{
    ladle_buffer_free(&draft->plain);
    ladle_buffer_free(&draft->spans);
    ladle_buffer_free(&draft->output);
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
    draft->decoded_len = 0;
    draft->padded_len = 0;
}

ladle_status ladle_draft_add_stream(struct ladle_draft *draft, size_t len)
{
    struct span span = {draft->padded_len, len};
    draft->stream_count++;
    if (len >= LADLE_BLOCK_LEN_MAX ||
        draft->padded_len + ladle_align(len) + directory_len(draft) >= LADLE_BLOCK_LEN_MAX) {
        return LADLE_E_LIMIT;
    }
    draft->decoded_len += len;
    draft->padded_len += ladle_align(len);
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
    LADLE_TRY(
        reserve(&draft->output, LADLE_BLOCK_HEADER_LEN + directory_len(draft) + draft->padded_len));
    return draft->codec ? reserve(&draft->plain, draft->padded_len + 1) : LADLE_OK;
}

uint8_t *ladle_draft_stream(const struct ladle_draft *draft, size_t index)
{
    size_t offset = spans_of(draft)[index].offset;
    return draft->codec
               ? draft->plain.data + offset
               : draft->output.data + LADLE_BLOCK_HEADER_LEN + directory_len(draft) + offset;
}

ladle_status ladle_draft_put(struct ladle_draft *draft, const void *data, size_t len)
{
    ladle_draft_begin(draft);
    LADLE_TRY(ladle_draft_add_stream(draft, len));
    LADLE_TRY(ladle_draft_reserve(draft));
    if (len) {
        memcpy(ladle_draft_stream(draft, 0), data, len);
    }
    return LADLE_OK;
}

/*
 * A directory entry for a stream whose stored bytes end the output; pads them.
 */
static void close_stream(struct ladle_draft *draft, size_t index, size_t stored_len,
                         uint8_t codec_id)
{
    ladle_buffer *output = &draft->output;
    size_t padded_len = ladle_align(stored_len);
    uint8_t *stored = output->data + output->len;
    memset(stored + stored_len, 0, padded_len - stored_len);
    uint8_t *entry = output->data + LADLE_BLOCK_HEADER_LEN + index * LADLE_STREAM_ENTRY_LEN;
    ladle_store_u32(entry, (uint32_t)stored_len);
    ladle_store_u32(entry + 4, (uint32_t)spans_of(draft)[index].len);
    ladle_store_u32(entry + 8, ladle_crc32c(0, stored, padded_len));
    ladle_store_u32(entry + 12, codec_id);
    output->len += padded_len;
}

/*
 * Store a stream at the end of the output, compressed if that makes it smaller.
 */
static void store_stream(struct ladle_draft *draft, size_t index, void *state)
{
    const uint8_t *plain = ladle_draft_stream(draft, index);
    size_t len = spans_of(draft)[index].len;
    uint8_t *to = draft->output.data + draft->output.len;
    size_t stored_len = 0;
    if (draft->codec && len > 1 &&
        draft->codec->compress(state, to, len - 1, &stored_len, plain, len) == LADLE_OK) {
        close_stream(draft, index, stored_len, draft->codec->id);
        return;
    }
    if (draft->codec && len) {
        memcpy(to, plain, len);
    }
    close_stream(draft, index, len, 0);
}

void ladle_draft_compress(struct ladle_draft *draft, void *state)
{
    draft->output.len = LADLE_BLOCK_HEADER_LEN + directory_len(draft);
    for (size_t i = 0; i < draft->stream_count; i++) {
        store_stream(draft, i, state);
    }
}

void ladle_draft_finish(struct ladle_draft *draft, struct ladle_block_header *header, uint32_t salt,
                        uint64_t offset)
{
    uint8_t *data = draft->output.data;
    header->stream_count = (uint16_t)draft->stream_count;
    header->decoded_len = (uint32_t)draft->decoded_len;
    header->stored_len = (uint32_t)(draft->output.len - LADLE_BLOCK_HEADER_LEN);
    header->directory_crc = ladle_crc32c(0, data + LADLE_BLOCK_HEADER_LEN, directory_len(draft));
    ladle_block_header_store(header, salt, offset, data);
}
