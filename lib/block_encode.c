/* SPDX-License-Identifier: BSD-2-Clause */
#include "block_encode.h"

#include "checksum.h"
#include "dictionary.h"
#include "shape.h"
#include "status.h"

/*
 * Arrays join the stream of their neighbours until it has this many bytes.
 */
#define STREAM_LEN 4096

static ladle_status put_u8(ladle_buffer *to, uint8_t byte)
{
    return ladle_buffer_put(to, &byte, 1);
}

static ladle_status put_varint(ladle_buffer *to, uint64_t value)
{
    uint8_t bytes[LADLE_VARINT_LEN_MAX];
    return ladle_buffer_put(to, bytes, ladle_varint_put(bytes, value));
}

static ladle_status put_text(ladle_buffer *to, const char *text, size_t len)
{
    LADLE_TRY(put_varint(to, len));
    return ladle_buffer_put(to, text, len);
}

ladle_status ladle_block_encoder_init(struct ladle_block_encoder *encoder,
                                      const ladle_allocator *allocator,
                                      const struct ladle_codec *codec, int level)
{
    const ladle_buffer empty = {.allocator = allocator};
    *encoder = (struct ladle_block_encoder){.allocator = allocator,
                                            .codec = codec,
                                            .output = empty,
                                            .shape = empty,
                                            .plain = empty,
                                            .packs = empty,
                                            .arena = {.allocator = allocator}};
    return codec ? codec->compressor_new(&encoder->codec_state, level, allocator) : LADLE_OK;
}

void ladle_block_encoder_free(struct ladle_block_encoder *encoder)
{
    if (encoder->codec) {
        encoder->codec->compressor_free(encoder->codec_state, encoder->allocator);
    }
    ladle_buffer_free(&encoder->output);
    ladle_buffer_free(&encoder->shape);
    ladle_buffer_free(&encoder->plain);
    ladle_buffer_free(&encoder->packs);
    ladle_arena_free(&encoder->arena);
}

/*
 * Describe an array in the shape and keep it for the streams.
 */
static ladle_status put_array(struct ladle_block_encoder *encoder, struct ladle_pack pack)
{
    size_t len = ladle_pack_len(&pack);
    if (len && encoder->stream_len >= STREAM_LEN) {
        pack.begins_stream = true;
        encoder->stream_len = 0;
    }
    encoder->stream_len += ladle_align(len);
    LADLE_TRY(ladle_pack_describe(&pack, &encoder->shape));
    return ladle_buffer_put(&encoder->packs, &pack, sizeof pack);
}

/*
 * The same for the integers or lengths of a node, which keeps their range.
 */
static ladle_status put_ranged(struct ladle_block_encoder *encoder, ladle_node *node,
                               struct ladle_pack pack)
{
    node->least = pack.least;
    node->greatest = pack.greatest;
    return put_array(encoder, pack);
}

static ladle_status describe(struct ladle_block_encoder *encoder, ladle_node *node);

static ladle_status describe_children(struct ladle_block_encoder *encoder, ladle_node *node)
{
    for (uint32_t i = 0; i < node->child_count; i++) {
        LADLE_TRY(describe(encoder, node->children[i]));
    }
    return LADLE_OK;
}

static ladle_status describe_repeated(struct ladle_block_encoder *encoder, ladle_node *node)
{
    LADLE_TRY(put_ranged(encoder, node, ladle_pack_u32(node->words, node->mark)));
    LADLE_TRY(put_varint(&encoder->shape, node->children[0]->mark));
    return describe_children(encoder, node);
}

