/* SPDX-License-Identifier: BSD-2-Clause */
/* The iterator over the records of a file of pickles. */
#include "closing.h"
#include "errors.h"
#include "options.h"
#include "pickle_machine.h"

typedef enum { ITEMS_BY_COUNT, ITEMS_ALWAYS, ITEMS_NEVER } items_policy;

typedef struct {
    PyObject_HEAD
    pickle_machine machine;
    PyObject *spread; /* gets the value of a pickle, gives an iterator over its records */
    PyObject *rest;   /* such an iterator, of the pickle before */
    PyObject *name;
    PyObject *failure; /* the exception at which it stays */
    items_policy policy;
    uint64_t position;
    bool is_open;
    bool is_running; /* in the middle of a pickle */
    bool is_ended;
    bool is_busy;
} PickleRecords;

static int fail(PickleRecords *self)
{
    pickle_machine *machine = &self->machine;
    if (!PyErr_Occurred()) {
        machine->input.error.record = self->position;
        core_raise(machine->state, &machine->input.error, self->name);
    }
    core_exception_keep(&self->failure);
    pickle_machine_reset(machine);
    Py_CLEAR(self->rest);
    return -1;
}

/*
 * With one pickle in the file its items are the records, with several each is one.
 */
static int decide_policy(PickleRecords *self)
{
    pickle_machine *machine = &self->machine;
    if (self->policy != ITEMS_BY_COUNT) {
        return 0;
    }
    int has_more = machine->plan.is_complete ? pickle_input_has_more(&machine->input) : 0;
    if (has_more < 0) {
        return -1;
    }
    self->policy = has_more ? ITEMS_NEVER : ITEMS_ALWAYS;
    return 0;
}

/*
 * Scan a pickle and go back to its beginning. 1: it can be run. 0: there is none. -1: failed.
 */
static int begin_pickle(PickleRecords *self)
{
    pickle_machine *machine = &self->machine;
    pickle_input *input = &machine->input;
    int has_more = pickle_input_has_more(input);
    uint64_t start = pickle_input_offset(input);
    if (has_more < 0 || (!has_more && start)) {
        return has_more;
    }
    pickle_machine_reset(machine);
    if (pickle_scan(input, &machine->memo, machine->limits.max_depth, machine->limits.max_memory,
                    &machine->plan) < 0) {
        return -1;
    }
    machine->scan_stop = LADLE_UNKNOWN;
    if (!machine->plan.is_complete) {
        machine->scan_stop = input->op.offset;
        machine->scan_error = input->error;
    }
    if (decide_policy(self) < 0) {
        return -1;
    }
    pickle_input_seek(input, start);
    return pickle_machine_begin(machine, self->policy == ITEMS_ALWAYS) < 0 ? -1 : 1;
}

/*
 * A pickle came to its end with a value, which is one record or holds some.
 */
static int take_value(PickleRecords *self, PyObject *value, PyObject **record)
{
    pickle_machine *machine = &self->machine;
    bool was_streamed = machine->stream != STREAM_NOTHING;
    self->is_running = false;
    pickle_machine_reset(machine);
    if (was_streamed) {
        Py_DECREF(value);
        return 0;
    }
    if (self->policy == ITEMS_NEVER) {
        *record = value;
        return 1;
    }
    self->rest = PyObject_CallOneArg(self->spread, value);
    Py_DECREF(value);
    return self->rest ? 0 : -1;
}

/*
 * 1: '*record' is there. 0: go on. -1: failed. The end is self->is_ended.
 */
static int step(PickleRecords *self, PyObject **record)
{
    if (self->rest) {
        *record = PyIter_Next(self->rest);
        if (*record) {
            return 1;
        }
        Py_CLEAR(self->rest);
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!self->is_running) {
        int result = begin_pickle(self);
        self->is_running = result > 0;
        self->is_ended = result == 0;
        return result < 0 ? -1 : 0;
    }
    PyObject *made;
    int result = pickle_machine_run(&self->machine, &made);
    if (result > 0) {
        *record = made;
    }
    return result ? result : take_value(self, made, record);
}

static PyObject *records_next(PickleRecords *self)
{
    PyObject *record = NULL;
    if (!self->is_open || self->is_busy) {
        (void)core_refuse_reading(self->is_open);
        return NULL;
    }
    if (self->failure) {
        core_exception_again(self->failure);
        return NULL;
    }
    self->is_busy = true;
    int result = 0;
    while (result == 0 && !self->is_ended) {
        result = step(self, &record);
    }
    if (result < 0) {
        (void)fail(self);
    }
    self->is_busy = false;
    self->position += record != NULL;
    return record;
}

