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

enum core_on_error { CORE_RAISE, CORE_TAIL, CORE_SKIP };

typedef struct {
    PyObject_HEAD
    const core_state *state;
    ladle_reader *reader; /* NULL: closed */
    core_file file;
    core_decoder decoder;
    ladle_view *root;      /* of the block at hand */
    uint64_t row;          /* of that block, comes next */
    uint64_t row_count;    /* rows of that block that are to come, and those before them */
    uint64_t first_record; /* number of its first record */
    uint64_t next_record;  /* comes when those rows are handed out */
    uint64_t left;         /* records that come then; UINT64_MAX: all of the file */
    int64_t step;          /* from one record to the next */
    bool must_seek;        /* the library's reader does not stand where next_record is */
    enum core_on_error on_error;
    PyObject *on_loss; /* SKIP: called with each CorruptError; may be NULL */
    uint64_t lost;     /* records skipped, as far as it is known */
    PyObject *name;
    PyObject *kept_metadata;          /* tagged, as bytes, after close */
    PyObject *failure;                /* the exception at which it stays */
    struct core_selection *selection; /* NULL: all columns */
    PyObject *selected;               /* what its names belong to */
    bool is_live;
    bool is_ended;
    bool is_busy;
} Records;

int core_records_init(Records *self, PyObject *args, PyObject *kwargs);

/*
 * The number of the next record.
 */
static inline uint64_t core_records_position(const Records *self)
{
    return self->row < self->row_count ? self->first_record + self->row : self->next_record;
}

/*
 * Begin a call that uses the library's reader, and end it. -1: an exception is set.
 */
int core_records_refuse(const Records *self);

static inline int core_records_enter(Records *self)
{
    if (LADLE_UNLIKELY(!self->reader || self->is_busy)) {
        return core_records_refuse(self);
    }
    self->is_busy = true;
    return 0;
}

static inline void core_records_leave(Records *self)
{
    self->is_busy = false;
}

/*
 * Find the rows that come next. 1: there are some. 0: there are none, or none yet. -1: an exception
 * is set.
 */
int core_records_next_rows(Records *self);

/*
 * The record at hand cannot be decoded, for the reason in decoder.error. 1: it was skipped. -1: an
 * exception is set, and the iterator stays at it.
 */
int core_records_fail(Records *self);

PyObject *core_records_seek(Records *self, PyObject *record);
PyObject *core_records_count(Records *self, PyObject *ignored);
PyObject *core_records_schema(Records *self, PyObject *ignored);
PyObject *core_records_info(Records *self, PyObject *ignored);
PyObject *core_records_read_into(Records *self, PyObject *args, PyObject *kwargs);
PyObject *core_records_batches(Records *self, PyObject *args, PyObject *kwargs);
PyObject *core_records_select(Records *self, PyObject *names);
extern const char core_records_seek_doc[];
extern const char core_records_count_doc[];
extern const char core_records_schema_doc[];
extern const char core_records_info_doc[];
extern const char core_records_read_into_doc[];
extern const char core_records_batches_doc[];
extern const char core_records_select_doc[];

#endif
