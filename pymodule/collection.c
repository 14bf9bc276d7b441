/* SPDX-License-Identifier: BSD-2-Clause */
#include "collection.h"

#include "classes.h"
#include "errors.h"

/*
 * What a defaultdict may make its values with.
 */
static PyTypeObject *const FACTORIES[] = {
    &PyBool_Type, &PyByteArray_Type, &PyBytes_Type,     &PyComplex_Type,
    &PyDict_Type, &PyFloat_Type,     &PyFrozenSet_Type, &PyLong_Type,
    &PyList_Type, &PySet_Type,       &PyUnicode_Type,   &PyTuple_Type,
};

enum { FACTORY_COUNT = sizeof FACTORIES / sizeof *FACTORIES };

/*
 * Bytes in the order of the file, or back.
 */
static int swap_if_big_endian(PyObject *array)
{
#if PY_BIG_ENDIAN
    PyObject *result = PyObject_CallMethod(array, "byteswap", NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
#else
    (void)array;
    return 0;
#endif
}

static PyObject *reduce_array(PyObject *object)
{
    PyObject *array =
        PY_BIG_ENDIAN ? PyObject_CallMethod(object, "__copy__", NULL) : Py_NewRef(object);
    PyObject *reduced = NULL;
    if (array && swap_if_big_endian(array) == 0) {
        PyObject *code = PyObject_GetAttrString(array, "typecode");
        PyObject *item_len = PyObject_GetAttrString(array, "itemsize");
        PyObject *bytes = PyObject_CallMethod(array, "tobytes", NULL);
        if (code && item_len && bytes) {
            reduced = PyTuple_Pack(3, code, item_len, bytes);
        }
        Py_XDECREF(code);
        Py_XDECREF(item_len);
        Py_XDECREF(bytes);
    }
    Py_XDECREF(array);
    return reduced;
}

/*
 * A dict of what a mapping holds, in the mapping's own order.
 */
static PyObject *plain_dict(PyObject *mapping)
{
    PyObject *dict = PyDict_New();
    if (dict && PyDict_Update(dict, mapping) < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *reduce_deque(PyObject *deque)
{
    PyObject *items = PySequence_List(deque);
    PyObject *max_len = items ? PyObject_GetAttrString(deque, "maxlen") : NULL;
    PyObject *reduced = max_len ? PyTuple_Pack(2, items, max_len) : NULL;
    Py_XDECREF(items);
    Py_XDECREF(max_len);
    return reduced;
}

/*
 * The name of a factory, or None. NULL: it is none of those that are allowed.
 */
static PyObject *factory_name(PyObject *factory)
{
    if (factory == Py_None) {
        return Py_NewRef(Py_None);
    }
    for (int i = 0; i < FACTORY_COUNT; i++) {
        if (factory == (PyObject *)FACTORIES[i]) {
            return PyUnicode_FromString(FACTORIES[i]->tp_name);
        }
    }
    return NULL;
}

static PyObject *reduce_defaultdict(PyObject *object, PyTypeObject **culprit)
{
    PyObject *factory = PyObject_GetAttrString(object, "default_factory");
    PyObject *name = factory ? factory_name(factory) : NULL;
    PyObject *dict = name ? plain_dict(object) : NULL;
    PyObject *reduced = dict ? PyTuple_Pack(2, name, dict) : NULL;
    if (factory && !name && !PyErr_Occurred()) {
        *culprit = Py_TYPE(factory);
    }
    Py_XDECREF(factory);
    Py_XDECREF(name);
    Py_XDECREF(dict);
    return reduced;
}

PyObject *core_collection_reduce(PyObject *object, uint8_t code, PyTypeObject **culprit)
{
    switch (code) {
    case CODE_ARRAY:
        return reduce_array(object);
    case CODE_DEQUE:
        return reduce_deque(object);
    case CODE_DEFAULTDICT:
        return reduce_defaultdict(object, culprit);
    default:
        return core_class_has_attributes(object) ? NULL : plain_dict(object);
    }
}

static PyObject *corrupt(ladle_error *error, const char *name)
{
    core_fail(error, LADLE_E_CORRUPT, "a value of the type %s is not one", name);
    return NULL;
}

/*
 * A failed call becomes our error, unless it is for want of memory.
 */
static PyObject *checked(PyObject *built, const char *name, ladle_error *error)
{
    if (!built && PyErr_ExceptionMatches(PyExc_Exception) &&
        !PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        corrupt(error, name);
    }
    return built;
}

static bool is_tuple_of(PyObject *value, Py_ssize_t count)
{
    return PyTuple_CheckExact(value) && PyTuple_GET_SIZE(value) == count;
}

/*
 * 0: items of the type code have this length here. -1: 'error' or an exception says what is wrong.
 */
static int check_item_len(PyObject *array, PyObject *item_len, ladle_error *error)
{
    PyObject *known = PyObject_GetAttrString(array, "itemsize");
    int is_same = known ? PyObject_RichCompareBool(known, item_len, Py_EQ) : -1;
    Py_XDECREF(known);
    if (is_same == 0) {
        core_fail(error, LADLE_E_UNSUPPORTED,
                  "the items of an array.array have another length on this system");
    }
    return is_same > 0 ? 0 : -1;
}

static bool is_type_code(PyObject *text)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text);
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_UCS4 letter = PyUnicode_READ_CHAR(text, i);
        if (letter > 127 || !Py_ISALPHA(letter)) {
            return false;
        }
    }
    return len > 0;
}

