/* SPDX-License-Identifier: BSD-2-Clause */
/* Files as they are given, and the way to each. */
#include "fileobj.h"

#include "file_ways.h"

#include <sys/stat.h>

PyThreadState *core_file_enter_python(core_file *file)
{
    PyThreadState *released = file->released;
    if (released) {
        PyEval_RestoreThread(released);
        file->released = NULL;
    }
    return released;
}

void core_file_leave_python(core_file *file, PyThreadState *released)
{
    if (released) {
        file->released = PyEval_SaveThread();
    }
}

void core_file_keep_head(core_file *file, const void *data, size_t len, uint64_t offset)
{
    if (offset != file->head_len) {
        return;
    }
    size_t room = sizeof file->head - file->head_len;
    size_t kept_len = len < room ? len : room;
    memcpy(file->head + file->head_len, data, kept_len);
    file->head_len += kept_len;
}

static void close_source(void *ctx)
{
    core_file *file = ctx;
    int os_errno;
    PyThreadState *released = core_file_enter_python(file);
    (void)core_file_close(file, &os_errno);
    core_file_leave_python(file, released);
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
    if (file->object) {
        core_methods_set_source(&source, file->is_positional);
    } else {
        core_fd_set_source(&source, file->is_positional);
    }
    return source;
}

static ladle_status close_sink(void *ctx, int *os_errno)
{
    *os_errno = 0;
    return core_file_close(ctx, os_errno) < 0 ? LADLE_E_IO : LADLE_OK;
}

ladle_sink core_file_sink(core_file *file)
{
    ladle_sink sink = {.struct_size = sizeof sink, .ctx = file, .close = close_sink};
    if (file->object) {
        core_methods_set_sink(&sink);
    } else {
        core_fd_set_sink(&sink);
    }
    return sink;
}

int core_file_close(core_file *file, int *os_errno)
{
    *os_errno = 0;
    Py_CLEAR(file->directory);
    if (file->memory.obj) {
        PyBuffer_Release(&file->memory);
    }
    if (file->object) {
        return core_methods_close(file);
    }
    if (file->fd >= 0 && file->is_owned) {
        return core_fd_close(file, os_errno);
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
        core_file_keep_head(file, file->memory.buf, (size_t)file->memory.len, 0);
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
