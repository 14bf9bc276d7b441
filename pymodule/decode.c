/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

#include "decode_blank.h"
#include "decode_block.h"
#include "decode_object.h"
#include "dict_table.h"
#include "long.h"
#include "numpy_types.h"

static PyObject *decode(core_decoder *decoder, ladle_view *view);
static PyObject *decode_other(core_decoder *decoder, ladle_view *view);

/*
 * The content of the next value of a view; its length.
 */
static inline const uint8_t *take_content(ladle_view *view, size_t *len)
{
    const uint8_t *content = view->bytes + view->next_byte;
    *len = (size_t)ladle_packed_get(&view->words, view->next++);
    view->next_byte += *len;
    return content;
}

/*
 * Floats have 64 bits, or are all the same.
 */
static inline double take_double(ladle_view *view)
{
    uint64_t index = view->next++;
    const ladle_packed *words = &view->words;
    return ladle_double_from_bits(
        LADLE_LIKELY(words->bits == 64) ? ladle_load_u64(words->data + 8 * index) : words->base);
}

static inline PyObject *decode_ascii(const uint8_t *content, size_t len)
{
    PyObject *text = PyUnicode_New((Py_ssize_t)len, 127);
    if (LADLE_LIKELY(text != NULL)) {
        ladle_copy((PyASCIIObject *)text + 1, content, len);
    }
    return text;
}

static PyObject *copy_of_entry(core_decoder *decoder, PyObject *entry)
{
    Py_ssize_t len = PyBytes_GET_SIZE(entry);
    if (core_decode_take_memory(decoder, BYTEARRAY_LEN + (uint64_t)len) < 0) {
        return NULL;
    }
    return PyByteArray_FromStringAndSize(PyBytes_AS_STRING(entry), len);
}

static inline PyObject *decode_entry(core_decoder *decoder, ladle_view *view)
{
    PyObject *const *entries = core_view_objects(view);
    PyObject *entry = entries[ladle_packed_get(&view->words, view->next++)];
    if (LADLE_LIKELY(view->children[0].kind != LADLE_BYTEARRAY)) {
        return Py_NewRef(entry);
    }
    return copy_of_entry(decoder, entry);
}

/*
 * The next value of a view; the usual leaves in their parent's loop.
 */
LADLE_ALWAYS_INLINE PyObject *decode_inline(core_decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_FLOAT:
        return PyFloat_FromDouble(take_double(view));
    case LADLE_INT: {
        uint64_t value = ladle_packed_get(&view->words, view->next++);
        return view->words.is_unsigned ? PyLong_FromUnsignedLongLong(value)
                                       : int_from_word((int64_t)value);
    }
    case LADLE_STR: {
        size_t len;
        const uint8_t *content = take_content(view, &len);
        /* Strings of one character are shared by all of Python. */
        return core_view_is_ascii(view) && len > 1
                   ? decode_ascii(content, len)
                   : core_decode_text(decoder, LADLE_STR, content, len);
    }
    case LADLE_DICTIONARY:
        return decode_entry(decoder, view);
    case LADLE_UNION:
        return decode(decoder, &view->children[ladle_packed_get(&view->words, view->next++)]);
    case LADLE_NONE:
        view->next++;
        return Py_NewRef(Py_None);
    default:
        return decode_other(decoder, view);
    }
}

static PyObject *decode(core_decoder *decoder, ladle_view *view)
{
    return decode_inline(decoder, view);
}

/*
 * The collector sees no tuple before it is full, and none that holds but atoms.
 */
static PyObject *decode_tuple(core_decoder *decoder, ladle_view *view)
{
    uint32_t count = view->child_count;
    view->next++;
    if (core_decode_enter(decoder, count, ITEM_LEN) < 0) {
        return NULL;
    }
    PyObject *tuple = PyTuple_New(count);
    if (!tuple || count == 0) {
        return tuple;
    }
    bool needs_tracking = false;
    PyObject_GC_UnTrack(tuple);
    for (uint32_t i = 0; i < count; i++) {
        ladle_view *child = &view->children[i];
        PyObject *item = decode_inline(decoder, child);
        if (LADLE_UNLIKELY(!item)) {
            Py_DECREF(tuple);
            return NULL;
        }
        needs_tracking |= core_may_be_tracked(child, item);
        PyTuple_SET_ITEM(tuple, i, item);
    }
    if (needs_tracking) {
        PyObject_GC_Track(tuple);
    }
    return tuple;
}

