/* SPDX-License-Identifier: BSD-2-Clause */
/* Files by the methods of Python objects. */
#include "file_ways.h"

/*
 * Bytes that one call asks for or hands over.
 */
#define STEP_LEN ((size_t)1 << 20)

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
    PyThreadState *released = core_file_enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "read", "n", (Py_ssize_t)wanted_len);
    Py_ssize_t got = result ? copy_result(result, buffer, wanted_len) : -1;
    Py_XDECREF(result);
    if (got > 0) {
        core_file_keep_head(file, buffer, (size_t)got, file->head_len);
    }
    core_file_leave_python(file, released);
    *len = got < 0 ? 0 : (size_t)got;
    *os_errno = 0;
    return got < 0 ? LADLE_E_IO : LADLE_OK;
}

static ladle_status read_object_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                                   size_t *len, int *os_errno)
{
    core_file *file = ctx;
    size_t wanted_len = capacity < STEP_LEN ? capacity : STEP_LEN;
    PyThreadState *released = core_file_enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "read_at", "Kn",
                                           (unsigned long long)offset, (Py_ssize_t)wanted_len);
    Py_ssize_t got = result ? copy_result(result, buffer, wanted_len) : -1;
    Py_XDECREF(result);
    if (got > 0) {
        core_file_keep_head(file, buffer, (size_t)got, offset);
    }
    core_file_leave_python(file, released);
    *len = got < 0 ? 0 : (size_t)got;
    *os_errno = 0;
    return got < 0 ? LADLE_E_IO : LADLE_OK;
}

static ladle_status object_size(void *ctx, uint64_t *size, int *os_errno)
{
    core_file *file = ctx;
    PyThreadState *released = core_file_enter_python(file);
    PyObject *result = PyObject_CallMethod(file->object, "size", NULL);
    *size = result ? PyLong_AsUnsignedLongLong(result) : 0;
    Py_XDECREF(result);
    ladle_status status = PyErr_Occurred() ? LADLE_E_IO : LADLE_OK;
    core_file_leave_python(file, released);
    *os_errno = 0;
    return status;
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
    return core_fd_sync(&below, os_errno);
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
 * In a forked child the last reference to an object with a buffer is kept for ever: letting go
 * of it would write what the parent writes too.
 */
int core_methods_close(core_file *file)
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

void core_methods_set_source(ladle_source *source, bool is_positional)
{
    source->read_at = is_positional ? read_object_at : NULL;
    source->size = is_positional ? object_size : NULL;
    source->read = is_positional ? NULL : read_object;
}

void core_methods_set_sink(ladle_sink *sink)
{
    sink->write = write_object;
    sink->flush = flush_object;
    sink->sync = sync_object;
    sink->truncate = truncate_object;
}
