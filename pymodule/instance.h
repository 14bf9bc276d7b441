/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_INSTANCE_H
#define LADLE_PYMODULE_INSTANCE_H

/*
 * Attributes of an object while no dict of them was made: the one place that knows how CPython keeps
 * them. Asking for the dict would make it, and it would stay with the user's object.
 */

#include "dict_table.h"

#include <stdbool.h>

#if CPYTHON_IS_KNOWN
/*
 * The values by their places, NULL for those that are not there; their number. NULL: there is a
 * dict, or the object can have none.
 */
static inline PyObject **instance_values(PyObject *object, Py_ssize_t *count)
{
#if PY_VERSION_HEX >= 0x030D0000
    uint8_t *address = (uint8_t *)object + Py_TYPE(object)->tp_basicsize;
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_INLINE_VALUES) || !address[3]) {
        return NULL;
    }
#else
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MANAGED_DICT)) {
        return NULL;
    }
#if PY_VERSION_HEX >= 0x030C0000
    uintptr_t place = ((const uintptr_t *)object)[-3];
    uint8_t *address = place & 1 ? (uint8_t *)(place + 1) : NULL;
#else
    uint8_t *address = ((uint8_t **)object)[-4];
#endif
    if (!address) {
        return NULL;
    }
#endif
    struct dict_values values = dict_values_of(address);
    *count = values.count;
    return values.items;
}

/*
 * The name of a place, or NULL behind the last one.
 */
static inline PyObject *instance_name(PyTypeObject *type, Py_ssize_t place)
{
    struct dict_keys *keys = (struct dict_keys *)(void *)((PyHeapTypeObject *)type)->ht_cached_keys;
    if (!keys || place >= keys->entry_count) {
        return NULL;
    }
    return dict_keys_entries(keys)[2 * place];
}
#else
static inline PyObject **instance_values(PyObject *Py_UNUSED(object), Py_ssize_t *Py_UNUSED(count))
{
    return NULL;
}

static inline PyObject *instance_name(PyTypeObject *Py_UNUSED(type), Py_ssize_t Py_UNUSED(place))
{
    return NULL;
}
#endif

#endif
