/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_again.h"

#include "decode_block.h"
#include "long.h"
#include "text.h"

enum {
    ITEMS_MAX = 64,
    CONTENT_LEN_MAX = 4096, /* of a record on average */
    /* Records in a row that somebody keeps, after which the block's others are kept too, it seems.
     */
    KEPT_MAX = 8
};

#ifdef Py_GIL_DISABLED
/* Whether nobody else holds an object cannot be told from its count. */
enum { IS_POSSIBLE = 0 };
#else
enum { IS_POSSIBLE = 1 };
#endif

static bool is_atom(const ladle_view *view)
{
    if (view->kind == LADLE_UNION) {
        for (uint32_t i = 0; i < view->child_count; i++) {
            if (!is_atom(&view->children[i])) {
                return false;
            }
        }
        return true;
    }
    return view->kind <= LADLE_BYTEARRAY || view->kind == LADLE_DICTIONARY;
}

static uint64_t content_len(const ladle_view *view)
{
    uint64_t len = view->bytes_len;
    for (uint32_t i = 0; i < view->child_count; i++) {
        len += content_len(&view->children[i]);
    }
    return len;
}

bool core_again_pays(const ladle_view *root)
{
    if (!IS_POSSIBLE || root->kind != LADLE_TUPLE || root->child_count == 0 ||
        root->child_count > ITEMS_MAX || content_len(root) / CONTENT_LEN_MAX > root->count) {
        return false;
    }
    for (uint32_t i = 0; i < root->child_count; i++) {
        if (!is_atom(&root->children[i])) {
            return false;
        }
    }
    return true;
}

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

static inline PyObject *int_again(core_decoder *decoder, ladle_view *view, PyObject *old)
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

static inline PyObject *text_again(core_decoder *decoder, ladle_view *view, PyObject *old)
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

/*
 * The next value of a view in the place of 'old', which is taken over. NULL: failed.
 */
static inline PyObject *decode_again(core_decoder *decoder, ladle_view *view, PyObject *old)
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
        return int_again(decoder, view, old);
    case LADLE_STR:
        return text_again(decoder, view, old);
    default:
        return replace(decoder, view, old);
    }
}

/*
 * The next record in the place of a tuple that is taken over.
 */
static PyObject *tuple_again(core_decoder *decoder, ladle_view *root, PyObject *tuple)
{
    uint32_t count = root->child_count;
    PyObject **items = ((PyTupleObject *)tuple)->ob_item;
    if (core_decode_start(decoder, count) < 0) {
        Py_DECREF(tuple);
        return NULL;
    }
    root->next++;
    for (uint32_t i = 0; i < count; i++) {
        items[i] = decode_again(decoder, &root->children[i], items[i]);
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

PyObject *core_decode_next(core_decoder *decoder, ladle_view *root)
{
    if (!decoder->uses_again) {
        return core_decode_record(decoder, root);
    }
    decoder->turn ^= 1;
    PyObject **slot = &decoder->spent[decoder->turn];
    PyObject *record = *slot;
    *slot = NULL;
    if (LADLE_LIKELY(record && Py_REFCNT(record) == 1 &&
                     PyTuple_GET_SIZE(record) == (Py_ssize_t)root->child_count)) {
        decoder->kept_count = 0;
        record = tuple_again(decoder, root, record);
    } else {
        decoder->kept_count += record != NULL;
        decoder->uses_again = decoder->kept_count < KEPT_MAX;
        Py_XDECREF(record);
        record = core_decode_record(decoder, root);
    }
    *slot = Py_XNewRef(record);
    return record;
}

void core_again_clear(core_decoder *decoder)
{
    decoder->uses_again = false;
    decoder->kept_count = 0;
    Py_CLEAR(decoder->spent[0]);
    Py_CLEAR(decoder->spent[1]);
}
