/* SPDX-License-Identifier: BSD-2-Clause */
#include "argument.h"
#include "shape.h"
#include "status.h"
#include "writer.h"

/*
 * Records that are put together at most, when they take next to no bytes.
 */
#define STEP_MAX 50000

static ladle_status fail(const ladle_writer *writer, ladle_status status, ladle_error *error)
{
    return ladle_fail(error, status, LADLE_UNKNOWN, ladle_writer_count(writer), "%s",
                      ladle_status_text(status));
}

/*
 * Records that go into the block at hand.
 */
static size_t step_for_room(const ladle_writer *writer, size_t value_len, size_t left)
{
    uint64_t most = STEP_MAX;
    if (value_len > ladle_writer_bulk_len_max(writer)) {
        most = 1;
    } else if (value_len) {
        most = ladle_writer_room(writer) / value_len;
    }
    most = most > STEP_MAX ? STEP_MAX : most ? most : 1;
    return most < left ? (size_t)most : left;
}

/*
 * The root as a node for such values; what has another shape is written before.
 */
static ladle_status begin(ladle_writer *writer, ladle_kind kind, const void *type, size_t type_len,
                          size_t value_len, ladle_node **node, ladle_error *error)
{
    ladle_shape *shape = ladle_writer_shape(writer);
    const ladle_node *root = shape->root;
    bool is_other = root->kind != LADLE_EMPTY &&
                    (root->kind != kind || root->type_len != type_len ||
                     root->value_len != value_len || memcmp(root->type, type, type_len) != 0);
    if (is_other) {
        LADLE_TRY(ladle_writer_begin_block(writer, error));
    }
    ladle_status status =
        ladle_node_accept_typed(shape, shape->root, kind, type, type_len, value_len, node);
    if (status == LADLE_OK && (*node)->kind != kind) {
        ladle_writer_rollback(writer);
        return ladle_fail(error, LADLE_E_LIMIT, LADLE_UNKNOWN, ladle_writer_count(writer),
                          "the dtype takes too many bytes to describe");
    }
    return status == LADLE_OK ? status : fail(writer, status, error);
}

ladle_status ladle_writer_append_items(ladle_writer *writer, ladle_kind kind, const void *type,
                                       size_t type_len, size_t value_len, const void *items,
                                       size_t count, ladle_error *error)
{
    LADLE_TRY(ladle_need(writer && type && (items || !count), error));
    LADLE_TRY(ladle_writer_check(writer, error));
    if (kind != LADLE_SCALAR && kind != LADLE_ARRAY) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "items are of kind SCALAR or ARRAY");
    }
    const uint8_t *next = items;
    for (size_t step; count; count -= step) {
        ladle_node *node;
        LADLE_TRY(begin(writer, kind, type, type_len, value_len, &node, error));
        step = step_for_room(writer, value_len, count);
        if (node->count == 0 && step > 1 && step < count) {
            LADLE_TRY(ladle_writer_put_items(writer, next, step, error));
            next += step * value_len;
            continue;
        }
        ladle_status status = ladle_node_put_items(ladle_writer_shape(writer), node, next, step);
        if (status != LADLE_OK) {
            ladle_writer_rollback(writer);
            return fail(writer, status, error);
        }
        LADLE_TRY(step > 1 ? ladle_writer_commit_many(writer, step, error)
                           : ladle_writer_commit(writer, error));
        if (value_len) {
            next += step * value_len;
        }
    }
    return LADLE_OK;
}
