/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_reuse.h"

#include "decode_block.h"
#include "dict_table.h"
#include "long.h"
#include "text.h"

static inline bool is_free(PyObject *object, PyTypeObject *type)
{
    return Py_REFCNT(object) == 1 && Py_IS_TYPE(object, type);
}

static inline bool is_usual_atom(PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
           object == Py_None;
}

/*
 * Whether an object is one of those that plain records are made of, and all that it holds too.
 */
static bool is_plain(PyObject *object, int depth)
{
    PyObject **items = NULL;
    Py_ssize_t count = 0;
    size_t stride = 1;
    struct dict_table table;
    const PyTypeObject *type = Py_TYPE(object);
    if (is_usual_atom(object)) {
        return true;
    }
    if (type == &PyList_Type) {
        items = ((PyListObject *)object)->ob_item;
        count = PyList_GET_SIZE(object);
    } else if (type == &PyDict_Type && dict_find_table(object, &table)) {
        items = table.values;
        count = PyDict_GET_SIZE(object);
        stride = table.stride;
    } else {
        return type == &PyBool_Type || type == &PyBytes_Type || type == &PyComplex_Type ||
               type == &PyByteArray_Type;
    }
    if (depth > REUSE_DEPTH_MAX || count > REUSE_ITEMS_MAX) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_plain(items[(size_t)i * stride], depth + 1)) {
            return false;
        }
    }
    return true;
}

/*
 * Whether no code of the user's runs when a reference to an object is given back.
 */
static inline bool is_harmless(PyObject *object)
{
    return is_usual_atom(object) || Py_REFCNT(object) > 1 || is_plain(object, 0);
}

/*
 * Put a new reference in the place of an object that is there.
 */
static inline enum reuse put(PyObject *value, PyObject **place)
{
    PyObject *old = *place;
    if (LADLE_UNLIKELY(!is_harmless(old))) {
        Py_DECREF(value);
        return REUSE_FOREIGN;
    }
    *place = value;
    Py_DECREF(old);
    return REUSE_DONE;
}

static enum reuse replace(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    PyObject *value = core_decode_value(decoder, view);
    return value ? put(value, place) : REUSE_FAILED;
}

LADLE_ALWAYS_INLINE enum reuse reuse_int(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    uint64_t value = ladle_packed_get(&view->words, view->next);
    bool is_negative = !view->words.is_unsigned && value >> 63;
    if (LADLE_LIKELY(is_free(*place, &PyLong_Type) &&
                     int_replace(*place, is_negative ? 0 - value : value, is_negative))) {
        view->next++;
        return REUSE_DONE;
    }
    return replace(decoder, view, place);
}

LADLE_ALWAYS_INLINE enum reuse reuse_text(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    size_t len = (size_t)ladle_packed_get(&view->words, view->next);
    if (LADLE_LIKELY(core_view_is_ascii(view) && is_free(*place, &PyUnicode_Type) &&
                     text_replace(*place, view->bytes + view->next_byte, len))) {
        view->next++;
        view->next_byte += len;
        return REUSE_DONE;
    }
    return replace(decoder, view, place);
}

LADLE_ALWAYS_INLINE enum reuse reuse_entry(core_decoder *decoder, ladle_view *view,
                                           PyObject **place)
{
    if (LADLE_UNLIKELY(view->children[0].kind == LADLE_BYTEARRAY)) {
        return replace(decoder, view, place);
    }
    uint64_t entry = ladle_packed_get(&view->words, view->next++);
    return put(Py_NewRef(core_view_objects(view)[entry]), place);
}

static enum reuse reuse_other(core_decoder *decoder, ladle_view *view, PyObject **place);

/*
 * The next value of a view in the place of another.
 */
LADLE_ALWAYS_INLINE enum reuse reuse(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    switch (view->kind) {
    case LADLE_FLOAT:
        if (LADLE_LIKELY(is_free(*place, &PyFloat_Type))) {
            uint64_t bits = ladle_packed_get(&view->words, view->next++);
            ((PyFloatObject *)*place)->ob_fval = ladle_double_from_bits(bits);
            return REUSE_DONE;
        }
        return replace(decoder, view, place);
    case LADLE_INT:
        return reuse_int(decoder, view, place);
    case LADLE_STR:
        return reuse_text(decoder, view, place);
    case LADLE_DICTIONARY:
        return reuse_entry(decoder, view, place);
    default:
        return reuse_other(decoder, view, place);
    }
}

static enum reuse drop_items(PyObject *list, Py_ssize_t count)
{
    for (Py_ssize_t i = PyList_GET_SIZE(list); i-- > count;) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (LADLE_UNLIKELY(!is_harmless(item))) {
            return REUSE_FOREIGN;
        }
        Py_SET_SIZE(list, i);
        Py_DECREF(item);
    }
    return REUSE_DONE;
}

static enum reuse add_item(core_decoder *decoder, ladle_view *child, PyObject *list)
{
    PyObject *item = core_decode_value(decoder, child);
    int result = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return result < 0 ? REUSE_FAILED : REUSE_DONE;
}

