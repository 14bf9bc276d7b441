/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays whose items are pointers: of objects, and of strings of any length, or with fields such. */
#include "errors.h"
#include "extension.h"
#include "numpy_types.h"

PyObject *core_object_array_reduce(const core_state *state, PyObject *array, uint8_t *code,
                                   PyTypeObject **culprit)
{
    if (core_numpy_load(state->numpy) < 0) {
        return NULL;
    }
    PyObject *parts = core_numpy_call(state->numpy, "take_apart", "(O)", array);
    if (parts == Py_None) {
        PyObject *dtype = PyObject_GetAttrString(array, "dtype");
        *code = 0;
        *culprit = dtype ? Py_TYPE(dtype) : *culprit; /* a class of NumPy's, which stays */
        Py_XDECREF(dtype);
        Py_CLEAR(parts);
    } else if (parts) {
        *code = PyTuple_GET_SIZE(parts) == 3 ? CODE_OBJECT_ARRAY : CODE_STRING_ARRAY;
    }
    return parts;
}

/*
 * What NumPy raised, as an error of the file.
 */
static void refuse(ladle_error *error)
{
    if (PyErr_ExceptionMatches(PyExc_ImportError) || PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        core_fail(error, LADLE_E_UNSUPPORTED,
                  "a record holds an array of strings or objects that NumPy here does not have");
    } else if (PyErr_ExceptionMatches(PyExc_ValueError) ||
               PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        core_fail(error, LADLE_E_CORRUPT, "an array of objects breaks the rules of the format");
    }
}

PyObject *core_object_array_build(const core_state *state, uint8_t code, PyObject *value,
                                  ladle_error *error)
{
    const char *name = code == CODE_OBJECT_ARRAY ? "object_array" : "string_array";
    PyObject *array = core_numpy_load(state->numpy) < 0
                          ? NULL
                          : core_numpy_call(state->numpy, name, "(O)", value);
    if (!array) {
        refuse(error);
    }
    return array;
}

/*
 * Ask ladle._numpy about what may be an array or scalar. None where NumPy was not imported.
 */
static PyObject *ask(const core_state *state, const char *name, PyObject *object)
{
    int is_there = PyObject_CheckBuffer(object) ? core_numpy_look(state->numpy) : 0;
    if (is_there <= 0) {
        return is_there < 0 ? NULL : Py_NewRef(Py_None);
    }
    return core_numpy_call(state->numpy, name, "(O)", object);
}

PyObject *core_array_rows(const core_state *state, PyObject *records)
{
    return ask(state, "bulk_rows", records);
}

PyObject *core_object_rows(const core_state *state, PyObject *records)
{
    return ask(state, "object_rows", records);
}

PyObject *core_refusal_reason(const core_state *state, PyObject *object)
{
    PyObject *reason = ask(state, "why_not", object);
    if (reason == Py_None) {
        Py_CLEAR(reason);
    }
    return reason;
}
