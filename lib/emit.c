/* SPDX-License-Identifier: BSD-2-Clause */
#include "emit.h"

#include "alloc.h"
#include "entropy.h"
#include "schema_block.h"
#include "status.h"

/*
 * Blocks on their way beyond one a thread: while one is written, and one is made, no thread has to
 * wait.
 */
#define PARCELS_MORE 2

/*
 * Bytes of a block beside its records: its shape, and the shape again in the merged one.
 */
#define SHAPE_LEN ((size_t)512 << 10)

/*
 * A block on its way.
 */
struct ladle_parcel {
    struct ladle_job job; /* first: the job of a pool is the parcel */
    struct ladle_emitter *emitter;
    struct ladle_draft draft;
    uint8_t type;
    uint32_t record_count;
};

ladle_status ladle_emitter_fail(ladle_error *error, ladle_status status)
{
    if (status == LADLE_E_LIMIT) {
        return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "a block would be larger than 2 GiB");
    }
    return ladle_fail(error, status, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s", ladle_status_text(status));
}

static void compress(struct ladle_job *job, unsigned thread)
{
    struct ladle_parcel *parcel = (struct ladle_parcel *)job;
    const struct ladle_emitter *emitter = parcel->emitter;
    ladle_draft_compress(&parcel->draft, emitter->codec ? emitter->codec_states[thread] : NULL);
}

/*
 * The same by the caller's thread.
 */
static void compress_here(struct ladle_parcel *parcel)
{
    compress(&parcel->job, parcel->emitter->thread_count);
    parcel->job.is_done = true;
}

/*
 * A compressor for each thread, and the caller's behind them.
 */
static ladle_status make_compressors(struct ladle_emitter *emitter, int level)
{
    emitter->codec_states =
        ladle_alloc(emitter->allocator, emitter->thread_count + 1, sizeof *emitter->codec_states);
    if (!emitter->codec_states) {
        return LADLE_E_MEMORY;
    }
    for (unsigned i = 0; i <= emitter->thread_count; i++) {
        LADLE_TRY(
            emitter->codec->compressor_new(&emitter->codec_states[i], level, emitter->allocator));
    }
    return LADLE_OK;
}

/*
 * Without threads a block is written before its columns change.
 */
static ladle_status make_parcels(struct ladle_emitter *emitter, unsigned count, bool has_threads)
{
    emitter->parcels = ladle_alloc(emitter->allocator, count, sizeof *emitter->parcels);
    if (!emitter->parcels) {
        return LADLE_E_MEMORY;
    }
    emitter->parcel_capacity = count;
    for (unsigned i = 0; i < count; i++) {
        emitter->parcels[i].job.run = compress;
        emitter->parcels[i].emitter = emitter;
        ladle_draft_init(&emitter->parcels[i].draft, emitter->codec, !has_threads,
                         emitter->allocator);
    }
    return LADLE_OK;
}

ladle_status ladle_emitter_init(struct ladle_emitter *emitter, const ladle_sink *sink,
                                const struct ladle_emitter_options *options)
{
    const ladle_allocator *allocator = options->allocator;
    unsigned threads = options->codec ? options->threads : 0; /* else they have nothing to do */
    emitter->allocator = allocator;
    emitter->output.sink = *sink;
    emitter->merged_bytes.allocator = allocator;
    emitter->index.allocator = allocator;
    emitter->codec = options->codec;
    emitter->thread_count = threads;
    emitter->block_len = options->block_len;
    emitter->progress = options->progress;
    emitter->progress_ctx = options->progress_ctx;
    ladle_checkpoint_init(&emitter->checkpoint, allocator);
    ladle_block_encoder_init(&emitter->encoder, allocator);
    emitter->merged = ladle_merged_new(allocator);
    if (!emitter->merged) {
        return LADLE_E_MEMORY;
    }
    LADLE_TRY(make_parcels(emitter, threads ? threads + PARCELS_MORE : 1, threads > 0));
    if (options->codec) {
        LADLE_TRY(make_compressors(emitter, options->level));
    }
    emitter->pool = threads ? ladle_pool_new(threads, allocator) : NULL;
    return LADLE_OK;
}

static bool is_foreign(const struct ladle_emitter *emitter)
{
    return emitter->pool && ladle_pool_is_foreign(emitter->pool);
}

