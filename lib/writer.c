/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include "alloc.h"
#include "argument.h"
#include "shape_block.h"
#include "status.h"

/*
 * A max_record below this is looked after with every record. Above it, a record that is too large
 * always takes new memory, and that is when it is noticed.
 */
#define RECORD_LEN_EXACT ((uint64_t)16 << 20)

/*
 * Records of a block, when they take next to no bytes.
 */
#define BLOCK_RECORDS_MAX 100000

/*
 * Look at the size of the block again when this many records came and one more.
 */
static void look_after(ladle_writer *writer, uint64_t records)
{
    bool is_exact = writer->limits.max_record < RECORD_LEN_EXACT;
    writer->shape.look_count = is_exact ? 0 : writer->shape.record_count + (size_t)records + 1;
}

/*
 * Emit the first 'count' records of the shape as a block.
 */
static ladle_status seal(ladle_writer *writer, size_t count, ladle_error *error)
{
    ladle_node *root = writer->shape.root;
    ladle_node_prune(&writer->shape, root);
    if (count == root->count) {
        ladle_node_mark_all(root);
    } else {
        ladle_node_mark(root, count);
    }
    writer->shape.look_count = 0; /* should the emitter die, the next record is not to pass */
    LADLE_TRY(ladle_emitter_put(&writer->emitter, root, error));
    ladle_node_drop_marked(&writer->shape, root);
    writer->shape.record_count -= count;
    look_after(writer, count - count / 8);
    writer->looked_len = 0;
    return LADLE_OK;
}

static ladle_status seal_all(ladle_writer *writer, ladle_error *error)
{
    return writer->shape.record_count ? seal(writer, writer->shape.record_count, error) : LADLE_OK;
}

/*
 * Bytes of the record committed last.
 */
static uint64_t last_record_len(const ladle_writer *writer, uint64_t len)
{
    ladle_node_mark(writer->shape.root, writer->shape.record_count - 1);
    return len - ladle_node_marked_len(writer->shape.root);
}

/*
 * Write a large record: those before it go into a block of their own.
 */
static ladle_status seal_large(ladle_writer *writer, ladle_error *error)
{
    if (writer->shape.record_count > 1) {
        LADLE_TRY(seal(writer, writer->shape.record_count - 1, error));
    }
    return seal_all(writer, error);
}

/*
 * Look at the size of the block after a record was added to it, and write it when it is full.
 */
static ladle_status look(ladle_writer *writer, ladle_error *error)
{
    uint64_t len = ladle_node_len(writer->shape.root);
    uint64_t grown_len = len - writer->looked_len;
    writer->looked_len = len;
    if (grown_len > writer->block_len || grown_len > writer->limits.max_record) {
        uint64_t record_len = last_record_len(writer, len);
        if (record_len > writer->limits.max_record) {
            return ladle_fail_limit(error, "max_record", writer->limits.max_record, record_len,
                                    LADLE_UNKNOWN, ladle_writer_count(writer) - 1);
        }
        if (record_len > writer->block_len) {
            return seal_large(writer, error);
        }
    }
    bool is_full = len >= writer->block_len || writer->shape.record_count >= BLOCK_RECORDS_MAX;
    if (is_full && writer->shape.record_count % 512 != 0) {
        return seal_all(writer, error);
    }
    uint64_t record_len = len / writer->shape.record_count + 1;
    uint64_t room = is_full ? 0 : (writer->block_len - len) / record_len;
    uint64_t records_left = BLOCK_RECORDS_MAX - writer->shape.record_count;
    look_after(writer, room - room / 8 < records_left ? room - room / 8 : records_left);
    return LADLE_OK;
}

ladle_shape *ladle_writer_shape(ladle_writer *writer)
{
    if (!writer) {
        return NULL;
    }
    return &writer->shape;
}

void ladle_writer_rollback(ladle_writer *writer)
{
    if (!writer) {
        return;
    }
    writer->shape.items = 0;
    ladle_node_truncate(writer->shape.root, writer->shape.record_count);
    ladle_node_prune(&writer->shape, writer->shape.root);
    writer->looked_len = ladle_node_len(writer->shape.root);
}

