/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include "alloc.h"
#include "argument.h"
#include "emit_append.h"
#include "limit.h"
#include "metadata.h"
#include "shape.h"
#include "shape_block.h"
#include "status.h"

/*
 * Larger blocks save little (a file of log records with zstd becomes 1.7 % smaller at 200,000), and
 * cost whoever reads single records. Not a power of two, and neither are the columns of common
 * records then: columns that lie such a distance apart compete for the same lines of the cache.
 */
#define BLOCK_LEN_DEFAULT 132000
#define BLOCK_LEN_MIN     1024
#define BLOCK_LEN_MAX     ((size_t)32 << 20)

/*
 * A max_record below this is looked after with every record. Above it, a record that is too large
 * always takes new memory, and that is when it is noticed.
 */
#define RECORD_LEN_EXACT ((uint64_t)16 << 20)

/*
 * Records of a block, when they take next to no bytes.
 */
#define BLOCK_RECORDS_MAX 100000

struct ladle_writer {
    const ladle_allocator *allocator;
    ladle_limits limits;
    ladle_shape shape;
    struct ladle_emitter emitter;
    size_t block_len;
    uint64_t looked_len; /* bytes of the block at the last look */
};

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
    return ladle_emitter_check(&writer->emitter, error);
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
    LADLE_TRY(ladle_emitter_check(&writer->emitter, error));
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

static void writer_free(ladle_writer *writer)
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
    writer_free(writer);
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

static ladle_status check_level(int level, const struct ladle_codec *codec, const char *codec_name,
                                ladle_error *error)
{
    if (level && !codec) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "there is a compression level, %d, but no compression", level);
    }
    if (level && (level < codec->level_min || level > codec->level_max)) {
        return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "the compression level is %d: %s has %d to %d", level, codec_name,
                          codec->level_min, codec->level_max);
    }
    return LADLE_OK;
}

static ladle_status check_options(const ladle_writer_options *options, const ladle_limits *limits,
                                  const struct ladle_codec *codec, ladle_error *error)
{
    const char *wrong = NULL;
    if (options->block_len &&
        (options->block_len < BLOCK_LEN_MIN || options->block_len > BLOCK_LEN_MAX)) {
        wrong = "the block length is out of its range of 1024 bytes to 32 MiB";
    } else if (options->threads > LADLE_THREADS_MAX) {
        wrong = "there may be at most 64 threads";
    } else if (options->metadata &&
               !ladle_metadata_is_valid(options->metadata, options->metadata_len,
                                        limits->max_depth)) {
        wrong = "the metadata are not a dict with str keys";
    }
    return wrong ? ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s", wrong)
                 : check_level(options->level, codec, options->codec, error);
}

static ladle_status writer_init(ladle_writer *writer, const ladle_sink *sink,
                                const ladle_writer_options *options,
                                const struct ladle_codec *codec)
{
    uint64_t array_len = writer->limits.max_record + LADLE_BLOCK_SLACK;
    writer->block_len = options->block_len ? options->block_len : BLOCK_LEN_DEFAULT;
    const struct ladle_emitter_options emitter_options = {.codec = codec,
                                                          .level = options->level,
                                                          .threads = options->threads,
                                                          .block_len = writer->block_len,
                                                          .progress = options->progress,
                                                          .progress_ctx = options->progress_ctx,
                                                          .allocator = options->allocator};
    writer->allocator = options->allocator;
    writer->shape = (ladle_shape){
        .allocator = options->allocator,
        .release_tag = options->release_tag,
        .array_len_max =
            (size_t)(array_len < LADLE_BLOCK_LEN_MAX ? array_len : LADLE_BLOCK_LEN_MAX - 1)};
    LADLE_TRY(ladle_emitter_init(&writer->emitter, sink, &emitter_options));
    return ladle_shape_init(&writer->shape);
}

/*
 * A writer that has written nothing yet.
 */
static ladle_status writer_new(ladle_writer **writer, const ladle_sink *sink,
                               const ladle_writer_options *options, ladle_error *error)
{
    const struct ladle_codec *codec = NULL;
    ladle_limits limits;
    LADLE_TRY(ladle_limits_resolve(options->limits, &limits, error));
    if (options->codec && ladle_codec_by_name(options->codec, &codec) != LADLE_OK) {
        (void)ladle_fail(error, LADLE_E_UNSUPPORTED, LADLE_UNKNOWN, LADLE_UNKNOWN,
                         "the codec %s is not built in", options->codec);
        return LADLE_E_UNSUPPORTED;
    }
    LADLE_TRY(check_options(options, &limits, codec, error));
    ladle_writer *made = ladle_alloc(options->allocator, 1, sizeof *made);
    if (!made) {
        (void)ladle_emitter_fail(error, LADLE_E_MEMORY);
        return LADLE_E_MEMORY;
    }
    made->limits = limits;
    ladle_status status = writer_init(made, sink, options, codec);
    if (status != LADLE_OK) {
        writer_free(made);
        (void)ladle_emitter_fail(error, status);
        return status;
    }
    *writer = made;
    return LADLE_OK;
}

