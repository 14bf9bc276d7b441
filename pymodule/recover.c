/* SPDX-License-Identifier: BSD-2-Clause */
/* verify, repair and concat: whole files, for ladle._recover. */
#include "module.h"

#include "errors.h"
#include "fileobj.h"

#include <ladle/recover.h>

/*
 * A piece of work on whole files. Where all of them are descriptors the library works without the
 * GIL, and takes it for each report.
 */
struct job {
    PyThreadState *released;
    PyObject *progress; /* callable, or None */
    PyObject *losses;   /* list of tuples */
};

static void take_gil(struct job *job)
{
    if (job->released) {
        PyEval_RestoreThread(job->released);
    }
}

static void release_gil(struct job *job)
{
    if (job->released) {
        job->released = PyEval_SaveThread();
    }
}

static bool report_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct job *job = ctx;
    take_gil(job);
    bool goes_on = !PyErr_Occurred() && PyErr_CheckSignals() == 0;
    if (goes_on && job->progress != Py_None) {
        PyObject *result = PyObject_CallFunction(job->progress, "KK", (unsigned long long)done,
                                                 (unsigned long long)total);
        Py_XDECREF(result);
        goes_on = result != NULL;
    }
    release_gil(job);
    return goes_on;
}

static PyObject *number_or_none(uint64_t number)
{
    return number == LADLE_UNKNOWN ? Py_NewRef(Py_None) : PyLong_FromUnsignedLongLong(number);
}

static void report_loss(void *ctx, const ladle_loss *loss)
{
    struct job *job = ctx;
    take_gil(job);
    if (!PyErr_Occurred()) {
        PyObject *item = Py_BuildValue(
            "(KNKKs)", (unsigned long long)loss->first_record, number_or_none(loss->count),
            (unsigned long long)loss->offset, (unsigned long long)loss->len, loss->why);
        if (item) {
            (void)PyList_Append(job->losses, item);
        }
        Py_XDECREF(item);
    }
    release_gil(job);
}

static ladle_recover_options options_for(struct job *job)
{
    return (ladle_recover_options){.struct_size = sizeof(ladle_recover_options),
                                   .progress = report_progress,
                                   .lost = report_loss,
                                   .ctx = job};
}

static int open_source(const core_state *state, PyObject *object, core_file *file,
                       ladle_source *source)
{
    if (core_file_open_source(file, state, object, false) < 0) {
        return -1;
    }
    if (file->fd >= 0 && file->is_positional) {
        ladle_source_from_file(source, file->fd, false);
    } else if (file->fd >= 0) {
        ladle_source_from_fd(source, file->fd, false);
    } else {
        *source = core_file_source(file);
    }
    return 0;
}

static int open_sink(const core_state *state, PyObject *object, core_file *file, ladle_sink *sink)
{
    if (core_file_open_sink(file, state, object, false) < 0) {
        return -1;
    }
    if (file->fd >= 0) {
        ladle_sink_from_fd(sink, file->fd, false);
    } else {
        *sink = core_file_sink(file);
    }
    return 0;
}

static void close_file(core_file *file)
{
    int ignored;
    (void)core_file_close(file, &ignored);
}

/*
 * The report as a dict.
 */
static PyObject *dict_of(const ladle_recover_report *report, const struct job *job)
{
    return Py_BuildValue("{sK sN sK sK sO sO}", "records", (unsigned long long)report->record_count,
                         "lost", number_or_none(report->lost_count), "blocks",
                         (unsigned long long)report->block_count, "tail_size",
                         (unsigned long long)report->tail_len, "is_complete",
                         report->is_complete ? Py_True : Py_False, "losses", job->losses);
}

const char core_verify_doc[] =
    PyDoc_STR("_verify(source, name, progress, /)\n--\n\n"
              "Check all of a file. Returns the report and the exception of the first damage, or\n"
              "None. Raises what reading raises.");

PyObject *core_verify(PyObject *module, PyObject *args)
{
    const core_state *state = PyModule_GetState(module);
    PyObject *object, *name, *progress, *exception = NULL, *result = NULL;
    core_file file;
    ladle_source source;
    ladle_error error;
    ladle_recover_report report = {.struct_size = sizeof report};
    if (!PyArg_ParseTuple(args, "OOO:_verify", &object, &name, &progress) ||
        open_source(state, object, &file, &source) < 0) {
        return NULL;
    }
    struct job job = {.progress = progress, .losses = PyList_New(0)};
    if (job.losses) {
        ladle_recover_options options = options_for(&job);
        job.released = file.fd >= 0 ? PyEval_SaveThread() : NULL;
        ladle_status status = ladle_verify(&source, &options, &report, &error);
        take_gil(&job);
        bool is_finding = status == LADLE_E_CORRUPT || status == LADLE_E_TRUNCATED ||
                          status == LADLE_E_UNSUPPORTED || status == LADLE_E_LIMIT;
        if (is_finding && !PyErr_Occurred()) {
            exception = core_exception_of(state, &error, name);
        } else if (status != LADLE_OK) {
            core_raise(state, &error, name);
        }
        if (!PyErr_Occurred()) {
            PyObject *dict = dict_of(&report, &job);
            result = dict ? PyTuple_Pack(2, dict, exception ? exception : Py_None) : NULL;
            Py_XDECREF(dict);
        }
    }
    Py_XDECREF(exception);
    Py_XDECREF(job.losses);
    close_file(&file);
    return result;
}