LADLE_RARE static ladle_status commit_closely(ladle_writer *writer, ladle_error *error)
{
    if (LADLE_UNLIKELY(writer->emitter.is_dead)) {
        return ladle_emitter_check(&writer->emitter, error);
    }
    if (LADLE_UNLIKELY(writer->shape.items > writer->limits.max_items)) {
        uint64_t items = writer->shape.items;
        ladle_writer_rollback(writer);
        return ladle_fail_limit(error, "max_items", writer->limits.max_items, items, LADLE_UNKNOWN,
                                ladle_writer_count(writer));
    }
    writer->shape.items = 0;
    writer->shape.record_count++;
    ladle_status status = look(writer, error);
    bool is_still_here = writer->shape.record_count && !writer->emitter.is_dead;
    if (LADLE_UNLIKELY(status != LADLE_OK && is_still_here)) {
        writer->shape.record_count--;
        ladle_writer_rollback(writer);
    }
    return status;
}

/*
 * The value that was put at the root is a record. Most are no more than counted.
 */
static inline ladle_status commit(ladle_writer *writer, ladle_error *error)
{
    if (LADLE_LIKELY(writer->shape.items <= writer->limits.max_items &&
                     ladle_shape_commit(&writer->shape))) {
        writer->shape.items = 0;
        return LADLE_OK;
    }
    return commit_closely(writer, error);
}

ladle_status ladle_writer_commit(ladle_writer *writer, ladle_error *error)
{
    LADLE_TRY(ladle_need(writer, error));
    return commit(writer, error);
}

ladle_status ladle_writer_check(const ladle_writer *writer, ladle_error *error)
{
    return LADLE_UNLIKELY(writer->emitter.is_dead) ? ladle_emitter_check(&writer->emitter, error)
                                                   : LADLE_OK;
}

uint64_t ladle_writer_room(const ladle_writer *writer)
{
    uint64_t len = ladle_node_len(writer->shape.root);
    return len < writer->block_len ? writer->block_len - len : 0;
}

uint64_t ladle_writer_bulk_len_max(const ladle_writer *writer)
{
    const ladle_limits *limits = &writer->limits;
    return limits->max_record < writer->block_len ? limits->max_record : writer->block_len;
}

const ladle_limits *ladle_writer_limits(const ladle_writer *writer)
{
    return &writer->limits;
}

ladle_status ladle_writer_commit_many(ladle_writer *writer, size_t count, ladle_error *error)
{
    writer->shape.items = 0;
    writer->shape.record_count += count;
    if (writer->shape.record_count < writer->shape.look_count) {
        return LADLE_OK;
    }
    ladle_status status = look(writer, error);
    if (status != LADLE_OK && writer->shape.record_count && !writer->emitter.is_dead) {
        writer->shape.record_count -= count;
        ladle_writer_rollback(writer);
    }
    return status;
}

ladle_status ladle_writer_put_items(ladle_writer *writer, const void *items, size_t count,
                                    ladle_error *error)
{
    ladle_node *root = writer->shape.root;
    ladle_node own = *root;
    /* They are only read, and no longer than this call. */
    root->bytes =
        (ladle_buffer){.data = (uint8_t *)(uintptr_t)items, .len = count * root->value_len};
    root->count = count;
    ladle_node_mark_all(root);
    writer->shape.look_count = 0;
    ladle_status status = ladle_emitter_put(&writer->emitter, root, error);
    *root = own;
    return status;
}

ladle_status ladle_writer_begin_block(ladle_writer *writer, ladle_error *error)
{
    LADLE_TRY(seal_all(writer, error));
    ladle_writer_rollback(writer); /* takes out the columns without values */
    return LADLE_OK;
}

/*
 * Take back what was put of a value that the shape did not take, and say what is wrong with it.
 */
LADLE_RARE static ladle_status fail_value(ladle_writer *writer, ladle_status status,
                                          const void *data, size_t len, ladle_error *error)
{
    ladle_writer_rollback(writer);
    const ladle_limits *limits = &writer->limits;
    uint64_t number = ladle_writer_count(writer);
    ladle_cursor cursor = ladle_cursor_over(data, len);
    if (status != LADLE_E_LIMIT) {
        return ladle_fail(error, status, LADLE_UNKNOWN, number, "%s",
                          status == LADLE_E_MEMORY ? ladle_status_text(status)
                                                   : "the record is not one tagged value");
    }
    if (ladle_value_skip(&cursor, limits->max_depth) == LADLE_E_LIMIT) {
        return ladle_fail_limit(error, "max_depth", limits->max_depth,
                                (uint64_t)limits->max_depth + 1, LADLE_UNKNOWN, number);
    }
    uint64_t needed = len > limits->max_record ? len : limits->max_record + 1;
    return ladle_fail_limit(error, "max_record", limits->max_record, needed, LADLE_UNKNOWN, number);
}

