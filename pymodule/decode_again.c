/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_again.h"

#include "decode_block.h"
#include "decode_reuse.h"
#include "dict_pairs.h"

enum {
    ITEMS_MAX = 64,
    CONTENT_LEN_MAX = 4096, /* of a record on average */
    DEPTH_MAX = 3,
    SPARES = 16,
    /* Records in a row that somebody keeps, after which the block's others are kept too, it seems.
     */
    KEPT_MAX = 8
};

/*
 * The latest two records, and the number of the key list of each; dicts that nobody holds, one for
 * each of the first key lists.
 */
struct core_again {
    PyObject *records[2];
    PyObject *spares[SPARES];
    uint8_t lists[2];
    uint8_t turn;
    uint8_t kept_count;
    bool is_on; /* for the block at hand */
    bool was_changed;
};

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

/*
 * Whether values of a view are made of atoms, lists of them, and dicts of few of these.
 */
static bool is_plain(const ladle_view *view, int depth)
{
    bool is_container = view->kind == LADLE_DICT || view->kind == LADLE_UNION;
    if (view->kind == LADLE_LIST) {
        return is_atom(&view->children[0]);
    }
    if (!is_container || depth == DEPTH_MAX || view->child_count > ITEMS_MAX) {
        return is_atom(view);
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (!is_plain(&view->children[i], depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool has_plain_records(const ladle_view *root)
{
    if (root->kind != LADLE_TUPLE) {
        return root->kind == LADLE_DICT && is_plain(root, 0);
    }
    if (root->child_count == 0 || root->child_count > ITEMS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < root->child_count; i++) {
        if (!is_atom(&root->children[i])) {
            return false;
        }
    }
    return true;
}

static uint64_t content_len(const ladle_view *view)
{
    uint64_t len = view->bytes_len;
    for (uint32_t i = 0; i < view->child_count; i++) {
        len += content_len(&view->children[i]);
    }
    return len;
}

int core_again_begin_block(core_decoder *decoder, const ladle_view *root)
{
    struct core_again *again = decoder->again;
    bool pays = CPYTHON_IS_KNOWN && !(again && again->was_changed) && has_plain_records(root) &&
                content_len(root) / CONTENT_LEN_MAX <= root->count;
    if (pays && !again) {
        again = PyMem_Calloc(1, sizeof *again);
        if (!again) {
            PyErr_NoMemory();
            return -1;
        }
        decoder->again = again;
    }
    if (again) {
        again->is_on = pays;
        again->kept_count = 0;
    }
    return 0;
}

void core_again_end_block(core_decoder *decoder)
{
    struct core_again *again = decoder->again;
    if (!again) {
        return;
    }
    again->is_on = false;
    Py_CLEAR(again->records[0]);
    Py_CLEAR(again->records[1]);
    for (size_t i = 0; i < SPARES; i++) {
        Py_CLEAR(again->spares[i]);
    }
}

void core_again_free(core_decoder *decoder)
{
    core_again_end_block(decoder);
    PyMem_Free(decoder->again);
    decoder->again = NULL;
}

int core_again_visit(core_decoder *decoder, visitproc visit, void *arg)
{
    const struct core_again *again = decoder->again;
    if (!again) {
        return 0;
    }
    Py_VISIT(again->records[0]);
    Py_VISIT(again->records[1]);
    for (size_t i = 0; i < SPARES; i++) {
        Py_VISIT(again->spares[i]);
    }
    return 0;
}

static bool is_plain_object(PyObject *object, int depth)
{
    PyObject **items = NULL;
    Py_ssize_t count = 0;
    Py_ssize_t stride = 1;
    const PyTypeObject *type = Py_TYPE(object);
    if (type == &PyFloat_Type || type == &PyUnicode_Type || type == &PyLong_Type ||
        object == Py_None || type == &PyBool_Type || type == &PyBytes_Type ||
        type == &PyComplex_Type) {
        return true;
    }
    if (type == &PyList_Type) {
        items = ((PyListObject *)object)->ob_item;
        count = PyList_GET_SIZE(object);
    } else if (type == &PyDict_Type && (items = dict_pairs(object))) {
        items++;
        count = PyDict_GET_SIZE(object);
        stride = 2;
    } else {
        return type == &PyByteArray_Type;
    }
    if (depth > DEPTH_MAX || count > ITEMS_MAX) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_plain_object(items[i * stride], depth + 1)) {
            return false;
        }
    }
    return true;
}

/*
 * What is in the place of the record before the latest, if nobody else holds it any more.
 */
static inline PyObject *take_record(struct core_again *again)
{
    PyObject **place = &again->records[again->turn];
    PyObject *record = *place;
    *place = NULL;
    if (LADLE_LIKELY(record && Py_REFCNT(record) == 1)) {
        again->kept_count = 0;
        return record;
    }
    again->kept_count += record != NULL;
    again->is_on = again->kept_count < KEPT_MAX;
    Py_XDECREF(record);
    return NULL;
}

static PyObject *next_tuple(core_decoder *decoder, ladle_view *root)
{
    PyObject *tuple = take_record(decoder->again);
    if (LADLE_UNLIKELY(!tuple)) {
        return core_decode_record(decoder, root);
    }
    core_decode_start(decoder);
    return core_reuse_tuple(decoder, root, tuple);
}

/*
 * A dict that nobody holds and that has had the keys of a key list, if there is one. What the user
 * put into a record is let go of, and then no later one is kept: it may be large.
 */
static PyObject *take_dict(core_decoder *decoder, uint64_t list)
{
    struct core_again *again = decoder->again;
    uint8_t list_before = again->lists[again->turn];
    PyObject *dict = take_record(again);
    if (dict && !is_plain_object(dict, 0)) {
        again->was_changed = true;
        core_again_end_block(decoder);
        Py_CLEAR(dict);
    }
    if (dict && list_before != list) {
        if (list_before < SPARES) {
            Py_XSETREF(again->spares[list_before], dict);
        } else {
            Py_DECREF(dict);
        }
        dict = NULL;
    }
    if (!dict && list < SPARES) {
        dict = again->spares[list];
        again->spares[list] = NULL;
    }
    return dict;
}

static PyObject *next_dict(core_decoder *decoder, ladle_view *root)
{
    uint64_t list = core_view_next_list(root);
    PyObject *dict = take_dict(decoder, list);
    decoder->again->lists[decoder->again->turn] = (uint8_t)list;
    if (!dict) {
        return core_decode_record(decoder, root);
    }
    core_decode_start(decoder);
    return core_reuse_dict(decoder, root, dict);
}

PyObject *core_decode_next(core_decoder *decoder, ladle_view *root)
{
    struct core_again *again = decoder->again;
    if (!again || !again->is_on) {
        return core_decode_record(decoder, root);
    }
    again->turn ^= 1;
    PyObject *record =
        root->kind == LADLE_TUPLE ? next_tuple(decoder, root) : next_dict(decoder, root);
    again->records[again->turn] = again->is_on ? Py_XNewRef(record) : NULL;
    return record;
}
