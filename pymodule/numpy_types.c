/* SPDX-License-Identifier: BSD-2-Clause */
#include "numpy_types.h"

/*
 * Dtypes that are remembered by what describes them, and the other way round.
 */
#define DTYPES_MAX 256

struct core_numpy {
    PyObject *helpers;  /* ladle._numpy; NULL: not imported yet */
    PyObject *ndarray;  /* classes of NumPy */
    PyObject *memmap;   /* is written as an array: where its bytes lie is no part of a value */
    PyObject *scalars;  /* dict: class to bytes, or None where they differ by the scalar */
    PyObject *prefixes; /* dict: dtype to bytes or None */
    PyObject *name;     /* "numpy" */
    PyObject *dtype;    /* "dtype" */
};

struct core_numpy *core_numpy_new(void)
{
    struct core_numpy *numpy = PyMem_Calloc(1, sizeof *numpy);
    if (!numpy) {
        PyErr_NoMemory();
        return NULL;
    }
    numpy->name = PyUnicode_InternFromString("numpy");
    numpy->dtype = PyUnicode_InternFromString("dtype");
    numpy->prefixes = PyDict_New();
    if (!numpy->name || !numpy->dtype || !numpy->prefixes) {
        core_numpy_free(numpy);
        return NULL;
    }
    return numpy;
}

int core_numpy_visit(struct core_numpy *numpy, visitproc visit, void *arg)
{
    if (numpy) {
        Py_VISIT(numpy->helpers);
        Py_VISIT(numpy->ndarray);
        Py_VISIT(numpy->memmap);
        Py_VISIT(numpy->scalars);
        Py_VISIT(numpy->prefixes);
    }
    return 0;
}

void core_numpy_free(struct core_numpy *numpy)
{
    if (numpy) {
        Py_XDECREF(numpy->helpers);
        Py_XDECREF(numpy->ndarray);
        Py_XDECREF(numpy->memmap);
        Py_XDECREF(numpy->scalars);
        Py_XDECREF(numpy->prefixes);
        Py_XDECREF(numpy->name);
        Py_XDECREF(numpy->dtype);
        PyMem_Free(numpy);
    }
}

int core_numpy_load(struct core_numpy *numpy)
{
    if (numpy->helpers) {
        return 0;
    }
    PyObject *module = PyImport_ImportModule("numpy");
    PyObject *helpers = module ? PyImport_ImportModule("ladle._numpy") : NULL;
    if (helpers) {
        Py_XSETREF(numpy->ndarray, PyObject_GetAttrString(module, "ndarray"));
        Py_XSETREF(numpy->memmap, PyObject_GetAttrString(module, "memmap"));
        Py_XSETREF(numpy->scalars, PyObject_GetAttrString(helpers, "PREFIXES"));
    }
    Py_XDECREF(module);
    if (!helpers || !numpy->ndarray || !numpy->memmap || !numpy->scalars) {
        Py_XDECREF(helpers);
        return -1;
    }
    numpy->helpers = helpers;
    return 0;
}

PyObject *core_numpy_call(const struct core_numpy *numpy, const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    PyObject *function = PyObject_GetAttrString(numpy->helpers, name);
    PyObject *arguments = function ? Py_VaBuildValue(format, values) : NULL;
    va_end(values);
    PyObject *result = arguments ? PyObject_CallObject(function, arguments) : NULL;
    Py_XDECREF(arguments);
    Py_XDECREF(function);
    return result;
}

int core_numpy_look(struct core_numpy *numpy)
{
    if (numpy->helpers) {
        return 1;
    }
    PyObject *module = PyImport_GetModule(numpy->name);
    if (!module) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(module);
    return core_numpy_load(numpy) < 0 ? -1 : 1;
}

/*
 * The kind of an object; EMPTY for what is none of NumPy. -1: failed.
 */
static int kind_of(const core_state *state, PyObject *object, ladle_kind *kind)
{
    struct core_numpy *numpy = state->numpy;
    PyTypeObject *type = Py_TYPE(object);
    *kind = LADLE_EMPTY;
    if (!type->tp_as_buffer || !type->tp_as_buffer->bf_getbuffer) {
        return 0;
    }
    int is_there = core_numpy_look(numpy);
    if (is_there <= 0) {
        return is_there;
    }
    if ((PyObject *)type == numpy->ndarray || (PyObject *)type == numpy->memmap) {
        *kind = LADLE_ARRAY;
        return 0;
    }
    int is_scalar = PyDict_Contains(numpy->scalars, (PyObject *)type);
    *kind = is_scalar > 0 ? LADLE_SCALAR : LADLE_EMPTY;
    return is_scalar < 0 ? -1 : 0;
}

int core_is_array(const core_state *state, PyObject *object)
{
    return PyObject_IsInstance(object, state->numpy->ndarray);
}

PyObject *core_dtype_prefix(const core_state *state, PyObject *dtype)
{
    PyObject *prefixes = state->numpy->prefixes;
    PyObject *prefix = PyDict_GetItemWithError(prefixes, dtype);
    if (prefix || PyErr_Occurred()) {
        return prefix;
    }
    if (PyDict_GET_SIZE(prefixes) >= DTYPES_MAX) {
        PyDict_Clear(prefixes);
    }
    PyObject *made = core_numpy_call(state->numpy, "describe", "(O)", dtype);
    int result = made ? PyDict_SetItem(prefixes, dtype, made) : -1;
    Py_XDECREF(made);
    return result < 0 ? NULL : made;
}

/*
 * Copy what is not contiguous.
 */
