/* SPDX-License-Identifier: BSD-2-Clause */
#include "block_encode.h"

#include "dictionary.h"
#include "shape.h"
#include "status.h"

/*
 * Arrays join the stream of their neighbours until it has this many bytes: less where no codec wants
 * neighbours to learn from, for who reads one column reads its stream.
 */
#define STREAM_LEN_CODEC 4096
#define STREAM_LEN_PLAIN 1024

/*
 * An array of so many bytes has a stream of its own, which need not be copied to where others are.
 */
#define ARRAY_LEN_ALONE 8192

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

void ladle_block_encoder_init(struct ladle_block_encoder *encoder, const ladle_allocator *allocator)
{
    const ladle_buffer empty = {.allocator = allocator};
    *encoder = (struct ladle_block_encoder){.shape = empty,
                                            .packs = empty,
                                            .arena = {.allocator = allocator},
                                            .scratch = {.allocator = allocator}};
}

void ladle_block_encoder_free(struct ladle_block_encoder *encoder)
{
    ladle_buffer_free(&encoder->shape);
    ladle_buffer_free(&encoder->packs);
    ladle_arena_free(&encoder->arena);
    ladle_arena_free(&encoder->scratch);
}

/*
 * Describe an array in the shape and keep it for the streams.
 */
static ladle_status put_array(struct ladle_block_encoder *encoder, struct ladle_pack pack)
{
    size_t len = ladle_pack_len(&pack);
    if (len >= ARRAY_LEN_ALONE || (len && encoder->stream_len >= encoder->stream_len_min)) {
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
        LADLE_TRY(ladle_dictionary_find(&encoder->arena, &encoder->scratch, node->words, node->mark,
                                        node->bytes.data, node->bytes_mark, &dictionary));
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
    bool is_empty = prefix_len == 0;
    for (; i < count && (is_empty || !packs[i].begins_stream); i++) {
        is_empty = false;
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

static size_t count_packs(const struct ladle_block_encoder *encoder)
{
    return encoder->packs.len / sizeof(struct ladle_pack);
}

/*
 * Where the bytes of a stream lie as they are to be written, or NULL: it is a large array and
 * nothing else.
 */
static const void *find_in_place(const struct ladle_block_encoder *encoder, size_t first,
                                 size_t len)
{
    const struct ladle_pack *packs = (const struct ladle_pack *)(void *)encoder->packs.data;
    bool is_alone = len >= ARRAY_LEN_ALONE && ladle_pack_len(&packs[first]) == len;
    return is_alone ? ladle_pack_in_place(&packs[first]) : NULL;
}

/*
 * Measure all streams. The first one begins with the shape.
 */
static ladle_status plan_streams(const struct ladle_block_encoder *encoder,
                                 struct ladle_draft *draft)
{
    size_t end = 0;
    size_t len = lay_out(encoder, 0, encoder->shape.len, NULL, &end);
    ladle_draft_begin(draft);
    LADLE_TRY(ladle_draft_add_stream(draft, len, NULL));
    while (end < count_packs(encoder)) {
        size_t first = end;
        len = lay_out(encoder, first, 0, NULL, &end);
        const void *borrowed = draft->borrows ? find_in_place(encoder, first, len) : NULL;
        LADLE_TRY(ladle_draft_add_stream(draft, len, borrowed));
    }
    return ladle_draft_reserve(draft);
}

/*
 * Make the streams of encoder->shape and encoder->packs.
 */
static ladle_status make_streams(const struct ladle_block_encoder *encoder,
                                 struct ladle_draft *draft)
{
    LADLE_TRY(plan_streams(encoder, draft));
    size_t first = 0;
    for (size_t i = 0; i < draft->stream_count; i++) {
        uint8_t *to = ladle_draft_stream(draft, i);
        size_t prefix_len = i == 0 ? encoder->shape.len : 0;
        if (prefix_len) {
            memcpy(to, encoder->shape.data, prefix_len);
        }
        lay_out(encoder, first, prefix_len, to, &first);
    }
    return LADLE_OK;
}

ladle_status ladle_block_encode(struct ladle_block_encoder *encoder, ladle_node *root,
                                struct ladle_draft *draft)
{
    encoder->shape.len = 0;
    encoder->packs.len = 0;
    encoder->stream_len = 0;
    encoder->stream_len_min = draft->codec ? STREAM_LEN_CODEC : STREAM_LEN_PLAIN;
    ladle_arena_reset(&encoder->arena);
    LADLE_TRY(describe(encoder, root));
    return make_streams(encoder, draft);
}