static int close_records(PyObject *object)
{
    PickleRecords *self = (PickleRecords *)object;
    if (self->is_busy) {
        return core_refuse_reading(true);
    }
    self->is_open = false;
    pickle_machine_free(&self->machine);
    pickle_input_close(&self->machine.input);
    Py_CLEAR(self->rest);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *records_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return close_records(self) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *records_repr(PickleRecords *self)
{
    return PyUnicode_FromFormat(
        "<ladle.PickleRecords of %R at record %llu%s>", self->name ? self->name : Py_None,
        (unsigned long long)self->position, self->is_open ? "" : ", closed");
}

static PyObject *records_get_position(PickleRecords *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->position);
}

static PyObject *records_get_offset(PickleRecords *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(pickle_input_offset(&self->machine.input));
}

static PyObject *records_get_closed(PickleRecords *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(!self->is_open);
}

static int encoding_of(const char *name, pickle_encoding *encoding)
{
    static const char *const names[] = {"ascii", "latin1", "utf-8", "bytes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (PyOS_stricmp(name, names[i]) == 0) {
            *encoding = (pickle_encoding)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "encoding is '%s': it must be 'ascii', 'latin1', 'utf-8' or 'bytes'", name);
    return -1;
}

static int policy_of(PyObject *items, items_policy *policy)
{
    if (items && items != Py_None && !PyBool_Check(items)) {
        PyErr_Format(PyExc_TypeError, "items is a %s: it must be True, False or None",
                     Py_TYPE(items)->tp_name);
        return -1;
    }
    *policy = !items || items == Py_None ? ITEMS_BY_COUNT
              : items == Py_True         ? ITEMS_ALWAYS
                                         : ITEMS_NEVER;
    return 0;
}

static int records_init(PickleRecords *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"",      "find",     "spread", "name", "owns",
                               "items", "encoding", "limits", NULL};
    PyObject *source, *find, *spread;
    PyObject *name = NULL;
    PyObject *items = NULL;
    PyObject *limits = NULL;
    const char *encoding = "ascii";
    int owns = 0;
    pickle_machine *machine = &self->machine;
    const core_state *state = core_state_of_type(Py_TYPE(self));
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO|$OpOsO:PickleRecords", keywords, &source,
                                     &find, &spread, &name, &owns, &items, &encoding, &limits)) {
        return -1;
    }
    if (machine->state) {
        PyErr_SetString(PyExc_RuntimeError, "the records are open already");
        return -1;
    }
    if (encoding_of(encoding, &machine->encoding) < 0 || policy_of(items, &self->policy) < 0 ||
        core_limits_from(state, limits, &machine->limits) < 0) {
        return -1;
    }
    machine->state = state;
    machine->find = Py_NewRef(find);
    self->spread = Py_NewRef(spread);
    self->name = core_name_of(name, source);
    if (!self->name || pickle_input_open(&machine->input, state, source, owns) < 0) {
        return -1;
    }
    machine->input.len_max = machine->limits.max_record;
    pickle_machine_reset(machine);
    self->is_open = true;
    return 0;
}

static PyObject *records_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
                             PyObject *Py_UNUSED(kwargs))
{
    PickleRecords *self = (PickleRecords *)type->tp_alloc(type, 0);
    if (self) {
        self->machine.input.file.fd = -1;
    }
    return (PyObject *)self;
}

static int records_traverse(PickleRecords *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->spread);
    Py_VISIT(self->rest);
    Py_VISIT(self->failure);
    if (pickle_machine_visit(&self->machine, visit, arg)) {
        return -1;
    }
    return core_file_visit(&self->machine.input.file, visit, arg);
}

static int records_clear(PickleRecords *self)
{
    Py_CLEAR(self->spread);
    Py_CLEAR(self->rest);
    Py_CLEAR(self->failure);
    Py_CLEAR(self->machine.find);
    pickle_machine_reset(&self->machine);
    return 0;
}

static void records_finalize(PyObject *self)
{
    core_closing_finalize(self, close_records);
}

static void records_dealloc(PickleRecords *self)
{
    if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
        return;
    }
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)records_clear(self);
    Py_CLEAR(self->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"close", records_close, METH_NOARGS, core_closing_doc},
    {"__enter__", core_closing_enter, METH_NOARGS, NULL},
    {"__exit__", core_closing_exit, METH_VARARGS, "Close."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"position", (getter)records_get_position, NULL, "The number of the next record.", NULL},
    {"offset", (getter)records_get_offset, NULL, "How far the file was read, in bytes.", NULL},
    {"closed", (getter)records_get_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(records_doc,
             "PickleRecords(source, find, spread, /, *, name=None, owns=False, items=None,\n"
             "              encoding='ascii', limits=None)\n--\n\n"
             "An iterator over the records of a file of pickles: see ladle.from_pickle.\n\n"
             "source  a descriptor of a regular file, a file object with seek, or bytes-like\n"
             "find    gets module and name, gives None or (module, name, build, stream)\n"
             "spread  gets the value of a pickle, gives an iterator over its records");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)records_doc},
    {Py_tp_new, records_new},
    {Py_tp_init, records_init},
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

PyType_Spec pickle_records_spec = {
    .name = "ladle.PickleRecords",
    .basicsize = sizeof(PickleRecords),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
