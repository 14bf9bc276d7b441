/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_DECODE_BLOCK_H
#define LADLE_PYMODULE_DECODE_BLOCK_H

/*
 * What is prepared once a block, in the tags of its views: whether a column is all ASCII, the
 * key objects of dicts, the entries of dictionaries, which are shared by all records, how deep
 * tagged values stand, and where to keep what NumPy values are made with.
 */

#include "decode.h"

/*
 * The kind that a view gets whose values are nested deeper than the limits allow.
 */
#define KIND_TOO_DEEP 255

static inline bool core_view_is_ascii(const ladle_view *view)
{
    return view->tag != NULL;
}

/*
 * DICT: one key a child, then a place for each key list. DICTIONARY: the entries, bytes in the
 * place of bytearrays.
 */
static inline PyObject *const *core_view_objects(const ladle_view *view)
{
    return view->tag;
}

/*
 * DICT: a dict with the keys of a key list and without values, once there was one like it.
 */
static inline PyObject **core_view_blank(const ladle_view *view, uint64_t list)
{
    return (PyObject **)view->tag + view->child_count + list;
}

/*
 * ANY: the containers around its values.
 */
static inline uint32_t core_view_depth(const ladle_view *view)
{
    return (uint32_t)(uintptr_t)view->tag;
}

/*
 * The columns of the next value of a DICT.
 */
static inline uint64_t core_view_next_list(const ladle_view *view)
{
    return view->list_count > 1 ? ladle_packed_get(&view->words, view->next) : 0;
}

/*
 * Whether the collector has to know of what holds an object that was made of a view. Only a tuple
 * stays one of atoms; to all else may be put later what makes cycles.
 */
static inline bool core_may_be_tracked(const ladle_view *view, PyObject *object)
{
    return view->kind > LADLE_BYTEARRAY && PyType_IS_GC(Py_TYPE(object)) &&
           (!PyTuple_CheckExact(object) || PyObject_GC_IsTracked(object));
}

/*
 * The next value of a view.
 */
PyObject *core_decode_value(core_decoder *decoder, ladle_view *view);

#endif
