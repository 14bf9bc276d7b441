/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_RECORDS_H
#define LADLE_PYMODULE_RECORDS_H

/*
 * The type ladle.Records: its calls are in records.c, what opens it is in records_open.c, how it
 * goes from block to block in records_block.c.
 */

#include "decode.h"
#include "fileobj.h"

#include <ladle/reader.h>

typedef struct {
    PyObject_HEAD
    const core_state *state;
    ladle_reader *reader; /* NULL: closed */
    core_file file;
    core_decoder decoder;
    ladle_view *root;      /* of the block at hand */
    uint64_t row;          /* of that block, comes next */
    uint64_t row_count;    /* of that block */
    uint64_t first_record; /* number of its first record */
    PyObject *name;
    PyObject *kept_metadata; /* tagged, as bytes, after close */
    PyObject *failure;       /* the exception at which it stays */
    bool is_ended;
    bool is_busy;
} Records;

int core_records_init(Records *self, PyObject *args, PyObject *kwargs);

static inline uint64_t core_records_position(const Records *self)
{
    return self->first_record + self->row;
}

/*
 * Go on to the next block. 1: there is one. 0: the file ends. -1: an exception is set.
 */
int core_records_next_block(Records *self);

/*
 * The record at hand cannot be decoded: set the exception for decoder.error, and stay at it. Always
 * -1.
 */
int core_records_fail(Records *self);

#endif
