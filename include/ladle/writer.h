/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_WRITER_H
#define LADLE_WRITER_H

/*
 * Writing a file, record by record.
 */

#include <ladle/io.h>
#include <ladle/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ladle_writer ladle_writer;

/*
 * How to write. 'struct_size' is sizeof(ladle_writer_options); zero is the default everywhere.
 *
 * codec         "none" (or NULL), "zlib", "zstd", "lz4". What it hardly makes shorter is stored as it
 *               is, and random text of few kinds of letters packed (FORMAT.md section 4)
 * level         of the codec: zlib 1 to 9, zstd -131,072 to 22, lz4 1 to 12. 0 is the default of
 *               the codec: 6, 1 and 1
 * block_len     bytes of a block before compression that the writer aims at: 132,000; 1,024 to
 *               32 MiB
 * uuid          16 bytes, or NULL for random ones. With the same uuid the same records make the
 *               same file
 * metadata      a tagged dict with str keys, or NULL
 * threads       how many threads compress blocks behind the caller, up to 64; fewer where the
 *               system has no more; the caller's compresses some itself in place of waiting for
 *               them. 0: none, all is done in the calls, as it is without a codec.
 *               The functions of the program (sink, allocator) are called by the caller's thread
 *               only. The file is the same whatever their number. In a child made by fork a writer
 *               with threads is dead: it writes nothing, gives LADLE_E_STATE for the next block,
 *               and closing it releases it
 * progress      called for each block that the sink took; its 'ctx' is progress_ctx
 */
typedef struct ladle_writer_options {
    size_t struct_size;
    const char *codec;
    int level;
    size_t block_len;
    const uint8_t *uuid;
    const void *metadata;
    size_t metadata_len; /* bytes */
    const ladle_limits *limits;
    const ladle_allocator *allocator; /* must outlive the writer */
    void (*release_tag)(void *tag);   /* for bindings: see ladle_key */
    unsigned threads;
    ladle_progress *progress;
    void *progress_ctx;
} ladle_writer_options;