void ladle_emitter_free(struct ladle_emitter *emitter)
{
    const ladle_allocator *allocator = emitter->allocator;
    /* What a thread may have been at work on is left alone in a child made by fork. */
    if (!is_foreign(emitter)) {
        ladle_pool_free(emitter->pool);
        for (unsigned i = 0; emitter->codec_states && i <= emitter->thread_count; i++) {
            if (emitter->codec_states[i]) {
                emitter->codec->compressor_free(emitter->codec_states[i], allocator);
            }
        }
        for (unsigned i = 0; i < emitter->parcel_capacity; i++) {
            ladle_draft_free(&emitter->parcels[i].draft);
        }
        ladle_free(allocator, emitter->codec_states, emitter->thread_count + 1,
                   sizeof *emitter->codec_states);
        ladle_free(allocator, emitter->parcels, emitter->parcel_capacity, sizeof *emitter->parcels);
    }
    ladle_checkpoint_free(&emitter->checkpoint);
    ladle_merged_free(emitter->merged);
    ladle_buffer_free(&emitter->merged_bytes);
    ladle_buffer_free(&emitter->index);
    ladle_block_encoder_free(&emitter->encoder);
}

uint64_t ladle_emitter_memory_bound(const struct ladle_emitter *emitter)
{
    const uint64_t block_len = emitter->block_len;
    /* Buffers grow by half. */
    const uint64_t dictionaries_len = 3 * block_len + ((uint64_t)128 << 10);
    const uint64_t merged_len = (uint64_t)1 << 20;
    uint64_t draft_len = 3 * block_len + SHAPE_LEN;
    uint64_t compressor_len = 0;
    if (emitter->codec) {
        draft_len *= 2;
        compressor_len = emitter->codec->compressor_len + emitter->codec->byte_len * block_len;
    }
    return dictionaries_len + merged_len + emitter->parcel_capacity * draft_len +
           (emitter->thread_count + 1) * compressor_len;
}

static uint64_t handed_on(const struct ladle_emitter *emitter)
{
    return emitter->first_record + emitter->checkpoint.totals.record_count;
}

uint64_t ladle_emitter_written_count(const struct ladle_emitter *emitter)
{
    return emitter->sync_failed ? emitter->synced_count : handed_on(emitter);
}

uint64_t ladle_emitter_count(const struct ladle_emitter *emitter)
{
    return handed_on(emitter) + emitter->waiting_count;
}

static ladle_status fail_state(const struct ladle_emitter *emitter, ladle_error *error)
{
    uint64_t written_count = ladle_emitter_written_count(emitter);
    if (emitter->is_dead) {
        return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, written_count,
                          "the writer failed before; %llu records are in the file",
                          (unsigned long long)written_count);
    }
    return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, written_count,
                      "the writer belongs to the process that forked this one");
}

ladle_status ladle_emitter_check_closely(const struct ladle_emitter *emitter, ladle_error *error)
{
    return emitter->is_dead || is_foreign(emitter) ? fail_state(emitter, error) : LADLE_OK;
}

/*
 * An emitter whose sink fails is dead.
 */
static ladle_status after_sink(struct ladle_emitter *emitter, ladle_status status,
                               ladle_error *error)
{
    if (status != LADLE_OK) {
        emitter->is_dead = true;
        if (error) {
            error->record = ladle_emitter_written_count(emitter);
        }
    }
    return status;
}

static ladle_status write_bytes(struct ladle_emitter *emitter, const void *data, size_t len,
                                ladle_error *error)
{
    return after_sink(emitter, ladle_output_write(&emitter->output, data, len, error), error);
}

static ladle_status write_block_pieces(struct ladle_emitter *emitter, const ladle_buffer *pieces,
                                       ladle_error *error)
{
    const ladle_piece *first = (const ladle_piece *)(void *)pieces->data;
    size_t count = pieces->len / sizeof *first;
    return after_sink(emitter, ladle_output_write_pieces(&emitter->output, first, count, error),
                      error);
}

/*
 * The place of the next item in its segment.
 */
static uint64_t place(const struct ladle_emitter *emitter)
{
    return emitter->output.offset - emitter->segment_offset;
}

static struct ladle_block_header header_for(const struct ladle_emitter *emitter, uint8_t type,
                                            uint32_t record_count)
{
    uint64_t latest = emitter->checkpoint.latest_offset;
    return (struct ladle_block_header){.type = type,
                                       .record_count = record_count,
                                       .first_record = emitter->checkpoint.totals.record_count,
                                       .checkpoint_distance = latest ? place(emitter) - latest : 0};
}

static struct ladle_parcel *parcel_at(const struct ladle_emitter *emitter, unsigned index)
{
    index += emitter->parcel_first;
    return &emitter->parcels[index < emitter->parcel_capacity ? index
                                                              : index - emitter->parcel_capacity];
}

/*
 * Wait until the oldest block is compressed; until then, compress those that no thread has begun.
 */
