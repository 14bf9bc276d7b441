/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DICT_TABLE_H
#define LADLE_PYMODULE_DICT_TABLE_H

/*
 * Keys and values of a dict where they stand: the one place that knows how CPython lays
 * dicts out (Include/internal/pycore_dict.h there). It saves a call of PyDict_Next or
 * PyDict_SetItem for each key, which is most of the work with dicts of few keys.
 *
 * A dict has a table of pairs, or it shares a table of keys with others and has an array of
 * values, as the attributes of a class's instances do.
 */

#include "cpython.h"

#include <ladle/wire.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * In the order of the dict; key i is keys[2 * i], value i is values[stride * i]. All keys are str.
 * Everything is borrowed, the arrays too.
 */
struct dict_table {
    PyObject *const *keys;
    PyObject **values;
    size_t stride;
};

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

static inline PyObject **dict_keys_entries(struct dict_keys *keys)
{
    return (PyObject **)(void *)(keys->indices + ((size_t)1 << keys->log2_index_bytes));
}

/*
 * An array of values, the number of those that are there, and their places in the order in which
 * they came: order[step * i], of which the first few are in 'first', too.
 */
struct dict_values {
    PyObject **items;
    Py_ssize_t count;
    const uint8_t *order;
    int step;
    uint64_t first;
};

enum { DICT_ORDER_FIRST = 6 };

static inline struct dict_values dict_values_of(void *address)
{
    uint8_t *values = address;
#if PY_VERSION_HEX >= 0x030D0000
    PyObject **items = (PyObject **)(void *)(values + 8);
    const uint8_t *order = (uint8_t *)&items[values[0]];
    return (struct dict_values){items, values[1], order, 1, ladle_load_u64(order)};
#else
    uint64_t first = __builtin_bswap64(ladle_load_u64(values - 8)) >> 16;
    return (struct dict_values){(PyObject **)(void *)values, values[-2], values - 3, -1, first};
#endif
}

static inline bool dict_shares_keys(PyObject *dict)
{
    return ((PyDictObject *)dict)->ma_values;
}

static inline bool dict_is_in_order(const struct dict_values *values)
{
    Py_ssize_t count = values->count < DICT_ORDER_FIRST ? values->count : DICT_ORDER_FIRST;
    uint64_t mask = ((uint64_t)1 << (8 * count)) - 1;
    if ((values->first & mask) != (0x050403020100 & mask)) {
        return false;
    }
    for (Py_ssize_t i = DICT_ORDER_FIRST; i < values->count; i++) {
        if (values->order[values->step * i] != i) {
            return false;
        }
    }
    return true;
}

/*
 * Find the PyDict_GET_SIZE(dict) pairs of a dict; false when they do not stand like that.
 */
static inline bool dict_find_table(PyObject *dict, struct dict_table *table)
{
    const PyDictObject *object = (PyDictObject *)dict;
    struct dict_keys *keys = (struct dict_keys *)object->ma_keys;
    PyObject **entries = dict_keys_entries(keys);
    if (object->ma_values) {
        struct dict_values values = dict_values_of(object->ma_values);
        *table = (struct dict_table){entries, values.items, 1};
        return values.count == object->ma_used && dict_is_in_order(&values);
    }
    *table = (struct dict_table){entries, entries + 1, 2};
    return keys->kind == DICT_KEYS_ALL_STR && keys->entry_count == object->ma_used;
}

/*
 * Whether two dicts share their table of keys.
 */
static inline bool dict_has_keys_of(PyObject *dict, PyObject *other)
{
    return ((PyDictObject *)dict)->ma_keys == ((PyDictObject *)other)->ma_keys;
}

/*
 * Where in memory the values are, and the keys if they are with them.
 */
static inline const char *dict_table_address(PyObject *dict)
{
    const PyDictObject *object = (PyDictObject *)dict;
    return object->ma_values ? (const char *)object->ma_values : (const char *)object->ma_keys;
}
#else
static inline bool dict_shares_keys(PyObject *Py_UNUSED(dict))
{
    return false;
}

static inline bool dict_find_table(PyObject *Py_UNUSED(dict), struct dict_table *Py_UNUSED(table))
{
    return false;
}

static inline bool dict_has_keys_of(PyObject *Py_UNUSED(dict), PyObject *Py_UNUSED(other))
{
    return false;
}

static inline const char *dict_table_address(PyObject *dict)
{
    return (const char *)dict;
}
#endif

#endif