ladle_status ladle_writer_append(ladle_writer *writer, const void *data, size_t len,
                                 ladle_error *error)
{
    LADLE_TRY(ladle_need(writer && (data || !len), error));
    LADLE_TRY(ladle_writer_check(writer, error));
    ladle_cursor cursor = ladle_cursor_over(data, len);
    uint32_t max_depth = writer->limits.max_depth;
    ladle_status status =
        ladle_node_put_tagged(&writer->shape, writer->shape.root, &cursor, max_depth);
    if (LADLE_LIKELY(status == LADLE_OK && cursor.next == cursor.end)) {
        return commit(writer, error);
    }
    return fail_value(writer, status == LADLE_OK ? LADLE_E_CORRUPT : status, data, len, error);
}

static ladle_status flush(ladle_writer *writer, bool sync, ladle_error *error)
{
    LADLE_TRY(ladle_emitter_check(&writer->emitter, error));
    LADLE_TRY(seal_all(writer, error));
    writer->shape.look_count = 0;
    return ladle_emitter_flush(&writer->emitter, sync, error);
}

ladle_status ladle_writer_flush(ladle_writer *writer, ladle_error *error)
{
    LADLE_TRY(ladle_need(writer, error));
    return flush(writer, false, error);
}

ladle_status ladle_writer_sync(ladle_writer *writer, ladle_error *error)
{
    LADLE_TRY(ladle_need(writer, error));
    return flush(writer, true, error);
}

void ladle_writer_free(ladle_writer *writer)
{
    ladle_shape_free(&writer->shape);
    ladle_emitter_free(&writer->emitter);
    ladle_free(writer->allocator, writer, 1, sizeof *writer);
}

static ladle_status finish_file(ladle_writer *writer, bool complete, ladle_error *error)
{
    LADLE_TRY(ladle_emitter_check(&writer->emitter, error));
    LADLE_TRY(seal_all(writer, error));
    if (complete) {
        LADLE_TRY(ladle_emitter_complete(&writer->emitter, error));
    }
    return ladle_emitter_flush(&writer->emitter, false, error);
}

static ladle_status finish(ladle_writer *writer, ladle_error *error, bool complete)
{
    if (!writer) {
        return LADLE_OK;
    }
    ladle_error close_error;
    ladle_status status = finish_file(writer, complete, error);
    ladle_status close_status =
        ladle_emitter_close(&writer->emitter, status == LADLE_OK ? error : &close_error);
    ladle_writer_free(writer);
    return status == LADLE_OK ? close_status : status;
}

ladle_status ladle_writer_close(ladle_writer *writer, ladle_error *error)
{
    return finish(writer, error, true);
}

ladle_status ladle_writer_abort(ladle_writer *writer, ladle_error *error)
{
    return finish(writer, error, false);
}

uint64_t ladle_writer_count(const ladle_writer *writer)
{
    if (!writer) {
        return 0;
    }
    return ladle_emitter_count(&writer->emitter) + writer->shape.record_count;
}

uint64_t ladle_writer_written_count(const ladle_writer *writer)
{
    if (!writer) {
        return 0;
    }
    return ladle_emitter_written_count(&writer->emitter);
}

uint64_t ladle_writer_written_len(const ladle_writer *writer)
{
    return writer ? writer->emitter.output.offset : 0;
}

uint64_t ladle_writer_memory_bound(const ladle_writer *writer)
{
    if (!writer) {
        return 0;
    }
    /* What columns keep, and a record as long as a block behind a block that is nearly full. */
    const uint64_t columns_len = 6 * (uint64_t)writer->block_len;
    const uint64_t nodes_len = (uint64_t)2 << 20;
    return columns_len + nodes_len + ladle_emitter_memory_bound(&writer->emitter);
}
