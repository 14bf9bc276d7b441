/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/value.h>

#include "exact.h"
#include "status.h"

/*
 * The next item if it is of one of two kinds; '*behind' is the cursor behind it.
 */
static ladle_status next_of(const ladle_cursor *cursor, ladle_kind kind, ladle_kind other,
                            ladle_item *item, ladle_cursor *behind)
{
    *behind = *cursor;
    LADLE_TRY(ladle_value_next(behind, item));
    return item->kind == kind || item->kind == other ? LADLE_OK : LADLE_E_VALUE;
}

ladle_status ladle_value_get_none(ladle_cursor *cursor)
{
    ladle_item item;
    ladle_cursor behind;
    LADLE_TRY(next_of(cursor, LADLE_NONE, LADLE_NONE, &item, &behind));
    *cursor = behind;
    return LADLE_OK;
}

ladle_status ladle_value_get_bool(ladle_cursor *cursor, bool *value)
{
    ladle_item item;
    ladle_cursor behind;
    LADLE_TRY(next_of(cursor, LADLE_BOOL, LADLE_BOOL, &item, &behind));
    *value = item.integer != 0;
    *cursor = behind;
    return LADLE_OK;
}

/*
 * The next integer by its bits; '*is_unsigned' says that it is 2^63 or more.
 */
static ladle_status next_int(const ladle_cursor *cursor, uint64_t *value, bool *is_unsigned,
                             ladle_cursor *behind)
{
    ladle_item item;
    LADLE_TRY(next_of(cursor, LADLE_INT, LADLE_INT, &item, behind));
    *value = item.integer;
    *is_unsigned = item.is_unsigned && item.integer >> 63;
    return LADLE_OK;
}

ladle_status ladle_value_get_int(ladle_cursor *cursor, int64_t *value)
{
    uint64_t bits;
    bool is_unsigned;
    ladle_cursor behind;
    LADLE_TRY(next_int(cursor, &bits, &is_unsigned, &behind));
    if (is_unsigned) {
        return LADLE_E_VALUE;
    }
    *value = (int64_t)bits;
    *cursor = behind;
    return LADLE_OK;
}

ladle_status ladle_value_get_uint(ladle_cursor *cursor, uint64_t *value)
{
    uint64_t bits;
    bool is_unsigned;
    ladle_cursor behind;
    LADLE_TRY(next_int(cursor, &bits, &is_unsigned, &behind));
    if (bits >> 63 && !is_unsigned) {
        return LADLE_E_VALUE;
    }
    *value = bits;
    *cursor = behind;
    return LADLE_OK;
}

ladle_status ladle_value_get_float(ladle_cursor *cursor, double *value)
{
    ladle_item item;
    ladle_cursor behind;
    LADLE_TRY(next_of(cursor, LADLE_FLOAT, LADLE_INT, &item, &behind));
    if (item.kind == LADLE_INT) {
        if (!ladle_is_exact(item.integer, item.is_unsigned, LADLE_DOUBLE_BITS)) {
            return LADLE_E_VALUE;
        }
        item.real = item.is_unsigned ? (double)item.integer : (double)(int64_t)item.integer;
    }
    *value = item.real;
    *cursor = behind;
    return LADLE_OK;
}

static ladle_status get_string(ladle_cursor *cursor, ladle_kind kind, ladle_kind other,
                               ladle_string *value)
{
    ladle_item item;
    ladle_cursor behind;
    LADLE_TRY(next_of(cursor, kind, other, &item, &behind));
    *value = (ladle_string){.data = (const char *)item.data, .len = item.data_len};
    *cursor = behind;
    return LADLE_OK;
}

ladle_status ladle_value_get_str(ladle_cursor *cursor, ladle_string *value)
{
    return get_string(cursor, LADLE_STR, LADLE_STR, value);
}

ladle_status ladle_value_get_bytes(ladle_cursor *cursor, ladle_string *value)
{
    return get_string(cursor, LADLE_BYTES, LADLE_BYTEARRAY, value);
}

static bool is_container(ladle_kind kind)
{
    return kind >= LADLE_TUPLE && kind <= LADLE_DICT;
}

ladle_status ladle_value_get_count(ladle_cursor *cursor, ladle_kind kind, uint64_t *count)
{
    ladle_item item;
    ladle_cursor behind;
    LADLE_TRY(next_of(cursor, kind, kind, &item, &behind));
    if (!is_container(kind)) {
        return LADLE_E_VALUE;
    }
    *count = item.count;
    *cursor = behind;
    return LADLE_OK;
}

ladle_status ladle_value_get_container(ladle_cursor *cursor, ladle_kind kind, uint64_t count)
{
    ladle_cursor behind = *cursor;
    uint64_t found;
    LADLE_TRY(ladle_value_get_count(&behind, kind, &found));
    if (found != count) {
        return LADLE_E_VALUE;
    }
    *cursor = behind;
    return LADLE_OK;
}