enum reuse core_reuse_list(core_decoder *decoder, ladle_view *view, PyObject *list)
{
    ladle_view *child = &view->children[0];
    Py_ssize_t count = (Py_ssize_t)ladle_packed_get(&view->words, view->next++);
    if (core_decode_enter(decoder, (uint64_t)count, ITEM_LEN) < 0) {
        return REUSE_FAILED;
    }
    enum reuse result = drop_items(list, count);
    Py_ssize_t there = PyList_GET_SIZE(list);
    for (Py_ssize_t i = 0; result == REUSE_DONE && i < count; i++) {
        result = i < there ? reuse(decoder, child, &((PyListObject *)list)->ob_item[i])
                           : add_item(decoder, child, list);
    }
    return result;
}

/*
 * Find the table of a dict; false when its keys are not those of a key list.
 */
static inline bool find_table(const ladle_view *view, uint64_t list, PyObject *dict,
                              struct dict_table *table)
{
    PyObject *const *keys = core_view_objects(view);
    const ladle_columns *columns = &view->lists[list];
    PyObject *blank = *core_view_blank(view, list);
    if (PyDict_GET_SIZE(dict) != (Py_ssize_t)columns->count || !dict_find_table(dict, table)) {
        return false;
    }
    if (LADLE_LIKELY(blank && dict_has_keys_of(dict, blank))) {
        return true;
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (LADLE_UNLIKELY(table->keys[2 * i] != keys[columns->columns[i]])) {
            return false;
        }
    }
    return true;
}

static enum reuse reuse_values(core_decoder *decoder, ladle_view *view,
                               const ladle_columns *columns, PyObject *dict,
                               const struct dict_table *table)
{
    PyObject **value = table->values;
    view->next++;
    if (core_decode_enter(decoder, columns->count, PAIR_LEN) < 0) {
        return REUSE_FAILED;
    }
    bool needs_tracking = false;
    for (uint32_t i = 0; i < columns->count; i++, value += table->stride) {
        ladle_view *child = &view->children[columns->columns[i]];
        enum reuse result = reuse(decoder, child, value);
        if (LADLE_UNLIKELY(result != REUSE_DONE)) {
            return result;
        }
        needs_tracking = needs_tracking || core_may_be_tracked(child, *value);
    }
    if (needs_tracking && LADLE_UNLIKELY(!PyObject_GC_IsTracked(dict))) {
        PyObject_GC_Track(dict);
    }
    return REUSE_DONE;
}

static enum reuse reuse_dict(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    struct dict_table table;
    uint64_t list = core_view_next_list(view);
    return LADLE_LIKELY(is_free(*place, &PyDict_Type) && find_table(view, list, *place, &table))
               ? reuse_values(decoder, view, &view->lists[list], *place, &table)
               : replace(decoder, view, place);
}

static enum reuse reuse_other(core_decoder *decoder, ladle_view *view, PyObject **place)
{
    switch (view->kind) {
    case LADLE_NONE:
        view->next++;
        return put(Py_NewRef(Py_None), place);
    case LADLE_BOOL: {
        PyObject *value = ladle_packed_get(&view->words, view->next++) ? Py_True : Py_False;
        return put(Py_NewRef(value), place);
    }
    case LADLE_UNION: {
        uint64_t index = ladle_packed_get(&view->words, view->next++);
        return reuse(decoder, &view->children[index], place);
    }
    case LADLE_LIST:
        return is_free(*place, &PyList_Type) ? core_reuse_list(decoder, view, *place)
                                             : replace(decoder, view, place);
    case LADLE_DICT:
        return reuse_dict(decoder, view, place);
    default:
        return replace(decoder, view, place);
    }
}

/*
 * The collector is paused, for it may run when what dicts hold is made.
 */
enum reuse core_reuse_dict(core_decoder *decoder, ladle_view *view, PyObject *dict)
{
    struct dict_table table;
    uint64_t list = core_view_next_list(view);
    if (LADLE_UNLIKELY(!find_table(view, list, dict, &table))) {
        return REUSE_FOREIGN;
    }
    int was_enabled = PyGC_Disable();
    enum reuse result = reuse_values(decoder, view, &view->lists[list], dict, &table);
    if (was_enabled) {
        PyGC_Enable();
    }
    return result;
}

/*
 * A tuple of atoms, which the collector does not see anyway.
 */
enum reuse core_reuse_tuple(core_decoder *decoder, ladle_view *view, PyObject *tuple)
{
    uint32_t count = view->child_count;
    PyObject **items = ((PyTupleObject *)tuple)->ob_item;
    view->next++;
    if (core_decode_enter(decoder, count, ITEM_LEN) < 0) {
        return REUSE_FAILED;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum reuse result = reuse(decoder, &view->children[i], &items[i]);
        if (LADLE_UNLIKELY(result != REUSE_DONE)) {
            return result;
        }
    }
#if PY_VERSION_HEX >= 0x030E0000
    ((PyTupleObject *)tuple)->ob_hash = -1;
#endif
    return REUSE_DONE;
}
