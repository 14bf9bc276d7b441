/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/rows.h>

#include "argument.h"
#include "reader.h"
#include "rows_get.h"
#include "rows_put.h"
#include "status.h"
#include "writer.h"

/*
 * Rows that are looked at and put in one go: field by field, so they are to stay in the nearest
 * cache meanwhile.
 */
#define STEP_COUNT 256

/*
 * Rows that are still to be added.
 */
struct batch {
    const ladle_layout *layout;
    struct ladle_layout_facts facts;
    const uint8_t *rows;
    size_t count;
};

static ladle_status fail_field(ladle_error *error, ladle_status status, uint64_t record,
                               const struct ladle_path *path, const char *why)
{
    char name[80];
    ladle_path_print(path, name, sizeof name);
    return ladle_fail(error, status, LADLE_UNKNOWN, record, "%s%s %s",
                      path->depth ? "field " : "the record", name, why);
}

static ladle_status fail_put(const ladle_writer *writer, ladle_status status,
                             const struct ladle_rows_failure *failure, ladle_error *error)
{
    switch (status) {
    case LADLE_E_VALUE:
        return fail_field(error, status, ladle_writer_count(writer), &failure->path, failure->why);
    case LADLE_E_ARGUMENT:
        return fail_field(error, status, LADLE_UNKNOWN, &failure->path, failure->why);
    case LADLE_END:
        return ladle_fail(error, LADLE_E_LIMIT, LADLE_UNKNOWN, ladle_writer_count(writer),
                          "the struct has more fields than a block can have columns");
    default:
        return ladle_fail(error, status, LADLE_UNKNOWN, ladle_writer_count(writer), "%s",
                          ladle_status_text(status));
    }
}

static ladle_status check_depth(const ladle_writer *writer, const struct ladle_layout_facts *facts,
                                ladle_error *error)
{
    uint32_t max_depth = ladle_writer_limits(writer)->max_depth;
    return facts->depth <= max_depth ? LADLE_OK
                                     : ladle_fail_limit(error, "max_depth", max_depth, facts->depth,
                                                        LADLE_UNKNOWN, ladle_writer_count(writer));
}

/*
 * How many rows go into the block at hand: at least one, and only that one when it is large.
 */
static size_t count_for_room(const ladle_writer *writer, const struct batch *batch)
{
    if (batch->count == 1) {
        return 1;
    }
    const struct ladle_layout_facts *facts = &batch->facts;
    uint64_t room = ladle_writer_room(writer);
    uint64_t len_max = ladle_writer_bulk_len_max(writer);
    size_t step = batch->count < STEP_COUNT ? batch->count : STEP_COUNT;
    if (facts->len > len_max || facts->items > ladle_writer_limits(writer)->max_items) {
        return 1;
    }
    if (!facts->has_strings) {
        uint64_t fitting = room / facts->len;
        return fitting == 0 ? 1 : fitting < step ? (size_t)fitting : step;
    }
    size_t taken = 0;
    for (uint64_t len = 0; taken < step && len < room; taken++) {
        const uint8_t *row = batch->rows + taken * batch->layout->size;
        uint64_t row_len = facts->len + ladle_layout_strings_len(batch->layout, row);
        if (row_len > len_max) {
            break;
        }
        len += row_len;
    }
    return taken ? taken : 1;
}

/*
 * Put the first rows of a batch into the shape, or leave it as it was.
 */
static ladle_status put(ladle_writer *writer, const struct batch *batch, size_t count,
                        struct ladle_rows_failure *failure)
{
    ladle_shape *shape = ladle_writer_shape(writer);
    ladle_status status = ladle_rows_put(shape, shape->root, batch->layout, batch->rows, count,
                                         batch->count - count, failure);
    if (status != LADLE_OK) {
        ladle_writer_rollback(writer);
    }
    return status;
}

/*
 * Add the first rows of a batch together. When the shape of the block at hand has no room for such,
 * they begin a block.
 *
 * Returns LADLE_E_VALUE with 'failure' filled in; with other errors 'error' is.
 */
