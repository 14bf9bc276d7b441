/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefetch.h"

#include "dict_pairs.h"
#include <stdint.h>

enum {
    NEIGHBOURS = 64,
    NEAR = 4096, /* bytes */
    /* How many records ahead objects are asked for, what they point to, and what is in that. */
    OBJECTS_AHEAD = 24,
    TABLES_AHEAD = 16,
    ITEMS_AHEAD = 8,
    ITEMS_MAX = 16
};

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

bool core_is_scattered(PyObject *list, Py_ssize_t index)
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

static PyObject *item_ahead(PyObject *list, Py_ssize_t index)
{
    return index < PyList_GET_SIZE(list) ? PyList_GET_ITEM(list, index) : Py_None;
}

/*
 * Most objects are longer than what is left of their first line of the cache.
 */
static inline void prefetch_object(const void *object)
{
    PREFETCH(object);
    PREFETCH((const char *)object + 48);
}

static void prefetch_table(PyObject *record)
{
    if (PyDict_CheckExact(record)) {
        const char *keys = (const char *)((PyDictObject *)record)->ma_keys;
        PREFETCH(keys);
        PREFETCH(keys + 64);
        PREFETCH(keys + 128);
    } else if (PyList_CheckExact(record)) {
        PREFETCH(((PyListObject *)record)->ob_item);
    }
}

static void prefetch_items(PyObject *record)
{
    PyObject *const *items = NULL;
    Py_ssize_t count = 0;
    Py_ssize_t stride = 1;
    if (PyTuple_CheckExact(record)) {
        items = ((PyTupleObject *)record)->ob_item;
        count = PyTuple_GET_SIZE(record);
    } else if (PyList_CheckExact(record)) {
        items = ((PyListObject *)record)->ob_item;
        count = PyList_GET_SIZE(record);
    } else if (PyDict_CheckExact(record) && (items = dict_pairs(record))) {
        items++;
        count = PyDict_GET_SIZE(record);
        stride = 2;
    }
    for (Py_ssize_t i = 0; i < count && i < ITEMS_MAX; i++) {
        prefetch_object(items[i * stride]);
    }
}

void core_prefetch(PyObject *list, Py_ssize_t index)
{
    prefetch_object(item_ahead(list, index + OBJECTS_AHEAD));
    prefetch_table(item_ahead(list, index + TABLES_AHEAD));
    prefetch_items(item_ahead(list, index + ITEMS_AHEAD));
}
