/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include "closing.h"
#include "decode_again.h"
#include "errors.h"
#include "options.h"
#include "populate.h"

int core_records_refuse(const Records *self)
{
    return core_refuse_reading(self->reader);
}

/*
 * The next record as 'decode' makes it. NULL without an exception at the end.
 */
static inline PyObject *next_record(Records *self,
                                    PyObject *(*decode)(core_decoder *, ladle_view *))
{
    PyObject *record = NULL;
    do {
        if (LADLE_UNLIKELY(self->row == self->row_count) && core_records_next_rows(self) <= 0) {
            return NULL;
        }
        record = decode(&self->decoder, self->root);
    } while (LADLE_UNLIKELY(!record) && core_records_fail(self) > 0);
    self->row += record != NULL;
    return record;
}

static PyObject *records_next(Records *self)
{
    if (core_records_enter(self) < 0) {
        return NULL;
    }
    PyObject *record = next_record(self, core_decode_next);
    core_records_leave(self);
    return record;
}

/*
 * Append records to a list until it has 'limit'. Blocks end where signals are looked at.
 */
static int append_to_list(Records *self, PyObject *list, uint64_t limit)
{
    for (uint64_t i = (uint64_t)PyList_GET_SIZE(list); i < limit; i++) {
        if (self->row == self->row_count && PyErr_CheckSignals() < 0) {
            return -1;
        }
        PyObject *record = next_record(self, core_decode_record);
        if (!record) {
            return PyErr_Occurred() ? -1 : 0;
        }
        int result = PyList_Append(list, record);
        Py_DECREF(record);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Up to 'limit' records in a new list. Behind the first so many there are many more to come, it seems.
 */
static PyObject *read_list(Records *self, uint64_t limit)
{
    enum { FEW = 4096 };
    PyObject *list = PyList_New(0);
    int result = list ? append_to_list(self, list, limit < FEW ? limit : FEW) : -1;
    if (result == 0 && PyList_GET_SIZE(list) == FEW && limit > FEW) {
        core_populate_begin();
        result = append_to_list(self, list, limit);
        core_populate_end();
    }
    if (result < 0) {
        Py_CLEAR(list);
    }
    return list;
}

PyDoc_STRVAR(tolist_doc,
             "tolist($self, n=None)\n--\n\n"
             "The next n records in a list, or all that are left; fewer at the end of the file.\n\n"
             "Faster than list(records): the garbage collector is paused meanwhile, for all\n"
             "threads, and memory for the objects comes a MiB at a time. Raises what next() "
             "raises; records read before that are lost then.\n"
             "ValueError for a negative n.");

static PyObject *records_tolist(Records *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"n", NULL};
    PyObject *count = NULL;
    int64_t limit = INT64_MAX;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:tolist", keywords, &count) ||
        core_number_from(count, "n", 0, INT64_MAX, &limit) < 0 || core_records_enter(self) < 0) {
        return NULL;
    }
    bool was_enabled = PyGC_Disable();
    PyObject *list = read_list(self, (uint64_t)limit);
    if (was_enabled) {
        PyGC_Enable();
    }
    core_records_leave(self);
    return list;
}

/*
 * Keep the metadata for the time after the reader is gone. Without memory there are none.
 */
static void keep_metadata(Records *self)
{
    size_t len;
    const void *tagged = ladle_reader_metadata(self->reader, &len);
    self->kept_metadata = PyBytes_FromStringAndSize(tagged, (Py_ssize_t)len);
    if (!self->kept_metadata) {
        PyErr_Clear();
    }
}

static int close_records(PyObject *object)
{
    Records *self = (Records *)object;
    ladle_reader *reader = self->reader;
    int ignored;
    if (!reader) {
        return 0;
    }
    if (self->is_busy) {
        return core_records_refuse(self);
    }
    keep_metadata(self);
    self->next_record = core_records_position(self);
    self->row = 0;
    self->row_count = 0;
    self->reader = NULL;
    self->root = NULL;
    core_decoder_clear(&self->decoder);
    ladle_reader_close(reader);
    (void)core_file_close(&self->file, &ignored);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *records_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return close_records(self) < 0 ? NULL : Py_NewRef(Py_None);
}

