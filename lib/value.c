/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/value.h>

#include "status.h"

/*
 * What ladle_limits.max_depth can be at most.
 */
#define DEPTH_MAX 4096

/*
 * Reading. A cursor that has failed stands at its end and stays there.
 */
static void corrupt(ladle_cursor *cursor)
{
    cursor->failed = true;
    cursor->next = cursor->end;
}

static void read_name(ladle_cursor *cursor, ladle_item *item)
{
    uint64_t len = ladle_cursor_varint(cursor);
    item->name = ladle_cursor_bytes(cursor, len);
    item->name_len = cursor->failed ? 0 : (size_t)len;
}

static void read_data(ladle_cursor *cursor, ladle_item *item, uint64_t len)
{
    item->data = ladle_cursor_bytes(cursor, len);
    item->data_len = cursor->failed ? 0 : (size_t)len;
}

/*
 * Everything that is counted takes at least 'least_len' bytes, so no count is worth more
 * than the bytes that are left.
 */
static void read_count(ladle_cursor *cursor, ladle_item *item, uint64_t count, size_t least_len)
{
    item->count = count;
    if (count > ladle_cursor_left(cursor) / least_len) {
        item->count = 0;
        corrupt(cursor);
    }
}

static void read_int(ladle_cursor *cursor, ladle_item *item, uint8_t tag)
{
    const uint8_t *start = cursor->next - 1;
    size_t len = ladle_value_load_int(start, 1 + ladle_cursor_left(cursor), &item->integer);
    item->kind = LADLE_INT;
    item->is_unsigned = tag == LADLE_TAG_U64 && item->integer > INT64_MAX;
    cursor->next = start + len;
    if (len == 0) {
        item->integer = 0;
        corrupt(cursor);
    }
}

static void read_array(ladle_cursor *cursor, ladle_item *item)
{
    read_name(cursor, item);
    item->item_len = ladle_cursor_varint(cursor);
    item->code = ladle_cursor_u8(cursor);
    uint64_t dimensions = ladle_cursor_varint(cursor);
    uint64_t len = item->item_len;
    if ((item->code != 'C' && item->code != 'F') || dimensions > LADLE_ARRAY_DIMENSIONS_MAX) {
        corrupt(cursor);
        return;
    }
    item->dimensions = (uint32_t)dimensions;
    item->extents = cursor->next;
    for (uint32_t i = 0; i < item->dimensions; i++) {
        if (__builtin_mul_overflow(len, ladle_cursor_varint(cursor), &len)) {
            corrupt(cursor);
            return;
        }
    }
    read_data(cursor, item, len);
}

static void read_small(ladle_cursor *cursor, ladle_item *item, uint8_t tag)
{
    if (tag < LADLE_TAG_SMALL_STR) {
        read_int(cursor, item, tag);
    } else if (tag < LADLE_TAG_SMALL_TUPLE) {
        item->kind = LADLE_STR;
        read_data(cursor, item, tag - LADLE_TAG_SMALL_STR);
    } else if (tag < LADLE_TAG_SMALL_LIST) {
        item->kind = LADLE_TUPLE;
        read_count(cursor, item, tag - LADLE_TAG_SMALL_TUPLE, 1);
    } else if (tag < LADLE_TAG_SMALL_DICT) {
        item->kind = LADLE_LIST;
        read_count(cursor, item, tag - LADLE_TAG_SMALL_LIST, 1);
    } else {
        item->kind = LADLE_DICT;
        read_count(cursor, item, tag - LADLE_TAG_SMALL_DICT, 2);
    }
}

/*
 * A tag that says no more than the kind. False: there is none such.
 */
