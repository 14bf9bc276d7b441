/* SPDX-License-Identifier: BSD-2-Clause */
#include "view.h"

#include "status.h"

struct decoder {
    ladle_buffer *to;
    uint32_t depth;   /* levels that may still be nested */
    uint64_t items;   /* that the value may still hold */
    bool is_too_deep; /* LADLE_E_LIMIT was for want of depth */
    uint64_t missing; /* items that it was for want of */
};

static ladle_status decode(struct decoder *decoder, ladle_view *view);

/*
 * Take the length of the next value; its content is at the cursor, which moves on.
 */
static inline const uint8_t *take_content(ladle_view *view, size_t *len)
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
    ladle_status status = ladle_value_skip(&cursor, decoder->depth);
    decoder->is_too_deep = status == LADLE_E_LIMIT;
    LADLE_TRY(status);
    return ladle_cursor_left(&cursor) ? LADLE_E_CORRUPT
                                      : ladle_buffer_put(decoder->to, content, len);
}

static inline ladle_status decode_int(struct decoder *decoder, ladle_view *view)
{
    uint64_t value = ladle_packed_get(&view->words, view->next++);
    return view->words.is_unsigned ? ladle_value_put_uint(decoder->to, value)
                                   : ladle_value_put_int(decoder->to, (int64_t)value);
}

/*
 * Count the values of a container against the limit before any of them is decoded.
 */
static inline ladle_status count_items(struct decoder *decoder, uint64_t count)
{
    if (count > decoder->items) {
        decoder->missing = count - decoder->items;
        return LADLE_E_LIMIT;
    }
    decoder->items -= count;
    return LADLE_OK;
}

static inline ladle_status begin(struct decoder *decoder, ladle_kind kind, uint64_t count)
{
    LADLE_TRY(count_items(decoder, count));
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

static inline ladle_status decode_float(struct decoder *decoder, ladle_view *view)
{
    uint64_t bits = ladle_packed_get(&view->words, view->next++);
    return ladle_value_put_float(decoder->to, ladle_double_from_bits(bits));
}

static inline ladle_status decode_data(struct decoder *decoder, ladle_view *view, ladle_kind kind)
{
    size_t len;
    const uint8_t *content = take_content(view, &len);
    return ladle_value_put_data(decoder->to, kind, content, len);
}

/*
 * The usual columns of tuples and dicts, without a call.
 */
LADLE_ALWAYS_INLINE ladle_status decode_item(struct decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_FLOAT:
        return decode_float(decoder, view);
    case LADLE_INT:
        return decode_int(decoder, view);
    case LADLE_STR:
        return decode_data(decoder, view, LADLE_STR);
    default:
        return decode(decoder, view);
    }
}

static ladle_status decode_tuple(struct decoder *decoder, ladle_view *view)
{
    view->next++;
    LADLE_TRY(begin(decoder, LADLE_TUPLE, view->child_count));
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(decode_item(decoder, &view->children[i]));
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
        const ladle_string *name = &view->names[columns->columns[i]];
        LADLE_TRY(ladle_value_put_data(decoder->to, LADLE_STR, name->data, name->len));
        LADLE_TRY(decode_item(decoder, &view->children[columns->columns[i]]));
    }
    return LADLE_OK;
}

static ladle_status decode_object(struct decoder *decoder, ladle_view *view)
{
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)view->name.data,
                       .name_len = view->name.len,
                       .count = view->child_count};
    view->next++;
    LADLE_TRY(count_items(decoder, item.count));
    LADLE_TRY(ladle_value_put_item(decoder->to, &item));
    for (uint32_t i = 0; i < view->child_count; i++) {
        const ladle_string *name = &view->names[i];
        LADLE_TRY(ladle_value_put_data(decoder->to, LADLE_STR, name->data, name->len));
        LADLE_TRY(decode_item(decoder, &view->children[i]));
    }
    return LADLE_OK;
}

static ladle_status decode_items(struct decoder *decoder, ladle_view *view)
{
    ladle_item item = {.kind = (ladle_kind)view->kind,
                       .code = view->code,
                       .dimensions = view->dimensions,
                       .extents = view->extents,
                       .item_len = view->item_len,
                       .name = (const uint8_t *)view->name.data,
                       .name_len = view->name.len,
                       .data = view->bytes + view->next++ * view->value_len,
                       .data_len = (size_t)view->value_len};
    return ladle_value_put_item(decoder->to, &item);
}

