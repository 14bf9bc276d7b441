/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_reuse.h"

#include "decode_block.h"
#include "dict_pairs.h"
#include "long.h"
#include "text.h"

static inline bool is_free(PyObject *object, PyTypeObject *type)
{
    return Py_REFCNT(object) == 1 && Py_IS_TYPE(object, type);
}

static PyObject *replace(core_decoder *decoder, ladle_view *view, PyObject *old)
{
    PyObject *value = core_decode_value(decoder, view);
    Py_DECREF(old);
    return value;
}

LADLE_ALWAYS_INLINE PyObject *reuse_int(core_decoder *decoder, ladle_view *view, PyObject *old)
{
    uint64_t value = ladle_packed_get(&view->words, view->next);
    bool is_negative = !view->words.is_unsigned && value >> 63;
    if (LADLE_LIKELY(is_free(old, &PyLong_Type) &&
                     int_replace(old, is_negative ? 0 - value : value, is_negative))) {
        view->next++;
        return old;
    }
    return replace(decoder, view, old);
}

LADLE_ALWAYS_INLINE PyObject *reuse_text(core_decoder *decoder, ladle_view *view, PyObject *old)
{
    size_t len = (size_t)ladle_packed_get(&view->words, view->next);
    if (LADLE_LIKELY(core_view_is_ascii(view) && is_free(old, &PyUnicode_Type) &&
                     text_replace(old, view->bytes + view->next_byte, len))) {
        view->next++;
        view->next_byte += len;
        return old;
    }
    return replace(decoder, view, old);
}

static PyObject *reuse_other(core_decoder *decoder, ladle_view *view, PyObject *old);

/*
 * The next value of a view in the place of 'old', which is taken over. NULL: failed.
 */
LADLE_ALWAYS_INLINE PyObject *reuse(core_decoder *decoder, ladle_view *view, PyObject *old)
{
    switch (view->kind) {
    case LADLE_FLOAT:
        if (LADLE_LIKELY(is_free(old, &PyFloat_Type))) {
            uint64_t bits = ladle_packed_get(&view->words, view->next++);
            ((PyFloatObject *)old)->ob_fval = ladle_double_from_bits(bits);
            return old;
        }
        return replace(decoder, view, old);
    case LADLE_INT:
        return reuse_int(decoder, view, old);
    case LADLE_STR:
        return reuse_text(decoder, view, old);
    default:
        return reuse_other(decoder, view, old);
    }
}

static void drop_items(PyObject *list, Py_ssize_t count)
{
    for (Py_ssize_t i = PyList_GET_SIZE(list); i-- > count;) {
        Py_SET_SIZE(list, i);
        Py_DECREF(((PyListObject *)list)->ob_item[i]);
    }
}

/*
 * A list of atoms, of any length for which it has room.
 */
static PyObject *reuse_list(core_decoder *decoder, ladle_view *view, PyObject *list)
{
    Py_ssize_t count = (Py_ssize_t)ladle_packed_get(&view->words, view->next);
    ladle_view *child = &view->children[0];
    if (!is_free(list, &PyList_Type) || ((PyListObject *)list)->allocated < count) {
        return replace(decoder, view, list);
    }
    if (core_decode_enter(decoder, (uint64_t)count, ITEM_LEN) < 0) {
        Py_DECREF(list);
        return NULL;
    }
    PyObject **items = ((PyListObject *)list)->ob_item;
    view->next++;
    core_hide(list);
    drop_items(list, count);
    for (Py_ssize_t i = 0; i < count; i++) {
        bool is_new = i >= PyList_GET_SIZE(list);
        PyObject *item =
            is_new ? core_decode_value(decoder, child) : reuse(decoder, child, items[i]);
        items[i] = item ? item : is_new ? NULL : Py_NewRef(Py_None);
        if (LADLE_UNLIKELY(!item)) {
            Py_DECREF(list);
            return NULL;
        }
        if (is_new) {
            Py_SET_SIZE(list, i + 1);
        }
    }
    PyObject_GC_Track(list);
    return list;
}

