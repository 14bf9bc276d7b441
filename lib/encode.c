/* SPDX-License-Identifier: BSD-2-Clause */
#include "shape.h"
#include "status.h"

/*
 * Dicts with more keys than this are maps.
 */
#define DICT_KEYS_MAX 256

#define NOINLINE __attribute__((noinline))

struct encoder {
    ladle_shape *shape;
    ladle_cursor *cursor;
    ladle_buffer type; /* of the object at hand: its name and fields */
};

static ladle_status encode_other(struct encoder *encoder, ladle_node *node, uint32_t depth);

/*
 * Each of these puts the value at 'next' at a node of its kind, without a call. They return what is
 * behind it, or NULL: it is none of the usual ones, and nothing was done.
 */
static inline const uint8_t *encode_bool(ladle_node *node, const uint8_t *next)
{
    if ((*next != LADLE_TAG_FALSE && *next != LADLE_TAG_TRUE) || node->count == node->capacity) {
        return NULL;
    }
    ((uint8_t *)node->words)[node->count++] = *next == LADLE_TAG_TRUE;
    return next + 1;
}

static inline const uint8_t *encode_float(ladle_node *node, const uint8_t *next, size_t left)
{
    if (left < 9 || *next != LADLE_FLOAT || node->count == node->capacity) {
        return NULL;
    }
    ((uint64_t *)node->words)[node->count++] = ladle_load_u64(next + 1);
    return next + 9;
}

static inline const uint8_t *encode_int(ladle_node *node, const uint8_t *next, size_t left)
{
    uint64_t value;
    size_t len = ladle_value_load_int(next, left, &value);
    enum ladle_sign sign = *next == LADLE_TAG_U64 ? LADLE_SIGN_UNSIGNED : LADLE_SIGN_NEGATIVE;
    bool is_misfit = value >> 63 & (uint64_t)(node->sign != (uint8_t)sign);
    if (len == 0 || is_misfit || node->count == node->capacity) {
        return NULL;
    }
    ((uint64_t *)node->words)[node->count++] = value;
    return next + len;
}

static inline const uint8_t *encode_text(ladle_node *node, const uint8_t *next, size_t left)
{
    size_t len = (size_t)*next - LADLE_TAG_SMALL_STR;
    if (len >= LADLE_TAG_SMALL_TUPLE - LADLE_TAG_SMALL_STR || len >= left ||
        len > node->bytes.capacity - node->bytes.len || node->count == node->capacity) {
        return NULL;
    }
    uint8_t *to = node->bytes.data + node->bytes.len;
    node->bytes.len += len;
    ((uint32_t *)node->words)[node->count++] = (uint32_t)len;
    ladle_copy(to, next + 1, len);
    return next + 1 + len;
}

LADLE_ALWAYS_INLINE const uint8_t *encode_leaf(ladle_node *node, const uint8_t *next,
                                               const uint8_t *end)
{
    size_t left = (size_t)(end - next);
    if (left == 0) {
        return NULL;
    }
    switch (node->kind) {
    case LADLE_BOOL:
        return encode_bool(node, next);
    case LADLE_INT:
        return encode_int(node, next, left);
    case LADLE_FLOAT:
        return encode_float(node, next, left);
    case LADLE_STR:
        return encode_text(node, next, left);
    default:
        return NULL;
    }
}

/*
 * Any value: it may be nested 'depth' deep.
 */
static inline ladle_status encode(struct encoder *encoder, ladle_node *node, uint32_t depth)
{
    const uint8_t *behind = encode_leaf(node, encoder->cursor->next, encoder->cursor->end);
    if (LADLE_LIKELY(behind)) {
        encoder->cursor->next = behind;
        return LADLE_OK;
    }
    return encode_other(encoder, node, depth);
}

/*
 * Copy the value that begins at 'start' as it is.
 */
static ladle_status encode_any(struct encoder *encoder, ladle_node *node, const uint8_t *start,
                               uint32_t depth)
{
    encoder->cursor->next = start;
    LADLE_TRY(ladle_value_skip(encoder->cursor, depth));
    size_t len = (size_t)(encoder->cursor->next - start);
    return ladle_node_put_data(encoder->shape, node, start, len);
}

