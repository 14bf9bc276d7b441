/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DICT_PAIRS_H
#define LADLE_PYMODULE_DICT_PAIRS_H

/*
 * Keys and values of a dict in one array: the one place that knows how CPython lays dicts out. It
 * saves a call of PyDict_Next a key, which is most of the work with dicts of few keys.
 */

#include <Python.h>

#if PY_VERSION_HEX < 0x030E0000 && !defined(Py_GIL_DISABLED)
#define Py_BUILD_CORE
#include <internal/pycore_dict.h>
#undef Py_BUILD_CORE

/*
 * The PyDict_GET_SIZE(dict) pairs of a dict in their order, key and value in turn; NULL when they
 * do not stand like that. All keys are str then. Everything is borrowed, the array too.
 */
static inline PyObject *const *dict_pairs(PyObject *dict)
{
    const PyDictObject *object = (PyDictObject *)dict;
    PyDictKeysObject *keys = object->ma_keys;
    if (object->ma_values || !DK_IS_UNICODE(keys) || keys->dk_nentries != object->ma_used) {
        return NULL;
    }
    return &DK_UNICODE_ENTRIES(keys)->me_key;
}
#else
static inline PyObject *const *dict_pairs(PyObject *Py_UNUSED(dict))
{
    return NULL;
}
#endif

#endif