static bool read_kind(ladle_cursor *cursor, ladle_item *item, uint8_t tag)
{
    item->kind = (ladle_kind)tag;
    switch (item->kind) {
    case LADLE_NONE:
        return true;
    case LADLE_FLOAT:
        item->real = ladle_double_from_bits(ladle_cursor_u64(cursor));
        return true;
    case LADLE_COMPLEX:
        item->real = ladle_double_from_bits(ladle_cursor_u64(cursor));
        item->imaginary = ladle_double_from_bits(ladle_cursor_u64(cursor));
        return true;
    case LADLE_BIGINT:
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
    case LADLE_BYTES:
    case LADLE_BYTEARRAY:
        read_data(cursor, item, ladle_cursor_varint(cursor));
        return true;
    case LADLE_TUPLE:
    case LADLE_LIST:
    case LADLE_SET:
    case LADLE_FROZENSET:
        read_count(cursor, item, ladle_cursor_varint(cursor), 1);
        return true;
    case LADLE_DICT:
        read_count(cursor, item, ladle_cursor_varint(cursor), 2);
        return true;
    case LADLE_OBJECT:
        read_name(cursor, item);
        read_count(cursor, item, ladle_cursor_varint(cursor), 2);
        return true;
    case LADLE_EXTENSION:
        item->code = ladle_cursor_u8(cursor);
        return true;
    case LADLE_SCALAR:
        read_name(cursor, item);
        item->item_len = ladle_cursor_varint(cursor);
        read_data(cursor, item, item->item_len);
        return true;
    case LADLE_ARRAY:
        read_array(cursor, item);
        return true;
    default:
        return false;
    }
}

ladle_status ladle_value_next(ladle_cursor *cursor, ladle_item *item)
{
    static const ladle_item empty; /* gcc clears by a slow instruction, but copies fast */
    *item = empty;
    if (cursor->failed || cursor->next == cursor->end) {
        corrupt(cursor);
        return LADLE_E_CORRUPT;
    }
    uint8_t tag = *cursor->next++;
    if (tag >= LADLE_TAG_SMALL_INT && tag < LADLE_TAG_END) {
        read_small(cursor, item, tag);
    } else if (tag >= LADLE_TAG_I8 && tag <= LADLE_TAG_U64) {
        read_int(cursor, item, tag);
    } else if (tag == LADLE_TAG_FALSE || tag == LADLE_TAG_TRUE) {
        item->kind = LADLE_BOOL;
        item->integer = tag == LADLE_TAG_TRUE;
    } else if (!read_kind(cursor, item, tag)) {
        item->kind = LADLE_EMPTY;
        cursor->next--;
        return LADLE_E_UNSUPPORTED;
    }
    if (cursor->failed) {
        corrupt(cursor);
        return LADLE_E_CORRUPT;
    }
    return LADLE_OK;
}

static bool holds_values(const ladle_item *item)
{
    return item->kind >= LADLE_TUPLE && item->kind <= LADLE_EXTENSION;
}

static uint64_t held_count(const ladle_item *item)
{
    bool has_pairs = item->kind == LADLE_DICT || item->kind == LADLE_OBJECT;
    return has_pairs ? 2 * item->count : item->count + (item->kind == LADLE_EXTENSION);
}

/*
 * Bytes of a value whose tag says how many, tag included; 0 for others.
 */
static size_t len_of_tag(uint8_t tag)
{
    static const uint8_t lengths[] = {0, 1, 1, 1, 2, 3, 5, 9, 9, 0, 9, 17};
    if (tag < sizeof lengths) {
        return lengths[tag];
    }
    if (tag >= LADLE_TAG_SMALL_STR && tag < LADLE_TAG_SMALL_TUPLE) {
        return 1 + (size_t)tag - LADLE_TAG_SMALL_STR;
    }
    return tag >= LADLE_TAG_SMALL_INT && tag < LADLE_TAG_SMALL_STR;
}

static ladle_status skip_other(ladle_cursor *cursor, uint32_t max_depth)
{
    uint64_t left[DEPTH_MAX + 1]; /* values to come at each depth */
    uint32_t depth = 0;
    max_depth = max_depth < DEPTH_MAX ? max_depth : DEPTH_MAX;
    left[0] = 1;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                return LADLE_OK;
            }
            depth--;
        }
        left[depth]--;
        ladle_item item;
        LADLE_TRY(ladle_value_next(cursor, &item));
        if (holds_values(&item)) {
            if (depth == max_depth) {
                return LADLE_E_LIMIT;
            }
            depth++;
            left[depth] = held_count(&item);
        }
    }
}

