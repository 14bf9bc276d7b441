/* SPDX-License-Identifier: BSD-2-Clause */
#include "fileobj.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Bytes that one call asks for or hands over.
 */
#define STEP_LEN ((size_t)1 << 20)

/*
 * Callbacks run with the GIL released by their caller, or not; within, they need it.
 */
static PyThreadState *enter_python(core_file *file)
{
    PyThreadState *released = file->released;
    if (released) {
        PyEval_RestoreThread(released);
        file->released = NULL;
    }
    return released;
}

static void leave_python(core_file *file, PyThreadState *released)
{
    if (released) {
        file->released = PyEval_SaveThread();
    }
}

/*
 * What a system call came to: LADLE_END when a signal interrupted it whose handler is content.
 */
static ladle_status settle(core_file *file, int os_errno, int *os_errno_out)
{
    if (os_errno != EINTR) {
        *os_errno_out = os_errno;
        return LADLE_E_IO;
    }
    PyThreadState *released = enter_python(file);
    int raised = PyErr_CheckSignals();
    leave_python(file, released);
    return raised ? LADLE_E_IO : LADLE_END;
}

/*
 * Keep the first bytes that were read, from 'offset' on.
 */
static void keep_head(core_file *file, const void *data, size_t len, uint64_t offset)
{
    if (offset != file->head_len) {
        return;
    }
    size_t room = sizeof file->head - file->head_len;
    size_t kept_len = len < room ? len : room;
    memcpy(file->head + file->head_len, data, kept_len);
    file->head_len += kept_len;
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
            keep_head(file, buffer, *len, file->head_len);
            return LADLE_OK;
        }
        status = settle(file, errno, os_errno);
    }
    return status;
}

/*
 * The bytes of what read() gave. -1: an exception is set.
 */
static Py_ssize_t copy_result(PyObject *result, void *buffer, size_t capacity)
{
    Py_buffer view;
    if (result == Py_None) {
        PyErr_SetString(PyExc_BlockingIOError, "read() of the file object has no data now");
        return -1;
    }
    if (PyUnicode_Check(result)) {
        PyErr_SetString(PyExc_TypeError,
                        "read() of the file object gave a str: open it in binary mode");
        return -1;
    }
    if (PyObject_GetBuffer(result, &view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    Py_ssize_t len = view.len;
    if ((size_t)len > capacity) {
        PyErr_Format(PyExc_ValueError, "read(%zu) of the file object gave %zd bytes", capacity,
                     len);
        len = -1;
    } else {
        memcpy(buffer, view.buf, (size_t)len);
    }
    PyBuffer_Release(&view);
    return len;
}

static ladle_status read_object(void *ctx, void *buffer, size_t capacity, size_t *len,
                                int *os_errno)
{
    core_file *file = ctx;
    size_t wanted_len = capacity < STEP_LEN ? capacity : STEP_LEN;
    PyThreadState *released = enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "read", "n", (Py_ssize_t)wanted_len);
    Py_ssize_t got = result ? copy_result(result, buffer, wanted_len) : -1;
    Py_XDECREF(result);
    if (got > 0) {
        keep_head(file, buffer, (size_t)got, file->head_len);
    }
    leave_python(file, released);
    *len = got < 0 ? 0 : (size_t)got;
    *os_errno = 0;
    return got < 0 ? LADLE_E_IO : LADLE_OK;
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
            keep_head(file, buffer, *len, offset);
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

static ladle_status read_object_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                                   size_t *len, int *os_errno)
{
    core_file *file = ctx;
    size_t wanted_len = capacity < STEP_LEN ? capacity : STEP_LEN;
    PyThreadState *released = enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "read_at", "Kn",
                                           (unsigned long long)offset, (Py_ssize_t)wanted_len);
    Py_ssize_t got = result ? copy_result(result, buffer, wanted_len) : -1;
    Py_XDECREF(result);
    if (got > 0) {
        keep_head(file, buffer, (size_t)got, offset);
    }
    leave_python(file, released);
    *len = got < 0 ? 0 : (size_t)got;
    *os_errno = 0;
    return got < 0 ? LADLE_E_IO : LADLE_OK;
}

static ladle_status object_size(void *ctx, uint64_t *size, int *os_errno)
{
    core_file *file = ctx;
    PyThreadState *released = enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "size", NULL);
    *size = result ? PyLong_AsUnsignedLongLong(result) : 0;
    Py_XDECREF(result);
    ladle_status status = PyErr_Occurred() ? LADLE_E_IO : LADLE_OK;
    leave_python(file, released);
    *os_errno = 0;
    return status;
}

static void close_source(void *ctx)
{
    core_file *file = ctx;
    int os_errno;
    PyThreadState *released = enter_python(file);
    (void)core_file_close(file, &os_errno);
    leave_python(file, released);
}