static int take_data(core_items *items, char *order)
{
    Py_buffer *view = &items->view;
    *order = 'C';
    items->data = view->buf;
    items->data_len = (size_t)view->len;
    if (PyBuffer_IsContiguous(view, 'C')) {
        return 0;
    }
    if (PyBuffer_IsContiguous(view, 'F')) {
        *order = 'F';
        return 0;
    }
    items->own_data = PyMem_Malloc(items->data_len);
    if (!items->own_data) {
        PyErr_NoMemory();
        return -1;
    }
    items->data = items->own_data;
    return PyBuffer_ToContiguous(items->own_data, view, view->len, 'C');
}

/*
 * What an ARRAY column has in common: the prefix, order and extents.
 */
static int take_array_type(core_items *items, char order)
{
    size_t prefix_len = (size_t)PyBytes_GET_SIZE(items->prefix);
    size_t room = prefix_len + 1 + LADLE_VARINT_LEN_MAX * (1 + (size_t)items->view.ndim);
    uint8_t *type = items->short_type;
    if (room > sizeof items->short_type) {
        type = items->own_type = PyMem_Malloc(room);
        if (!type) {
            PyErr_NoMemory();
            return -1;
        }
    }
    memcpy(type, PyBytes_AS_STRING(items->prefix), prefix_len);
    size_t len = prefix_len;
    type[len++] = (uint8_t)order;
    len += ladle_varint_put(type + len, (uint64_t)items->view.ndim);
    for (int i = 0; i < items->view.ndim; i++) {
        len += ladle_varint_put(type + len, (uint64_t)items->view.shape[i]);
    }
    items->type = type;
    items->type_len = len;
    return 0;
}

static int take_type(core_items *items, char order)
{
    if (items->kind == LADLE_ARRAY) {
        return take_array_type(items, order);
    }
    items->type = (const uint8_t *)PyBytes_AS_STRING(items->prefix);
    items->type_len = (size_t)PyBytes_GET_SIZE(items->prefix);
    return 0;
}

/*
 * What is the same for all scalars of a class. NULL: nothing, or an exception is set.
 */
static PyObject *class_prefix(const struct core_numpy *numpy, PyObject *object)
{
    PyObject *prefix = PyDict_GetItemWithError(numpy->scalars, (PyObject *)Py_TYPE(object));
    return prefix == Py_None ? NULL : prefix;
}

/*
 * The prefix for the dtype of an object. 1: it has one. 0: it cannot be stored.
 */
static int take_prefix(const core_state *state, PyObject *object, core_items *items)
{
    PyObject *dtype = NULL;
    PyObject *prefix = items->kind == LADLE_SCALAR ? class_prefix(state->numpy, object) : NULL;
    if (!prefix && !PyErr_Occurred()) {
        dtype = PyObject_GetAttr(object, state->numpy->dtype);
        prefix = dtype ? core_dtype_prefix(state, dtype) : NULL;
    }
    items->prefix = Py_XNewRef(prefix);
    Py_XDECREF(dtype);
    if (!prefix || prefix == Py_None) {
        Py_CLEAR(items->prefix);
        return prefix ? 0 : -1;
    }
    return 1;
}

/*
 * Whether all characters in arrays and structs exist, as readers demand. NumPy does not look.
 */
static int is_proper(const core_state *state, PyObject *object, const core_items *items)
{
    const char *prefix = PyBytes_AS_STRING(items->prefix);
    size_t len = (size_t)PyBytes_GET_SIZE(items->prefix);
    bool is_struct = memchr(prefix, '[', len);
    if (!memchr(prefix, 'U', len) || (items->kind == LADLE_SCALAR && !is_struct)) {
        return 1;
    }
    PyObject *answer = core_numpy_call(state->numpy, "is_proper", "(O)", object);
    int result = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return result;
}

int core_items_open(const core_state *state, PyObject *object, core_items *items)
{
    ladle_kind kind;
    if (kind_of(state, object, &kind) < 0) {
        return -1;
    }
    if (kind == LADLE_EMPTY) {
        return 0;
    }
    char order;
    items->kind = kind;
    items->own_type = NULL;
    items->own_data = NULL;
    int result = take_prefix(state, object, items);
    if (result > 0) {
        result = is_proper(state, object, items);
    }
    if (result > 0 && PyObject_GetBuffer(object, &items->view, PyBUF_STRIDES) < 0) {
        result = -1;
    }
    if (result <= 0) {
        Py_CLEAR(items->prefix);
        return result;
    }
    if (take_data(items, &order) < 0 || take_type(items, order) < 0) {
        core_items_close(items);
        return -1;
    }
    return 1;
}

void core_items_close(core_items *items)
{
    PyBuffer_Release(&items->view);
    PyMem_Free(items->own_type);
    PyMem_Free(items->own_data);
    Py_CLEAR(items->prefix);
}

int core_items_describe(const core_state *state, PyObject *array, const Py_buffer *row, char order,
                        core_items *items)
{
    *items = (core_items){.kind = row->ndim ? LADLE_ARRAY : LADLE_SCALAR, .view = *row};
    int result = take_prefix(state, array, items);
    if (result == 0) {
        PyErr_SetString(PyExc_TypeError, "the dtype of the array cannot be stored");
    }
    if (result <= 0 || take_type(items, order) < 0) {
        core_items_forget(items);
        return -1;
    }
    return 0;
}

void core_items_forget(core_items *items)
{
    PyMem_Free(items->own_type);
    Py_CLEAR(items->prefix);
}