static ladle_status append_step(ladle_writer *writer, const struct batch *batch, size_t count,
                                struct ladle_rows_failure *failure, ladle_error *error)
{
    ladle_status status = put(writer, batch, count, failure);
    if (status == LADLE_END) {
        LADLE_TRY(ladle_writer_begin_block(writer, error));
        status = put(writer, batch, count, failure);
    }
    if (status == LADLE_E_VALUE) {
        return status;
    }
    if (status != LADLE_OK) {
        return fail_put(writer, status, failure, error);
    }
    if (count > 1) {
        return ladle_writer_commit_many(writer, count, error);
    }
    ladle_writer_shape(writer)->items = batch->facts.items;
    return ladle_writer_commit(writer, error);
}

ladle_status ladle_writer_append_rows(ladle_writer *writer, const ladle_layout *layout,
                                      const void *rows, size_t count, ladle_error *error)
{
    LADLE_TRY(ladle_need(writer && layout && (rows || !count), error));
    struct batch batch = {.layout = layout, .rows = rows, .count = count};
    struct ladle_rows_failure failure;
    struct ladle_rows_failure first_failure;
    bool has_failed = false;
    LADLE_TRY(ladle_writer_check(writer, error));
    LADLE_TRY(ladle_layout_check(layout, &batch.facts, error));
    LADLE_TRY(check_depth(writer, &batch.facts, error));
    while (batch.count) {
        size_t step = count_for_room(writer, &batch);
        ladle_status status = append_step(writer, &batch, step, &failure, error);
        if (status == LADLE_E_VALUE) {
            has_failed = true;
            batch.count = failure.row;
            first_failure = failure;
        } else if (status != LADLE_OK) {
            return status;
        } else {
            batch.rows += step * layout->size;
            batch.count -= step;
        }
    }
    return has_failed ? fail_put(writer, LADLE_E_VALUE, &first_failure, error) : LADLE_OK;
}

/*
 * Fill rows from the block at hand. After a misfit those before it are filled. '*count' says how
 * many.
 */
static ladle_status get(ladle_reader *reader, ladle_view *root, const ladle_layout *layout,
                        void *rows, size_t *count, struct ladle_rows_misfit *misfit)
{
    uint64_t start = root->next;
    struct ladle_rows_misfit latest;
    ladle_status status = LADLE_OK;
    size_t end = *count;
    for (size_t filled = 0; filled < end;) {
        ladle_status got = ladle_rows_get(root, layout, rows, end, &latest);
        if (got == LADLE_OK) {
            filled = end;
        } else {
            *misfit = latest;
            status = got;
            end = latest.row;
            ladle_view_seek(root, start);
        }
    }
    ladle_reader_take(reader, end);
    *count = end;
    return status;
}

static ladle_status fail_get(const ladle_reader *reader, ladle_status status,
                             const struct ladle_rows_misfit *misfit, ladle_error *error)
{
    uint64_t record = status == LADLE_E_VALUE ? ladle_reader_position(reader) : LADLE_UNKNOWN;
    return fail_field(error, status, record, &misfit->path, misfit->why);
}

ladle_status ladle_reader_next_rows(ladle_reader *reader, const ladle_layout *layout, void *rows,
                                    size_t capacity, size_t *count, ladle_error *error)
{
    LADLE_TRY(ladle_need(reader && layout && rows && count, error));
    struct ladle_layout_facts facts;
    struct ladle_rows_misfit misfit;
    *count = 0;
    LADLE_TRY(ladle_layout_check(layout, &facts, error));
    if (capacity == 0) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "there is no room for a row");
    }
    while (*count < capacity && !(facts.has_strings && *count)) {
        ladle_view *root;
        uint64_t left;
        ladle_status status = ladle_reader_peek(reader, &root, &left, *count ? NULL : error);
        if (status != LADLE_OK) {
            return *count ? LADLE_OK : status; /* it comes again with the next call */
        }
        size_t step = left < capacity - *count ? (size_t)left : capacity - *count;
        status = get(reader, root, layout, (uint8_t *)rows + *count * layout->size, &step, &misfit);
        *count += step;
        if (status != LADLE_OK) {
            return fail_get(reader, status, &misfit, error);
        }
    }
    return LADLE_OK;
}