ladle_status ladle_value_skip(ladle_cursor *cursor, uint32_t max_depth)
{
    size_t left = ladle_cursor_left(cursor);
    size_t len = left ? len_of_tag(*cursor->next) : 0;
    if (len == 0 || len > left) {
        return skip_other(cursor, max_depth);
    }
    cursor->next += len;
    return LADLE_OK;
}

static ladle_status put_text(ladle_buffer *to, const void *data, size_t len)
{
    uint8_t number[LADLE_VARINT_LEN_MAX];
    LADLE_TRY(ladle_buffer_put(to, number, ladle_varint_put(number, len)));
    return ladle_buffer_put(to, data, len);
}

/*
 * Take back half an item when the rest of it found no room.
 */
static ladle_status all_or_nothing(ladle_buffer *to, size_t start, ladle_status status)
{
    if (status != LADLE_OK) {
        to->len = start;
    }
    return status;
}

static ladle_status put_object(ladle_buffer *to, const ladle_item *item)
{
    uint8_t count[LADLE_VARINT_LEN_MAX];
    LADLE_TRY(ladle_value_put_tag(to, LADLE_OBJECT));
    LADLE_TRY(put_text(to, item->name, item->name_len));
    return ladle_buffer_put(to, count, ladle_varint_put(count, item->count));
}

static ladle_status put_scalar(ladle_buffer *to, const ladle_item *item)
{
    LADLE_TRY(ladle_value_put_tag(to, LADLE_SCALAR));
    LADLE_TRY(put_text(to, item->name, item->name_len));
    return put_text(to, item->data, item->data_len);
}

static size_t varints_len(const uint8_t *varints, uint32_t count)
{
    size_t len = 0;
    while (count) {
        count -= varints[len++] < 0x80;
    }
    return len;
}

static ladle_status put_array(ladle_buffer *to, const ladle_item *item)
{
    LADLE_TRY(ladle_value_put_tag(to, LADLE_ARRAY));
    LADLE_TRY(put_text(to, item->name, item->name_len));
    uint8_t item_len[LADLE_VARINT_LEN_MAX];
    LADLE_TRY(ladle_buffer_put(to, item_len, ladle_varint_put(item_len, item->item_len)));
    LADLE_TRY(ladle_value_put_head(to, item->code, item->dimensions));
    LADLE_TRY(ladle_buffer_put(to, item->extents, varints_len(item->extents, item->dimensions)));
    return ladle_buffer_put(to, item->data, item->data_len);
}

ladle_status ladle_value_put_item(ladle_buffer *to, const ladle_item *item)
{
    size_t start = to->len;
    switch (item->kind) {
    case LADLE_NONE:
        return ladle_value_put_none(to);
    case LADLE_BOOL:
        return ladle_value_put_bool(to, item->integer != 0);
    case LADLE_INT:
        return item->is_unsigned ? ladle_value_put_uint(to, item->integer)
                                 : ladle_value_put_int(to, (int64_t)item->integer);
    case LADLE_FLOAT:
        return ladle_value_put_float(to, item->real);
    case LADLE_COMPLEX:
        return ladle_value_put_complex(to, item->real, item->imaginary);
    case LADLE_BIGINT:
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
    case LADLE_BYTES:
    case LADLE_BYTEARRAY:
        return ladle_value_put_data(to, item->kind, item->data, item->data_len);
    case LADLE_TUPLE:
    case LADLE_LIST:
    case LADLE_SET:
    case LADLE_FROZENSET:
    case LADLE_DICT:
        return ladle_value_put_container(to, item->kind, item->count);
    case LADLE_OBJECT:
        return all_or_nothing(to, start, put_object(to, item));
    case LADLE_EXTENSION:
        return ladle_value_put_extension(to, item->code);
    case LADLE_SCALAR:
        return all_or_nothing(to, start, put_scalar(to, item));
    case LADLE_ARRAY:
        return all_or_nothing(to, start, put_array(to, item));
    default:
        return LADLE_E_ARGUMENT;
    }
}
