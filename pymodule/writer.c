/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include "encode_batch.h"
#include "errors.h"
#include "numpy_types.h"
#include "prefetch.h"

/*
 * Records between two looks at whether the user pressed Ctrl-C.
 */
#define SIGNALS_EVERY 4096

static bool is_forked(const Writer *self)
{
    return self->fork_count != self->state->fork_count;
}

static uint64_t count_of(const Writer *self)
{
    return self->writer ? ladle_writer_count(self->writer) : self->count;
}

static int refuse(const Writer *self)
{
    if (!self->writer) {
        PyErr_SetString(PyExc_ValueError, "the writer is closed");
    } else if (is_forked(self)) {
        PyErr_SetString(self->state->error,
                        "the writer belongs to the parent of this process; a child opens its own");
    } else if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "the writer is used by two threads at once, or by what "
                                            "it was called with; guard it with a lock");
    } else {
        PyErr_Format(self->state->error,
                     "writing failed before: %llu records are safely in the file; close the writer",
                     (unsigned long long)ladle_writer_written_count(self->writer));
    }
    return -1;
}

/*
 * Begin a call that uses the library's writer; every one that begins ends with 'leave'.
 */
static inline int enter(Writer *self)
{
    if (LADLE_UNLIKELY(!self->writer || self->is_busy || self->is_dead || is_forked(self))) {
        return refuse(self);
    }
    self->is_busy = true;
    return 0;
}

static inline void leave(Writer *self)
{
    self->is_busy = false;
}

/*
 * Set the exception for an error of the library. A failed write says what is safe.
 */
int core_writer_fail(Writer *self, ladle_error *error)
{
    if (error->status == LADLE_E_IO) {
        self->is_dead = true;
        size_t len = strlen(error->text);
        PyOS_snprintf(error->text + len, sizeof error->text - len,
                      "; %llu records are safely in the file", (unsigned long long)error->record);
        error->record = LADLE_UNKNOWN;
    }
    core_raise(self->state, error, self->name);
    return -1;
}

/*
 * Append one record, which may be borrowed.
 */
static inline int put(Writer *self, PyObject *record)
{
    ladle_error error;
    if (LADLE_UNLIKELY(core_encode_record(&self->encoder, record) < 0)) {
        ladle_writer_rollback(self->writer);
        core_encoder_raise(&self->encoder, ladle_writer_count(self->writer), self->name);
        return -1;
    }
    if (LADLE_UNLIKELY(!ladle_shape_commit(self->encoder.shape) &&
                       ladle_writer_commit(self->writer, &error) != LADLE_OK)) {
        return core_writer_fail(self, &error);
    }
    return 0;
}

int core_writer_put(Writer *self, PyObject *record)
{
    return put(self, record);
}

PyDoc_STRVAR(append_doc,
             "append($self, record, /)\n--\n\n"
             "Add a record: any value that can be stored.\n\n"
             "Raises TypeError with the path of what cannot be stored, and\n"
             "LimitError; then the writer is as it was. OSError, when a full block\n"
             "could not be written: then the writer is dead. It says how many records are safe.");

static PyObject *writer_append(Writer *self, PyObject *record)
{
    if (enter(self) < 0) {
        return NULL;
    }
    int result = put(self, record);
    leave(self);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static inline int check_signals(uint64_t index)
{
    return LADLE_UNLIKELY(index % SIGNALS_EVERY == SIGNALS_EVERY - 1) ? PyErr_CheckSignals() : 0;
}

/*
 * Records that make no batch go one by one, as many as one could have had, before it is tried again.
 */
static int extend_list(Writer *self, PyObject *list)
{
    enum prefetch what = core_prefetch_look(list, 0);
    Py_ssize_t look_index = PREFETCH_LOOK_EVERY;
    Py_ssize_t batch_index = 0;
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(list);) {
        Py_ssize_t done = i < batch_index ? 0 : core_encode_batch(&self->encoder, list, i, what);
        if (done < 0) {
            batch_index = i + BATCH_MAX;
        }
        if (done <= 0) {
            core_prefetch(list, i, what);
            result = put(self, PyList_GET_ITEM(list, i));
            done = 1;
        }
        i += done;
        if (result == 0 && i >= look_index) {
            result = PyErr_CheckSignals();
            what = core_prefetch_look(list, i);
            look_index = i + PREFETCH_LOOK_EVERY;
        }
    }
    return result;
}