/*
 * Begin a container of varying length. -1: failed.
 */
static int take_count(core_decoder *decoder, ladle_view *view, uint32_t item_len, Py_ssize_t *count)
{
    uint64_t length = ladle_packed_get(&view->words, view->next++);
    *count = (Py_ssize_t)length;
    return core_decode_enter(decoder, length, item_len);
}

/*
 * Whether making the values of a view may run code of Python's, which sees what the collector
 * knows of.
 */
static bool may_run_collector(const ladle_view *view)
{
    return view->kind > LADLE_BYTEARRAY && view->kind != LADLE_DICTIONARY;
}

static PyObject *decode_list(core_decoder *decoder, ladle_view *view)
{
    Py_ssize_t count;
    ladle_view *child = &view->children[0];
    PyObject *list = take_count(decoder, view, ITEM_LEN, &count) < 0 ? NULL : PyList_New(count);
    if (!list) {
        return NULL;
    }
    bool is_seen = may_run_collector(child);
    if (is_seen) {
        PyObject_GC_UnTrack(list);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = decode_inline(decoder, child);
        if (LADLE_UNLIKELY(!item)) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    if (is_seen) {
        PyObject_GC_Track(list);
    }
    return list;
}

static PyObject *decode_tuples(core_decoder *decoder, ladle_view *view)
{
    Py_ssize_t count;
    ladle_view *child = &view->children[0];
    PyObject *tuple = take_count(decoder, view, ITEM_LEN, &count) < 0 ? NULL : PyTuple_New(count);
    if (!tuple || count == 0) {
        return tuple;
    }
    PyObject_GC_UnTrack(tuple);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = decode_inline(decoder, child);
        if (!item) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    PyObject_GC_Track(tuple);
    return tuple;
}

static PyObject *decode_set(core_decoder *decoder, ladle_view *view)
{
    Py_ssize_t count;
    if (take_count(decoder, view, PAIR_LEN, &count) < 0 ||
        core_decode_take_memory(decoder, SET_LEN) < 0) {
        return NULL;
    }
    PyObject *set = view->kind == LADLE_SET ? PySet_New(NULL) : PyFrozenSet_New(NULL);
    for (Py_ssize_t i = 0; set && i < count; i++) {
        PyObject *item = decode(decoder, &view->children[0]);
        if (!item || core_decode_add_item(decoder, set, item) < 0) {
            Py_CLEAR(set);
        }
    }
    return set;
}

static PyObject *decode_map(core_decoder *decoder, ladle_view *view)
{
    Py_ssize_t count;
    PyObject *dict = take_count(decoder, view, PAIR_LEN, &count) < 0 ? NULL : PyDict_New();
    for (Py_ssize_t i = 0; dict && i < count; i++) {
        PyObject *key = decode(decoder, &view->children[0]);
        PyObject *value = key ? decode(decoder, &view->children[1]) : NULL;
        if (!value) {
            Py_XDECREF(key);
            Py_CLEAR(dict);
        } else if (core_decode_add_pair(decoder, dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/*
 * While a container is changed the collector does not see it. Whether it did: it has to again, for
 * CPython 3.14 and later do not find out that a dict got what makes cycles.
 */
static inline bool hide(PyObject *container)
{
    bool was_tracked = PyObject_GC_IsTracked(container);
    if (was_tracked) {
        PyObject_GC_UnTrack(container);
    }
    return was_tracked;
}

static int set_values(core_decoder *decoder, ladle_view *view, const ladle_columns *columns,
                      PyObject *dict, const struct dict_table *table)
{
    PyObject **place = table->values;
    bool needs_tracking = hide(dict);
    for (uint32_t i = 0; i < columns->count; i++, place += table->stride) {
        ladle_view *child = &view->children[columns->columns[i]];
        PyObject *value = decode_inline(decoder, child);
        if (LADLE_UNLIKELY(!value)) {
            return -1;
        }
        needs_tracking |= core_may_be_tracked(child, value);
        Py_SETREF(*place, value);
    }
    if (needs_tracking) {
        PyObject_GC_Track(dict);
    }
    return 0;
}

static int set_items(core_decoder *decoder, ladle_view *view, const ladle_columns *columns,
                     PyObject *dict)
{
    PyObject *const *keys = core_view_objects(view);
    for (uint32_t i = 0; i < columns->count; i++) {
        uint16_t column = columns->columns[i];
        PyObject *value = decode(decoder, &view->children[column]);
        int result = value ? PyDict_SetItem(dict, keys[column], value) : -1;
        Py_XDECREF(value);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * A dict is a copy of one that has its keys already; its values are put into that where CPython
 * would put them, before anybody sees it.
 */
static PyObject *decode_dict(core_decoder *decoder, ladle_view *view)
{
    uint64_t list = core_view_next_list(view);
    const ladle_columns *columns = &view->lists[list];
    PyObject **blank = core_view_blank(view, list);
    view->next++;
    if (core_decode_enter(decoder, columns->count, PAIR_LEN) < 0 ||
        (LADLE_UNLIKELY(!*blank) && !(*blank = core_blank_dict(decoder, view, columns)))) {
        return NULL;
    }
    PyObject *dict = PyDict_Copy(*blank);
    struct dict_table table;
    int result = !dict ? -1
                 : columns->count && dict_find_table(dict, &table)
                     ? set_values(decoder, view, columns, dict, &table)
                     : set_items(decoder, view, columns, dict);
    if (LADLE_UNLIKELY(result < 0)) {
        Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *decode_complex(ladle_view *view)
{
    uint64_t index = view->next++;
    return PyComplex_FromDoubles(ladle_double_from_bits(ladle_packed_get(&view->words, index)),
                                 ladle_double_from_bits(ladle_packed_get(&view->imaginary, index)));
}

static PyObject *decode_content(core_decoder *decoder, ladle_view *view)
{
    size_t len;
    const uint8_t *content = take_content(view, &len);
    switch (view->kind) {
    case LADLE_BIGINT:
        return int_from_bytes(content, len);
    case LADLE_BYTES:
        return PyBytes_FromStringAndSize((const char *)content, (Py_ssize_t)len);
    case LADLE_BYTEARRAY:
        return core_decode_take_memory(decoder, BYTEARRAY_LEN) < 0
                   ? NULL
                   : PyByteArray_FromStringAndSize((const char *)content, (Py_ssize_t)len);
    case LADLE_ANY:
        decoder->depth = core_view_depth(view);
        return core_decode_tagged(decoder, content, len);
    default:
        return core_decode_text(decoder, (ladle_kind)view->kind, content, len);
    }
}

static PyObject *decode_extension(core_decoder *decoder, ladle_view *view)
{
    view->next++;
    return core_decode_extension(decoder, view->code, decode(decoder, &view->children[0]));
}

static PyObject *decode_other(core_decoder *decoder, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_BOOL:
        return PyBool_FromLong(ladle_packed_get(&view->words, view->next++) != 0);
    case LADLE_COMPLEX:
        return decode_complex(view);
    case LADLE_BIGINT:
    case LADLE_SURROGATE_STR:
    case LADLE_BYTES:
    case LADLE_BYTEARRAY:
    case LADLE_ANY:
        return decode_content(decoder, view);
    case LADLE_TUPLE:
        return decode_tuple(decoder, view);
    case LADLE_TUPLES:
        return decode_tuples(decoder, view);
    case LADLE_LIST:
        return decode_list(decoder, view);
    case LADLE_SET:
    case LADLE_FROZENSET:
        return decode_set(decoder, view);
    case LADLE_DICT:
        return decode_dict(decoder, view);
    case LADLE_MAP:
        return decode_map(decoder, view);
    case LADLE_OBJECT:
        return core_decode_object(decoder, view);
    case LADLE_EXTENSION:
        return decode_extension(decoder, view);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return core_decode_items(decoder, view);
    case KIND_TOO_DEEP:
        return core_decode_too_deep(decoder);
    default:
        return core_decode_unsupported(decoder, (ladle_kind)view->kind,
                                       (const uint8_t *)view->name.data, view->name.len);
    }
}

PyObject *core_decode_value(core_decoder *decoder, ladle_view *view)
{
    return decode(decoder, view);
}

PyObject *core_decode_record(core_decoder *decoder, ladle_view *root)
{
    core_decode_start(decoder);
    return decode(decoder, root);
}
