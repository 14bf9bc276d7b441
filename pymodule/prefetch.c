/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefetch.h"

#include "dict_table.h"
#include <ladle/base.h>

enum {
    NEIGHBOURS = 64,
    NEAR = 4096, /* bytes */
    /* How many records ahead they are asked for, their tables, what is in them. */
    RECORDS_AHEAD = 32,
    TABLES_AHEAD = 24,
    ITEMS_AHEAD = 16,
    DICT_TABLES_AHEAD = 16, /* of dicts in the order of memory */
    ITEMS_MAX = 16
};

static bool is_scattered(PyObject *list, Py_ssize_t index)
{
    Py_ssize_t left = PyList_GET_SIZE(list) - index;
    Py_ssize_t count = left < NEIGHBOURS ? left : NEIGHBOURS;
    Py_ssize_t near_count = 0;
    for (Py_ssize_t i = index + 1; i < index + count; i++) {
        uintptr_t distance =
            (uintptr_t)PyList_GET_ITEM(list, i) - (uintptr_t)PyList_GET_ITEM(list, i - 1);
        near_count += distance + NEAR <= 2 * (uintptr_t)NEAR;
    }
    return near_count < count / 4 * 3;
}

enum prefetch core_prefetch_look(PyObject *list, Py_ssize_t index)
{
    if (index >= PyList_GET_SIZE(list)) {
        return PREFETCH_NOTHING;
    }
    if (is_scattered(list, index)) {
        return PREFETCH_ALL;
    }
    PyObject *record = PyList_GET_ITEM(list, index);
    if (PyDict_CheckExact(record)) {
        return PREFETCH_DICTS;
    }
    return !PyTuple_CheckExact(record)   ? PREFETCH_NOTHING
           : core_is_small_tuple(record) ? PREFETCH_ITEMS
                                         : PREFETCH_BEHIND;
}

static PyObject *item_ahead(PyObject *list, Py_ssize_t index)
{
    return index < PyList_GET_SIZE(list) ? PyList_GET_ITEM(list, index) : Py_None;
}

/*
 * Two lines: where an object ends is not known yet, and to look would be to wait for it.
 */
LADLE_ALWAYS_INLINE void prefetch_object(const void *object)
{
    PREFETCH(object);
    PREFETCH((const char *)object + 64);
}

LADLE_ALWAYS_INLINE void prefetch_table(PyObject *record)
{
    if (PyDict_CheckExact(record)) {
        const char *table = dict_table_address(record);
        PREFETCH(table);
        PREFETCH(table + 64);
        PREFETCH(table + 128);
    } else if (PyList_CheckExact(record)) {
        PREFETCH(((PyListObject *)record)->ob_item);
    }
}

LADLE_ALWAYS_INLINE void prefetch_items(PyObject *record)
{
    PyObject *const *items = NULL;
    Py_ssize_t count = 0;
    size_t stride = 1;
    struct dict_table table;
    if (PyTuple_CheckExact(record)) {
        items = ((PyTupleObject *)record)->ob_item;
        count = PyTuple_GET_SIZE(record);
    } else if (PyList_CheckExact(record)) {
        items = ((PyListObject *)record)->ob_item;
        count = PyList_GET_SIZE(record);
    } else if (PyDict_CheckExact(record) && dict_find_table(record, &table)) {
        items = table.values;
        count = PyDict_GET_SIZE(record);
        stride = table.stride;
    }
    for (Py_ssize_t i = 0; i < count && i < ITEMS_MAX; i++) {
        prefetch_object(items[(size_t)i * stride]);
    }
}

/*
 * All of this is inlined: gcc 12 leaves out calls of functions that do nothing but prefetch.
 */
void core_prefetch_all(PyObject *list, Py_ssize_t index)
{
    prefetch_object(item_ahead(list, index + RECORDS_AHEAD));
    prefetch_table(item_ahead(list, index + TABLES_AHEAD));
    prefetch_items(item_ahead(list, index + ITEMS_AHEAD));
}

void core_prefetch_dicts(PyObject *list, Py_ssize_t index)
{
    PyObject *record = item_ahead(list, index + DICT_TABLES_AHEAD);
    PREFETCH_SOON(item_ahead(list, index + RECORDS_AHEAD));
    if (PyDict_CheckExact(record)) {
        const char *table = dict_table_address(record);
        PREFETCH_SOON(table);
        PREFETCH_SOON(table + 64);
        PREFETCH_SOON(table + 128);
    }
}