static ladle_status encode_values(struct encoder *encoder, ladle_node *node, uint64_t count,
                                  uint32_t depth)
{
    for (uint64_t i = 0; i < count; i++) {
        LADLE_TRY(encode(encoder, node, depth));
    }
    return LADLE_OK;
}

/*
 * A number that its INT column cannot take beside those that it has.
 */
static ladle_status encode_as_bigint(struct encoder *encoder, ladle_node *node,
                                     const ladle_item *item)
{
    uint8_t bytes[9] = {0};
    ladle_store_u64(bytes, item->integer);
    ladle_node *target;
    LADLE_TRY(ladle_node_accept(encoder->shape, node, LADLE_BIGINT, 0, &target));
    if (target->kind == LADLE_ANY) {
        size_t start = target->bytes.len;
        LADLE_TRY(ladle_value_put_item(&target->bytes, item));
        return ladle_node_put_u32(encoder->shape, target, (uint32_t)(target->bytes.len - start));
    }
    return ladle_node_put_data(encoder->shape, target, bytes, item->is_unsigned ? 9 : 8);
}

static ladle_status encode_any_int(struct encoder *encoder, ladle_node *node, ladle_node *target,
                                   const ladle_item *item)
{
    if (item->integer >> 63) {
        enum ladle_sign sign = item->is_unsigned ? LADLE_SIGN_UNSIGNED : LADLE_SIGN_NEGATIVE;
        if (!ladle_node_takes_int(target, sign)) {
            ladle_node_unselect(node, target);
            return encode_as_bigint(encoder, node, item);
        }
    }
    return ladle_node_put_u64(encoder->shape, target, item->integer);
}

/*
 * Put the next items of a tuple, as long as they are the usual ones. Returns the child that the next
 * one is for, or the end.
 */
LADLE_ALWAYS_INLINE ladle_node **encode_leaves(ladle_node **child, ladle_node **children_end,
                                               ladle_cursor *cursor)
{
    const uint8_t *next = cursor->next;
    const uint8_t *end = cursor->end;
    for (; child < children_end; child++) {
        const uint8_t *behind = encode_leaf(*child, next, end);
        if (LADLE_UNLIKELY(!behind)) {
            break;
        }
        next = behind;
    }
    cursor->next = next;
    return child;
}

/*
 * The items of a tuple at a TUPLE node, from that for 'child' on.
 */
static ladle_status encode_items(struct encoder *encoder, ladle_node *tuple, ladle_node **child,
                                 uint32_t depth)
{
    ladle_node **children_end = tuple->children + tuple->child_count;
    while ((child = encode_leaves(child, children_end, encoder->cursor)) < children_end) {
        LADLE_TRY(encode_other(encoder, *child++, depth));
    }
    ladle_node_count(tuple);
    return LADLE_OK;
}

static ladle_status encode_tuple(struct encoder *encoder, ladle_node *target, uint64_t count,
                                 uint32_t depth)
{
    if (target->kind == LADLE_TUPLES) {
        LADLE_TRY(ladle_node_put_u32(encoder->shape, target, (uint32_t)count));
        return encode_values(encoder, target->children[0], count, depth);
    }
    return encode_items(encoder, target, target->children, depth);
}

static ladle_status encode_map(struct encoder *encoder, ladle_node *target, uint64_t count,
                               uint32_t depth)
{
    LADLE_TRY(ladle_node_put_u32(encoder->shape, target, (uint32_t)count));
    for (uint64_t i = 0; i < count; i++) {
        LADLE_TRY(encode(encoder, target->children[0], depth));
        LADLE_TRY(encode(encoder, target->children[1], depth));
    }
    return LADLE_OK;
}

/*
 * The columns of a dict's keys. LADLE_END when the dict is to be a map.
 */
static ladle_status find_columns(struct encoder *encoder, ladle_node *target, uint64_t count,
                                 uint16_t *columns, uint32_t depth)
{
    ladle_cursor cursor = *encoder->cursor;
    for (uint64_t i = 0; i < count; i++) {
        ladle_item key;
        uint32_t column;
        LADLE_TRY(ladle_value_next(&cursor, &key));
        if (key.kind != LADLE_STR) {
            return LADLE_END;
        }
        LADLE_TRY(ladle_dict_column(encoder->shape, target, (const char *)key.data, key.data_len,
                                    &column));
        for (uint64_t j = 0; j < i; j++) {
            if (columns[j] == column) {
                return LADLE_E_CORRUPT;
            }
        }
        columns[i] = (uint16_t)column;
        LADLE_TRY(ladle_value_skip(&cursor, depth));
    }
    return LADLE_OK;
}