static int extend_tuple(Writer *self, PyObject *tuple)
{
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
        result = put(self, PyTuple_GET_ITEM(tuple, i));
        if (result == 0) {
            result = check_signals((uint64_t)i);
        }
    }
    return result;
}

#define AS_ONE_RECORD                                                                              \
    "append(value), or dump([value], file), writes it as one record, dumps(value) makes bytes of " \
    "it"

static int extend_iterable(Writer *self, PyObject *records)
{
    PyObject *iterator = PyObject_GetIter(records);
    PyObject *record;
    if (!iterator) {
        if (!Py_TYPE(records)->tp_iter && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "records is a %s, which is not iterable: " AS_ONE_RECORD,
                         Py_TYPE(records)->tp_name);
        }
        return -1;
    }
    int result = 0;
    for (uint64_t i = 0; result == 0 && (record = PyIter_Next(iterator)); i++) {
        result = put(self, record);
        Py_DECREF(record);
        if (result == 0) {
            result = check_signals(i);
        }
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : result;
}

/*
 * Refuse what is iterable by accident.
 */
static int check_records(const Writer *self, PyObject *records)
{
    int is_accident = PyUnicode_Check(records) || PyBytes_Check(records) ||
                      PyByteArray_Check(records) || PyMemoryView_Check(records) ||
                      PyDict_Check(records);
    if (PyTuple_Check(records)) { /* A named tuple is one record. */
        is_accident = !PyTuple_CheckExact(records) && PyObject_HasAttrString(records, "_fields");
    } else if (!is_accident && !PyList_Check(records)) {
        is_accident = PyObject_IsInstance(records, self->state->mapping_type);
    }
    if (is_accident > 0) {
        PyErr_Format(PyExc_TypeError,
                     "records is a %s, whose items are hardly meant as records: " AS_ONE_RECORD,
                     Py_TYPE(records)->tp_name);
    }
    return is_accident ? -1 : 0;
}

PyDoc_STRVAR(
    extend_doc,
    "extend($self, records, /)\n--\n\n"
    "Add every record of an iterable, each as append does.\n\n"
    "Memory holds one block; lists and tuples are read without an iterator, and of an array\n"
    "of NumPy the rows are added at once, as arrays or scalars; as dicts if it has fields of\n"
    "objects. What the iterable raises passes through; the records before that were added. A\n"
    "str, bytes, dict or named tuple is refused with TypeError.");

/*
 * Whatever has no way of its own.
 */
static int extend_rows(Writer *self, PyObject *records)
{
    PyObject *rows = core_object_rows(self->state, records);
    int result = rows ? extend_iterable(self, rows == Py_None ? records : rows) : -1;
    Py_XDECREF(rows);
    return result;
}

static int extend_other(Writer *self, PyObject *records)
{
    int is_done = core_writer_extend_array(self, records);
    if (is_done == 0) {
        is_done = core_writer_extend_arrow(self, records);
    }
    return is_done ? is_done : extend_rows(self, records);
}

