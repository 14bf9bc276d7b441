/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include "classes.h"
#include "errors.h"
#include "options.h"

/*
 * A file that is no ladle file: say what it looks like.
 */
static void explain(const Records *self, ladle_error *error)
{
    const core_file *file = &self->file;
    if (error->status == LADLE_E_FORMAT) {
        size_t len = strlen(error->text);
        PyOS_snprintf(error->text + len, sizeof error->text - len, "%s",
                      core_looks_like(file->head, file->head_len));
    }
}

struct options {
    PyObject *source, *name, *limits, *types, *on_error, *threads, *rows;
    int owns, is_live;
};

static int parse(PyObject *args, PyObject *kwargs, struct options *options)
{
    static char *keywords[] = {"",         "name",    "owns", "limits", "types",
                               "on_error", "threads", "rows", "live",   NULL};
    return PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OpOOOOOp:Records", keywords,
                                       &options->source, &options->name, &options->owns,
                                       &options->limits, &options->types, &options->on_error,
                                       &options->threads, &options->rows, &options->is_live)
               ? 0
               : -1;
}

static int take_on_error(Records *self, PyObject *given)
{
    static const char *const names[] = {"raise", "tail", "skip"};
    for (int i = 0; given && PyUnicode_Check(given) && i < 3; i++) {
        if (PyUnicode_CompareWithASCIIString(given, names[i]) == 0) {
            self->on_error = (enum core_on_error)i;
            return 0;
        }
    }
    if (given && PyCallable_Check(given)) {
        self->on_error = CORE_SKIP;
        self->on_loss = Py_NewRef(given);
        return 0;
    }
    if (given) {
        PyErr_Format(PyUnicode_Check(given) ? PyExc_ValueError : PyExc_TypeError,
                     "on_error is %R: it must be 'raise', 'tail', 'skip' or a callable", given);
        return -1;
    }
    return 0;
}

static int number_of(PyObject *range, const char *name, int64_t *number)
{
    PyObject *value = PyObject_GetAttrString(range, name);
    *number = value ? PyLong_AsLongLong(value) : -1;
    Py_XDECREF(value);
    return PyErr_Occurred() ? -1 : 0;
}

/*
 * rows=: a range of numbers from 0 on.
 */
static int take_rows(Records *self, PyObject *given)
{
    int64_t start = 0;
    self->left = UINT64_MAX;
    self->step = 1;
    if (!given || given == Py_None) {
        return 0;
    }
    if (!PyRange_Check(given)) {
        PyErr_Format(PyExc_TypeError, "rows is a %s: it must be a range or None",
                     Py_TYPE(given)->tp_name);
        return -1;
    }
    Py_ssize_t count = PyObject_Length(given);
    if (count < 0 || number_of(given, "start", &start) < 0 ||
        number_of(given, "step", &self->step) < 0) {
        return -1;
    }
    int64_t last = count ? start + (count - 1) * self->step : 0;
    if (count && (start < 0 || last < 0)) {
        PyErr_Format(PyExc_ValueError, "rows is %R: records are numbered from 0 on", given);
        return -1;
    }
    self->left = (uint64_t)count;
    self->next_record = count ? (uint64_t)start : 0;
    self->must_seek = count && (start > 0 || self->step != 1);
    return 0;
}

static int open_library(Records *self, const ladle_reader_options *options)
{
    ladle_error error;
    ladle_source callbacks = core_file_source(&self->file);
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_open(&self->reader, &callbacks, options, &error);
    core_file_take_gil(&self->file);
    if (status < 0) {
        explain(self, &error);
        core_raise(self->state, &error, self->name);
        return -1;
    }
    if (PyErr_Occurred()) {
        /* The file object raised behind the header, which the library would report later. */
        ladle_reader_close(self->reader);
        self->reader = NULL;
        return -1;
    }
    return 0;
}

static int open_records(Records *self, const struct options *given)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    int64_t threads = 0;
    self->name = core_name_of(given->name, given->source);
    if (!self->name || core_types_from(self->state, given->types, &self->decoder.types) < 0 ||
        core_limits_from(self->state, given->limits, &self->decoder.limits) < 0 ||
        core_number_from(given->threads, "threads", 0, CORE_THREADS_MAX, &threads) < 0 ||
        take_on_error(self, given->on_error) < 0 || take_rows(self, given->rows) < 0) {
        return -1;
    }
    options.limits = &self->decoder.limits;
    options.take_tail = self->on_error != CORE_RAISE;
    options.live = given->is_live;
    options.threads = (unsigned)threads;
    return open_library(self, &options);
}

int core_records_init(Records *self, PyObject *args, PyObject *kwargs)
{
    struct options options = {0};
    int ignored;
    if (parse(args, kwargs, &options) < 0) {
        return -1;
    }
    if (self->state) {
        PyErr_SetString(PyExc_RuntimeError, "the records are open already");
        return -1;
    }
    const core_state *state = core_state_of_type(Py_TYPE(self));
    if (core_file_open_source(&self->file, state, options.source, options.owns) < 0) {
        return -1;
    }
    self->state = state;
    self->decoder.state = state;
    if (open_records(self, &options) < 0) {
        (void)core_file_close(&self->file, &ignored);
        return -1;
    }
    return 0;
}
