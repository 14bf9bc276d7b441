/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64

#include "argument.h"
#include "io.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A file that was opened for writing. Its name is in a directory, which is synced too when the name
 * is new.
 */
struct named_file {
    ladle_sink sink; /* over the descriptor */
    int directory;   /* descriptor; -1: the name is safe */
};

static ladle_status named_write(void *ctx, const void *data, size_t len, int *os_errno)
{
    const struct named_file *file = ctx;
    return file->sink.write(file->sink.ctx, data, len, os_errno);
}

static ladle_status named_write_pieces(void *ctx, const ladle_piece *pieces, size_t count,
                                       int *os_errno)
{
    const struct named_file *file = ctx;
    return file->sink.write_pieces(file->sink.ctx, pieces, count, os_errno);
}

/*
 * Some file systems cannot sync a directory, and need not.
 */
static ladle_status sync_directory(struct named_file *file, int *os_errno)
{
    if (file->directory < 0) {
        return LADLE_OK;
    }
    int result;
    do {
        result = fsync(file->directory);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno != EINVAL && errno != ENOTSUP) {
        *os_errno = errno;
        return LADLE_E_IO;
    }
    close(file->directory);
    file->directory = -1;
    return LADLE_OK;
}

static ladle_status named_sync(void *ctx, int *os_errno)
{
    struct named_file *file = ctx;
    LADLE_TRY(file->sink.sync(file->sink.ctx, os_errno));
    return sync_directory(file, os_errno);
}

static ladle_status named_truncate(void *ctx, uint64_t len, int *os_errno)
{
    const struct named_file *file = ctx;
    return file->sink.truncate(file->sink.ctx, len, os_errno);
}

static ladle_status named_close(void *ctx, int *os_errno)
{
    struct named_file *file = ctx;
    ladle_status status = file->sink.close(file->sink.ctx, os_errno);
    if (file->directory >= 0) {
        close(file->directory);
    }
    free(file);
    return status;
}

static int open_retrying(const char *path, int flags)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static ladle_status fail_open(ladle_error *error, const char *path, int os_errno)
{
    char action[80]; /* shorter than the path may be, so that the reason has room behind it */
    snprintf(action, sizeof action, "open %s", path);
    return ladle_fail_io(error, LADLE_E_IO, LADLE_UNKNOWN, os_errno, action);
}

ladle_status ladle_source_open(ladle_source *source, const char *path, ladle_error *error)
{
    LADLE_TRY(ladle_need(source && path, error));
    struct stat info;
    int fd = open_retrying(path, O_RDONLY);
    if (fd < 0) {
        return fail_open(error, path, errno);
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        ladle_source_from_file(source, fd, true);
    } else {
        ladle_source_from_fd(source, fd, true);
    }
    return LADLE_OK;
}

/*
 * The directory that a path is in; -1 when it cannot be opened, which need not trouble anybody
 * before a sync.
 */
static int open_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    if (len >= sizeof directory) {
        return -1;
    }
    memcpy(directory, path, len);
    directory[len] = 0;
    return open_retrying(len ? directory : ".", O_RDONLY);
}

static bool is_regular(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/*
 * Open a file for writing, with a lock if it is a regular one. '*is_new' says whether there was
 * none.
 */
static ladle_status open_locked(const char *path, int flags, bool exclusive, int *fd, bool *is_new,
                                ladle_error *error)
{
    *fd = open_retrying(path, flags | O_CREAT | O_EXCL);
    *is_new = *fd >= 0;
    if (*fd < 0 && errno == EEXIST && !exclusive) {
        *fd = open_retrying(path, flags | O_CREAT);
    }
    if (*fd < 0) {
        return fail_open(error, path, errno);
    }
    ladle_status status = is_regular(*fd) ? ladle_fd_lock(*fd, error) : LADLE_OK;
    if (status != LADLE_OK) {
        close(*fd);
    }
    return status;
}

/*
 * A sink that owns the descriptor, which is closed on failure.
 */
static ladle_status make_sink(ladle_sink *sink, int fd, const char *path, bool is_new,
                              ladle_error *error)
{
    struct named_file *file = malloc(sizeof *file);
    if (!file) {
        close(fd);
        return ladle_fail(error, LADLE_E_MEMORY, LADLE_UNKNOWN, LADLE_UNKNOWN, "%s",
                          ladle_status_text(LADLE_E_MEMORY));
    }
    ladle_sink_from_fd(&file->sink, fd, true);
    file->directory = is_new ? open_directory(path) : -1;
    *sink = (ladle_sink){.struct_size = sizeof *sink,
                         .ctx = file,
                         .write = named_write,
                         .sync = named_sync,
                         .close = named_close,
                         .truncate = named_truncate,
                         .write_pieces = named_write_pieces};
    return LADLE_OK;
}

ladle_status ladle_sink_open(ladle_sink *sink, const char *path, bool exclusive, ladle_error *error)
{
    LADLE_TRY(ladle_need(sink && path, error));
    int fd;
    bool is_new;
    LADLE_TRY(open_locked(path, O_WRONLY, exclusive, &fd, &is_new, error));
    if (!is_new && is_regular(fd) && ftruncate(fd, 0) != 0) {
        ladle_status status = fail_open(error, path, errno);
        close(fd);
        return status;
    }
    return make_sink(sink, fd, path, is_new, error);
}

ladle_status ladle_sink_open_append(ladle_sink *sink, ladle_source *source, const char *path,
                                    ladle_error *error)
{
    LADLE_TRY(ladle_need(sink && source && path, error));
    int fd;
    bool is_new;
    LADLE_TRY(open_locked(path, O_RDWR, false, &fd, &is_new, error));
    if (!is_regular(fd)) {
        close(fd);
        return fail_open(error, path, ESPIPE);
    }
    LADLE_TRY(make_sink(sink, fd, path, is_new, error));
    ladle_source_from_file(source, fd, false);
    return LADLE_OK;
}
