/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_batch.h"

#include "encode_leaf.h"

/*
 * The node of a column. All have as many values as there are rows, so 'row' below is where the next
 * one goes in each.
 */
struct column {
    uint8_t kind;
    uint8_t sign;
    void *words;
    uint8_t *next; /* STR: where the next content goes, and where that must end */
    uint8_t *end;
};

struct batch {
    uint32_t width;    /* columns */
    size_t behind_len; /* how far behind each item more is asked for */
    struct column columns[LADLE_TUPLE_MAX];
};

LADLE_ALWAYS_INLINE bool put_ascii(struct column *column, size_t row, PyObject *item)
{
    size_t room = (size_t)(column->end - column->next);
    size_t len;
    if (LADLE_UNLIKELY(!core_put_ascii(column->words, row, column->next, room, item, &len))) {
        return false;
    }
    column->next += len;
    return true;
}

LADLE_ALWAYS_INLINE bool put(struct column *column, size_t row, PyObject *item)
{
    switch (column->kind) {
    case LADLE_FLOAT:
        return core_put_float(column->words, row, item);
    case LADLE_STR:
        return put_ascii(column, row, item);
    case LADLE_INT:
        return core_put_int(column->words, row, column->sign, item);
    case LADLE_BOOL:
        return core_put_bool(column->words, row, item);
    default:
        return item == Py_None;
    }
}

/*
 * Take back the content of the first 'count' items of a row.
 */
static void unput(struct batch *batch, size_t row, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct column *column = &batch->columns[i];
        if (column->kind == LADLE_STR) {
            column->next -= ((const uint32_t *)column->words)[row];
        }
    }
}

/*
 * A tuple as a row. False: it does not fit, and nothing was done.
 */
LADLE_ALWAYS_INLINE bool put_row(struct batch *batch, size_t row, PyObject *tuple)
{
    for (uint32_t i = 0; i < batch->width; i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (LADLE_UNLIKELY(!put(&batch->columns[i], row, item))) {
            unput(batch, row, i);
            return false;
        }
        core_prefetch_behind(item, batch->behind_len);
    }
    return true;
}

/*
 * How many more values a node has room for; 0 when it is none of leaves.
 */
static size_t room_of(const ladle_node *node)
{
    switch (node->kind) {
    case LADLE_FLOAT:
    case LADLE_STR:
    case LADLE_INT:
    case LADLE_BOOL:
        return node->capacity - node->count;
    case LADLE_NONE:
        return BATCH_MAX;
    default:
        return 0;
    }
}

/*
 * Returns how many rows there is room for.
 */
static size_t begin(struct batch *batch, const ladle_node *root)
{
    size_t room = BATCH_MAX;
    batch->width = root->child_count;
    for (uint32_t i = 0; i < batch->width && room; i++) {
        const ladle_node *node = root->children[i];
        size_t node_room = room_of(node);
        room = node_room < room ? node_room : room;
        batch->columns[i] = (struct column){.kind = node->kind,
                                            .sign = node->sign,
                                            .words = node->words,
                                            .next = node->bytes.data + node->bytes.len,
                                            .end = node->bytes.data + node->bytes.capacity};
    }
    return room;
}

static void end(const struct batch *batch, ladle_node *root, size_t count)
{
    root->count += count;
    for (uint32_t i = 0; i < batch->width; i++) {
        ladle_node *node = root->children[i];
        node->count += count;
        if (node->kind == LADLE_STR) {
            node->bytes.len = (size_t)(batch->columns[i].next - node->bytes.data);
        }
    }
}

/*
 * How many records can be added before more is to be done than counting them.
 */
static size_t records_left(const ladle_shape *shape)
{
    size_t next = shape->record_count + 1;
    return next < shape->look_count ? shape->look_count - next : 0;
}

static bool is_row(const struct batch *batch, PyObject *record)
{
    return PyTuple_CheckExact(record) && PyTuple_GET_SIZE(record) == (Py_ssize_t)batch->width;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

Py_ssize_t core_encode_batch(core_encoder *encoder, PyObject *list, Py_ssize_t index,
                             enum prefetch what)
{
    ladle_shape *shape = encoder->shape;
    ladle_node *root = shape->root;
    struct batch batch;
    if (root->kind != LADLE_TUPLE || root->child_count > encoder->limits.max_items) {
        return -1;
    }
    size_t count = least(records_left(shape), (size_t)(PyList_GET_SIZE(list) - index));
    if (count == 0) {
        return 0;
    }
    count = least(count, begin(&batch, root));
    batch.behind_len = what == PREFETCH_BEHIND ? PREFETCH_BEHIND_LEN : 0;
    size_t done = 0;
    for (; done < count; done++, index++) {
        PyObject *record = PyList_GET_ITEM(list, index);
        core_prefetch(list, index, what);
        if (!is_row(&batch, record) || !put_row(&batch, root->count + done, record)) {
            break;
        }
    }
    if (done == 0) {
        return -1;
    }
    end(&batch, root, done);
    shape->record_count += done;
    return (Py_ssize_t)done;
}
