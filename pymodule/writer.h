/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_WRITER_H
#define LADLE_PYMODULE_WRITER_H

/*
 * The type ladle.Writer: its calls are in writer.c, what opens it is in writer_open.c.
 */

#include "encode.h"
#include "fileobj.h"

#include <ladle/writer.h>

typedef struct {
    PyObject_HEAD
    const core_state *state;
    ladle_writer *writer; /* NULL: closed */
    core_file file;
    core_encoder encoder;
    PyObject *default_hook;
    PyObject *name;
    PyObject *metadata; /* dict */
    uint64_t memory_bound;
    uint64_t count;      /* records, when it was closed */
    unsigned fork_count; /* of the process that opened it */
    bool is_busy;
    bool is_dead; /* a write failed */
} Writer;

int core_writer_init(Writer *self, PyObject *args, PyObject *kwargs);

#endif
