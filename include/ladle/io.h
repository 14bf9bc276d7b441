/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_IO_H
#define LADLE_IO_H

/*
 * Where bytes come from and go to. Fill one of the two structs with functions of your own, or
 * let one of the functions below do it.
 */

#include <ladle/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A source of bytes. Members that a program does not know or need are NULL.
 *
 * read     puts 1 to 'capacity' bytes into 'buffer' and their number into '*len'. Fewer than
 *          asked for are fine; 0 means the end, for good (a reader with the option 'live' asks
 *          again). Returns LADLE_OK or a negative status, for LADLE_E_IO with '*os_errno' set (0
 *          when the cause lies elsewhere). An interrupted call is tried again by the function
 *          itself.
 * close    may be NULL; called exactly once, by ladle_reader_close or when opening fails.
 * read_at  NULL when the source cannot do it (a pipe); else as read, with the bytes from 'offset'
 *          on: 0 bytes when the source ends there. It moves nothing, so that several readers may
 *          share what lies below. A reader that has it never calls 'read', which may be NULL then.
 * size     how many bytes there are now. Goes with read_at: both are there or neither.
 */
typedef struct ladle_source {
    size_t struct_size;
    void *ctx;
    ladle_status (*read)(void *ctx, void *buffer, size_t capacity, size_t *len, int *os_errno);
    void (*close)(void *ctx);
    ladle_status (*read_at)(void *ctx, void *buffer, size_t capacity, uint64_t offset, size_t *len,
                            int *os_errno);
    ladle_status (*size)(void *ctx, uint64_t *size, int *os_errno);
} ladle_source;

/*
 * Bytes in memory. There may be none: 'len' 0.
 */
typedef struct ladle_piece {
    const void *data;
    size_t len;
} ladle_piece;

/*
 * A sink for bytes.
 *
 * write         takes all 'len' bytes or fails, as read does. After a failure it is not called
 *               again.
 * flush         may be NULL; hands what it holds to the operating system.
 * sync          may be NULL; returns when the bytes would survive a loss of power. Not called again
 *               after a failure either: a system may forget what it could not write.
 * close         may be NULL; called exactly once, by ladle_writer_close, ladle_writer_abort or when
 *               opening fails. Reports a failure as write does.
 * truncate      may be NULL; cuts what is there to 'len' bytes, and has the next write begin behind
 *               them. Needed by ladle_writer_open_append only, which calls it once before all
 *               writes; 'len' is at most what is there.
 * write_pieces  may be NULL; as write, for several pieces that follow each other. Without it, each
 *               comes by itself.
 */
typedef struct ladle_sink {
    size_t struct_size;
    void *ctx;
    ladle_status (*write)(void *ctx, const void *data, size_t len, int *os_errno);
    ladle_status (*flush)(void *ctx, int *os_errno);
    ladle_status (*sync)(void *ctx, int *os_errno);
    ladle_status (*close)(void *ctx, int *os_errno);
    ladle_status (*truncate)(void *ctx, uint64_t len, int *os_errno);
    ladle_status (*write_pieces)(void *ctx, const ladle_piece *pieces, size_t count, int *os_errno);
} ladle_sink;

/*
 * Called by readers and writers when they are done with a block, in the thread of their caller. It
 * must not use the reader or writer. Who wants to stop makes no further call.
 *
 * done   bytes of the file up to behind the block; of what stands in a pipe, of those that came
 * total  bytes of the file; LADLE_UNKNOWN for a writer, and for what can be read in order only
 */
typedef void ladle_progress(void *ctx, uint64_t done, uint64_t total);

/*
 * Read from a file descriptor, from where it stands: a file, a pipe, a socket.
 *
 * source  output
 * fd      stays open when 'owned' is false; else ladle_reader_close closes it
 *
 * A pipe is made larger, where the system can and allows it, so that a block fits in.
 *
 * Threads  any; the source is the caller's
 */
LADLE_API void ladle_source_from_fd(ladle_source *source, int fd, bool owned);

/*
 * Read a file through its descriptor, from its first byte, wherever the descriptor stands; it is
 * not moved. Arguments as for ladle_source_from_fd. Not for pipes and sockets.
 */
LADLE_API void ladle_source_from_file(ladle_source *source, int fd, bool owned);

/*
 * Write to a file descriptor, from where it stands. As ladle_source_from_fd.
 */
