/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

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

static int open_records(Records *self, PyObject *source, PyObject *name, PyObject *limits)
{
    ladle_error error;
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    self->name = core_name_of(name, source);
    if (!self->name || core_limits_from(self->state, limits, &self->decoder.limits) < 0) {
        return -1;
    }
    options.limits = &self->decoder.limits;
    ladle_source callbacks = core_file_source(&self->file);
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_open(&self->reader, &callbacks, &options, &error);
    core_file_take_gil(&self->file);
    if (status != LADLE_OK) {
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

int core_records_init(Records *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "name", "owns", "limits", "types", NULL};
    PyObject *source;
    PyObject *name = NULL;
    PyObject *limits = NULL;
    PyObject *types = NULL;
    int owns = 0;
    int ignored;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OpOO:Records", keywords, &source, &name,
                                     &owns, &limits, &types)) {
        return -1;
    }
    if (self->state) {
        PyErr_SetString(PyExc_RuntimeError, "the records are open already");
        return -1;
    }
    const core_state *state = core_state_of_type(Py_TYPE(self));
    if (core_file_open_source(&self->file, state, source, owns) < 0) {
        return -1;
    }
    self->state = state;
    self->decoder.state = state;
    if (core_types_check(types) < 0 || open_records(self, source, name, limits) < 0) {
        (void)core_file_close(&self->file, &ignored);
        return -1;
    }
    return 0;
}