const char core_repair_doc[] =
    PyDoc_STR("_repair(source, target, name, progress, /)\n--\n\n"
              "Copy what is intact of a file. Returns the report. Raises what reading and writing\n"
              "raise.");

PyObject *core_repair(PyObject *module, PyObject *args)
{
    const core_state *state = PyModule_GetState(module);
    PyObject *object, *target, *name, *progress, *result = NULL;
    core_file file, output;
    ladle_source source;
    ladle_sink sink;
    ladle_error error;
    ladle_recover_report report = {.struct_size = sizeof report};
    if (!PyArg_ParseTuple(args, "OOOO:_repair", &object, &target, &name, &progress) ||
        open_source(state, object, &file, &source) < 0) {
        return NULL;
    }
    if (open_sink(state, target, &output, &sink) < 0) {
        close_file(&file);
        return NULL;
    }
    struct job job = {.progress = progress, .losses = PyList_New(0)};
    if (job.losses) {
        ladle_recover_options options = options_for(&job);
        job.released = file.fd >= 0 && output.fd >= 0 ? PyEval_SaveThread() : NULL;
        ladle_status status = ladle_repair(&source, &sink, &options, &report, &error);
        take_gil(&job);
        if (status != LADLE_OK) {
            bool is_of_source = status != LADLE_E_IO || error.record == LADLE_UNKNOWN;
            core_raise(state, &error, is_of_source ? name : NULL);
        }
        result = PyErr_Occurred() ? NULL : dict_of(&report, &job);
    }
    Py_XDECREF(job.losses);
    close_file(&file);
    close_file(&output);
    return result;
}

/*
 * Open the sources of concat. Returns how many are open; fewer than there are: an exception is set.
 */
static Py_ssize_t open_sources(const core_state *state, PyObject *objects, core_file *files,
                               ladle_source *sources, bool *are_descriptors)
{
    Py_ssize_t count = PyTuple_GET_SIZE(objects);
    Py_ssize_t done = 0;
    while (done < count &&
           open_source(state, PyTuple_GET_ITEM(objects, done), &files[done], &sources[done]) == 0) {
        *are_descriptors &= files[done].fd >= 0;
        done++;
    }
    return done;
}

const char core_concat_doc[] =
    PyDoc_STR("_concat(sources, target, names, progress, /)\n--\n\n"
              "Join files. sources and names are tuples. Raises what reading and writing raise.");

PyObject *core_concat(PyObject *module, PyObject *args)
{
    const core_state *state = PyModule_GetState(module);
    PyObject *objects, *target, *names, *progress;
    core_file output;
    ladle_sink sink;
    ladle_error error;
    size_t failed;
    if (!PyArg_ParseTuple(args, "O!OO!O:_concat", &PyTuple_Type, &objects, &target, &PyTuple_Type,
                          &names, &progress)) {
        return NULL;
    }
    size_t count = (size_t)PyTuple_GET_SIZE(objects);
    core_file *files = PyMem_Calloc(count + 1, sizeof *files);
    ladle_source *sources = PyMem_Calloc(count + 1, sizeof *sources);
    struct job job = {.progress = progress, .losses = PyList_New(0)};
    bool are_descriptors = true;
    size_t open_count = 0;
    if (!files || !sources || !job.losses) {
        PyErr_NoMemory();
    } else if (open_sink(state, target, &output, &sink) == 0) {
        are_descriptors = output.fd >= 0;
        open_count = (size_t)open_sources(state, objects, files, sources, &are_descriptors);
        if (open_count == count) {
            ladle_recover_options options = options_for(&job);
            job.released = are_descriptors ? PyEval_SaveThread() : NULL;
            ladle_status status = ladle_concat(sources, count, &sink, &options, &failed, &error);
            take_gil(&job);
            if (status != LADLE_OK) {
                bool has_name = failed < (size_t)PyTuple_GET_SIZE(names);
                core_raise(state, &error,
                           has_name ? PyTuple_GET_ITEM(names, (Py_ssize_t)failed) : NULL);
            }
        }
        close_file(&output);
    }
    for (size_t i = 0; i < open_count; i++) {
        close_file(&files[i]);
    }
    PyMem_Free(files);
    PyMem_Free(sources);
    Py_XDECREF(job.losses);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}
