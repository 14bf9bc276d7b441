/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock of a file's only writer, for the Python part that opens files.
 */
#include "errors.h"
#include "module.h"

#include <ladle/io.h>

const char core_lock_doc[] = PyDoc_STR(
    "lock(descriptor, /)\n--\n\n"
    "Lock a file for its only writer, until the descriptor and its duplicates are closed.\n"
    "False when another writer has it. Where the file system has no locks nobody has.\n"
    "Raises OSError.");

PyObject *core_lock(PyObject *module, PyObject *descriptor)
{
    ladle_error error;
    int fd = PyObject_AsFileDescriptor(descriptor);
    ladle_status status = fd < 0 ? LADLE_OK : ladle_fd_lock(fd, &error);
    if (fd >= 0 && status != LADLE_OK && status != LADLE_E_STATE) {
        core_raise(PyModule_GetState(module), &error, NULL);
        return NULL;
    }
    return fd < 0 ? NULL : PyBool_FromLong(status == LADLE_OK);
}

const char core_is_locked_doc[] = PyDoc_STR(
    "is_locked(descriptor, /)\n--\n\n"
    "Whether a writer that lives has the file open, other than by this descriptor. Raises\n"
    "OSError.");

PyObject *core_is_locked(PyObject *module, PyObject *descriptor)
{
    ladle_error error;
    bool is_locked = false;
    int fd = PyObject_AsFileDescriptor(descriptor);
    if (fd >= 0 && ladle_fd_is_locked(fd, &is_locked, &error) != LADLE_OK) {
        core_raise(PyModule_GetState(module), &error, NULL);
        return NULL;
    }
    return fd < 0 ? NULL : PyBool_FromLong(is_locked);
}