static void finish_oldest(struct ladle_emitter *emitter)
{
    const struct ladle_job *oldest = &parcel_at(emitter, 0)->job;
    for (unsigned i = 0; i < emitter->parcel_count && !ladle_pool_is_done(emitter->pool, oldest);
         i++) {
        struct ladle_parcel *parcel = parcel_at(emitter, i);
        if (ladle_pool_take_back(emitter->pool, &parcel->job)) {
            compress_here(parcel);
        }
    }
    ladle_pool_wait(emitter->pool, oldest);
}

/*
 * Write the oldest block on its way, and let go of it.
 */
static ladle_status write_oldest(struct ladle_emitter *emitter, ladle_error *error)
{
    struct ladle_parcel *parcel = parcel_at(emitter, 0);
    uint64_t offset = place(emitter);
    if (emitter->pool) {
        finish_oldest(emitter);
    }
    emitter->parcel_first = (unsigned)(parcel_at(emitter, 1) - emitter->parcels);
    emitter->parcel_count--;
    emitter->waiting_count -= parcel->record_count;
    struct ladle_block_header header = header_for(emitter, parcel->type, parcel->record_count);
    ladle_draft_finish(&parcel->draft, &header, emitter->salt, offset);
    emitter->is_complete = false;
    LADLE_TRY(write_block_pieces(emitter, &parcel->draft.pieces, error));
    if (parcel->type == LADLE_BLOCK_DATA) {
        ladle_checkpoint_add(&emitter->checkpoint, offset,
                             LADLE_BLOCK_HEADER_LEN + (uint64_t)header.stored_len,
                             parcel->record_count, header.decoded_len);
    }
    if (emitter->progress) {
        emitter->progress(emitter->progress_ctx, emitter->output.offset, LADLE_UNKNOWN);
    }
    return LADLE_OK;
}

ladle_status ladle_emitter_drain(struct ladle_emitter *emitter, ladle_error *error)
{
    LADLE_TRY(ladle_emitter_check(emitter, error));
    while (emitter->parcel_count) {
        LADLE_TRY(write_oldest(emitter, error));
    }
    return LADLE_OK;
}

/*
 * Write what is ready.
 */
static ladle_status write_ready(struct ladle_emitter *emitter, ladle_error *error)
{
    while (emitter->parcel_count &&
           (!emitter->pool || ladle_pool_is_done(emitter->pool, &parcel_at(emitter, 0)->job))) {
        LADLE_TRY(write_oldest(emitter, error));
    }
    return LADLE_OK;
}

/*
 * The parcel for a further block: written is what stands in its way.
 */
static ladle_status next_parcel(struct ladle_emitter *emitter, struct ladle_parcel **parcel,
                                ladle_error *error)
{
    if (emitter->parcel_count == emitter->parcel_capacity) {
        LADLE_TRY(write_oldest(emitter, error));
    }
    *parcel = parcel_at(emitter, emitter->parcel_count);
    return LADLE_OK;
}

/*
 * Have the next parcel compressed, and write what is ready.
 */
static ladle_status send(struct ladle_emitter *emitter, struct ladle_parcel *parcel, uint8_t type,
                         uint32_t record_count, ladle_error *error)
{
    parcel->type = type;
    parcel->record_count = record_count;
    emitter->parcel_count++;
    emitter->waiting_count += record_count;
    if (emitter->pool) {
        ladle_pool_start(emitter->pool, &parcel->job);
    } else {
        compress_here(parcel);
    }
    return write_ready(emitter, error);
}

/*
 * Write a block that has no records, behind all others.
 */
static ladle_status write_block(struct ladle_emitter *emitter, uint8_t type, const void *data,
                                size_t len, ladle_error *error)
{
    struct ladle_parcel *parcel;
    LADLE_TRY(next_parcel(emitter, &parcel, error));
    ladle_status status = ladle_draft_put(&parcel->draft, data, len);
    if (status != LADLE_OK) {
        return ladle_emitter_fail(error, status);
    }
    LADLE_TRY(send(emitter, parcel, type, 0, error));
    return ladle_emitter_drain(emitter, error);
}

/*
 * The content of a checkpoint for this place. '*has_shape' as for ladle_checkpoint_encode.
 */
static ladle_status make_index(struct ladle_emitter *emitter, bool *has_shape)
{
    const ladle_merged *merged = emitter->merged;
    emitter->index.len = 0;
    emitter->merged_bytes.len = 0;
    if (merged && merged->root.count) {
        LADLE_TRY(ladle_schema_put(&emitter->merged_bytes, &merged->root));
    }
    return ladle_checkpoint_encode(&emitter->checkpoint, place(emitter), &emitter->merged_bytes,
                                   &emitter->index, has_shape);
}