static PyObject *writer_extend(Writer *self, PyObject *records)
{
    if (check_records(self, records) < 0 || enter(self) < 0) {
        return NULL;
    }
    int result = PyList_CheckExact(records)    ? extend_list(self, records)
                 : PyTuple_CheckExact(records) ? extend_tuple(self, records)
                                               : extend_other(self, records);
    leave(self);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *call_library(Writer *self, ladle_status (*function)(ladle_writer *, ladle_error *))
{
    ladle_error error;
    if (enter(self) < 0) {
        return NULL;
    }
    ladle_status status = function(self->writer, &error);
    leave(self);
    if (status != LADLE_OK) {
        (void)core_writer_fail(self, &error);
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(flush_doc, "flush($self, /)\n--\n\n"
                        "Write all records so far: they survive a kill of the process.\n\n"
                        "Ends a block, so calling it often makes files larger. Raises OSError.");

static PyObject *writer_flush(Writer *self, PyObject *Py_UNUSED(ignored))
{
    return call_library(self, ladle_writer_flush);
}

PyDoc_STRVAR(sync_doc, "sync($self, /)\n--\n\n"
                       "Write all records so far and have the system store them: they survive a\n"
                       "loss of power. Raises OSError.");

static PyObject *writer_sync(Writer *self, PyObject *Py_UNUSED(ignored))
{
    return call_library(self, ladle_writer_sync);
}

/*
 * Let go of the library's writer. In a forked child nothing is written.
 */
static int finish(Writer *self, bool complete)
{
    ladle_error error = {.status = LADLE_OK};
    ladle_writer *writer = self->writer;
    if (!writer) {
        return 0;
    }
    if (self->is_busy && !is_forked(self)) {
        return refuse(self);
    }
    self->count = ladle_writer_count(writer);
    self->writer = NULL;
    core_writer_delist(self);
    self->file.is_muted = is_forked(self);
    bool is_lost = self->file.is_muted || self->is_dead;
    ladle_status status = complete && !is_lost ? ladle_writer_close(writer, &error)
                                               : ladle_writer_abort(writer, &error);
    if (PyErr_Occurred()) {
        return -1;
    }
    return status == LADLE_OK || is_lost ? 0 : core_writer_fail(self, &error);
}

PyDoc_STRVAR(close_doc, "close($self, /)\n--\n\n"
                        "Complete the file. Closing twice is fine.\n\n"
                        "Raises OSError when not all is in the file. After a failed write it only\n"
                        "lets go of the file, which stays unfinished.");

static PyObject *writer_close(Writer *self, PyObject *Py_UNUSED(ignored))
{
    return finish(self, true) < 0 ? NULL : Py_NewRef(Py_None);
}

PyDoc_STRVAR(abort_doc,
             "abort($self, /)\n--\n\n"
             "Write the records so far but leave the file unfinished, so that nobody takes a part\n"
             "for the whole, and close. Raises OSError.");

static PyObject *writer_abort(Writer *self, PyObject *Py_UNUSED(ignored))
{
    return finish(self, false) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *writer_enter(Writer *self, PyObject *Py_UNUSED(ignored))
{
    if (!self->writer) {
        refuse(self);
        return NULL;
    }
    return Py_NewRef(self);
}

PyDoc_STRVAR(exit_doc, "__exit__($self, type, value, traceback, /)\n--\n\n"
                       "Close; after an exception, abort.");

static PyObject *writer_exit(Writer *self, PyObject *args)
{
    PyObject *type = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : Py_None;
    return finish(self, type == Py_None) < 0 ? NULL : Py_NewRef(Py_None);
}

static Py_ssize_t writer_length(Writer *self)
{
    return (Py_ssize_t)count_of(self);
}

static PyObject *writer_repr(Writer *self)
{
    const char *state = self->writer ? "" : ", closed";
    return PyUnicode_FromFormat("<ladle.Writer of %R, %llu records%s>",
                                self->name ? self->name : Py_None,
                                (unsigned long long)count_of(self), state);
}

static PyObject *writer_get_metadata(Writer *self, void *Py_UNUSED(closure))
{
    return self->metadata ? PyDict_Copy(self->metadata) : PyDict_New();
}

static PyObject *writer_get_memory_bound(Writer *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->memory_bound);
}

static PyObject *writer_get_cut_size(Writer *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->cut_len);
}

static PyObject *writer_get_closed(Writer *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(!self->writer);
}

static PyObject *writer_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
                            PyObject *Py_UNUSED(kwargs))
{
    Writer *self = (Writer *)type->tp_alloc(type, 0);
    if (self) {
        self->file.fd = -1;
    }
    return (PyObject *)self;
}

/*
 * Collected while open: closed, with a warning.
 */
static void writer_finalize(Writer *self)
{
    PyObject *type, *value, *traceback;
    if (!self->writer) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    if (!is_forked(self) &&
        PyErr_ResourceWarning((PyObject *)self, 1, "unclosed %R", (PyObject *)self) < 0) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    if (finish(self, true) < 0) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    PyErr_Restore(type, value, traceback);
}

static int writer_traverse(Writer *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->default_hook);
    Py_VISIT(self->name);
    Py_VISIT(self->metadata);
    return core_file_visit(&self->file, visit, arg);
}