/*
 * Whether the keys of the next dict are those of the dict before, in its order.
 */
static bool has_keys_of_last(const struct encoder *encoder, const ladle_node *dict, uint64_t count,
                             uint32_t depth)
{
    ladle_cursor cursor = *encoder->cursor;
    const ladle_keys *keys = dict->keys;
    if (dict->guess >= keys->list_count || keys->lists[dict->guess].count != count) {
        return false;
    }
    const ladle_key_list *list = &keys->lists[dict->guess];
    for (uint32_t i = 0; i < list->count; i++) {
        const ladle_key *key = &keys->items[list->columns[i]];
        ladle_string name;
        if (ladle_value_get_str(&cursor, &name) != LADLE_OK || name.len != key->name_len ||
            memcmp(name.data, key->name, name.len) != 0 ||
            ladle_value_skip(&cursor, depth) != LADLE_OK) {
            return false;
        }
    }
    return true;
}

/*
 * The key list of the next dict: dict->guess. LADLE_END when it is to be a map.
 */
static ladle_status find_list(struct encoder *encoder, ladle_node *dict, uint64_t count,
                              uint32_t depth)
{
    uint16_t columns[DICT_KEYS_MAX];
    uint32_t list;
    if (has_keys_of_last(encoder, dict, count, depth)) {
        return LADLE_OK;
    }
    if (count > DICT_KEYS_MAX) {
        return LADLE_END;
    }
    LADLE_TRY(find_columns(encoder, dict, count, columns, depth));
    LADLE_TRY(ladle_dict_list(encoder->shape, dict, columns, (uint32_t)count, &list));
    dict->guess = (uint8_t)list;
    return LADLE_OK;
}

static ladle_status encode_dict(struct encoder *encoder, ladle_node *node, ladle_node *target,
                                uint64_t count, uint32_t depth)
{
    ladle_status status = find_list(encoder, target, count, depth);
    if (status == LADLE_END) {
        ladle_node_unselect(node, target);
        LADLE_TRY(ladle_node_accept(encoder->shape, node, LADLE_MAP, 0, &target));
        return target->kind == LADLE_MAP ? encode_map(encoder, target, count, depth) : LADLE_END;
    }
    LADLE_TRY(status);
    LADLE_TRY(ladle_node_put_u8(encoder->shape, target, target->guess));
    const uint16_t *columns = target->keys->lists[target->guess].columns;
    for (uint64_t i = 0; i < count; i++) {
        ladle_string name;
        LADLE_TRY(ladle_value_get_str(encoder->cursor, &name));
        LADLE_TRY(encode(encoder, target->children[columns[i]], depth));
    }
    return LADLE_OK;
}

static ladle_status encode_object(struct encoder *encoder, ladle_node *target, uint32_t depth)
{
    ladle_node_count(target);
    for (uint32_t i = 0; i < target->child_count; i++) {
        LADLE_TRY(ladle_value_skip(encoder->cursor, depth)); /* the name of the field */
        LADLE_TRY(encode(encoder, target->children[i], depth));
    }
    return LADLE_OK;
}

static ladle_status put_varint(ladle_buffer *to, uint64_t number)
{
    uint8_t bytes[LADLE_VARINT_LEN_MAX];
    return ladle_buffer_put(to, bytes, ladle_varint_put(bytes, number));
}

static ladle_status put_text(ladle_buffer *to, const uint8_t *text, size_t len)
{
    LADLE_TRY(put_varint(to, len));
    return ladle_buffer_put(to, text, len);
}

/*
 * Whether a text is among the first 'count' that begin at 'place' of a buffer.
 */
