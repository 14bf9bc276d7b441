/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_FILEOBJ_H
#define LADLE_PYMODULE_FILEOBJ_H

/*
 * File descriptors, Python file objects and bytes-like objects as sources and sinks of the library.
 * An exception that a file object raises stays set while the library unwinds.
 */

#include "module.h"

#include <ladle/io.h>

/*
 * Zero it, and set 'fd' to -1, before the first use.
 */
typedef struct core_file {
    const core_state *state;
    PyObject *object; /* a file object; NULL for a descriptor */
    int fd;           /* -1: none */
    bool is_owned;
    bool is_positional; /* read at any place: a regular file, or an object with read_at */
    bool is_raw;        /* a file object whose write may do less than asked for */
    bool is_muted;      /* in a forked child: nothing is written */
    bool was_short;     /* the latest read gave less than asked for: a pipe, or the end */
    Py_buffer memory;
    ladle_memory_source memory_source;
    uint8_t head[8]; /* the first bytes that were read, for messages */
    size_t head_len;
    PyObject *directory;     /* bytes: holds the file's name, which is not synced yet; or NULL */
    PyThreadState *released; /* set while the library runs without the GIL */
} core_file;

/*
 * Take an int (a regular file is read from its first byte on, wherever the descriptor stands), an
 * object with read_at(offset, n) and size(), or with read(n), or a bytes-like object to read from;
 * an int or an object with write to write to. -1: an exception is set, nothing was taken.
 */
int core_file_open_source(core_file *file, const core_state *state, PyObject *source,
                          bool is_owned);
int core_file_open_sink(core_file *file, const core_state *state, PyObject *target, bool is_owned);

/*
 * The path of the directory that is to be synced with the file, for the file is new; NULL or None
 * for none. -1: an exception is set.
 */
int core_file_take_directory(core_file *file, PyObject *path);

/*
 * As a source or sink that refers to 'file'.
 */
ladle_source core_file_source(core_file *file);
ladle_sink core_file_sink(core_file *file);

/*
 * Close what is owned and let go of it; more calls do nothing. -1: an exception is set, or for a
 * descriptor '*os_errno'.
 */
int core_file_close(core_file *file, int *os_errno);

/*
 * Release the GIL around a call of the library, and take it again.
 */
static inline void core_file_release_gil(core_file *file)
{
    file->released = PyEval_SaveThread();
}

static inline void core_file_take_gil(core_file *file)
{
    PyEval_RestoreThread(file->released);
    file->released = NULL;
}

static inline int core_file_visit(core_file *file, visitproc visit, void *arg)
{
    Py_VISIT(file->object);
    Py_VISIT(file->memory.obj);
    return 0;
}

#endif