/*
 * No block is on its way: the index and the merged shape are of what was written.
 */
static ladle_status write_checkpoint(struct ladle_emitter *emitter, ladle_error *error)
{
    uint64_t offset = place(emitter);
    bool has_shape;
    ladle_status status = make_index(emitter, &has_shape);
    if (status != LADLE_OK) {
        return ladle_emitter_fail(error, status);
    }
    LADLE_TRY(write_block(emitter, LADLE_BLOCK_CHECKPOINT, emitter->index.data, emitter->index.len,
                          error));
    ladle_checkpoint_written(&emitter->checkpoint, offset, has_shape);
    return LADLE_OK;
}

/*
 * Write a checkpoint when one is due before a further block.
 */
static ladle_status look_after_index(struct ladle_emitter *emitter, ladle_error *error)
{
    uint64_t listed_count = emitter->checkpoint.listed_count + emitter->parcel_count;
    if (listed_count < LADLE_CHECKPOINT_BLOCKS) {
        return LADLE_OK;
    }
    LADLE_TRY(ladle_emitter_drain(emitter, error));
    return write_checkpoint(emitter, error);
}

/*
 * Encode a block into a draft, and make places in the merged shape for it.
 */
static ladle_status encode(struct ladle_emitter *emitter, ladle_node *root,
                           struct ladle_draft *draft, ladle_schema *schema)
{
    LADLE_TRY(ladle_checkpoint_reserve(&emitter->checkpoint, emitter->parcel_count + 1));
    LADLE_TRY(ladle_block_encode(&emitter->encoder, root, draft));
    if (!emitter->merged) {
        return LADLE_OK;
    }
    ladle_arena_reset(&emitter->merged->scratch);
    LADLE_TRY(ladle_schema_of_nodes(&emitter->merged->scratch, root, schema));
    return ladle_merged_widen(emitter->merged, schema);
}

/*
 * A block that is much larger than others does not wait, and leaves no memory behind.
 */
static ladle_status write_large(struct ladle_emitter *emitter, struct ladle_parcel *parcel,
                                ladle_error *error)
{
    LADLE_TRY(ladle_emitter_drain(emitter, error));
    ladle_draft_free(&parcel->draft);
    return LADLE_OK;
}

ladle_status ladle_emitter_put(struct ladle_emitter *emitter, ladle_node *root, ladle_error *error)
{
    struct ladle_parcel *parcel;
    ladle_schema schema = {.kind = LADLE_EMPTY};
    LADLE_TRY(ladle_emitter_check(emitter, error));
    LADLE_TRY(look_after_index(emitter, error));
    LADLE_TRY(next_parcel(emitter, &parcel, error));
    ladle_status status = encode(emitter, root, &parcel->draft, &schema);
    if (status != LADLE_OK) {
        return ladle_emitter_fail(error, status);
    }
    if (emitter->merged) {
        ladle_merged_count(emitter->merged, &schema);
    }
    bool is_large = parcel->draft.padded_len > 2 * emitter->block_len + SHAPE_LEN;
    LADLE_TRY(send(emitter, parcel, LADLE_BLOCK_DATA, (uint32_t)root->mark, error));
    return is_large ? write_large(emitter, parcel, error) : LADLE_OK;
}

void ladle_emitter_forget_shape(struct ladle_emitter *emitter)
{
    ladle_merged_free(emitter->merged);
    emitter->merged = NULL;
    emitter->checkpoint.shape_offset = 0;
}

static ladle_status add_to_merged(struct ladle_emitter *emitter, const ladle_view *root)
{
    LADLE_TRY(ladle_checkpoint_reserve(&emitter->checkpoint, 1));
    if (emitter->merged && root) {
        return ladle_merged_add_view(emitter->merged, root);
    }
    ladle_emitter_forget_shape(emitter);
    return LADLE_OK;
}