static ladle_status describe_dict(struct ladle_block_encoder *encoder, ladle_node *node)
{
    ladle_buffer *shape = &encoder->shape;
    const ladle_keys *keys = node->keys;
    LADLE_TRY(put_varint(shape, node->child_count));
    for (uint32_t i = 0; i < node->child_count; i++) {
        LADLE_TRY(put_text(shape, keys->items[i].name, keys->items[i].name_len));
        LADLE_TRY(put_varint(shape, node->children[i]->mark));
    }
    LADLE_TRY(put_varint(shape, keys->list_count));
    for (uint32_t i = 0; i < keys->list_count; i++) {
        LADLE_TRY(put_varint(shape, keys->lists[i].count));
        for (uint32_t j = 0; j < keys->lists[i].count; j++) {
            LADLE_TRY(put_varint(shape, keys->lists[i].columns[j]));
        }
    }
    if (keys->list_count > 1) {
        uint8_t greatest = (uint8_t)(keys->list_count - 1);
        LADLE_TRY(put_array(encoder, ladle_pack_u8(node->words, node->mark, greatest)));
    }
    return describe_children(encoder, node);
}

static ladle_status describe_union(struct ladle_block_encoder *encoder, ladle_node *node)
{
    uint8_t greatest = (uint8_t)(node->child_count - 1);
    LADLE_TRY(put_varint(&encoder->shape, node->child_count));
    LADLE_TRY(put_array(encoder, ladle_pack_u8(node->words, node->mark, greatest)));
    for (uint32_t i = 0; i < node->child_count; i++) {
        LADLE_TRY(put_varint(&encoder->shape, node->children[i]->mark));
        LADLE_TRY(describe(encoder, node->children[i]));
    }
    return LADLE_OK;
}

static ladle_status describe_dictionary(struct ladle_block_encoder *encoder, ladle_node *node,
                                        const struct ladle_dictionary *dictionary)
{
    ladle_buffer *shape = &encoder->shape;
    LADLE_TRY(put_u8(shape, LADLE_DICTIONARY));
    LADLE_TRY(put_varint(shape, dictionary->count));
    LADLE_TRY(put_array(encoder, ladle_pack_u32(dictionary->codes, node->mark)));
    LADLE_TRY(put_u8(shape, node->kind));
    LADLE_TRY(put_ranged(encoder, node, ladle_pack_u32(dictionary->lengths, dictionary->count)));
    return put_array(encoder, ladle_pack_raw(dictionary->bytes, dictionary->bytes_len));
}

static ladle_status describe_data(struct ladle_block_encoder *encoder, ladle_node *node)
{
    if (node->kind == LADLE_STR || node->kind == LADLE_BYTES) {
        struct ladle_dictionary dictionary;
        LADLE_TRY(ladle_dictionary_find(&encoder->arena, node->words, node->mark, node->bytes.data,
                                        node->bytes_mark, &dictionary));
        if (dictionary.count) {
            return describe_dictionary(encoder, node, &dictionary);
        }
    }
    LADLE_TRY(put_u8(&encoder->shape, node->kind));
    LADLE_TRY(put_ranged(encoder, node, ladle_pack_u32(node->words, node->mark)));
    return put_array(encoder, ladle_pack_raw(node->bytes.data, node->bytes_mark));
}

/*
 * What follows a node's kind byte.
 */
static ladle_status describe_kind(struct ladle_block_encoder *encoder, ladle_node *node)
{
    bool is_unsigned = node->sign == LADLE_SIGN_UNSIGNED;
    const uint64_t *words = node->words;
    switch (node->kind) {
    case LADLE_BOOL:
        return put_array(encoder, ladle_pack_u8(node->words, node->mark, 1));
    case LADLE_INT:
        return put_ranged(encoder, node, ladle_pack_int(words, node->mark, is_unsigned));
    case LADLE_FLOAT:
        return put_array(encoder, ladle_pack_float(words, node->mark, 1));
    case LADLE_COMPLEX:
        LADLE_TRY(put_array(encoder, ladle_pack_float(words, node->mark, 2)));
        return put_array(encoder, ladle_pack_float(words + 1, node->mark, 2));
    case LADLE_TUPLE:
        LADLE_TRY(put_varint(&encoder->shape, node->child_count));
        return describe_children(encoder, node);
    case LADLE_OBJECT:
        LADLE_TRY(ladle_buffer_put(&encoder->shape, node->type, node->type_len));
        return describe_children(encoder, node);
    case LADLE_EXTENSION:
        LADLE_TRY(put_u8(&encoder->shape, node->code));
        return describe_children(encoder, node);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        LADLE_TRY(ladle_buffer_put(&encoder->shape, node->type, node->type_len));
        return put_array(encoder, ladle_pack_raw(node->bytes.data, node->bytes_mark));
    case LADLE_DICT:
        return describe_dict(encoder, node);
    case LADLE_UNION:
        return describe_union(encoder, node);
    default:
        return ladle_kind_is_repeated(node->kind) ? describe_repeated(encoder, node) : LADLE_OK;
    }
}

