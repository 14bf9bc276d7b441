/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts and bytes as numbers of the different ones of a batch. */
#include "arrow_column.h"

bool arrow_is_encoded(const arrow_column *column)
{
    return (column->op == ARROW_TEXT || column->op == ARROW_BINARY) && column->child_count > 0;
}

static int add_entry(arrow_column *entries, PyObject *content)
{
    const char *data = PyBytes_AS_STRING(content);
    if (arrow_put(&entries->data, data, (size_t)PyBytes_GET_SIZE(content)) < 0) {
        return -1;
    }
    uint32_t end = (uint32_t)entries->data.len; /* all contents of a batch are less than 2 GiB */
    return arrow_put(&entries->offsets, &end, sizeof end) < 0 ? -1
                                                              : arrow_put_validity(entries, 1, 1);
}

/*
 * The number of a content, which is its own when it is met for the first time.
 */
static int find(PyObject *numbers, arrow_column *entries, PyObject *content, uint32_t *number)
{
    PyObject *next = PyLong_FromUnsignedLongLong(entries->count);
    PyObject *known = next ? PyDict_SetDefault(numbers, content, next) : NULL;
    int result = !known ? -1 : known == next ? add_entry(entries, content) : 0;
    if (known) {
        *number = (uint32_t)PyLong_AsUnsignedLong(known);
    }
    Py_XDECREF(next);
    return result;
}

static int encode_value(const arrow_column *column, PyObject *numbers, size_t i, uint32_t *number)
{
    uint32_t ends[2];
    if (column->validity.len && !column->validity.data[i]) {
        *number = 0;
        return 0;
    }
    memcpy(ends, column->offsets.data + sizeof *ends * i, sizeof ends);
    PyObject *content = PyBytes_FromStringAndSize((const char *)column->data.data + ends[0],
                                                  (Py_ssize_t)(ends[1] - ends[0]));
    int result = content ? find(numbers, &column->children[0], content, number) : -1;
    Py_XDECREF(content);
    return result;
}

int arrow_column_encode(arrow_column *column)
{
    static const uint32_t start = 0;
    arrow_column *entries = &column->children[0];
    ladle_buffer codes = {0};
    PyObject *numbers = PyDict_New();
    int result = numbers ? arrow_put(&entries->offsets, &start, sizeof start) : -1;
    if (result == 0) {
        result = arrow_check(ladle_buffer_reserve(&column->data, 1)); /* none may be NULL */
    }
    for (size_t i = 0; i < column->count && result == 0; i++) {
        uint32_t number;
        result = encode_value(column, numbers, i, &number);
        if (result == 0) {
            result = arrow_put(&codes, &number, sizeof number);
        }
    }
    Py_XDECREF(numbers);
    ladle_buffer_free(&column->data);
    ladle_buffer_free(&column->offsets);
    column->data = codes;
    return result;
}