ladle_status ladle_emitter_copy(struct ladle_emitter *emitter,
                                const struct ladle_block_header *header, const void *stored,
                                const ladle_view *root, ladle_error *error)
{
    uint8_t bytes[LADLE_BLOCK_HEADER_LEN];
    LADLE_TRY(ladle_emitter_drain(emitter, error));
    LADLE_TRY(look_after_index(emitter, error));
    ladle_status status = add_to_merged(emitter, root);
    if (status != LADLE_OK) {
        return ladle_emitter_fail(error, status);
    }
    uint64_t offset = place(emitter);
    struct ladle_block_header copy = header_for(emitter, header->type, header->record_count);
    copy.stream_count = header->stream_count;
    copy.stored_len = header->stored_len;
    copy.decoded_len = header->decoded_len;
    copy.directory_crc = header->directory_crc;
    ladle_block_header_store(&copy, emitter->salt, offset, bytes);
    emitter->is_complete = false;
    LADLE_TRY(write_bytes(emitter, bytes, sizeof bytes, error));
    LADLE_TRY(write_bytes(emitter, stored, header->stored_len, error));
    ladle_checkpoint_add(&emitter->checkpoint, offset, sizeof bytes + header->stored_len,
                         header->record_count, header->decoded_len);
    return LADLE_OK;
}

ladle_status ladle_emitter_cut(struct ladle_emitter *emitter, uint64_t len, ladle_error *error)
{
    return after_sink(emitter, ladle_output_truncate(&emitter->output, len, error), error);
}

/*
 * Forget the segment before.
 */
static ladle_status begin_segment(struct ladle_emitter *emitter)
{
    ladle_merged *merged = ladle_merged_new(emitter->allocator);
    if (!merged) {
        return LADLE_E_MEMORY;
    }
    ladle_merged_free(emitter->merged);
    emitter->merged = merged;
    emitter->first_record = handed_on(emitter);
    emitter->segment_offset = emitter->output.offset;
    ladle_checkpoint_free(&emitter->checkpoint);
    ladle_checkpoint_init(&emitter->checkpoint, emitter->allocator);
    return LADLE_OK;
}

ladle_status ladle_emitter_begin(struct ladle_emitter *emitter, const uint8_t *uuid,
                                 uint32_t block_len, const void *metadata, size_t metadata_len,
                                 ladle_error *error)
{
    struct ladle_file_header header = {.block_len = block_len};
    uint8_t bytes[LADLE_HEADER_LEN];
    if (uuid) {
        memcpy(header.uuid, uuid, sizeof header.uuid);
    } else if (!ladle_entropy(header.uuid, sizeof header.uuid)) {
        return ladle_fail(error, LADLE_E_IO, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "the system gives no random bytes");
    }
    if (begin_segment(emitter) != LADLE_OK) {
        return ladle_emitter_fail(error, LADLE_E_MEMORY);
    }
    emitter->salt = ladle_salt(header.uuid);
    ladle_file_header_store(&header, bytes);
    emitter->is_complete = false;
    LADLE_TRY(write_bytes(emitter, bytes, sizeof bytes, error));
    if (metadata_len) {
        emitter->checkpoint.totals.metadata_offset = place(emitter);
        LADLE_TRY(write_block(emitter, LADLE_BLOCK_METADATA, metadata, metadata_len, error));
    }
    return LADLE_OK;
}

ladle_status ladle_emitter_flush(struct ladle_emitter *emitter, bool sync, ladle_error *error)
{
    struct ladle_output *output = &emitter->output;
    LADLE_TRY(ladle_emitter_drain(emitter, error));
    if (sync && emitter->checkpoint.listed_count) {
        LADLE_TRY(write_checkpoint(emitter, error));
    }
    LADLE_TRY(after_sink(emitter, ladle_output_flush(output, error), error));
    if (sync) {
        ladle_status status = ladle_output_sync(output, error);
        emitter->sync_failed = status != LADLE_OK;
        LADLE_TRY(after_sink(emitter, status, error));
        emitter->synced_count = handed_on(emitter);
    }
    return LADLE_OK;
}

ladle_status ladle_emitter_complete(struct ladle_emitter *emitter, ladle_error *error)
{
    uint8_t bytes[LADLE_TRAILER_LEN];
    LADLE_TRY(ladle_emitter_drain(emitter, error));
    if (emitter->is_complete) {
        return LADLE_OK;
    }
    uint64_t checkpoint_offset = place(emitter);
    LADLE_TRY(write_checkpoint(emitter, error));
    uint64_t offset = place(emitter);
    struct ladle_trailer trailer = {.offset = offset,
                                    .record_count = emitter->checkpoint.totals.record_count,
                                    .checkpoint_distance = offset - checkpoint_offset};
    ladle_trailer_store(&trailer, emitter->salt, bytes);
    LADLE_TRY(write_bytes(emitter, bytes, sizeof bytes, error));
    emitter->is_complete = true;
    return LADLE_OK;
}

ladle_status ladle_emitter_close(struct ladle_emitter *emitter, ladle_error *error)
{
    ladle_status status = ladle_output_close(&emitter->output, error);
    return after_sink(emitter, status, error);
}