static int writer_clear(Writer *self)
{
    self->encoder.default_hook = NULL;
    Py_CLEAR(self->default_hook);
    Py_CLEAR(self->name);
    Py_CLEAR(self->metadata);
    return 0;
}

static void writer_dealloc(Writer *self)
{
    if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
        return;
    }
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)writer_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"append", (PyCFunction)writer_append, METH_O, append_doc},
    {"extend", (PyCFunction)writer_extend, METH_O, extend_doc},
    {"flush", (PyCFunction)writer_flush, METH_NOARGS, flush_doc},
    {"sync", (PyCFunction)writer_sync, METH_NOARGS, sync_doc},
    {"close", (PyCFunction)writer_close, METH_NOARGS, close_doc},
    {"abort", (PyCFunction)writer_abort, METH_NOARGS, abort_doc},
    {"__enter__", (PyCFunction)writer_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)writer_exit, METH_VARARGS, exit_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"metadata", (getter)writer_get_metadata, NULL, "The metadata given: a new dict.", NULL},
    {"memory_bound", (getter)writer_get_memory_bound, NULL,
     "Bytes of memory that it takes at most. A record larger than a block adds its size; twice\n"
     "that with compression, three times with threads.",
     NULL},
    {"cut_size", (getter)writer_get_cut_size, NULL,
     "Bytes of an unfinished part at the end of the file that were cut when it was opened to\n"
     "append.",
     NULL},
    {"closed", (getter)writer_get_closed, NULL, "Whether it was closed or aborted.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(
    writer_doc,
    "Writer(target, /, *, name=None, owns=False, compression=None, level=None,\n"
    "       block_size=None, metadata=None, default=None, limits=None, uuid=None,\n"
    "       threads=0)\n--\n\n"
    "A file being written, record by record. len() is the number of records so far.\n\n"
    "target       a file descriptor, or an object with write(data); written from where it stands\n"
    "name         what to call the file in messages\n"
    "owns         close the target in the end; if this call fails, at once\n"
    "compression  None, 'zlib', 'zstd' or 'lz4'\n"
    "level        of the compression; None for its default\n"
    "block_size   bytes of a block before compression that are aimed at; 132,000 unless told\n"
    "metadata     a dict from str to values, kept in the file\n"
    "default      a callable: gets an object that cannot be stored, returns one that can; as in\n"
    "             json, keys of dicts are not asked about, nor are items of sets\n"
    "limits       a Limits, or None for the defaults\n"
    "uuid         16 bytes or a UUID: with the same one the same records make the same bytes\n"
    "threads      how many threads compress behind the caller; the bytes stay the same\n\n"
    "Leaving a with block closes it; on an exception it is aborted. One thread at a time may use\n"
    "it, RuntimeError otherwise; the GIL is released while the system writes. In a forked child\n"
    "it is dead. Raises TypeError and ValueError for bad options, OSError, and UnsupportedError\n"
    "for a compression that is not built in.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)writer_doc}, {Py_tp_new, writer_new},
    {Py_tp_init, core_writer_init},  {Py_tp_finalize, writer_finalize},
    {Py_tp_dealloc, writer_dealloc}, {Py_tp_traverse, writer_traverse},
    {Py_tp_clear, writer_clear},     {Py_tp_repr, writer_repr},
    {Py_tp_methods, methods},        {Py_tp_getset, getters},
    {Py_sq_length, writer_length},   {0, NULL},
};

PyType_Spec core_writer_spec = {
    .name = "ladle.Writer",
    .basicsize = sizeof(Writer),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