/*
 * The pairs of a dict, when its keys are those of a key list.
 */
static PyObject **pairs_of(const ladle_view *view, const ladle_columns *columns, PyObject *dict)
{
    PyObject *const *keys = core_view_objects(view);
    PyObject **pairs =
        PyDict_GET_SIZE(dict) == (Py_ssize_t)columns->count ? dict_pairs(dict) : NULL;
    for (size_t i = 0; pairs && i < columns->count; i++) {
        if (pairs[2 * i] != keys[columns->columns[i]]) {
            return NULL;
        }
    }
    return pairs;
}

PyObject *core_reuse_dict(core_decoder *decoder, ladle_view *view, PyObject *dict)
{
    const ladle_columns *columns = &view->lists[core_view_next_list(view)];
    PyObject **pairs = pairs_of(view, columns, dict);
    if (LADLE_UNLIKELY(!pairs)) {
        return replace(decoder, view, dict);
    }
    if (core_decode_enter(decoder, columns->count, PAIR_LEN) < 0) {
        Py_DECREF(dict);
        return NULL;
    }
    view->next++;
    bool needs_tracking = core_hide(dict);
    for (uint32_t i = 0; i < columns->count; i++) {
        ladle_view *child = &view->children[columns->columns[i]];
        PyObject *value = reuse(decoder, child, pairs[2 * i + 1]);
        pairs[2 * i + 1] = value ? value : Py_NewRef(Py_None);
        if (LADLE_UNLIKELY(!value)) {
            Py_DECREF(dict);
            return NULL;
        }
        needs_tracking = needs_tracking || core_may_be_tracked(child, value);
    }
    if (needs_tracking) {
        PyObject_GC_Track(dict);
    }
    return dict;
}

static PyObject *put(PyObject *shared, PyObject *old)
{
    Py_INCREF(shared);
    Py_DECREF(old);
    return shared;
}

static PyObject *reuse_other(core_decoder *decoder, ladle_view *view, PyObject *old)
{
    switch (view->kind) {
    case LADLE_NONE:
        view->next++;
        return put(Py_None, old);
    case LADLE_BOOL:
        return put(ladle_packed_get(&view->words, view->next++) ? Py_True : Py_False, old);
    case LADLE_DICTIONARY:
        if (view->children[0].kind == LADLE_BYTEARRAY) {
            return replace(decoder, view, old);
        }
        return put(core_view_objects(view)[ladle_packed_get(&view->words, view->next++)], old);
    case LADLE_UNION: {
        uint64_t index = ladle_packed_get(&view->words, view->next++);
        return reuse(decoder, &view->children[index], old);
    }
    case LADLE_LIST:
        return reuse_list(decoder, view, old);
    case LADLE_DICT:
        return is_free(old, &PyDict_Type) ? core_reuse_dict(decoder, view, old)
                                          : replace(decoder, view, old);
    default:
        return replace(decoder, view, old);
    }
}

/*
 * A tuple of atoms, which the collector does not see anyway.
 */
PyObject *core_reuse_tuple(core_decoder *decoder, ladle_view *view, PyObject *tuple)
{
    uint32_t count = view->child_count;
    PyObject **items = ((PyTupleObject *)tuple)->ob_item;
    if (LADLE_UNLIKELY(PyTuple_GET_SIZE(tuple) != (Py_ssize_t)count)) {
        return replace(decoder, view, tuple);
    }
    if (core_decode_enter(decoder, count, ITEM_LEN) < 0) {
        Py_DECREF(tuple);
        return NULL;
    }
    view->next++;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = reuse(decoder, &view->children[i], items[i]);
        if (LADLE_UNLIKELY(!items[i])) {
            Py_DECREF(tuple);
            return NULL;
        }
    }
#if PY_VERSION_HEX >= 0x030E0000
    ((PyTupleObject *)tuple)->ob_hash = -1;
#endif
    return tuple;
}
