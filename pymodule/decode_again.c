/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_again.h"

#include "cpython.h"
#include "decode_block.h"
#include "decode_reuse.h"

enum {
    CONTENT_LEN_MAX = 16384, /* of a record on average */
    LISTS_MAX = 16,
    /* Records in a row that somebody keeps, after which the block's others are kept too, it seems.
     */
    KEPT_MAX = 8
};

/*
 * The latest two records of each of the first key lists; tuples and lists are of the first.
 */
struct core_again {
    PyObject *records[LISTS_MAX][2];
    uint8_t turns[LISTS_MAX];
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
    if (!is_container || depth == REUSE_DEPTH_MAX || view->child_count > REUSE_ITEMS_MAX) {
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
        return (root->kind == LADLE_DICT || root->kind == LADLE_LIST) && is_plain(root, 0);
    }
    if (root->child_count == 0 || root->child_count > REUSE_ITEMS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < root->child_count; i++) {
        if (!is_atom(&root->children[i])) {
            return false;
        }
    }
    return true;
}

/*
 * Bytes of text, and of the places of items in lists.
 */
static uint64_t content_len(const ladle_view *view)
{
    uint64_t len = view->bytes_len;
    if (view->kind == LADLE_LIST) {
        len += view->children[0].count * sizeof(PyObject *);
    }
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
    for (size_t i = 0; i < LISTS_MAX; i++) {
        Py_CLEAR(again->records[i][0]);
        Py_CLEAR(again->records[i][1]);
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
    for (size_t i = 0; i < LISTS_MAX; i++) {
        Py_VISIT(again->records[i][0]);
        Py_VISIT(again->records[i][1]);
    }
    return 0;
}

/*
 * What is in a place, if nobody else holds it any more.
 */
static inline PyObject *take(struct core_again *again, PyObject **place)
{
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

/*
 * Make the next record anew. What the user put into the one before is let go of, and then no later
 * one is kept: it may be large.
 */
static PyObject *make_anew(core_decoder *decoder, ladle_view *root, uint64_t row, PyObject *record)
{
    decoder->again->was_changed = true;
    core_again_end_block(decoder);
    Py_DECREF(record);
    ladle_view_seek(root, row);
    return core_decode_record(decoder, root);
}

/*
 * The next record in the place of another, which is taken over.
 */
static inline PyObject *make_of(core_decoder *decoder, ladle_view *root, PyObject *record)
{
    uint64_t row = root->next;
    core_decode_start(decoder);
    enum reuse result = root->kind == LADLE_TUPLE  ? core_reuse_tuple(decoder, root, record)
                        : root->kind == LADLE_LIST ? core_reuse_list(decoder, root, record)
                                                   : core_reuse_dict(decoder, root, record);
    if (LADLE_LIKELY(result == REUSE_DONE)) {
        return record;
    }
    if (result == REUSE_FOREIGN) {
        return make_anew(decoder, root, row, record);
    }
    Py_DECREF(record);
    return NULL;
}

PyObject *core_decode_next(core_decoder *decoder, ladle_view *root)
{
    struct core_again *again = decoder->again;
    if (!again || !again->is_on) {
        return core_decode_record(decoder, root);
    }
    uint64_t list = root->kind == LADLE_DICT ? core_view_next_list(root) : 0;
    if (list >= LISTS_MAX) {
        return core_decode_record(decoder, root);
    }
    PyObject **place = &again->records[list][again->turns[list] ^= 1];
    PyObject *record = take(again, place);
    record = record ? make_of(decoder, root, record) : core_decode_record(decoder, root);
    *place = again->is_on ? Py_XNewRef(record) : NULL;
    return record;
}
