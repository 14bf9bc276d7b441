/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of values that hold no others, into leaves of a layout. */
#include "fill_column.h"

#include "extension.h"

/*
 * Where the entries of a dictionary are that have lengths of their own. One a view of a block.
 */
struct fill_entries {
    struct fill_entries *next;
    const ladle_view *view;
    uint32_t places[]; /* of each entry in its bytes, and the end of the last */
};

void core_fill_entries_free(core_fill *fill)
{
    while (fill->dictionary) {
        struct fill_entries *next = fill->dictionary->next;
        PyMem_Free(fill->dictionary);
        fill->dictionary = next;
    }
}

static const uint32_t *entry_places(core_fill *fill, const ladle_view *entries)
{
    for (struct fill_entries *known = fill->dictionary; known; known = known->next) {
        if (known->view == entries) {
            return known->places;
        }
    }
    size_t count = (size_t)entries->count;
    struct fill_entries *made = PyMem_Malloc(sizeof *made + (count + 1) * sizeof *made->places);
    if (!made) {
        PyErr_NoMemory();
        return NULL;
    }
    uint32_t place = 0;
    for (size_t i = 0; i < count; i++) {
        made->places[i] = place;
        place += (uint32_t)ladle_packed_get(&entries->words, i);
    }
    made->places[count] = place;
    made->view = entries;
    made->next = fill->dictionary;
    fill->dictionary = made;
    return made->places;
}

bool core_fill_has_loop(const ladle_view *view)
{
    if (view->kind == LADLE_EXTENSION) {
        bool is_time = view->code == CODE_DATE || view->code == CODE_DATETIME_PLAIN ||
                       view->code == CODE_TIMEDELTA;
        return is_time && view->children[0].kind == LADLE_INT;
    }
    const ladle_view *values = view->kind == LADLE_DICTIONARY ? &view->children[0] : view;
    return fill_has_content(values) || values->kind == LADLE_BOOL || values->kind == LADLE_INT ||
           values->kind == LADLE_FLOAT || values->kind == LADLE_COMPLEX;
}

static int open_column(core_fill *fill, ladle_view *view, uint64_t start,
                       struct fill_column *column)
{
    *column = (struct fill_column){.view = view,
                                   .values = view,
                                   .next = start,
                                   .content = (const uint8_t *)"",
                                   .extension = -1};
    if (view->kind == LADLE_EXTENSION) {
        column->extension = view->code;
        column->values = &view->children[0];
    } else if (view->kind == LADLE_DICTIONARY) {
        column->codes = &view->words;
        column->values = &view->children[0];
        if (fill_has_content(column->values) && column->values->words.bits) {
            column->places = entry_places(fill, column->values);
            return column->places ? 0 : -1;
        }
    } else if (fill_has_content(view)) {
        column->content = view->bytes + view->next_byte;
    }
    return 0;
}

static void next_value(struct fill_column *column, core_value *value)
{
    const ladle_view *values = column->values;
    ladle_item item = {.kind = (ladle_kind)values->kind};
    if (fill_has_content(values)) {
        item.data = fill_next_content(column, &item.data_len);
        core_value_from_item(value, &item);
        return;
    }
    uint64_t index = column->next++;
    if (column->codes) {
        index = ladle_packed_get(column->codes, index);
    }
    item.integer = ladle_packed_get(&values->words, index);
    item.is_unsigned = values->words.is_unsigned;
    item.real = ladle_double_from_bits(item.integer);
    if (values->kind == LADLE_COMPLEX) {
        item.imaginary = ladle_double_from_bits(ladle_packed_get(&values->imaginary, index));
    }
    core_value_from_item(value, &item);
    if (column->extension >= 0) {
        core_value_extend(value, (uint8_t)column->extension);
    }
}

void core_fill_each(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                    const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    core_value value;
    for (uint64_t i = 0; i < picks->count; i++) {
        next_value(column, &value);
        uint8_t *place = fill->is_check ? fill->scratch : fill_place(picks, i, to, stride);
        enum core_fit fit = core_convert(&value, layout, place);
        if (fit != FIT_OK) {
            core_fill_fail(fill, picks, i, fit, layout, core_fill_kind_name(column->view->kind));
            return;
        }
    }
}

/*
 * Move the cursor into the bytes of a view behind the values that were gone through.
 */
static int advance_bytes(core_fill *fill, ladle_view *view, uint64_t start, uint64_t count)
{
    uint64_t len = view->words.base * count;
    if (view->words.bits) {
        len = 0;
        for (uint64_t i = 0; i < count; i++) {
            len += ladle_packed_get(&view->words, start + i);
        }
    }
    return core_fill_advance(fill, view, 0, len);
}

int core_fill_leaf(core_fill *fill, ladle_view *view, uint64_t start, const fill_picks *picks,
                   const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    struct fill_column column;
    if (open_column(fill, view, start, &column) < 0) {
        return -1;
    }
    enum fill_store how =
        column.extension < 0 ? core_fill_store_for(column.values, layout) : STORE_NONE;
    if (how != STORE_NONE) {
        core_fill_words(fill, &column, picks, layout, how, to, stride);
    } else if (column.extension < 0 && fill_has_content(column.values)) {
        core_fill_content(fill, &column, picks, layout, to, stride);
    } else {
        core_fill_each(fill, &column, picks, layout, to, stride);
    }
    return fill_has_content(view) ? advance_bytes(fill, view, start, picks->count) : 0;
}
