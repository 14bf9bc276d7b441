/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"
#include <ladle/view.h>

struct decoder {
    ladle_buffer *to;
    uint32_t max_depth; /* of tagged values */
    uint64_t items;     /* that the value may still hold */
};

static ladle_status decode(struct decoder *decoder, ladle_view *view);

/*
 * Take the length of the next value; its content is at the cursor, which moves on.
 */
static const uint8_t *take_content(ladle_view *view, size_t *len)
{
    const uint8_t *content = view->bytes + view->next_byte;
    *len = (size_t)ladle_packed_get(&view->words, view->next++);
    view->next_byte += *len;
    return content;
}

static ladle_status decode_any(struct decoder *decoder, ladle_view *view)
{
    size_t len;
    const uint8_t *content = take_content(view, &len);
    ladle_cursor cursor = ladle_cursor_over(content, len);
    LADLE_TRY(ladle_value_skip(&cursor, decoder->max_depth));
    return ladle_cursor_left(&cursor) ? LADLE_E_CORRUPT
                                      : ladle_buffer_put(decoder->to, content, len);
}

static ladle_status decode_int(struct decoder *decoder, ladle_view *view)
{
    uint64_t value = ladle_packed_get(&view->words, view->next++);
    return view->words.is_unsigned ? ladle_value_put_uint(decoder->to, value)
                                   : ladle_value_put_int(decoder->to, (int64_t)value);
}

/*
 * Count the values of a container against the limit before any of them is decoded.
 */
static ladle_status begin(struct decoder *decoder, ladle_kind kind, uint64_t count)
{
    if (count > decoder->items) {
        return LADLE_E_LIMIT;
    }
    decoder->items -= count;
    return ladle_value_put_container(decoder->to, kind, count);
}

static ladle_status decode_repeated(struct decoder *decoder, ladle_view *view, ladle_kind kind)
{
    uint64_t count = ladle_packed_get(&view->words, view->next++);
    LADLE_TRY(begin(decoder, kind, count));
    for (uint64_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < view->child_count; j++) {
            LADLE_TRY(decode(decoder, &view->children[j]));
        }
    }
    return LADLE_OK;
}

static ladle_status decode_tuple(struct decoder *decoder, ladle_view *view)
{
    LADLE_TRY(begin(decoder, LADLE_TUPLE, view->child_count));
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(decode(decoder, &view->children[i]));
    }
    return LADLE_OK;
}

static ladle_status decode_dict(struct decoder *decoder, ladle_view *view)
{
    uint64_t list = view->list_count > 1 ? ladle_packed_get(&view->words, view->next) : 0;
    const ladle_columns *columns = &view->lists[list];
    view->next++;
    LADLE_TRY(begin(decoder, LADLE_DICT, columns->count));
    for (uint32_t i = 0; i < columns->count; i++) {
        const ladle_name *name = &view->names[columns->columns[i]];
        LADLE_TRY(ladle_value_put_data(decoder->to, LADLE_STR, name->data, name->len));
        LADLE_TRY(decode(decoder, &view->children[columns->columns[i]]));
    }
    return LADLE_OK;
}

static ladle_status decode_object(struct decoder *decoder, ladle_view *view)
{
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)view->name.data,
                       .name_len = view->name.len,
                       .count = view->child_count};
    if (item.count > decoder->items) {
        return LADLE_E_LIMIT;
    }
    decoder->items -= item.count;
    LADLE_TRY(ladle_value_put_item(decoder->to, &item));
    for (uint32_t i = 0; i < view->child_count; i++) {
        const ladle_name *name = &view->names[i];
        LADLE_TRY(ladle_value_put_data(decoder->to, LADLE_STR, name->data, name->len));
        LADLE_TRY(decode(decoder, &view->children[i]));
    }
    return LADLE_OK;
}

static ladle_status decode_items(struct decoder *decoder, ladle_view *view)
{
    ladle_item item = {.kind = (ladle_kind)view->kind,
                       .code = view->code,
                       .dimensions = view->dimensions,
                       .extents = view->extents,
                       .name = (const uint8_t *)view->name.data,
                       .name_len = view->name.len,
                       .data = view->bytes + view->next++ * view->value_len,
                       .data_len = (size_t)view->value_len};
    return ladle_value_put_item(decoder->to, &item);
}

/*
 * An entry of a dictionary: its place is found by going through the entries before it. They are
 * few.
 */
static ladle_status decode_entry(struct decoder *decoder, ladle_view *view)
{
    ladle_view entry = view->children[0];
    uint64_t code = ladle_packed_get(&view->words, view->next++);
    if (entry.bytes) {
        for (uint64_t i = 0; i < code; i++) {
            entry.next_byte += ladle_packed_get(&entry.words, i);
        }
    }
    entry.next = code;
    return decode(decoder, &entry);
}

static ladle_status decode_leaf(struct decoder *decoder, ladle_view *view)
{
    uint64_t index = view->next;
    size_t len;
    const uint8_t *content;
    switch (view->kind) {
    case LADLE_NONE:
        view->next++;
        return ladle_value_put_none(decoder->to);
    case LADLE_BOOL:
        view->next++;
        return ladle_value_put_bool(decoder->to, ladle_packed_get(&view->words, index) != 0);
    case LADLE_INT:
        return decode_int(decoder, view);
    case LADLE_FLOAT:
        view->next++;
        return ladle_value_put_float(decoder->to,
                                     ladle_double_from_bits(ladle_packed_get(&view->words, index)));
    case LADLE_COMPLEX:
        view->next++;
        return ladle_value_put_complex(
            decoder->to, ladle_double_from_bits(ladle_packed_get(&view->words, index)),
            ladle_double_from_bits(ladle_packed_get(&view->imaginary, index)));
    default:
        content = take_content(view, &len);
        return ladle_value_put_data(decoder->to, (ladle_kind)view->kind, content, len);
    }
}

static ladle_status decode(struct decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_TUPLE:
        return decode_tuple(decoder, view);
    case LADLE_TUPLES:
        return decode_repeated(decoder, view, LADLE_TUPLE);
    case LADLE_MAP:
        return decode_repeated(decoder, view, LADLE_DICT);
    case LADLE_LIST:
    case LADLE_SET:
    case LADLE_FROZENSET:
        return decode_repeated(decoder, view, (ladle_kind)view->kind);
    case LADLE_DICT:
        return decode_dict(decoder, view);
    case LADLE_OBJECT:
        return decode_object(decoder, view);
    case LADLE_EXTENSION:
        LADLE_TRY(ladle_value_put_extension(decoder->to, view->code));
        return decode(decoder, &view->children[0]);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return decode_items(decoder, view);
    case LADLE_ANY:
        return decode_any(decoder, view);
    case LADLE_UNION:
        return decode(decoder, &view->children[ladle_packed_get(&view->words, view->next++)]);
    case LADLE_DICTIONARY:
        return decode_entry(decoder, view);
    default:
        return decode_leaf(decoder, view);
    }
}

ladle_status ladle_view_get_tagged(ladle_view *view, ladle_buffer *to, uint32_t max_depth,
                                   uint64_t max_items)
{
    struct decoder decoder = {.to = to, .max_depth = max_depth, .items = max_items};
    return decode(&decoder, view);
}