uint64_t ladle_writer_options_bound(const ladle_writer_options *options)
{
    const ladle_sink nowhere = {.struct_size = sizeof nowhere};
    ladle_writer_options taken;
    ladle_writer *writer;
    if (ladle_take_struct(&taken, sizeof taken, options, NULL) != LADLE_OK ||
        writer_new(&writer, &nowhere, &taken, NULL) != LADLE_OK) {
        return 0;
    }
    uint64_t bound = ladle_writer_memory_bound(writer);
    writer_free(writer);
    return bound;
}

static ladle_status begin_segment(ladle_writer *writer, const ladle_writer_options *options,
                                  ladle_error *error)
{
    return ladle_emitter_begin(&writer->emitter, options->uuid, (uint32_t)writer->block_len,
                               options->metadata, options->metadata_len, error);
}

/*
 * Go on behind what a source has.
 */
static ladle_status append(ladle_writer *writer, const ladle_source *source,
                           const ladle_writer_options *options, ladle_recovered *recovered,
                           ladle_error *error)
{
    struct ladle_emitter *emitter = &writer->emitter;
    struct ladle_found_end found;
    LADLE_TRY(ladle_emitter_find_end(emitter, source, writer->limits.max_record, &found, error));
    LADLE_TRY(ladle_emitter_cut(emitter, found.end, error));
    recovered->record_count = ladle_emitter_count(emitter);
    recovered->cut_len = found.cut_len;
    recovered->was_complete = found.is_complete;
    emitter->synced_count = recovered->record_count;
    if (found.end == 0) {
        return begin_segment(writer, options, error);
    }
    if (options->metadata) {
        LADLE_TRY(ladle_emitter_complete(emitter, error));
        return begin_segment(writer, options, error);
    }
    return LADLE_OK;
}

static void close_sink(const ladle_sink *sink)
{
    if (sink->close) {
        int ignored;
        (void)sink->close(sink->ctx, &ignored);
    }
}

/*
 * Make a writer, and have it begin a file, or go on with that of a source.
 */
static ladle_status open_writer(ladle_writer **writer, const ladle_source *source,
                                const ladle_sink *sink, const ladle_writer_options *options,
                                ladle_recovered *recovered, ladle_error *error)
{
    ladle_writer_options taken;
    ladle_status status = ladle_take_struct(&taken, sizeof taken, options, error);
    if (status == LADLE_OK) {
        options = &taken;
        status = writer_new(writer, sink, options, error);
    }
    if (*writer) {
        status = source ? append(*writer, source, options, recovered, error)
                        : begin_segment(*writer, options, error);
        if (status != LADLE_OK) {
            writer_free(*writer);
            *writer = NULL;
        }
    }
    if (status != LADLE_OK) {
        close_sink(sink);
    }
    return status;
}

static ladle_status take_sink(ladle_sink *taken, const ladle_sink *sink, ladle_error *error)
{
    LADLE_TRY(ladle_take_struct(taken, sizeof *taken, sink, error));
    if (taken->write) {
        return LADLE_OK;
    }
    close_sink(taken);
    return ladle_fail(error, LADLE_E_ARGUMENT, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "the sink has no function that writes");
}

static ladle_status fail_in_order(const ladle_sink *sink, ladle_error *error)
{
    close_sink(sink);
    return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "only what can be read at any place can be appended to");
}

ladle_status ladle_writer_open(ladle_writer **writer, const ladle_sink *sink,
                               const ladle_writer_options *options, ladle_error *error)
{
    ladle_sink taken;
    LADLE_TRY(ladle_need(writer && sink, error));
    *writer = NULL;
    LADLE_TRY(take_sink(&taken, sink, error));
    return open_writer(writer, NULL, &taken, options, NULL, error);
}

ladle_status ladle_writer_open_append(ladle_writer **writer, const ladle_source *source,
                                      const ladle_sink *sink, const ladle_writer_options *options,
                                      ladle_recovered *recovered, ladle_error *error)
{
    ladle_recovered ignored;
    ladle_source taken_source;
    ladle_sink taken_sink;
    LADLE_TRY(ladle_need(writer && source && sink, error));
    *writer = NULL;
    recovered = recovered ? recovered : &ignored;
    *recovered = (ladle_recovered){.record_count = 0};
    LADLE_TRY(ladle_take_struct(&taken_source, sizeof taken_source, source, error));
    ladle_status status = take_sink(&taken_sink, sink, error);
    if (status == LADLE_OK) {
        status = taken_source.read_at && taken_source.size
                     ? open_writer(writer, &taken_source, &taken_sink, options, recovered, error)
                     : fail_in_order(&taken_sink, error);
    }
    if (taken_source.close) {
        taken_source.close(taken_source.ctx);
    }
    return status;
}
