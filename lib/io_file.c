/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE       /* locks that belong to open file descriptions */
#define _FILE_OFFSET_BITS 64

#include "argument.h"
#include "io.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Linux transfers at most 2 GiB in one call, macOS refuses more.
 */
#define PART_LEN_MAX ((size_t)1 << 30)

#define PIPE_LEN (512 << 10)

/*
 * Pieces that are written by one call.
 */
enum { PARTS_MAX = 32 };

/*
 * The descriptor itself is the context: a source or sink needs no memory of its own.
 */
static void *ctx_of(int fd)
{
    return (void *)(intptr_t)fd;
}

static int fd_of(void *ctx)
{
    return (int)(intptr_t)ctx;
}

static ladle_status fail_errno(int *os_errno)
{
    *os_errno = errno;
    return LADLE_E_IO;
}

/*
 * Whether a call that failed with errno is to be tried again: it was interrupted, or the
 * descriptor does not block and is ready only now.
 */
static bool try_again(int fd, short events)
{
    if (errno == EAGAIN) {
        struct pollfd waiting = {.fd = fd, .events = events};
        return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

static size_t part_len_of(size_t len)
{
    return len < PART_LEN_MAX ? len : PART_LEN_MAX;
}

static ladle_status fd_read(void *ctx, void *buffer, size_t capacity, size_t *len, int *os_errno)
{
    int fd = fd_of(ctx);
    for (;;) {
        ssize_t got = read(fd, buffer, part_len_of(capacity));
        if (got >= 0) {
            *len = (size_t)got;
            return LADLE_OK;
        }
        if (!try_again(fd, POLLIN)) {
            return fail_errno(os_errno);
        }
    }
}

static ladle_status fd_read_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                               size_t *len, int *os_errno)
{
    if (offset > INT64_MAX) {
        *len = 0;
        return LADLE_OK;
    }
    for (;;) {
        ssize_t got = pread(fd_of(ctx), buffer, part_len_of(capacity), (off_t)offset);
        if (got >= 0) {
            *len = (size_t)got;
            return LADLE_OK;
        }
        if (errno != EINTR) {
            return fail_errno(os_errno);
        }
    }
}

/*
 * Devices tell their size only by seeking, which would move the descriptor.
 */
static ladle_status fd_size(void *ctx, uint64_t *size, int *os_errno)
{
    struct stat info;
    if (fstat(fd_of(ctx), &info) != 0) {
        return fail_errno(os_errno);
    }
    *size = (uint64_t)info.st_size;
    return LADLE_OK;
}

ladle_status ladle_fd_write_some(int fd, const ladle_piece **pieces, size_t *count, size_t *done,
                                 int *os_errno)
{
    LADLE_TRY(ladle_need(pieces && count && done && os_errno, NULL));
    struct iovec parts[PARTS_MAX];
    size_t left = PART_LEN_MAX;
    size_t skipped = *done;
    int part_count = 0;
    for (size_t i = 0; i < *count && left && part_count < PARTS_MAX; i++) {
        const ladle_piece *piece = &(*pieces)[i];
        size_t len = piece->len - skipped < left ? piece->len - skipped : left;
        parts[part_count++] =
            (struct iovec){.iov_base = (uint8_t *)(uintptr_t)piece->data + skipped, .iov_len = len};
        left -= len;
        skipped = 0;
    }
    ssize_t written = writev(fd, parts, part_count);
    if (written < 0) {
        return fail_errno(os_errno);
    }
    for (*done += (size_t)written; *count && *done >= (*pieces)->len; (*pieces)++, (*count)--) {
        *done -= (*pieces)->len;
    }
    return LADLE_OK;
}

static ladle_status fd_write_pieces(void *ctx, const ladle_piece *pieces, size_t count,
                                    int *os_errno)
{
    int fd = fd_of(ctx);
    size_t done = 0;
    while (count) {
        if (ladle_fd_write_some(fd, &pieces, &count, &done, os_errno) != LADLE_OK &&
            !try_again(fd, POLLOUT)) {
            return fail_errno(os_errno);
        }
    }
    return LADLE_OK;
}

static ladle_status fd_write(void *ctx, const void *data, size_t len, int *os_errno)
{
    const ladle_piece piece = {data, len};
    return fd_write_pieces(ctx, &piece, 1, os_errno);
}

static ladle_status fd_sync(void *ctx, int *os_errno)
{
    int result;
    do {
#ifdef __APPLE__
        result = fsync(fd_of(ctx));
#else
        result = fdatasync(fd_of(ctx));
#endif
    } while (result != 0 && errno == EINTR);
    return result == 0 ? LADLE_OK : fail_errno(os_errno);
}

/*
 * A descriptor in append mode writes at the end wherever it stands.
 */
static ladle_status fd_truncate(void *ctx, uint64_t len, int *os_errno)
{
    int fd = fd_of(ctx);
    struct stat info;
    int result;
    if (len > INT64_MAX || fstat(fd, &info) != 0) {
        return fail_errno(os_errno);
    }
    do {
        result = (uint64_t)info.st_size == len ? 0 : ftruncate(fd, (off_t)len);
    } while (result != 0 && errno == EINTR);
    return result == 0 && lseek(fd, (off_t)len, SEEK_SET) >= 0 ? LADLE_OK : fail_errno(os_errno);
}

static void fd_close_source(void *ctx)
{
    close(fd_of(ctx));
}

/*
 * An interrupted close has closed the descriptor, or leaves it in a state that nobody can
 * tell; trying again could close another thread's.
 */
static ladle_status fd_close_sink(void *ctx, int *os_errno)
{
    return close(fd_of(ctx)) == 0 || errno == EINTR ? LADLE_OK : fail_errno(os_errno);
}

/*
 * A pipe holds 64 KiB on Linux, less than a block: the two sides would wait for each other several
 * times a block. More is a kindness, not a need; a descriptor that is no pipe refuses.
 */
static void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    int capacity = fcntl(fd, F_GETPIPE_SZ);
    if (capacity > 0 && capacity < PIPE_LEN) {
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_LEN);
    }