void ladle_view_enter(ladle_view *view, uint64_t code)
{
    ladle_view *entries = &view->children[0];
    entries->next = code;
    if (view->starts) {
        entries->next_byte = view->starts[code / LADLE_STARTS_STEP];
        for (uint64_t i = code - code % LADLE_STARTS_STEP; i < code; i++) {
            entries->next_byte += ladle_packed_get(&entries->words, i);
        }
    } else if (entries->bytes_len) {
        entries->next_byte = entries->words.base * code;
    }
}

static ladle_status decode_entry(struct decoder *decoder, ladle_view *view)
{
    ladle_view_enter(view, ladle_packed_get(&view->words, view->next++));
    return decode(decoder, &view->children[0]);
}

static ladle_status decode_leaf(struct decoder *decoder, ladle_view *view)
{
    uint64_t index = view->next;
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
        return decode_float(decoder, view);
    case LADLE_COMPLEX:
        view->next++;
        return ladle_value_put_complex(
            decoder->to, ladle_double_from_bits(ladle_packed_get(&view->words, index)),
            ladle_double_from_bits(ladle_packed_get(&view->imaginary, index)));
    default:
        return decode_data(decoder, view, (ladle_kind)view->kind);
    }
}

static ladle_status decode_container(struct decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_TUPLE:
        return decode_tuple(decoder, view);
    case LADLE_TUPLES:
        return decode_repeated(decoder, view, LADLE_TUPLE);
    case LADLE_MAP:
        return decode_repeated(decoder, view, LADLE_DICT);
    case LADLE_DICT:
        return decode_dict(decoder, view);
    case LADLE_OBJECT:
        return decode_object(decoder, view);
    case LADLE_EXTENSION:
        view->next++;
        LADLE_TRY(ladle_value_put_extension(decoder->to, view->code));
        return decode(decoder, &view->children[0]);
    default:
        return decode_repeated(decoder, view, (ladle_kind)view->kind);
    }
}

static ladle_status decode_level(struct decoder *decoder, ladle_view *view)
{
    if (decoder->depth == 0) {
        decoder->is_too_deep = true;
        return LADLE_E_LIMIT;
    }
    decoder->depth--;
    LADLE_TRY(decode_container(decoder, view));
    decoder->depth++;
    return LADLE_OK;
}

static ladle_status decode(struct decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_TUPLE:
    case LADLE_TUPLES:
    case LADLE_LIST:
    case LADLE_SET:
    case LADLE_FROZENSET:
    case LADLE_DICT:
    case LADLE_MAP:
    case LADLE_OBJECT:
    case LADLE_EXTENSION:
        return decode_level(decoder, view);
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
    struct decoder decoder = {.to = to, .depth = max_depth, .items = max_items};
    return decode(&decoder, view);
}

/*
 * Say which limit it was.
 */
static ladle_status fail_limit(const struct decoder *decoder, const ladle_limits *limits,
                               ladle_error *error)
{
    const char *name = "max_memory";
    uint64_t value = limits->max_memory;
    uint64_t missing = 1;
    if (decoder->is_too_deep) {
        name = "max_depth";
        value = limits->max_depth;
    } else if (decoder->missing) {
        name = "max_items";
        value = limits->max_items;
        missing = decoder->missing;
    }
    return ladle_fail_limit(error, name, value, value + missing, LADLE_UNKNOWN, LADLE_UNKNOWN);
}

LADLE_RARE static ladle_status fail_decode(const struct decoder *decoder, ladle_status status,
                                           const ladle_limits *limits, ladle_error *error)
{
    if (status == LADLE_E_LIMIT) {
        return fail_limit(decoder, limits, error);
    }
    return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                      status == LADLE_E_CORRUPT       ? "a value breaks the rules of the format"
                      : status == LADLE_E_UNSUPPORTED ? "a value is of a kind of a newer version"
                                                      : ladle_status_text(status));
}

ladle_status ladle_view_decode(ladle_view *view, ladle_buffer *to, const ladle_limits *limits,
                               ladle_error *error)
{
    struct decoder decoder = {.to = to, .depth = limits->max_depth, .items = limits->max_items};
    ladle_status status = decode(&decoder, view);
    return LADLE_LIKELY(status == LADLE_OK) ? LADLE_OK
                                            : fail_decode(&decoder, status, limits, error);
}
