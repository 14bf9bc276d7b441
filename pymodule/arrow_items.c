/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of NumPy scalars and arrays into Arrow columns. */
#include "arrow_column.h"

#include "utf8.h"

/*
 * Have room for items of NumPy in a column and below, and a layout that puts them there.
 */
static int place_items(arrow_column *column, uint64_t count, core_layout *layout)
{
    *layout = column->layout;
    layout->children = NULL;
    layout->child_count = 0;
    layout->dtype = NULL;
    if (column->op == ARROW_STRUCT || column->op == ARROW_RUN) {
        layout->form = column->op == ARROW_RUN ? LAYOUT_ITEMS : LAYOUT_FIELDS;
        layout->children = PyMem_Calloc(column->child_count + 1, sizeof *layout->children);
        if (!layout->children) {
            PyErr_NoMemory();
            return -1;
        }
        layout->child_count = column->child_count;
        layout->extent = column->extent;
        uint64_t below = column->op == ARROW_RUN ? count * column->extent : count;
        for (uint32_t i = 0; i < column->child_count; i++) {
            core_layout *child = &layout->children[i];
            if (place_items(&column->children[i], below, child) < 0) {
                return -1;
            }
            child->parent = layout;
        }
        if (column->op == ARROW_RUN) {
            const core_layout *child = &layout->children[0];
            layout->stride = child->row_stride;
            layout->row_stride = child->row_stride * (ptrdiff_t)column->extent;
            layout->column = child->column;
            layout->children[0].column = NULL;
        }
        return 0;
    }
    size_t len = layout->len * (size_t)count;
    if (arrow_check(ladle_buffer_reserve(&column->data, len + 1)) < 0) {
        return -1;
    }
    layout->column = column->data.data + column->data.len;
    layout->row_stride = (ptrdiff_t)layout->len;
    column->data.len += len;
    return 0;
}

static void forget_layout(core_layout *layout)
{
    for (uint32_t i = 0; i < layout->child_count; i++) {
        forget_layout(&layout->children[i]);
    }
    PyMem_Free(layout->children);
}

/*
 * Times that are none become nulls.
 */
static int put_times(arrow_column *column, uint64_t count)
{
    const uint8_t *items = column->data.data + column->data.len - 8 * (size_t)count;
    for (uint64_t i = 0; i < count; i++) {
        int64_t item;
        memcpy(&item, items + 8 * i, sizeof item);
        if (arrow_put_validity(column, 1, item != INT64_MIN) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Items of the dtypes S and U, which were put into 'data', become texts and bytes.
 */
static int put_strings(arrow_maker *maker, arrow_column *column, uint64_t count)
{
    size_t len = column->layout.len;
    size_t start = column->data.len - len * (size_t)count;
    uint8_t *items = PyMem_Malloc(len * (size_t)count + 1);
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(items, column->data.data + start, len * (size_t)count);
    column->data.len = start;
    int result = 0;
    for (uint64_t i = 0; i < count && result == 0; i++) {
        core_value value;
        core_value_load(&value, &column->layout, items + i * len);
        size_t before = column->data.len;
        if (value.kind == VALUE_UCS4) {
            for (size_t at = 0; at < value.len && result == 0; at += 4) {
                uint32_t code;
                uint8_t bytes[4];
                memcpy(&code, value.data + at, sizeof code);
                size_t code_len = utf8_put(code, bytes);
                result = code_len ? arrow_put(&column->data, bytes, code_len)
                                  : arrow_fail(maker, column, "is a str that Arrow does not take");
            }
        } else {
            result = arrow_put(&column->data, value.data, value.len);
        }
        if (result == 0) {
            result = arrow_put_offset(maker, column, column->data.len - before);
        }
    }
    PyMem_Free(items);
    return result < 0 ? -1 : arrow_put_validity(column, count, 1);
}

static int count_items(arrow_maker *maker, arrow_column *column, uint64_t count)
{
    if (column->op == ARROW_TEXT || column->op == ARROW_BINARY) {
        return put_strings(maker, column, count);
    }
    if (column->op == ARROW_ITEM && (column->layout.kind == 'M' || column->layout.kind == 'm')) {
        return put_times(column, count);
    }
    for (uint32_t i = 0; i < column->child_count; i++) {
        uint64_t below = column->op == ARROW_RUN ? count * column->extent : count;
        if (count_items(maker, &column->children[i], below) < 0) {
            return -1;
        }
    }
    return arrow_put_validity(column, count, 1);
}

int arrow_append_items(arrow_maker *maker, ladle_view *view, uint64_t count, arrow_column *column)
{
    core_layout layout = {.form = LAYOUT_LEAF};
    fill_picks picks = {.count = count, .per_row = 1};
    if (view->kind != LADLE_SCALAR && view->kind != LADLE_ARRAY) {
        return arrow_fail(maker, column, "is of another type than the index says");
    }
    int result = place_items(column, count, &layout);
    maker->fill.limit = UINT64_MAX;
    if (result == 0) {
        result = core_fill_items(&maker->fill, view, view->next, &picks, &layout, layout.column,
                                 layout.row_stride);
    }
    if (result == 0 && maker->fill.limit != UINT64_MAX) {
        result = arrow_fail(maker, column, "holds a NumPy value that Arrow does not take");
    }
    forget_layout(&layout);
    view->next += count;
    return result < 0 ? -1 : count_items(maker, column, count);
}