/*
 * Describe a node and below, and keep its arrays.
 */
static ladle_status describe(struct ladle_block_encoder *encoder, ladle_node *node)
{
    if (node->mark == 0) {
        return put_u8(&encoder->shape, LADLE_EMPTY);
    }
    if (ladle_kind_has_bytes(node->kind)) {
        return describe_data(encoder, node);
    }
    LADLE_TRY(put_u8(&encoder->shape, node->kind));
    return describe_kind(encoder, node);
}

/*
 * Lay out the arrays of one stream behind 'prefix_len' bytes, from 'first' on.
 *
 * to   NULL: only measure
 * end  output: the first array of the next stream
 *
 * Returns the length of the stream.
 */
static size_t lay_out(const struct ladle_block_encoder *encoder, size_t first, size_t prefix_len,
                      uint8_t *to, size_t *end)
{
    const struct ladle_pack *packs = (const struct ladle_pack *)(void *)encoder->packs.data;
    size_t count = encoder->packs.len / sizeof *packs;
    size_t len = prefix_len;
    size_t i = first;
    for (; i < count && (i == first || !packs[i].begins_stream); i++) {
        size_t pack_len = ladle_pack_len(&packs[i]);
        if (pack_len == 0) {
            continue;
        }
        if (to) {
            memset(to + len, 0, ladle_align(len) - len);
            ladle_pack_store(&packs[i], to + ladle_align(len));
        }
        len = ladle_align(len) + pack_len;
    }
    *end = i;
    return len;
}

/*
 * A directory entry for a stream whose stored bytes end the output; pads them.
 */
static void close_stream(struct ladle_block_encoder *encoder, struct ladle_block_header *header,
                         size_t stored_len, size_t decoded_len, uint8_t codec_id)
{
    ladle_buffer *output = &encoder->output;
    size_t padded_len = ladle_align(stored_len);
    const uint8_t *stored = output->data + output->len;
    memset(output->data + output->len + stored_len, 0, padded_len - stored_len);
    uint8_t *entry = output->data + LADLE_BLOCK_HEADER_LEN +
                     (size_t)header->stream_count * LADLE_STREAM_ENTRY_LEN;
    ladle_store_u32(entry, (uint32_t)stored_len);
    ladle_store_u32(entry + 4, (uint32_t)decoded_len);
    ladle_store_u32(entry + 8, ladle_crc32c(0, stored, padded_len));
    ladle_store_u32(entry + 12, codec_id);
    output->len += padded_len;
    header->stream_count++;
    header->decoded_len += (uint32_t)decoded_len;
}

/*
 * Compress encoder->plain to the end of the output. '*done' says whether it became smaller.
 */
static ladle_status compress(struct ladle_block_encoder *encoder, size_t *len, bool *done)
{
    const ladle_buffer *plain = &encoder->plain;
    ladle_buffer *output = &encoder->output;
    *done = false;
    if (plain->len < 2) {
        return LADLE_OK;
    }
    ladle_status status = encoder->codec->compress(encoder->codec_state, output->data + output->len,
                                                   plain->len - 1, len, plain->data, plain->len);
    *done = status == LADLE_OK;
    return status == LADLE_END ? LADLE_OK : status;
}

