/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include "numpy_types.h"

static int take_children(core_layout *layout, Py_ssize_t count)
{
    layout->children = PyMem_Calloc(count ? (size_t)count : 1, sizeof *layout->children);
    if (!layout->children) {
        PyErr_NoMemory();
        return -1;
    }
    layout->child_count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        layout->children[i].parent = layout;
        layout->children[i].index = (uint32_t)i;
    }
    return 0;
}

static int parse(core_layout *layout, PyObject *plain);

static int parse_leaf(core_layout *layout, PyObject *plain)
{
    const char *form;
    int kind;
    int is_swapped;
    int unit;
    Py_ssize_t len;
    if (!PyArg_ParseTuple(plain, "sOCnpii", &form, &layout->dtype, &kind, &len, &is_swapped, &unit,
                          &layout->units)) {
        layout->dtype = NULL;
        return -1;
    }
    Py_INCREF(layout->dtype);
    layout->kind = (char)kind;
    layout->len = (size_t)len;
    layout->is_swapped = is_swapped;
    layout->unit = (int8_t)unit;
    return 0;
}

static int parse_field(core_layout *field, PyObject *plain)
{
    Py_ssize_t name_len;
    PyObject *inner;
    if (!PyArg_ParseTuple(plain, "s#nO", &field->name, &name_len, &field->offset, &inner)) {
        return -1;
    }
    field->name_len = (size_t)name_len;
    return parse(field, inner);
}

static int parse_fields(core_layout *layout, PyObject *plain)
{
    const char *form;
    Py_ssize_t len;
    PyObject *fields;
    if (!PyArg_ParseTuple(plain, "snO!", &form, &len, &PyTuple_Type, &fields) ||
        take_children(layout, PyTuple_GET_SIZE(fields)) < 0) {
        return -1;
    }
    layout->len = (size_t)len;
    layout->names = Py_NewRef(fields);
    for (uint32_t i = 0; i < layout->child_count; i++) {
        if (parse_field(&layout->children[i], PyTuple_GET_ITEM(fields, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static int parse_items(core_layout *layout, PyObject *plain)
{
    const char *form;
    Py_ssize_t extent;
    Py_ssize_t stride;
    PyObject *inner;
    if (!PyArg_ParseTuple(plain, "snnO", &form, &extent, &stride, &inner) ||
        take_children(layout, 1) < 0) {
        return -1;
    }
    layout->extent = (uint64_t)extent;
    layout->stride = stride;
    return parse(&layout->children[0], inner);
}

/*
 * From what ladle._numpy.layout made.
 */
static int parse(core_layout *layout, PyObject *plain)
{
    const char *form = PyUnicode_AsUTF8(PyTuple_GET_ITEM(plain, 0));
    if (!form) {
        return -1;
    }
    if (strcmp(form, "leaf") == 0) {
        layout->form = LAYOUT_LEAF;
        return parse_leaf(layout, plain);
    }
    if (strcmp(form, "fields") == 0) {
        layout->form = LAYOUT_FIELDS;
        return parse_fields(layout, plain);
    }
    layout->form = LAYOUT_ITEMS;
    return parse_items(layout, plain);
}

static int init(const core_state *state, core_layout *layout, PyObject *dtype)
{
    PyObject *plain = core_numpy_call(state->numpy, "layout", "(O)", dtype);
    int result = plain ? parse(layout, plain) : -1;
    Py_XDECREF(plain);
    return result;
}

int core_layout_init(const core_state *state, core_layout *layout, PyObject *dtype)
{
    *layout = (core_layout){.form = LAYOUT_LEAF};
    return init(state, layout, dtype);
}

/*
 * Into a node that has its place already.
 */
static int init_rows(const core_state *state, core_layout *layout, PyObject *dtype,
                     const Py_buffer *view)
{
    for (int i = 1; i < view->ndim; i++) {
        layout->form = LAYOUT_ITEMS;
        layout->extent = (uint64_t)view->shape[i];
        layout->stride = view->strides[i];
        if (take_children(layout, 1) < 0) {
            return -1;
        }
        layout = &layout->children[0];
    }
    return init(state, layout, dtype);
}

int core_layout_init_rows(const core_state *state, core_layout *layout, PyObject *dtype,
                          const Py_buffer *view)
{
    *layout = (core_layout){.form = LAYOUT_LEAF};
    return init_rows(state, layout, dtype, view);
}

/*
 * The number in a name like f0. False: it is no such name.
 */
static bool parse_number(core_layout *field)
{
    uint64_t number = 0;
    bool is_number = field->name_len > 1 && field->name_len < 8 && field->name[0] == 'f' &&
                     (field->name[1] != '0' || field->name_len == 2);
    for (size_t i = 1; i < field->name_len && is_number; i++) {
        is_number = field->name[i] >= '0' && field->name[i] <= '9';
        number = number * 10 + (uint64_t)(field->name[i] - '0');
    }
    field->number = (uint32_t)number;
    return is_number;
}

static int init_column(const core_state *state, core_layout *field, PyObject *name, PyObject *array,
                       const Py_buffer *view)
{
    Py_ssize_t name_len;
    field->name = PyUnicode_AsUTF8AndSize(name, &name_len);
    field->name_len = (size_t)name_len;
    field->column = view->buf;
    field->row_stride = view->strides[0];
    PyObject *dtype = field->name ? PyObject_GetAttrString(array, "dtype") : NULL;
    int result = dtype ? init_rows(state, field, dtype, view) : -1;
    Py_XDECREF(dtype);
    return result;
}

int core_layout_init_columns(const core_state *state, core_layout *layout, PyObject *columns,
                             const Py_buffer *views)
{
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *array;
    *layout = (core_layout){.form = LAYOUT_FIELDS, .names = Py_NewRef(columns)};
    if (take_children(layout, PyDict_GET_SIZE(columns)) < 0) {
        return -1;
    }
    layout->is_numbered = true;
    for (uint32_t i = 0; PyDict_Next(columns, &position, &name, &array); i++) {
        if (init_column(state, &layout->children[i], name, array, &views[i]) < 0) {
            return -1;
        }
        layout->is_numbered &= parse_number(&layout->children[i]);
    }
    return 0;
}

int core_layout_set_absent(const core_state *state, core_layout *layout, PyObject *value)
{
    for (uint32_t i = 0; i < layout->child_count; i++) {
        if (core_layout_set_absent(state, &layout->children[i], value) < 0) {
            return -1;
        }
    }
    if (layout->form != LAYOUT_LEAF) {
        return 0;
    }
    if (layout->kind == 'O') {
        layout->absent = PyMem_Malloc(sizeof(PyObject *));
        if (!layout->absent) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(layout->absent, &value, sizeof value);
        return 0;
    }
    PyObject *item = core_numpy_call(state->numpy, "missing_item", "(OO)", layout->dtype, value);
    if (item && item != Py_None) {
        layout->absent = PyMem_Malloc(layout->len ? layout->len : 1);
        if (layout->absent) {
            memcpy(layout->absent, PyBytes_AS_STRING(item), layout->len);
        } else {
            PyErr_NoMemory();
            Py_CLEAR(item);
        }
    }
    Py_XDECREF(item);
    return item ? 0 : -1;
}

void core_layout_clear(core_layout *layout)
{
    for (uint32_t i = 0; i < layout->child_count; i++) {
        core_layout_clear(&layout->children[i]);
    }
    PyMem_Free(layout->children);
    PyMem_Free(layout->absent);
    Py_XDECREF(layout->names);
    Py_XDECREF(layout->dtype);
    *layout = (core_layout){.form = LAYOUT_LEAF};
}