ladle_source core_file_source(core_file *file)
{
    ladle_source source = {.struct_size = sizeof source};
    if (file->memory.obj) {
        file->memory_source =
            (ladle_memory_source){.data = file->memory.buf, .len = (size_t)file->memory.len};
        ladle_source_from_memory(&source, &file->memory_source);
        return source;
    }
    source.ctx = file;
    source.close = close_source;
    if (file->is_positional) {
        source.read_at = file->object ? read_object_at : read_fd_at;
        source.size = file->object ? object_size : fd_size;
    } else {
        source.read = file->object ? read_object : read_fd;
    }
    return source;
}

static ladle_status write_fd(void *ctx, const void *data, size_t len, int *os_errno)
{
    core_file *file = ctx;
    const char *next = data;
    *os_errno = 0;
    while (len) {
        ssize_t done;
        int failure;
        if (file->is_muted) {
            return LADLE_E_IO;
        }
        Py_BEGIN_ALLOW_THREADS
            done = write(file->fd, next, len < INT_MAX ? len : INT_MAX);
            failure = errno;
        Py_END_ALLOW_THREADS
        if (done >= 0) {
            next += done;
            len -= (size_t)done;
            /* A signal that comes after a part was written does not fail the call. */
            failure = EINTR;
        }
        ladle_status status = len ? settle(file, failure, os_errno) : LADLE_END;
        if (status != LADLE_END) {
            return status;
        }
    }
    return LADLE_OK;
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

static ladle_status sync_fd(void *ctx, int *os_errno)
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

static ladle_status truncate_object(void *ctx, uint64_t len, int *os_errno)
{
    core_file *file = ctx;
    PyObject *result = PyObject_CallMethod(file->object, "truncate", "K", (unsigned long long)len);
    *os_errno = 0;
    Py_XDECREF(result);
    return result ? LADLE_OK : LADLE_E_IO;
}

/*
 * How many of 'len' bytes write() took. -1: an exception is set.
 */
static Py_ssize_t taken_by(const core_file *file, PyObject *result, Py_ssize_t len)
{
    if (result == Py_None && !file->is_raw) {
        return len;
    }
    if (result == Py_None) {
        PyErr_SetString(PyExc_BlockingIOError, "write() of the file object has no room now");
        return -1;
    }
    Py_ssize_t taken = PyNumber_AsSsize_t(result, PyExc_ValueError);
    if (taken == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (taken < 1 || taken > len) {
        PyErr_Format(PyExc_OSError, "write() of the file object was given %zd bytes and took %zd",
                     len, taken);
        return -1;
    }
    return taken;
}

static ladle_status write_object(void *ctx, const void *data, size_t len, int *os_errno)
{
    core_file *file = ctx;
    const char *next = data;
    *os_errno = 0;
    while (len) {
        if (file->is_muted) {
            return LADLE_E_IO;
        }
        Py_ssize_t step = (Py_ssize_t)(len < STEP_LEN ? len : STEP_LEN);
        PyObject *result = PyObject_CallMethod(file->object, "write", "y#", next, step);
        Py_ssize_t taken = result ? taken_by(file, result, step) : -1;
        Py_XDECREF(result);
        if (taken < 0) {
            return LADLE_E_IO;
        }
        next += taken;
        len -= (size_t)taken;
    }
    return LADLE_OK;
}

/*
 * Call a method that the object need not have. NULL without an exception when it has none.
 */
static PyObject *call_if_there(PyObject *object, const char *name)
{
    PyObject *method = PyObject_GetAttrString(object, name);
    if (!method) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    PyObject *result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    return result;
}

static ladle_status flush_object(void *ctx, int *os_errno)
{
    core_file *file = ctx;
    *os_errno = 0;
    if (file->is_muted) {
        return LADLE_E_IO;
    }
    PyObject *result = call_if_there(file->object, "flush");
    Py_XDECREF(result);
    return result || !PyErr_Occurred() ? LADLE_OK : LADLE_E_IO;
}

/*
 * The descriptor below a file object, or -1: it has none, or an exception is set.
 */
static int descriptor_of(PyObject *object)
{
    PyObject *number = call_if_there(object, "fileno");
    if (!number) {
        if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OSError)) {
            PyErr_Clear();
        }
        return -1;
    }
    int fd = PyObject_AsFileDescriptor(number);
    Py_DECREF(number);
    return fd;
}

static ladle_status sync_object(void *ctx, int *os_errno)
{
    core_file *file = ctx;
    if (flush_object(file, os_errno) != LADLE_OK) {
        return LADLE_E_IO;
    }
    core_file below = {.state = file->state, .fd = descriptor_of(file->object)};
    if (below.fd < 0) {
        return PyErr_Occurred() ? LADLE_E_IO : LADLE_OK;
    }
    return sync_fd(&below, os_errno);
}