#else
    (void)fd;
#endif
}

void ladle_source_from_fd(ladle_source *source, int fd, bool owned)
{
    widen_pipe(fd);
    *source = (ladle_source){.struct_size = sizeof *source,
                             .ctx = ctx_of(fd),
                             .read = fd_read,
                             .close = owned ? fd_close_source : NULL};
}

void ladle_source_from_file(ladle_source *source, int fd, bool owned)
{
    *source = (ladle_source){.struct_size = sizeof *source,
                             .ctx = ctx_of(fd),
                             .close = owned ? fd_close_source : NULL,
                             .read_at = fd_read_at,
                             .size = fd_size};
}

void ladle_sink_from_fd(ladle_sink *sink, int fd, bool owned)
{
    widen_pipe(fd);
    *sink = (ladle_sink){.struct_size = sizeof *sink,
                         .ctx = ctx_of(fd),
                         .write = fd_write,
                         .sync = fd_sync,
                         .close = owned ? fd_close_sink : NULL,
                         .truncate = fd_truncate,
                         .write_pieces = fd_write_pieces};
}

#ifdef F_OFD_SETLK

/*
 * All of the file, for writing.
 */
static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static int try_lock(int fd)
{
    struct flock lock = whole_file();
    return fcntl(fd, F_OFD_SETLK, &lock);
}

static int look_at_lock(int fd, bool *is_locked)
{
    struct flock lock = whole_file();
    int result = fcntl(fd, F_OFD_GETLK, &lock);
    *is_locked = result == 0 && lock.l_type != F_UNLCK;
    return result;
}

#else

static int try_lock(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB);
}

static int look_at_lock(int fd, bool *is_locked)
{
    *is_locked = false;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
        return flock(fd, LOCK_UN);
    }
    *is_locked = errno == EWOULDBLOCK;
    return *is_locked ? 0 : -1;
}

#endif

/*
 * Whether it failed because the file system has no locks: then nobody can have one.
 */
static bool has_no_locks(int os_errno)
{
    return os_errno == ENOLCK || os_errno == ENOTSUP || os_errno == ENOSYS || os_errno == EINVAL;
}

ladle_status ladle_fd_lock(int fd, ladle_error *error)
{
    int os_errno = try_lock(fd) == 0 ? 0 : errno;
    if (os_errno == 0 || has_no_locks(os_errno)) {
        return LADLE_OK;
    }
    if (os_errno == EAGAIN || os_errno == EACCES) {
        return ladle_fail(error, LADLE_E_STATE, LADLE_UNKNOWN, LADLE_UNKNOWN,
                          "another writer has the file open");
    }
    return ladle_fail_io(error, LADLE_E_IO, LADLE_UNKNOWN, os_errno, "lock the file");
}

ladle_status ladle_fd_is_locked(int fd, bool *is_locked, ladle_error *error)
{
    LADLE_TRY(ladle_need(is_locked, error));
    int os_errno = look_at_lock(fd, is_locked) == 0 ? 0 : errno;
    if (os_errno == 0 || has_no_locks(os_errno)) {
        return LADLE_OK;
    }
    return ladle_fail_io(error, LADLE_E_IO, LADLE_UNKNOWN, os_errno,
                         "look for the lock of the file");
}