#define LADLE_WRITER_OPTIONS_INIT                                                                  \
    {                                                                                              \
        sizeof(ladle_writer_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                           \
    }

/*
 * Begin a file: writes its header and metadata.
 *
 * writer   output; NULL on failure
 * sink     copied. On failure its 'close' has been called
 * options  NULL for the defaults
 *
 * Returns
 *   LADLE_OK
 *   LADLE_E_ARGUMENT     an option is out of its range, or metadata is no dict with str keys
 *   LADLE_E_UNSUPPORTED  the codec is not built in
 *   LADLE_E_IO, LADLE_E_MEMORY
 *
 * Memory   what ladle_writer_memory_bound says
 * Threads  one thread at a time for each writer; writers are independent
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_open(ladle_writer **writer,
                                                         const ladle_sink *sink,
                                                         const ladle_writer_options *options,
                                                         ladle_error *error);

/*
 * What ladle_writer_open_append found.
 */
typedef struct ladle_recovered {
    uint64_t record_count; /* records that the file has */
    uint64_t cut_len;      /* bytes of an unfinished item at its end, which were cut off */
    bool was_complete;     /* its writer had completed it */
} ladle_recovered;

/*
 * Go on with a file: behind its last complete item, whether its writer completed it or was
 * interrupted. Nothing that is intact is cut or overwritten. An empty file, and one of which not
 * even the header is whole, is begun anew. Two writers at once would spoil the file: see
 * ladle_sink_open_append, which keeps them apart, and ladle_fd_lock.
 *
 * writer     output; NULL on failure. Its count of records, and the numbers in errors, begin with
 *            the records that the file has
 * source     the file as it is, to be read at any place; closed when this returns
 * sink       for the same file, with 'truncate'; as for ladle_writer_open
 * options    as for ladle_writer_open. With metadata a further segment is begun, whose metadata
 *            win; uuid is for a new segment only
 * recovered  output, written on LADLE_OK; may be NULL
 *
 * Returns as ladle_writer_open, and
 *   LADLE_E_FORMAT       it is no ladle file
 *   LADLE_E_CORRUPT      damage stands in the way: the file is to be repaired first. What stands
 *                        before the last checkpoint is not looked at
 *   LADLE_E_UNSUPPORTED  a newer version
 *   LADLE_E_STATE        the source cannot be read at any place, or the sink has no 'truncate'
 * On failure the file is as it was, unless cutting or writing failed.
 *
 * The cost depends on what stands behind the last checkpoint, not on the length of the file.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_open_append(
    ladle_writer **writer, const ladle_source *source, const ladle_sink *sink,
    const ladle_writer_options *options, ladle_recovered *recovered, ladle_error *error);

/*
 * Add a record: one complete tagged value, as ladle_value_put_* made it, or as ladle_reader_next or
 * ladle_view_get_tagged gave it: who passes records on need not look into them.
 *
 * data, len  the value; copied. Of a cursor: its 'next', and ladle_cursor_left
 *
 * Returns
 *   LADLE_OK
 *   LADLE_E_CORRUPT, LADLE_E_UNSUPPORTED  not a tagged value; the writer is as it was
 *   LADLE_E_LIMIT   more than the limits allow; the writer is as it was
 *   LADLE_E_MEMORY  the writer is as it was
 *   LADLE_E_IO      a block could not be written (with threads it may be one of some calls before):
 *                   the writer is dead. error->record says how many records are in the file
 *   LADLE_E_STATE   the writer is dead or closed
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_append(ladle_writer *writer, const void *data,
                                                           size_t len, ladle_error *error);

/*
 * Add records that are NumPy scalars or arrays, all of one type: at the speed of memory.
 *
 * kind       LADLE_SCALAR or LADLE_ARRAY
 * type       as ladle_node_accept_typed takes it
 * value_len  bytes of a record
 * items      'count' records, one behind the other; copied
 *
 * Returns as ladle_writer_append, and LADLE_E_LIMIT for a type of more than 64 KiB. After an error
 * the records before the one concerned were added.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_append_items(ladle_writer *writer,
                                                                 ladle_kind kind, const void *type,
                                                                 size_t type_len, size_t value_len,
                                                                 const void *items, size_t count,
                                                                 ladle_error *error);

/*
 * For bindings: the shape to encode the next record into, at its root. Then ladle_writer_commit
 * adds the record, or ladle_writer_rollback takes back what was put of it.
 */
LADLE_API ladle_shape *ladle_writer_shape(ladle_writer *writer);

/*
 * For bindings: the value that was put at the root of the shape is a record. Writes a block when
 * one is full.
 *
 * Returns as ladle_writer_append. When it fails the record was taken back (a dead writer keeps
 * nothing).
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_commit(ladle_writer *writer,
                                                           ladle_error *error);
LADLE_API void ladle_writer_rollback(ladle_writer *writer);

/*
 * Write all records so far and hand them to the operating system: they survive a kill of the
 * process.
 *
 * Returns LADLE_OK, LADLE_E_IO (the writer is dead), LADLE_E_MEMORY, LADLE_E_STATE.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_flush(ladle_writer *writer, ladle_error *error);

/*
 * Does and returns as ladle_writer_flush, with a checkpoint and the sink's sync: the records survive
 * a loss of power. When the sink's sync fails the writer is dead, and error->record is the number of records
 * at the sync before: the system may have forgotten what it could not write.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_sync(ladle_writer *writer, ladle_error *error);

/*
 * Complete the file, and release the writer whatever happens. NULL is allowed.
 *
 * Returns LADLE_OK only when all that was appended is in the file and the file is complete;
 * LADLE_E_IO, LADLE_E_MEMORY, or LADLE_E_STATE for a writer that died before.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_writer_close(ladle_writer *writer, ladle_error *error);

/*
 * Write the records so far but leave the file unfinished, and release the writer. NULL is allowed.
 * Returns as ladle_writer_close.
 */
LADLE_API ladle_status ladle_writer_abort(ladle_writer *writer, ladle_error *error);

/*
 * Records of the file so far: all that were appended, and those that it had before.
 */
LADLE_API uint64_t ladle_writer_count(const ladle_writer *writer);

/*
 * Records of them that are in the file: handed to the sink, and after a failed sync only those of
 * the sync before.
 */
LADLE_API uint64_t ladle_writer_written_count(const ladle_writer *writer);

/*
 * Bytes that were handed to the sink: how far the file has come, for statistics and progress.
 */
LADLE_API uint64_t ladle_writer_written_len(const ladle_writer *writer);

/*
 * Bytes of memory that the writer takes at most while records are no larger than a block, codecs'
 * own state included. A larger record adds its size; twice that with a codec, three times with
 * threads.
 */
LADLE_API uint64_t ladle_writer_memory_bound(const ladle_writer *writer);

/*
 * The same for a writer that is not open yet: one is made and released, without a sink. 0 when the
 * options are such that it would not open, or there is no memory for it.
 *
 * options  NULL for the defaults
 */
LADLE_API uint64_t ladle_writer_options_bound(const ladle_writer_options *options);

#ifdef __cplusplus
}
#endif

#endif