/*
 * An empty array. Versions of Python differ in codes: "w" came with 3.13, "Zf" with 3.15, and "u"
 * goes with 3.16.
 */
static PyObject *new_array(PyObject *class, PyObject *code, ladle_error *error)
{
    if (!is_type_code(code)) {
        return corrupt(error, "array");
    }
    PyObject *array = PyObject_CallOneArg(class, code);
    if (!array &&
        (PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError))) {
        PyErr_Clear();
        core_fail(error, LADLE_E_UNSUPPORTED,
                  "this version of Python has no array.array of the type code %.20s",
                  (const char *)PyUnicode_1BYTE_DATA(code));
    }
    return array;
}

static PyObject *build_array(PyObject *class, PyObject *value, ladle_error *error)
{
    if (!is_tuple_of(value, 3) || !PyUnicode_CheckExact(PyTuple_GET_ITEM(value, 0)) ||
        !PyLong_CheckExact(PyTuple_GET_ITEM(value, 1)) ||
        !PyBytes_CheckExact(PyTuple_GET_ITEM(value, 2))) {
        return corrupt(error, "array");
    }
    PyObject *array = new_array(class, PyTuple_GET_ITEM(value, 0), error);
    if (!array || check_item_len(array, PyTuple_GET_ITEM(value, 1), error) < 0) {
        Py_XDECREF(array);
        return NULL;
    }
    PyObject *done = checked(
        PyObject_CallMethod(array, "frombytes", "O", PyTuple_GET_ITEM(value, 2)), "array", error);
    Py_XDECREF(done);
    if (!done || swap_if_big_endian(array) < 0) {
        Py_CLEAR(array);
    }
    return array;
}

static PyObject *build_deque(PyObject *class, PyObject *value, ladle_error *error)
{
    if (!is_tuple_of(value, 2) || !PyList_CheckExact(PyTuple_GET_ITEM(value, 0))) {
        return corrupt(error, "deque");
    }
    PyObject *max_len = PyTuple_GET_ITEM(value, 1);
    if (max_len != Py_None) {
        Py_ssize_t most = PyLong_CheckExact(max_len) ? PyLong_AsSsize_t(max_len) : -1;
        if (most < PyList_GET_SIZE(PyTuple_GET_ITEM(value, 0))) {
            PyErr_Clear();
            return corrupt(error, "deque");
        }
    }
    return checked(PyObject_CallObject(class, value), "deque", error);
}

static PyObject *factory_of(PyObject *name)
{
    if (name == Py_None) {
        return Py_None;
    }
    for (int i = 0; i < FACTORY_COUNT && PyUnicode_CheckExact(name); i++) {
        if (PyUnicode_CompareWithASCIIString(name, FACTORIES[i]->tp_name) == 0) {
            return (PyObject *)FACTORIES[i];
        }
    }
    return NULL;
}

static PyObject *build_defaultdict(PyObject *class, PyObject *value, ladle_error *error)
{
    if (!is_tuple_of(value, 2) || !PyDict_CheckExact(PyTuple_GET_ITEM(value, 1))) {
        return corrupt(error, "defaultdict");
    }
    PyObject *factory = factory_of(PyTuple_GET_ITEM(value, 0));
    if (!factory) {
        core_fail(error, LADLE_E_UNSUPPORTED,
                  "the factory of a defaultdict is not known to this version");
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(class, factory, PyTuple_GET_ITEM(value, 1), NULL);
}

PyObject *core_collection_build(PyObject *class, uint8_t code, PyObject *value, ladle_error *error)
{
    switch (code) {
    case CODE_ARRAY:
        return build_array(class, value, error);
    case CODE_DEQUE:
        return build_deque(class, value, error);
    case CODE_DEFAULTDICT:
        return build_defaultdict(class, value, error);
    default:
        if (!PyDict_CheckExact(value)) {
            return corrupt(error, code == CODE_COUNTER ? "Counter" : "OrderedDict");
        }
        return PyObject_CallOneArg(class, value);
    }
}
