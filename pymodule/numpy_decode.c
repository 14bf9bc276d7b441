/* SPDX-License-Identifier: BSD-2-Clause */
#include "errors.h"
#include "numpy_types.h"

/*
 * What values are made with: a tuple. The scalars of a column of numbers or times come from one
 * array of them all instead.
 */
enum { PLAN_DTYPE, PLAN_HAS_TEXT, PLAN_EXTENTS, PLAN_ORDER };

static PyObject *unsupported(core_decoder *decoder, const char *what)
{
    core_fail(&decoder->error, LADLE_E_UNSUPPORTED, "%s", what);
    return NULL;
}

/*
 * Turn a ValueError of NumPy into our own; other exceptions stay.
 */
static PyObject *refuse_value(core_decoder *decoder)
{
    if (PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        core_decode_corrupt(decoder, "a NumPy value breaks the rules of the format");
    }
    return NULL;
}

/*
 * Import NumPy. -1: failed; without NumPy that is an error of the file.
 */
static int load(core_decoder *decoder)
{
    int result = core_numpy_load(decoder->state->numpy);
    if (result < 0 && PyErr_ExceptionMatches(PyExc_ImportError)) {
        PyErr_Clear();
        unsupported(decoder, "a record holds a NumPy value, and NumPy is not installed");
    }
    return result;
}

static bool is_item_len(PyObject *dtype, uint64_t item_len)
{
    PyObject *len = PyObject_GetAttrString(dtype, "itemsize");
    bool is_right = len && PyLong_AsUnsignedLongLong(len) == item_len;
    Py_XDECREF(len);
    return is_right;
}

/*
 * The dtype that a file describes, and whether it holds str: a tuple.
 */
static PyObject *dtype_of(core_decoder *decoder, const uint8_t *name, size_t name_len,
                          uint64_t item_len)
{
    if (load(decoder) < 0) {
        return NULL;
    }
    PyObject *text = core_decode_text(decoder, LADLE_STR, name, name_len);
    if (!text) {
        return NULL;
    }
    PyObject *parsed = core_numpy_call(decoder->state->numpy, "parse", "(O)", text);
    Py_DECREF(text);
    if (!parsed && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        return unsupported(decoder, "a record has a dtype that NumPy lacks here");
    }
    if (!parsed) {
        return refuse_value(decoder);
    }
    if (!is_item_len(PyTuple_GET_ITEM(parsed, 0), item_len)) {
        Py_DECREF(parsed);
        return PyErr_Occurred() ? NULL
                                : core_decode_corrupt(decoder, "a dtype has another item length");
    }
    return parsed;
}

static PyObject *extents_of(uint32_t dimensions, const uint8_t *varints)
{
    /* Where they end was checked before. */
    ladle_cursor cursor = ladle_cursor_over(varints, LADLE_VARINT_LEN_MAX * (size_t)dimensions);
    PyObject *extents = PyTuple_New(dimensions);
    for (uint32_t i = 0; extents && i < dimensions; i++) {
        PyObject *extent = PyLong_FromUnsignedLongLong(ladle_cursor_varint(&cursor));
        if (extent) {
            PyTuple_SET_ITEM(extents, i, extent);
        } else {
            Py_CLEAR(extents);
        }
    }
    return extents;
}

static int fill(core_decoder *decoder, PyObject *array, const uint8_t *data, size_t len)
{
    Py_buffer view;
    if (PyObject_GetBuffer(array, &view, PyBUF_STRIDES | PyBUF_WRITABLE) < 0) {
        return -1;
    }
    bool fits = (size_t)view.len == len;
    if (fits && len) {
        memcpy(view.buf, data, len);
    }
    PyBuffer_Release(&view);
    if (!fits) {
        unsupported(decoder, "an array has items of a length that NumPy does not take");
    }
    return fits ? 0 : -1;
}

/*
 * A new array with these bytes.
 */
static PyObject *array_from(core_decoder *decoder, PyObject *plan, const uint8_t *data, size_t len)
{
    if (core_decode_take_memory(decoder, OBJECT_LEN + len) < 0) {
        return NULL;
    }
    struct core_numpy *numpy = decoder->state->numpy;
    PyObject *array =
        core_numpy_call(numpy, "empty", "(OOO)", PyTuple_GET_ITEM(plan, PLAN_EXTENTS),
                        PyTuple_GET_ITEM(plan, PLAN_DTYPE), PyTuple_GET_ITEM(plan, PLAN_ORDER));
    if (!array && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        return unsupported(decoder, "an array has more or larger dimensions than NumPy takes");
    }
    if (!array) {
        return NULL;
    }
    int result = fill(decoder, array, data, len);
    if (result == 0 && PyTuple_GET_ITEM(plan, PLAN_HAS_TEXT) == Py_True) {
        PyObject *checked = core_numpy_call(numpy, "check_text", "(O)", array);
        result = checked ? 0 : -1;
        Py_XDECREF(checked);
    }
    if (result < 0) {
        Py_DECREF(array);
        return PyErr_Occurred() ? refuse_value(decoder) : NULL;
    }
    return array;
}