static ladle_status close_sink(void *ctx, int *os_errno)
{
    *os_errno = 0;
    return core_file_close(ctx, os_errno) < 0 ? LADLE_E_IO : LADLE_OK;
}

ladle_sink core_file_sink(core_file *file)
{
    bool is_object = file->object != NULL;
    return (ladle_sink){.struct_size = sizeof(ladle_sink),
                        .ctx = file,
                        .write = is_object ? write_object : write_fd,
                        .flush = is_object ? flush_object : NULL,
                        .sync = is_object ? sync_object : sync_fd,
                        .close = close_sink,
                        .truncate = is_object ? truncate_object : truncate_fd};
}

static int close_fd(core_file *file, int *os_errno)
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

/*
 * In a forked child the last reference to an object with a buffer is kept for ever: letting go
 * of it would write what the parent writes too.
 */
static int close_object(core_file *file)
{
    PyObject *object = file->object;
    file->object = NULL;
    if (!file->is_owned) {
        Py_DECREF(object);
        return 0;
    }
    if (file->is_muted) {
        return 0;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *result = call_if_there(object, "close");
    bool failed = !result && PyErr_Occurred();
    if (type) {
        PyErr_Restore(type, value, traceback);
    }
    Py_XDECREF(result);
    Py_DECREF(object);
    return failed ? -1 : 0;
}

int core_file_close(core_file *file, int *os_errno)
{
    *os_errno = 0;
    Py_CLEAR(file->directory);
    if (file->memory.obj) {
        PyBuffer_Release(&file->memory);
    }
    if (file->object) {
        return close_object(file);
    }
    if (file->fd >= 0 && file->is_owned) {
        return close_fd(file, os_errno);
    }
    file->fd = -1;
    return 0;
}

static bool is_regular(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/*
 * 1: it was an int, now the descriptor. 0: it is none. -1: an exception is set.
 */
static int take_descriptor(core_file *file, PyObject *object)
{
    if (!PyLong_Check(object) || PyBool_Check(object)) {
        return 0;
    }
    file->fd = PyObject_AsFileDescriptor(object);
    return file->fd < 0 ? -1 : 1;
}

/*
 * 1: the object has a method. 0: it has none. -1: an exception is set.
 */
static int has_method(PyObject *object, const char *name)
{
    PyObject *method = PyObject_GetAttrString(object, name);
    if (!method) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    int is_callable = PyCallable_Check(method);
    Py_DECREF(method);
    return is_callable;
}

int core_file_open_source(core_file *file, const core_state *state, PyObject *source, bool is_owned)
{
    *file = (core_file){.state = state, .fd = -1, .is_owned = is_owned};
    int result = take_descriptor(file, source);
    if (result) {
        file->is_positional = result > 0 && is_regular(file->fd);
        return result < 0 ? -1 : 0;
    }
    result = has_method(source, "read_at");
    file->is_positional = result > 0;
    if (result == 0) {
        result = has_method(source, "read");
    }
    if (result) {
        file->object = result > 0 ? Py_NewRef(source) : NULL;
        return result < 0 ? -1 : 0;
    }
    if (PyObject_CheckBuffer(source)) {
        if (PyObject_GetBuffer(source, &file->memory, PyBUF_SIMPLE) < 0) {
            return -1;
        }
        keep_head(file, file->memory.buf, (size_t)file->memory.len, 0);
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "the source is a %s: it must be a file descriptor, an object with read(n) or "
                 "with read_at(offset, n) and size(), or bytes-like",
                 Py_TYPE(source)->tp_name);
    return -1;
}

int core_file_open_sink(core_file *file, const core_state *state, PyObject *target, bool is_owned)
{
    *file = (core_file){.state = state, .fd = -1, .is_owned = is_owned};
    int result = take_descriptor(file, target);
    if (result) {
        file->is_positional = result > 0 && is_regular(file->fd);
        return result < 0 ? -1 : 0;
    }
    int has_places = has_method(target, "read_at");
    result = has_places < 0 ? -1 : has_method(target, "write");
    if (result < 0) {
        return -1;
    }
    file->is_positional = has_places;
    if (!result) {
        PyErr_Format(PyExc_TypeError,
                     "the target is a %s: it must be a file descriptor or an object with write",
                     Py_TYPE(target)->tp_name);
        return -1;
    }
    int is_raw = PyObject_IsInstance(target, state->raw_io_type);
    if (is_raw < 0) {
        return -1;
    }
    file->is_raw = is_raw;
    file->object = Py_NewRef(target);
    return 0;
}

int core_file_take_directory(core_file *file, PyObject *path)
{
    return !path || path == Py_None || PyUnicode_FSConverter(path, &file->directory) ? 0 : -1;
}
