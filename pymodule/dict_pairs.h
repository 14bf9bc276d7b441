/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DICT_PAIRS_H
#define LADLE_PYMODULE_DICT_PAIRS_H

/*
 * Keys and values of a dict in one array: the one place that knows how CPython lays
 * dicts out (Include/internal/pycore_dict.h there). It saves a call of PyDict_Next or
 * PyDict_SetItem for each key, which is most of the work with dicts of few keys.
 */

#include "cpython.h"

#include <stdint.h>

#if CPYTHON_IS_KNOWN
struct dict_keys {
    Py_ssize_t refcnt;
    uint8_t log2_size;
    uint8_t log2_index_bytes;
    uint8_t kind;
    uint32_t version;
    Py_ssize_t usable;
    Py_ssize_t entry_count;
    char indices[];
};

enum { DICT_KEYS_ALL_STR = 1 };

/*
 * The PyDict_GET_SIZE(dict) pairs of a dict in their order, key and value in turn; NULL when they
 * do not stand like that. All keys are str then. Everything is borrowed, the array too.
 */
static inline PyObject **dict_pairs(PyObject *dict)
{
    const PyDictObject *object = (PyDictObject *)dict;
    struct dict_keys *keys = (struct dict_keys *)object->ma_keys;
    if (object->ma_values || keys->kind != DICT_KEYS_ALL_STR ||
        keys->entry_count != object->ma_used) {
        return NULL;
    }
    return (PyObject **)(void *)(keys->indices + ((size_t)1 << keys->log2_index_bytes));
}
#else
static inline PyObject **dict_pairs(PyObject *Py_UNUSED(dict))
{
    return NULL;
}
#endif

#endif