/*
 * A scalar by itself.
 */
static PyObject *scalar_from(core_decoder *decoder, PyObject *plan, const uint8_t *data, size_t len)
{
    if (core_decode_take_memory(decoder, OBJECT_LEN + len) < 0) {
        return NULL;
    }
    PyObject *scalar = core_numpy_call(
        decoder->state->numpy, "make_scalar", "(OOy#)", PyTuple_GET_ITEM(plan, PLAN_DTYPE),
        PyTuple_GET_ITEM(plan, PLAN_HAS_TEXT), (const char *)data, (Py_ssize_t)len);
    return scalar ? scalar : refuse_value(decoder);
}

static PyObject *make_plan(PyObject *parsed, PyObject *extents, uint8_t code)
{
    PyObject *plan = NULL;
    if (parsed && extents) {
        plan = Py_BuildValue("(OOOs)", PyTuple_GET_ITEM(parsed, 0), PyTuple_GET_ITEM(parsed, 1),
                             extents, code == 'F' ? "F" : "C");
    }
    Py_XDECREF(extents);
    Py_XDECREF(parsed);
    return plan;
}

/*
 * Whether an array gives exactly the scalars that were put in: it strips zeros from str and bytes,
 * and scalars of fields look into it.
 */
static int is_column(PyObject *plan)
{
    PyObject *kind = PyObject_GetAttrString(PyTuple_GET_ITEM(plan, PLAN_DTYPE), "kind");
    bool is_one = kind && !strchr("SUV", (int)PyUnicode_READ_CHAR(kind, 0));
    Py_XDECREF(kind);
    return kind ? is_one : -1;
}

/*
 * The plan for a view, or the array of a column.
 */
static PyObject *prepare(core_decoder *decoder, const ladle_view *view)
{
    PyObject *parsed =
        dtype_of(decoder, (const uint8_t *)view->name.data, view->name.len, view->item_len);
    if (!parsed) {
        return NULL;
    }
    if (view->kind == LADLE_ARRAY) {
        return make_plan(parsed, extents_of(view->dimensions, view->extents), view->code);
    }
    PyObject *plan = make_plan(parsed, Py_BuildValue("(K)", (unsigned long long)view->count), 'C');
    int is_array = plan ? is_column(plan) : -1;
    if (is_array > 0) {
        Py_SETREF(plan, array_from(decoder, plan, view->bytes, (size_t)view->bytes_len));
    }
    if (is_array < 0) {
        Py_CLEAR(plan);
    }
    return plan;
}

PyObject *core_decode_items(core_decoder *decoder, ladle_view *view)
{
    PyObject **prepared = view->tag;
    uint64_t index = view->next++;
    if (!*prepared && !(*prepared = prepare(decoder, view))) {
        return NULL;
    }
    const uint8_t *data = view->bytes + index * view->value_len;
    if (view->kind == LADLE_ARRAY) {
        return array_from(decoder, *prepared, data, (size_t)view->value_len);
    }
    if (PyTuple_Check(*prepared)) {
        return scalar_from(decoder, *prepared, data, (size_t)view->value_len);
    }
    return core_decode_take_memory(decoder, OBJECT_LEN) < 0
               ? NULL
               : PySequence_GetItem(*prepared, (Py_ssize_t)index);
}

PyObject *core_decode_tagged_items(core_decoder *decoder, const ladle_item *item)
{
    PyObject *parsed = dtype_of(decoder, item->name, item->name_len, item->item_len);
    if (!parsed) {
        return NULL;
    }
    PyObject *plan = make_plan(parsed, extents_of(item->dimensions, item->extents), item->code);
    if (!plan) {
        return NULL;
    }
    PyObject *object = item->kind == LADLE_ARRAY
                           ? array_from(decoder, plan, item->data, item->data_len)
                           : scalar_from(decoder, plan, item->data, item->data_len);
    Py_DECREF(plan);
    return object;
}

PyObject *core_decode_dtype(core_decoder *decoder, const ladle_view *view)
{
    PyObject *parsed =
        dtype_of(decoder, (const uint8_t *)view->name.data, view->name.len, view->item_len);
    PyObject *dtype = parsed ? Py_NewRef(PyTuple_GET_ITEM(parsed, PLAN_DTYPE)) : NULL;
    Py_XDECREF(parsed);
    return dtype;
}
