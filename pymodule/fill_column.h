/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_FILL_COLUMN_H
#define LADLE_PYMODULE_FILL_COLUMN_H

/*
 * A column of values that hold no others, on its way into leaves of a layout.
 */

#include "fill.h"

/*
 * A column that is gone through value by value.
 */
struct fill_column {
    ladle_view *view;
    const ladle_view *values;  /* the view, its entries, or what an extension is made of */
    const ladle_packed *codes; /* of a dictionary, or NULL */
    const uint32_t *places;    /* of its entries, or NULL */
    uint64_t next;
    const uint8_t *content; /* of the next value */
    int extension;          /* its code, or -1 */
};

static inline bool fill_has_content(const ladle_view *view)
{
    return view->kind == LADLE_BIGINT || (view->kind >= LADLE_STR && view->kind <= LADLE_BYTEARRAY);
}

/*
 * The content of the next value and its length.
 */
static inline const uint8_t *fill_next_content(struct fill_column *column, size_t *len)
{
    const ladle_view *values = column->values;
    if (!column->codes) {
        const uint8_t *content = column->content;
        *len = (size_t)ladle_packed_get(&values->words, column->next++);
        column->content += *len;
        return content;
    }
    uint64_t code = ladle_packed_get(column->codes, column->next++);
    if (!column->places) {
        *len = (size_t)values->words.base;
        return values->bytes + code * *len;
    }
    *len = column->places[code + 1] - column->places[code];
    return values->bytes + column->places[code];
}

/*
 * How words become items.
 */
enum fill_store {
    STORE_NONE, /* there is no loop for it */
    STORE_INT,  /* cut to the length of the item */
    STORE_DOUBLE_FROM_INT,
    STORE_DOUBLE_FROM_UINT,
    STORE_FLOAT_FROM_INT,
    STORE_FLOAT_FROM_UINT,
    STORE_FLOAT_FROM_DOUBLE
};

enum fill_store core_fill_store_for(const ladle_view *values, const core_layout *layout);

/*
 * Check or put the values that are picked: numbers by a loop that was chosen, contents of str and
 * bytes, any values one by one. What does not fit is noted by core_fill_fail.
 */
void core_fill_words(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                     const core_layout *layout, enum fill_store how, uint8_t *to, ptrdiff_t stride);
void core_fill_content(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride);
void core_fill_each(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                    const core_layout *layout, uint8_t *to, ptrdiff_t stride);

#endif