/*
 * list() takes memory for as many before it has seen one, whatever a file says of itself.
 */
enum { HINT_MAX = 1 << 24 };

PyDoc_STRVAR(length_hint_doc,
             "__length_hint__($self, /)\n--\n\n"
             "Records that are left, or at least those of the block at hand; at most 2**24.");

static PyObject *records_length_hint(Records *self, PyObject *Py_UNUSED(ignored))
{
    uint64_t behind = self->left == UINT64_MAX ? 0 : self->left;
    uint64_t count = self->row_count - self->row + behind;
    return PyLong_FromUnsignedLongLong(count < HINT_MAX ? count : HINT_MAX);
}

static PyObject *records_repr(Records *self)
{
    return PyUnicode_FromFormat(
        "<ladle.Records of %R at record %llu%s>", self->name ? self->name : Py_None,
        (unsigned long long)core_records_position(self), self->reader ? "" : ", closed");
}

static PyObject *records_get_position(Records *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(core_records_position(self));
}

static PyObject *records_get_lost(Records *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->lost);
}

static PyObject *records_get_ended(Records *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->is_ended);
}

static PyObject *records_get_memory_bound(Records *self, void *Py_UNUSED(closure))
{
    if (!self->reader || self->is_busy) {
        core_records_refuse(self);
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(ladle_reader_memory_bound(self->reader));
}

static PyObject *records_get_closed(Records *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(!self->reader);
}

static PyObject *decode_metadata(Records *self, const uint8_t *tagged, size_t len)
{
    core_decoder decoder = {
        .state = self->state, .limits = self->decoder.limits, .types = self->decoder.types};
    PyObject *metadata = core_decode_whole(&decoder, tagged, len);
    core_decoder_clear(&decoder);
    if (!metadata) {
        core_raise(self->state, &decoder.error, self->name);
    }
    return metadata;
}

static PyObject *records_get_metadata(Records *self, void *Py_UNUSED(closure))
{
    size_t len = 0;
    const void *tagged = NULL;
    if (self->reader && self->is_busy) {
        core_records_refuse(self);
        return NULL;
    }
    if (self->reader) {
        tagged = ladle_reader_metadata(self->reader, &len);
    } else if (self->kept_metadata) {
        tagged = PyBytes_AS_STRING(self->kept_metadata);
        len = (size_t)PyBytes_GET_SIZE(self->kept_metadata);
    }
    return len ? decode_metadata(self, tagged, len) : PyDict_New();
}

static PyObject *records_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
                             PyObject *Py_UNUSED(kwargs))
{
    Records *self = (Records *)type->tp_alloc(type, 0);
    if (self) {
        self->file.fd = -1;
    }
    return (PyObject *)self;
}

static void records_finalize(PyObject *self)
{
    core_closing_finalize(self, close_records);
}

static int records_traverse(Records *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->name);
    Py_VISIT(self->failure);
    Py_VISIT(self->on_loss);
    if (core_decoder_visit(&self->decoder, visit, arg)) {
        return -1;
    }
    return core_file_visit(&self->file, visit, arg);
}

static int records_clear(Records *self)
{
    Py_CLEAR(self->name);
    Py_CLEAR(self->failure);
    Py_CLEAR(self->on_loss);
    Py_CLEAR(self->decoder.types);
    Py_CLEAR(self->kept_metadata);
    Py_CLEAR(self->selected);
    return 0;
}