LADLE_API void ladle_sink_from_fd(ladle_sink *sink, int fd, bool owned);

/*
 * Write pieces to a file descriptor, as far as one call of the system does: for sinks that look
 * after signals or locks between such calls.
 *
 * pieces, count  in and out: those that are left; 'count' 0 when all was written
 * done           in and out: bytes of the first one of them that were written, 0 to begin with
 *
 * Returns LADLE_OK; LADLE_E_ARGUMENT for NULL; or LADLE_E_IO with '*os_errno' set, EINTR and EAGAIN
 * among them. Nothing was written then.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_fd_write_some(int fd, const ladle_piece **pieces,
                                                           size_t *count, size_t *done,
                                                           int *os_errno);

/*
 * Open a file for reading: any part of it, if it is one that can be read so.
 *
 * source  output, written on LADLE_OK
 * path    of a file or named pipe, zero-terminated
 *
 * Returns LADLE_OK, or LADLE_E_IO with error->os_errno.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_source_open(ladle_source *source, const char *path,
                                                         ladle_error *error);

/*
 * Create a file, or empty the one that is there, for writing (mode 0666 less the umask). A regular
 * file is locked as by ladle_fd_lock before it is emptied. A sync of a new file syncs its name too.
 *
 * exclusive  fail with EEXIST when there is one
 *
 * Returns LADLE_OK; LADLE_E_STATE when another writer has the file; LADLE_E_MEMORY; or LADLE_E_IO
 * with error->os_errno.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_sink_open(ladle_sink *sink, const char *path,
                                                       bool exclusive, ladle_error *error);

/*
 * Open a file to go on writing it with ladle_writer_open_append, or create it: with the lock, and
 * with a sync of the name, as ladle_sink_open.
 *
 * sink, source  output: over one descriptor, which the sink owns
 *
 * Returns as ladle_sink_open; LADLE_E_IO with ESPIPE for what is no regular file.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_sink_open_append(ladle_sink *sink,
                                                              ladle_source *source,
                                                              const char *path, ladle_error *error);

/*
 * Tell others that somebody writes to a file: a lock of the operating system on the open file,
 * which goes when the last descriptor of it is closed, however the process ends. It keeps nobody
 * from reading or writing who does not ask for it, and nobody where the file system has no locks.
 *
 * fd  opened for writing
 *
 * Returns LADLE_OK; LADLE_E_STATE when another writer has the lock; LADLE_E_IO with
 * error->os_errno.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_fd_lock(int fd, ladle_error *error);

/*
 * Whether a writer has the lock of a file: ladle_fd_lock was called for it through another open.
 * Takes no lock.
 *
 * fd         of the file, opened for reading or writing
 * is_locked  output
 *
 * Returns LADLE_OK, or LADLE_E_IO with error->os_errno.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_fd_is_locked(int fd, bool *is_locked,
                                                          ladle_error *error);

/*
 * Bytes in memory as a source, any part of which can be read. The struct and the bytes are the
 * caller's and must stay until the reader is closed. 'position' is not used.
 */
typedef struct ladle_memory_source {
    const void *data;
    size_t len;      /* bytes */
    size_t position; /* bytes handed out so far */
} ladle_memory_source;

LADLE_API void ladle_source_from_memory(ladle_source *source, ladle_memory_source *memory);

/*
 * The same in pieces, read in order: when all bytes were handed out ('position' is 'len'), the
 * caller may put the next piece into the struct, with 'position' 0. For a reader with the option
 * 'live', which says LADLE_WAIT when it needs the next piece.
 */
LADLE_API void ladle_source_from_pieces(ladle_source *source, ladle_memory_source *memory);

/*
 * A growing piece of memory as a sink. Start from zeros; it grows by 'allocator' (NULL: malloc).
 * The struct is the caller's; ladle_memory_sink_free releases the bytes.
 */
typedef struct ladle_memory_sink {
    void *data;
    size_t len;      /* bytes written */
    size_t capacity; /* bytes allocated */
    const ladle_allocator *allocator;
} ladle_memory_sink;

LADLE_API void ladle_sink_from_memory(ladle_sink *sink, ladle_memory_sink *memory);
LADLE_API void ladle_memory_sink_free(ladle_memory_sink *memory);

#ifdef __cplusplus
}
#endif

#endif