static bool has_text(const ladle_buffer *texts, size_t place, uint64_t count,
                     const ladle_item *text)
{
    ladle_cursor cursor = ladle_cursor_over(texts->data + place, texts->len - place);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t len = ladle_cursor_varint(&cursor);
        const uint8_t *data = ladle_cursor_bytes(&cursor, len);
        if (len == text->data_len && (!len || memcmp(data, text->data, (size_t)len) == 0)) {
            return true;
        }
    }
    return false;
}

/*
 * Put an item at the node that accepted it. LADLE_END: the node is one for ANY after all.
 */
static ladle_status encode_item(struct encoder *encoder, ladle_node *node, ladle_node *target,
                                const ladle_item *item, uint32_t depth)
{
    switch (item->kind) {
    case LADLE_NONE:
        ladle_node_count(target);
        return LADLE_OK;
    case LADLE_BOOL:
        return ladle_node_put_u8(encoder->shape, target, (uint8_t)item->integer);
    case LADLE_INT:
        return encode_any_int(encoder, node, target, item);
    case LADLE_FLOAT:
        return ladle_node_put_u64(encoder->shape, target, ladle_bits_from_double(item->real));
    case LADLE_COMPLEX:
        return ladle_node_put_complex(encoder->shape, target, item->real, item->imaginary);
    case LADLE_TUPLE:
        return encode_tuple(encoder, target, item->count, depth - 1);
    case LADLE_LIST:
    case LADLE_SET:
    case LADLE_FROZENSET:
        LADLE_TRY(ladle_node_put_u32(encoder->shape, target, (uint32_t)item->count));
        return encode_values(encoder, target->children[0], item->count, depth - 1);
    case LADLE_DICT:
        return encode_dict(encoder, node, target, item->count, depth - 1);
    case LADLE_OBJECT:
        return encode_object(encoder, target, depth - 1);
    case LADLE_EXTENSION:
        ladle_node_count(target);
        return encode(encoder, target->children[0], depth - 1);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return ladle_node_put_items(encoder->shape, target, item->data, 1);
    default:
        return ladle_node_put_data(encoder->shape, target, item->data, item->data_len);
    }
}

/*
 * The type of an object whose fields the cursor stands before: see ladle_node_accept_typed.
 */
static ladle_status find_type(struct encoder *encoder, const ladle_item *object, uint32_t depth)
{
    ladle_cursor cursor = *encoder->cursor;
    ladle_buffer *type = &encoder->type;
    type->len = 0;
    LADLE_TRY(put_text(type, object->name, object->name_len));
    LADLE_TRY(put_varint(type, object->count));
    size_t fields_begin = type->len;
    for (uint64_t i = 0; i < object->count; i++) {
        ladle_item field;
        LADLE_TRY(ladle_value_next(&cursor, &field));
        if (field.kind != LADLE_STR) {
            return LADLE_E_CORRUPT;
        }
        if (has_text(type, fields_begin, i, &field)) {
            return LADLE_E_CORRUPT;
        }
        LADLE_TRY(put_text(type, field.data, field.data_len));
        LADLE_TRY(ladle_value_skip(&cursor, depth));
    }
    return LADLE_OK;
}

static ladle_status accept_object(struct encoder *encoder, ladle_node *node, const ladle_item *item,
                                  uint32_t depth, ladle_node **target)
{
    if (item->count > LADLE_DICT_COLUMNS_MAX) {
        return ladle_node_accept(encoder->shape, node, LADLE_ANY, 0, target);
    }
    LADLE_TRY(find_type(encoder, item, depth));
    return ladle_node_accept_typed(encoder->shape, node, LADLE_OBJECT, encoder->type.data,
                                   encoder->type.len, (size_t)item->count, target);
}

/*
 * The node for an item that begins at 'start'.
 */
static ladle_status accept(struct encoder *encoder, ladle_node *node, const ladle_item *item,
                           const uint8_t *start, uint32_t depth, ladle_node **target)
{
    if (item->kind == LADLE_OBJECT) {
        return accept_object(encoder, node, item, depth, target);
    }
    bool is_long = item->kind == LADLE_TUPLE && item->count > LADLE_TUPLE_MAX;
    uint32_t detail = item->kind == LADLE_EXTENSION ? item->code
                      : item->kind == LADLE_TUPLE
                          ? (is_long ? LADLE_TUPLE_MAX + 1 : (uint32_t)item->count)
                          : 0;
    if (ladle_kind_has_items((uint8_t)item->kind)) {
        /* Behind the tag stands what stands behind the kind of a node, up to the data. */
        return ladle_node_accept_typed(encoder->shape, node, item->kind, start + 1,
                                       (size_t)(item->data - start - 1), item->data_len, target);
    }
    return ladle_node_accept(encoder->shape, node, item->kind, detail, target);
}

