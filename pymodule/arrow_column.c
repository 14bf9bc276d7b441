/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrow columns as a plan says. */
#include "arrow_column.h"

#include "text.h"

static int take_children(const core_state *state, arrow_column *column, PyObject *children)
{
    Py_ssize_t count = PyTuple_GET_SIZE(children);
    column->children = PyMem_Calloc(count ? (size_t)count : 1, sizeof *column->children);
    if (!column->children) {
        PyErr_NoMemory();
        return -1;
    }
    column->child_count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        column->children[i].parent = column;
        if (arrow_column_init(state, &column->children[i], PyTuple_GET_ITEM(children, i)) < 0) {
            return -1;
        }
        column->is_open |= column->children[i].is_open;
    }
    return 0;
}

/*
 * What an op needs to know: digits, extent, or the dtype that items of NumPy have in memory.
 */
static int take_detail(const core_state *state, arrow_column *column, PyObject *detail)
{
    if (detail == Py_None) {
        return 0;
    }
    switch (column->op) {
    case ARROW_INT:
    case ARROW_ZONED:
        return 0;
    case ARROW_DECIMAL:
        column->scale = (int)PyLong_AsLong(detail);
        break;
    case ARROW_RUN:
        column->extent = PyLong_AsUnsignedLongLong(detail);
        column->has_layout = true;
        break;
    default:
        column->has_layout = true;
        return detail == Py_True ? 0 : core_layout_init(state, &column->layout, detail);
    }
    return PyErr_Occurred() ? -1 : 0;
}

bool arrow_has_times(enum arrow_op op)
{
    return op == ARROW_DATE || op == ARROW_TIMESTAMP || op == ARROW_ZONED || op == ARROW_TIME ||
           op == ARROW_DURATION;
}

bool arrow_has_words(enum arrow_op op)
{
    return op == ARROW_INT || op == ARROW_DOUBLE;
}

/*
 * Bytes of an item by its format: c, s, i and l are ints, unsigned in capital letters; e, f and g
 * floats; days, and times of day in seconds or milliseconds, are short.
 */
static uint8_t item_len_of(const char *format)
{
    static const char *const short_times[] = {"tdD", "tts", "ttm"};
    for (size_t i = 0; i < sizeof short_times / sizeof *short_times; i++) {
        if (strcmp(format, short_times[i]) == 0) {
            return 4;
        }
    }
    return strchr("cC", *format) ? 1 : strchr("sSe", *format) ? 2 : strchr("iIf", *format) ? 4 : 8;
}

static void take_format(arrow_column *column)
{
    const char *format = column->format;
    column->item_len = item_len_of(format);
    column->is_unsigned = column->op == ARROW_INT && *format >= 'A' && *format <= 'Z';
    if (arrow_has_times(column->op)) {
        char unit = format[2];
        column->layout.units = 1;
        column->layout.unit = (int8_t)(unit == 's'   ? UNIT_SECOND
                                       : unit == 'm' ? UNIT_MS
                                       : unit == 'u' ? UNIT_US
                                       : unit == 'n' ? UNIT_NS
                                                     : UNIT_DAY);
    }
}

int arrow_column_init(const core_state *state, arrow_column *column, PyObject *plan)
{
    int op;
    int is_nullable;
    Py_ssize_t name_len;
    PyObject *children;
    PyObject *detail;
    PyObject *instead;
    if (!PyArg_ParseTuple(plan, "iss#pO!OO", &op, &column->format, &column->name, &name_len,
                          &is_nullable, &PyTuple_Type, &children, &detail, &instead)) {
        return -1;
    }
    column->op = (enum arrow_op)op;
    column->name_len = (size_t)name_len;
    column->number = text_item_number(column->name, column->name_len);
    column->is_nullable = is_nullable;
    column->is_tried = instead != Py_None;
    column->is_open =
        column->is_tried || ((op == ARROW_DECIMAL || op == ARROW_ZONED) && detail == Py_None);
    if (arrow_has_words(column->op) || arrow_has_times(column->op)) {
        take_format(column);
    }
    return take_detail(state, column, detail) < 0 ? -1 : take_children(state, column, children);
}

void arrow_column_reset(arrow_column *column)
{
    column->count = 0;
    column->null_count = 0;
    column->validity.len = 0;
    column->offsets.len = 0;
    column->data.len = 0;
    for (uint32_t i = 0; i < column->child_count; i++) {
        arrow_column_reset(&column->children[i]);
    }
}

void arrow_column_clear(arrow_column *column)
{
    for (uint32_t i = 0; i < column->child_count; i++) {
        arrow_column_clear(&column->children[i]);
    }
    PyMem_Free(column->children);
    core_layout_clear(&column->layout);
    Py_XDECREF(column->zone);
    ladle_buffer_free(&column->validity);
    ladle_buffer_free(&column->offsets);
    ladle_buffer_free(&column->data);
    *column = (arrow_column){.op = ARROW_NULL};
}

uint64_t arrow_column_len(const arrow_column *column)
{
    uint64_t len = column->validity.len + column->offsets.len + column->data.len;
    for (uint32_t i = 0; i < column->child_count; i++) {
        len += arrow_column_len(&column->children[i]);
    }
    return len;
}
