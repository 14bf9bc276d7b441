/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/value.h>

#include "exact.h"
#include "status.h"

/*
 * Make a float of an int where that loses nothing.
 */
static ladle_status take_as_float(ladle_item *item)
{
    if (!ladle_is_exact(item->integer, item->is_unsigned, LADLE_DOUBLE_BITS)) {
        return LADLE_E_VALUE;
    }
    item->real = item->is_unsigned ? (double)item->integer : (double)(int64_t)item->integer;
    return LADLE_OK;
}

ladle_status ladle_value_get(ladle_cursor *cursor, ladle_kind kind, ladle_item *item)
{
    ladle_cursor behind = *cursor;
    LADLE_TRY(ladle_value_next(&behind, item));
    if (item->kind == LADLE_INT && kind == LADLE_FLOAT) {
        LADLE_TRY(take_as_float(item));
    } else if (item->kind != kind && !(item->kind == LADLE_BYTEARRAY && kind == LADLE_BYTES)) {
        return LADLE_E_VALUE;
    }
    *cursor = behind;
    return LADLE_OK;
}