static void records_dealloc(Records *self)
{
    if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
        return;
    }
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)records_clear(self);
    PyMem_Free(self->selection);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"tolist", (PyCFunction)(void (*)(void))records_tolist, METH_VARARGS | METH_KEYWORDS,
     tolist_doc},
    {"seek", (PyCFunction)core_records_seek, METH_O, core_records_seek_doc},
    {"count", (PyCFunction)core_records_count, METH_NOARGS, core_records_count_doc},
    {"read_into", (PyCFunction)(void (*)(void))core_records_read_into, METH_VARARGS | METH_KEYWORDS,
     core_records_read_into_doc},
    {"batches", (PyCFunction)(void (*)(void))core_records_batches, METH_VARARGS | METH_KEYWORDS,
     core_records_batches_doc},
    {"_select", (PyCFunction)core_records_select, METH_O, core_records_select_doc},
    {"_schema", (PyCFunction)core_records_schema, METH_NOARGS, core_records_schema_doc},
    {"_info", (PyCFunction)core_records_info, METH_NOARGS, core_records_info_doc},
    {"close", records_close, METH_NOARGS, core_closing_doc},
    {"__enter__", core_closing_enter, METH_NOARGS, NULL},
    {"__exit__", core_closing_exit, METH_VARARGS, "Close."},
    {"__length_hint__", (PyCFunction)records_length_hint, METH_NOARGS, length_hint_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"position", (getter)records_get_position, NULL, "The number of the next record.", NULL},
    {"metadata", (getter)records_get_metadata, NULL,
     "The metadata read so far: a new dict. Of several segments the later ones win, key by key.",
     NULL},
    {"lost", (getter)records_get_lost, NULL,
     "Records that were skipped so far, for damage, as far as their number is known.", NULL},
    {"ended", (getter)records_get_ended, NULL,
     "Whether the end was met: with live=True, that of a complete file.", NULL},
    {"memory_bound", (getter)records_get_memory_bound, NULL,
     "Bytes of memory that it takes at most, beside the objects of one record. From the largest\n"
     "block in the index; when there is none, from the limits.",
     NULL},
    {"closed", (getter)records_get_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(
    records_doc,
    "Records(source, /, *, name=None, owns=False, limits=None, types=(), on_error='raise',\n"
    "        threads=0, rows=None, live=False)\n--\n\n"
    "An iterator over the records of a file.\n\n"
    "source    a file descriptor (of a regular file: read from its first byte, without moving\n"
    "          it), an object with read_at(offset, n) and size(), or with read(n), which is read\n"
    "          from where it stands and never asked to seek; or bytes-like\n"
    "name      what to call the file in messages\n"
    "owns      close the source in the end; if this call fails, at once\n"
    "limits    a Limits, or None for the defaults\n"
    "types     classes that may be rebuilt\n"
    "on_error  what to do about damage: 'raise'; 'tail', an unfinished file ends where its last\n"
    "          complete block does; 'skip', that too, and damaged blocks are left out; or a\n"
    "          callable, which gets the CorruptError of each loss, then as 'skip'\n"
    "threads   how many threads decompress ahead\n"
    "rows      a range: only the records with these numbers, in its order\n"
    "live      an unfinished file has no end: what is not there yet may be asked for again\n\n"
    "Memory holds one block. A damaged block raises CorruptError before any of its\n"
    "records is handed out; a file that nobody completed, and whose writer no longer lives,\n"
    "raises TruncatedError behind its last whole block; UnsupportedError, LimitError, OSError and\n"
    "what read() raises may come too. After an error the iterator stays at it. One thread at a\n"
    "time may use it, RuntimeError otherwise; the GIL is released while a block is read.\n"
    "This call raises FormatError for what is no ladle file.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)records_doc},
    {Py_tp_new, records_new},
    {Py_tp_init, core_records_init},
    {Py_tp_finalize, records_finalize},
    {Py_tp_dealloc, records_dealloc},
    {Py_tp_traverse, records_traverse},
    {Py_tp_clear, records_clear},
    {Py_tp_repr, records_repr},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, records_next},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec core_records_spec = {
    .name = "ladle.Records",
    .basicsize = sizeof(Records),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
