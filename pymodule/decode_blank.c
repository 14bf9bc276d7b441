/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_blank.h"

#include "decode_block.h"
#include "dict_table.h"

enum {
    BLANKS_MAX = 256,     /* a file; classes are made for as many */
    SHARED_KEYS_MAX = 29, /* as CPython has it, for the instances of a class */
    ROWS_MIN = 1024       /* of a key list in a block on average, for a class to be worth making */
};

static int set_keys(PyObject *dict, PyObject *keys)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keys); i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(keys, i), Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *make_plain(PyObject *keys)
{
    PyObject *blank = PyDict_New();
    if (blank && set_keys(blank, keys) < 0) {
        Py_CLEAR(blank);
    }
    return blank;
}

/*
 * The attributes of an instance, which are the keys.
 */
static PyObject *set_attributes(PyObject *instance, PyObject *keys)
{
    PyObject *attributes = PyObject_GenericGetDict(instance, NULL);
    if (attributes && set_keys(attributes, keys) < 0) {
        Py_CLEAR(attributes);
    }
    return attributes;
}

/*
 * An instance whose class has all its keys, and got so many instances that none is expected to have
 * more: the first ones are made with room for them.
 */
static PyObject *make_instance(PyObject *class, PyObject *keys)
{
    PyObject *instance = PyObject_CallNoArgs(class);
    PyObject *attributes = instance ? set_attributes(instance, keys) : NULL;
    if (!attributes) {
        Py_CLEAR(instance);
    }
    Py_XDECREF(attributes);
    for (int i = 0; instance && i < SHARED_KEYS_MAX; i++) {
        Py_SETREF(instance, PyObject_CallNoArgs(class));
    }
    return instance;
}

/*
 * A dict that shares its table of keys with its copies: of each, only the values take memory, half
 * to a third of what a dict of few keys takes otherwise, and less time. CPython makes such dicts
 * for the attributes of instances.
 */
static PyObject *make_sharing(PyObject *keys)
{
    PyObject *class = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "record");
    PyObject *instance = class ? make_instance(class, keys) : NULL;
    PyObject *attributes = instance ? set_attributes(instance, keys) : NULL;
    PyObject *blank = attributes ? PyDict_Copy(attributes) : NULL;
    Py_XDECREF(attributes);
    Py_XDECREF(instance);
    Py_XDECREF(class);
    return blank;
}

static PyObject *keys_of(const ladle_view *view, const ladle_columns *columns)
{
    PyObject *const *objects = core_view_objects(view);
    PyObject *keys = PyTuple_New(columns->count);
    for (uint32_t i = 0; keys && i < columns->count; i++) {
        PyTuple_SET_ITEM(keys, i, Py_NewRef(objects[columns->columns[i]]));
    }
    return keys;
}

/*
 * The blank of a key list that may be met again, or was before: then its dicts are many.
 */
static PyObject *make_known(core_decoder *decoder, const ladle_view *view, PyObject *keys)
{
    if (!decoder->blanks && !(decoder->blanks = PyDict_New())) {
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(decoder->blanks, keys);
    if ((!known && PyErr_Occurred()) || (known && dict_shares_keys(known))) {
        return Py_XNewRef(known);
    }
    if (!known && PyDict_GET_SIZE(decoder->blanks) == BLANKS_MAX) {
        return make_plain(keys);
    }
    bool are_many = known || view->count / view->list_count >= ROWS_MIN;
    PyObject *blank = are_many ? make_sharing(keys) : make_plain(keys);
    if (blank && PyDict_SetItem(decoder->blanks, keys, blank) < 0) {
        Py_CLEAR(blank);
    }
    return blank;
}

PyObject *core_blank_dict(core_decoder *decoder, const ladle_view *view,
                          const ladle_columns *columns)
{
    bool may_share = CPYTHON_IS_KNOWN && columns->count > 0 && columns->count <= SHARED_KEYS_MAX;
    PyObject *keys = keys_of(view, columns);
    PyObject *blank = !keys ? NULL : may_share ? make_known(decoder, view, keys) : make_plain(keys);
    Py_XDECREF(keys);
    if (blank && PyDict_GET_SIZE(blank) != (Py_ssize_t)columns->count) {
        Py_DECREF(blank);
        return core_decode_corrupt(decoder, "a dict has a key twice");
    }
    return blank;
}