/*
 * Add a stream to the output: 'prefix' and the arrays from '*first' on, which moves on.
 */
static ladle_status add_stream(struct ladle_block_encoder *encoder,
                               struct ladle_block_header *header, const ladle_buffer *prefix,
                               size_t *first)
{
    size_t prefix_len = prefix ? prefix->len : 0;
    size_t end;
    size_t len = lay_out(encoder, *first, prefix_len, NULL, &end);
    ladle_buffer *output = &encoder->output;
    if (len + output->len >= LADLE_BLOCK_LEN_MAX) {
        return LADLE_E_LIMIT;
    }
    LADLE_TRY(ladle_buffer_reserve(output, ladle_align(len)));
    uint8_t *to = output->data + output->len;
    if (encoder->codec) {
        encoder->plain.len = 0;
        LADLE_TRY(ladle_buffer_reserve(&encoder->plain, len + 1));
        to = encoder->plain.data;
        encoder->plain.len = len;
    }
    if (prefix_len) {
        memcpy(to, prefix->data, prefix_len);
    }
    lay_out(encoder, *first, prefix_len, to, &end);
    *first = end;
    size_t stored_len = len;
    bool compressed = false;
    if (encoder->codec) {
        LADLE_TRY(compress(encoder, &stored_len, &compressed));
        if (!compressed) {
            stored_len = len;
            memcpy(output->data + output->len, to, len);
        }
    }
    close_stream(encoder, header, stored_len, len, compressed ? encoder->codec->id : 0);
    return LADLE_OK;
}

static uint32_t count_streams(const struct ladle_block_encoder *encoder)
{
    const struct ladle_pack *packs = (const struct ladle_pack *)(void *)encoder->packs.data;
    uint32_t count = 1;
    for (size_t i = 0; i < encoder->packs.len / sizeof *packs; i++) {
        count += packs[i].begins_stream;
    }
    return count;
}

/*
 * Make the block of encoder->shape and encoder->packs.
 */
static ladle_status assemble(struct ladle_block_encoder *encoder, struct ladle_block_header *header,
                             uint32_t salt, uint64_t offset)
{
    ladle_buffer *output = &encoder->output;
    size_t stream_count = count_streams(encoder);
    size_t directory_len = stream_count * LADLE_STREAM_ENTRY_LEN;
    output->len = 0;
    LADLE_TRY(ladle_buffer_reserve(output, LADLE_BLOCK_HEADER_LEN + directory_len));
    output->len = LADLE_BLOCK_HEADER_LEN + directory_len;
    header->stream_count = 0;
    header->decoded_len = 0;
    size_t first = 0;
    LADLE_TRY(add_stream(encoder, header, &encoder->shape, &first));
    while (header->stream_count < stream_count) {
        LADLE_TRY(add_stream(encoder, header, NULL, &first));
    }
    header->stored_len = (uint32_t)(output->len - LADLE_BLOCK_HEADER_LEN);
    header->directory_crc = ladle_crc32c(0, output->data + LADLE_BLOCK_HEADER_LEN, directory_len);
    ladle_block_header_store(header, salt, offset, output->data);
    return LADLE_OK;
}

ladle_status ladle_block_encode(struct ladle_block_encoder *encoder, ladle_node *root,
                                struct ladle_block_header *header, uint32_t salt, uint64_t offset)
{
    encoder->shape.len = 0;
    encoder->packs.len = 0;
    encoder->stream_len = 0;
    ladle_arena_reset(&encoder->arena);
    LADLE_TRY(describe(encoder, root));
    return assemble(encoder, header, salt, offset);
}

ladle_status ladle_block_encode_bytes(struct ladle_block_encoder *encoder, const void *data,
                                      size_t len, struct ladle_block_header *header, uint32_t salt,
                                      uint64_t offset)
{
    encoder->shape.len = 0;
    encoder->packs.len = 0;
    LADLE_TRY(ladle_buffer_put(&encoder->shape, data, len));
    return assemble(encoder, header, salt, offset);
}
