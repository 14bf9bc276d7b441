/* SPDX-License-Identifier: BSD-2-Clause */
/* Files by their descriptors. */
#include "file_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What a system call came to: LADLE_END when a signal interrupted it whose handler is content.
 */
static ladle_status settle(core_file *file, int os_errno, int *os_errno_out)
{
    if (os_errno != EINTR) {
        *os_errno_out = os_errno;
        return LADLE_E_IO;
    }
    PyThreadState *released = core_file_enter_python(file);
    int raised = PyErr_CheckSignals();
    core_file_leave_python(file, released);
    return raised ? LADLE_E_IO : LADLE_END;
}

static ladle_status read_fd(void *ctx, void *buffer, size_t capacity, size_t *len, int *os_errno)
{
    core_file *file = ctx;
    size_t wanted_len = capacity < INT_MAX ? capacity : INT_MAX;
    /* A signal that came after a part was read did not fail that call. */
    ladle_status status = file->was_short ? settle(file, EINTR, os_errno) : LADLE_END;
    while (status == LADLE_END) {
        ssize_t got = read(file->fd, buffer, wanted_len);
        if (got >= 0) {
            *len = (size_t)got;
            file->was_short = *len < wanted_len;
            core_file_keep_head(file, buffer, *len, file->head_len);
            return LADLE_OK;
        }
        status = settle(file, errno, os_errno);
    }
    return status;
}

static ladle_status read_fd_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                               size_t *len, int *os_errno)
{
    core_file *file = ctx;
    size_t wanted_len = capacity < INT_MAX ? capacity : INT_MAX;
    ladle_status status = LADLE_END;
    *len = 0;
    if (offset > INT64_MAX) {
        return LADLE_OK;
    }
    while (status == LADLE_END) {
        ssize_t got = pread(file->fd, buffer, wanted_len, (off_t)offset);
        if (got >= 0) {
            *len = (size_t)got;
            core_file_keep_head(file, buffer, *len, offset);
            return LADLE_OK;
        }
        status = settle(file, errno, os_errno);
    }
    return status;
}

static ladle_status fd_size(void *ctx, uint64_t *size, int *os_errno)
{
    core_file *file = ctx;
    struct stat info;
    if (fstat(file->fd, &info) != 0) {
        *os_errno = errno;
        return LADLE_E_IO;
    }
    *size = (uint64_t)info.st_size;
    return LADLE_OK;
}

static ladle_status write_pieces(void *ctx, const ladle_piece *pieces, size_t count, int *os_errno)
{
    core_file *file = ctx;
    size_t done = 0;
    *os_errno = 0;
    while (count) {
        ladle_status status;
        int failure = 0;
        if (file->is_muted) {
            return LADLE_E_IO;
        }
        Py_BEGIN_ALLOW_THREADS
            status = ladle_fd_write_some(file->fd, &pieces, &count, &done, &failure);
        Py_END_ALLOW_THREADS
        if (count) {
            /* A signal that comes after a part was written does not fail the call. */
            status = settle(file, status == LADLE_OK ? EINTR : failure, os_errno);
            if (status != LADLE_END) {
                return status;
            }
        }
    }
    return LADLE_OK;
}

static ladle_status write_fd(void *ctx, const void *data, size_t len, int *os_errno)
{
    const ladle_piece piece = {data, len};
    return write_pieces(ctx, &piece, 1, os_errno);
}

/*
 * Have the system store what a descriptor stands for.
 */
static ladle_status sync_descriptor(core_file *file, int fd, int *os_errno)
{
    ladle_status status = LADLE_END;
    while (status == LADLE_END) {
        int result;
        int failure;
        if (file->is_muted) {
            return LADLE_E_IO;
        }
        Py_BEGIN_ALLOW_THREADS
            result = fsync(fd);
            failure = errno;
        Py_END_ALLOW_THREADS
        status = result == 0 ? LADLE_OK : settle(file, failure, os_errno);
    }
    return status;
}

static ladle_status sync_directory(core_file *file, int *os_errno)
{
    int fd = open(PyBytes_AS_STRING(file->directory), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *os_errno = errno;
        return LADLE_E_IO;
    }
    ladle_status status = sync_descriptor(file, fd, os_errno);
    close(fd);
    if (status == LADLE_OK) {
        Py_CLEAR(file->directory);
    }
    return status;
}

ladle_status core_fd_sync(void *ctx, int *os_errno)
{
    core_file *file = ctx;
    *os_errno = 0;
    ladle_status status = sync_descriptor(file, file->fd, os_errno);
    return status == LADLE_OK && file->directory ? sync_directory(file, os_errno) : status;
}

static ladle_status truncate_fd(void *ctx, uint64_t len, int *os_errno)
{
    core_file *file = ctx;
    ladle_status status = LADLE_END;
    *os_errno = 0;
    while (status == LADLE_END) {
        if (ftruncate(file->fd, (off_t)len) == 0 && lseek(file->fd, (off_t)len, SEEK_SET) >= 0) {
            return LADLE_OK;
        }
        status = settle(file, errno, os_errno);
    }
    return status;
}

int core_fd_close(core_file *file, int *os_errno)
{
    int fd = file->fd;
    file->fd = -1;
    int result;
    Py_BEGIN_ALLOW_THREADS
        result = close(fd);
        *os_errno = result < 0 ? errno : 0;
    Py_END_ALLOW_THREADS
    /* After EINTR the descriptor is closed. */
    return result < 0 && *os_errno != EINTR ? -1 : 0;
}

void core_fd_set_source(ladle_source *source, bool is_positional)
{
    source->read_at = is_positional ? read_fd_at : NULL;
    source->size = is_positional ? fd_size : NULL;
    source->read = is_positional ? NULL : read_fd;
}

void core_fd_set_sink(ladle_sink *sink)
{
    sink->write = write_fd;
    sink->write_pieces = write_pieces;
    sink->sync = core_fd_sync;
    sink->truncate = truncate_fd;
}
