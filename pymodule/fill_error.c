/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a row cannot be filled, and where. */
#include "fill.h"

#include "errors.h"

const char *core_fill_kind_name(uint8_t kind)
{
    switch (kind) {
    case LADLE_NONE:
        return "None";
    case LADLE_BOOL:
        return "a bool";
    case LADLE_INT:
    case LADLE_BIGINT:
        return "an int";
    case LADLE_FLOAT:
        return "a float";
    case LADLE_COMPLEX:
        return "a complex";
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
        return "a str";
    case LADLE_BYTES:
        return "a bytes";
    case LADLE_BYTEARRAY:
        return "a bytearray";
    case LADLE_TUPLE:
    case LADLE_TUPLES:
        return "a tuple";
    case LADLE_LIST:
        return "a list";
    case LADLE_SET:
    case LADLE_FROZENSET:
        return "a set";
    case LADLE_DICT:
    case LADLE_MAP:
        return "a dict";
    case LADLE_OBJECT:
        return "an object with fields";
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return "a NumPy value";
    default:
        return "a value of another type";
    }
}

/*
 * Where in a row a layout stands: "['a']['b'][3]"; "" for the row itself.
 */
static PyObject *path_of(const core_layout *layout, uint64_t item)
{
    PyObject *path = PyUnicode_FromString("");
    for (; path && layout->parent; layout = layout->parent) {
        PyObject *part = NULL;
        if (layout->parent->form == LAYOUT_FIELDS) {
            PyObject *name =
                PyUnicode_DecodeUTF8(layout->name, (Py_ssize_t)layout->name_len, "surrogatepass");
            part = name ? PyUnicode_FromFormat("[%R]", name) : NULL;
            Py_XDECREF(name);
        } else if (item != UINT64_MAX) {
            part = PyUnicode_FromFormat("[%llu]", (unsigned long long)item);
            item = UINT64_MAX;
        } else {
            part = PyUnicode_FromString("[...]");
        }
        Py_SETREF(path, part ? PyUnicode_Concat(part, path) : NULL);
        Py_XDECREF(part);
    }
    return path;
}

static uint64_t count_of(const core_layout *layout)
{
    return layout->form == LAYOUT_FIELDS ? layout->child_count : layout->extent;
}

/*
 * What a layout is called: its dtype, or what it takes.
 */
static PyObject *name_of(const core_layout *layout)
{
    if (layout->form == LAYOUT_LEAF) {
        return PyObject_Str(layout->dtype);
    }
    return layout->form == LAYOUT_FIELDS
               ? PyUnicode_FromString("fields with names")
               : PyUnicode_FromFormat("%llu items", (unsigned long long)layout->extent);
}

static PyObject *exception_of(enum core_fit fit)
{
    return fit == FIT_RANGE                     ? PyExc_OverflowError
           : fit == FIT_KIND || fit == FIT_NONE ? PyExc_TypeError
           : fit == FIT_ABSENT                  ? PyExc_KeyError
                                                : PyExc_ValueError;
}

static PyObject *reason_of(const core_fill *fill, PyObject *type)
{
    const char *what = fill->what ? fill->what : "a value";
    switch (fill->fit) {
    case FIT_KIND:
        return PyUnicode_FromFormat("%s cannot be put into %U", what, type);
    case FIT_NONE:
        return PyUnicode_FromFormat(
            "None cannot be put into %U; missing= says what to put in its place", type);
    case FIT_ABSENT:
        return PyUnicode_FromFormat("%s; missing= says what to put in its place", what);
    case FIT_RANGE:
        return PyUnicode_FromFormat("a number is out of the range of %U", type);
    case FIT_LONG:
        return PyUnicode_FromFormat("a str or bytes is longer than %U", type);
    case FIT_NOT_ASCII:
        return PyUnicode_FromFormat("a str or bytes that is not ASCII cannot be put into %U", type);
    case FIT_INEXACT:
        return PyUnicode_FromFormat("a time is not a whole number of the units of %U", type);
    case FIT_ZONE:
        return PyUnicode_FromFormat("a datetime with a time zone cannot be put into %U", type);
    case FIT_COUNT:
        return PyUnicode_FromFormat("the array takes %llu items there, and there are more or fewer",
                                    (unsigned long long)count_of(fill->failed));
    default:
        return PyUnicode_FromString("a str is not UTF-8");
    }
}

void core_fill_raise(const core_fill *fill, uint64_t record)
{
    PyObject *path = path_of(fill->failed, fill->failed_item);
    PyObject *type = path ? name_of(fill->failed) : NULL;
    PyObject *reason = type ? reason_of(fill, type) : NULL;
    if (reason) {
        const char *colon = PyUnicode_GET_LENGTH(path) ? ": " : "";
        PyErr_Format(exception_of(fill->fit), "record %llu: %U%s%U", (unsigned long long)record,
                     path, colon, reason);
    }
    Py_XDECREF(reason);
    Py_XDECREF(type);
    Py_XDECREF(path);
}