/*
 * Whether a node is the one for an item, so that nobody need be asked.
 */
static inline bool is_for(const ladle_node *node, const ladle_item *item)
{
    return node->kind == item->kind && !ladle_kind_has_type(node->kind) &&
           (item->kind != LADLE_TUPLE || item->count == node->child_count) &&
           (item->kind != LADLE_EXTENSION || item->code == node->code);
}

/*
 * What is no such leaf. It has a large frame on the stack, which small tuples do without.
 */
NOINLINE static ladle_status encode_next(struct encoder *encoder, ladle_node *node, uint32_t depth)
{
    const uint8_t *start = encoder->cursor->next;
    ladle_item item;
    ladle_node *target = node;
    LADLE_TRY(ladle_value_next(encoder->cursor, &item));
    if (depth == 0 && item.kind >= LADLE_TUPLE && item.kind <= LADLE_EXTENSION) {
        return LADLE_E_LIMIT;
    }
    encoder->shape->items += item.count;
    if (!is_for(node, &item)) {
        LADLE_TRY(accept(encoder, node, &item, start, depth, &target));
    }
    if (target->kind == LADLE_ANY) {
        return encode_any(encoder, target, start, depth);
    }
    ladle_status status = encode_item(encoder, node, target, &item, depth);
    if (status == LADLE_END) {
        ladle_node *any = node->kind == LADLE_UNION ? node->children[node->guess] : node;
        return encode_any(encoder, any, start, depth);
    }
    return status;
}

/*
 * Whether the next value is a tuple of as many items as a TUPLE node has children.
 */
static inline bool is_small_tuple(const ladle_cursor *cursor, const ladle_node *node)
{
    return node->kind == LADLE_TUPLE &&
           node->child_count < LADLE_TAG_SMALL_LIST - LADLE_TAG_SMALL_TUPLE &&
           ladle_cursor_left(cursor) > node->child_count &&
           *cursor->next == LADLE_TAG_SMALL_TUPLE + node->child_count;
}

static inline void begin_small_tuple(ladle_shape *shape, const ladle_node *node,
                                     ladle_cursor *cursor)
{
    shape->items += node->child_count;
    cursor->next++;
}

static ladle_status encode_other(struct encoder *encoder, ladle_node *node, uint32_t depth)
{
    if (depth == 0 || !is_small_tuple(encoder->cursor, node)) {
        return encode_next(encoder, node, depth);
    }
    begin_small_tuple(encoder->shape, node, encoder->cursor);
    return encode_items(encoder, node, node->children, depth - 1);
}

/*
 * Any value, or when 'child' is given the rest of a tuple.
 */
NOINLINE static ladle_status encode_rest(ladle_shape *shape, ladle_node *node, ladle_node **child,
                                         ladle_cursor *cursor, uint32_t depth)
{
    struct encoder encoder = {
        .shape = shape, .cursor = cursor, .type = {.allocator = shape->allocator}};
    ladle_status status =
        child ? encode_items(&encoder, node, child, depth - 1) : encode(&encoder, node, depth);
    ladle_buffer_free(&encoder.type);
    return status;
}

/*
 * Most records are small tuples of what is usual: each step that they do without counts.
 */
ladle_status ladle_node_put_tagged(ladle_shape *shape, ladle_node *node, ladle_cursor *cursor,
                                   uint32_t max_depth)
{
    ladle_node **child = NULL;
    if (LADLE_LIKELY(max_depth && is_small_tuple(cursor, node))) {
        begin_small_tuple(shape, node, cursor);
        ladle_node **children_end = node->children + node->child_count;
        child = encode_leaves(node->children, children_end, cursor);
        if (LADLE_LIKELY(child == children_end)) {
            ladle_node_count(node);
            return LADLE_OK;
        }
    }
    return encode_rest(shape, node, child, cursor, max_depth);
}
