/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_WRITER_H
#define LADLE_PYMODULE_WRITER_H

/*
 * The type ladle.Writer: its calls are in writer.c, what opens it is in writer_open.c.
 */

#include "encode.h"
#include "fileobj.h"

#include <ladle/writer.h>

typedef struct Writer Writer;
struct Writer {
    PyObject_HEAD
    core_state *state;
    ladle_writer *writer;    /* NULL: closed */
    Writer *next, *previous; /* of those that are open, in state->writers */
    core_file file;
    core_encoder encoder;
    PyObject *default_hook;
    PyObject *name;
    PyObject *metadata; /* dict */
    uint64_t memory_bound;
    uint64_t cut_len;    /* bytes of an unfinished part that were cut when it was opened */
    uint64_t count;      /* records, when it was closed */
    unsigned fork_count; /* of the process that opened it */
    bool is_busy;
    bool is_dead; /* a write failed */
};

int core_writer_init(Writer *self, PyObject *args, PyObject *kwargs);

/*
 * Enter a writer into the list of those that are open; take it out.
 */
void core_writer_enlist(Writer *self);
void core_writer_delist(Writer *self);

/*
 * Set the exception for an error of the library, and note when the writer died of it. Always -1.
 */
int core_writer_fail(Writer *self, ladle_error *error);

/*
 * Append a record. -1: an exception is set.
 */
int core_writer_put(Writer *self, PyObject *record);

/*
 * Add the rows of an array. 1: done. 0: this is no array of which that can be done at once. -1: an
 * exception is set.
 */
int core_writer_extend_array(Writer *self, PyObject *records);

/*
 * The same for what hands out Arrow columns.
 */
int core_writer_extend_arrow(Writer *self, PyObject *records);

#endif
