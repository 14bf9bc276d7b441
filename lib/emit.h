/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_EMIT_H
#define LADLE_LIB_EMIT_H

#include "block_encode.h"
#include "checkpoint.h"
#include "io.h"
#include "pool.h"
#include "schema.h"

/*
 * From blocks to the bytes of a file: the part of a writer that knows nothing of records on their
 * way in. With threads, blocks are compressed by a pool, a few at a time, and written in order by
 * the calls of the owner.
 *
 * After a failed write the emitter is dead: every call gives LADLE_E_STATE. error->record always
 * says how many records of the file were handed to the sink.
 */
struct ladle_emitter {
    const ladle_allocator *allocator;
    struct ladle_output output;
    uint64_t segment_offset; /* in the file, of the segment at hand */
    uint64_t first_record;   /* in the file, of that segment */
    uint32_t salt;
    struct ladle_checkpoint checkpoint;
    ladle_merged *merged; /* shape of the segment's records so far; NULL: unknown */
    ladle_buffer merged_bytes;
    ladle_buffer index; /* content of a checkpoint on its way */
    struct ladle_block_encoder encoder;
    const struct ladle_codec *codec; /* NULL: none */
    unsigned thread_count;           /* that were asked for */
    void **codec_states;             /* one a thread, and the caller's behind them */
    struct ladle_pool *pool;         /* NULL: no threads */
    struct ladle_parcel *parcels;    /* a ring of blocks on their way */
    unsigned parcel_capacity;
    unsigned parcel_first;
    unsigned parcel_count;
    uint64_t waiting_count; /* records in them */
    size_t block_len;       /* bytes that blocks have about */
    uint64_t synced_count;  /* records of the file at the latest sync */
    bool sync_failed;
    bool is_complete; /* nothing was written behind a trailer */
    bool is_dead;
    ladle_progress *progress; /* may be NULL */
    void *progress_ctx;
};

/*
 * What an emitter is made of. 'threads' is 0 for none.
 */
struct ladle_emitter_options {
    const struct ladle_codec *codec;
    int level;
    unsigned threads;
    size_t block_len;         /* bytes that blocks have about, before compression */
    ladle_progress *progress; /* may be NULL */
    void *progress_ctx;
    const ladle_allocator *allocator;
};

/*
 * The emitter is zeros before; ladle_emitter_free is called whatever this gives: LADLE_OK or
 * LADLE_E_MEMORY. The sink becomes the emitter's.
 */
ladle_status ladle_emitter_init(struct ladle_emitter *emitter, const ladle_sink *sink,
                                const struct ladle_emitter_options *options);
void ladle_emitter_free(struct ladle_emitter *emitter);

/*
 * Stand behind 'len' bytes of a file that is there already; what is behind them is cut off. Before
 * anything is written.
 */
ladle_status ladle_emitter_cut(struct ladle_emitter *emitter, uint64_t len, ladle_error *error);

/*
 * Bytes that the emitter takes at most as long as blocks have twice the length that was told; of a
 * larger one it takes the plain and the stored bytes while it writes it.
 */
uint64_t ladle_emitter_memory_bound(const struct ladle_emitter *emitter);

/*
 * Begin a segment: its header, and metadata if there are any. One before it is complete.
 *
 * uuid  NULL: random
 */
ladle_status ladle_emitter_begin(struct ladle_emitter *emitter, const uint8_t *uuid,
                                 uint32_t block_len, const void *metadata, size_t metadata_len,
                                 ladle_error *error);

/*
 * LADLE_E_STATE when the emitter is dead, or belongs to the process that forked this one.
 */
ladle_status ladle_emitter_check_closely(const struct ladle_emitter *emitter, ladle_error *error);

static inline ladle_status ladle_emitter_check(const struct ladle_emitter *emitter,
                                               ladle_error *error)
{
    return LADLE_UNLIKELY(emitter->is_dead || emitter->pool)
               ? ladle_emitter_check_closely(emitter, error)
               : LADLE_OK;
}

/*
 * Emit the marked values of a shape as a DATA block. It may be written later, so an error may be
 * about an earlier block.
 *
 * Returns LADLE_OK; LADLE_E_MEMORY or LADLE_E_LIMIT (nothing of it was taken); what the sink gave.
 */
ladle_status ladle_emitter_put(struct ladle_emitter *emitter, ladle_node *root, ladle_error *error);

/*
 * Emit an encoded DATA block of another file with its streams as they are.
 *
 * header  its header there
 * stored  header->stored_len bytes
 * root    its views, for the merged shape; NULL when they are not known: then that of the whole
 *         segment is not either
 *
 * Returns as ladle_emitter_put.
 */
ladle_status ladle_emitter_copy(struct ladle_emitter *emitter,
                                const struct ladle_block_header *header, const void *stored,
                                const ladle_view *root, ladle_error *error);

/*
 * Write all blocks on their way.
 */
ladle_status ladle_emitter_drain(struct ladle_emitter *emitter, ladle_error *error);

/*
 * Drain, then hand all to the operating system; 'sync': with a checkpoint, and on to the disk.
 */
ladle_status ladle_emitter_flush(struct ladle_emitter *emitter, bool sync, ladle_error *error);

/*
 * Drain, then complete the segment, unless it is.
 */
ladle_status ladle_emitter_complete(struct ladle_emitter *emitter, ladle_error *error);

/*
 * Close the sink. Once; the emitter is dead then.
 */
ladle_status ladle_emitter_close(struct ladle_emitter *emitter, ladle_error *error);

/*
 * The shape of the segment's records is not known any more.
 */
void ladle_emitter_forget_shape(struct ladle_emitter *emitter);

/*
 * Records of the file that were handed to the sink (after a failed sync: at the sync before, for a
 * system may forget what it could not write); and all, with those on their way.
 */
uint64_t ladle_emitter_written_count(const struct ladle_emitter *emitter);
uint64_t ladle_emitter_count(const struct ladle_emitter *emitter);

/*
 * Fill in the error for a block that could not be made.
 */
ladle_status ladle_emitter_fail(ladle_error *error, ladle_status status);

#endif
