/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as an Arrow stream: what pyarrow, polars, pandas and duckdb take as a table. */
#include "arrow_column.h"
#include "errors.h"
#include "records.h"

/*
 * A batch is handed out when it has so many rows, or bytes.
 */
#define BATCH_ROWS 32768
#define BATCH_LEN  ((uint64_t)4 << 20)

typedef struct {
    arrow_column root;
    arrow_maker maker;
    core_layout nothing;
    Records *records; /* whoever holds the stream holds them */
    PyObject *plan;   /* what the names in the columns belong to */
    bool is_wrapped;  /* records are values of the only column */
    char error[512];
} stream;

/*
 * "['a']['b']" for a column; the root has no name.
 */
static PyObject *path_of(const arrow_column *column)
{
    PyObject *path = PyUnicode_FromString("");
    for (; path && column->parent; column = column->parent) {
        bool is_field = column->parent->op == ARROW_STRUCT;
        PyObject *part =
            is_field ? PyUnicode_FromFormat("['%s']", column->name) : PyUnicode_FromString("[...]");
        Py_SETREF(path, part ? PyUnicode_Concat(part, path) : NULL);
        Py_XDECREF(part);
    }
    return path;
}

/*
 * Set the exception for a value that no column takes.
 */
static void raise_failure(const stream *self, uint64_t record)
{
    PyObject *path = path_of(self->maker.failed);
    if (path) {
        PyErr_Format(PyExc_TypeError, "record %llu: %U %s", (unsigned long long)record, path,
                     self->maker.why);
    }
    Py_XDECREF(path);
}

static int append_rows(stream *self, uint64_t count)
{
    Records *records = self->records;
    arrow_column *root = &self->root;
    self->maker.failed = NULL;
    if (!self->is_wrapped) {
        return arrow_append(&self->maker, records->root, count, root);
    }
    if (arrow_append(&self->maker, records->root, count, &root->children[0]) < 0) {
        return -1;
    }
    root->count += count;
    return 0;
}

/*
 * The rows at hand could not be added: find the first one that cannot, and say why. What was made
 * of the batch is lost.
 */
static int find_failure(stream *self)
{
    Records *records = self->records;
    if (PyErr_Occurred()) {
        return -1;
    }
    ladle_view_seek(records->root, records->row);
    while (records->row < records->row_count) {
        arrow_column_reset(&self->root);
        self->maker.failed = NULL;
        if (append_rows(self, 1) < 0) {
            break;
        }
        records->row++;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    if (!self->maker.failed) {
        return core_records_fail(records);
    }
    raise_failure(self, core_records_position(records));
    return -1;
}

/*
 * Add the rows of blocks until there are enough. 1: there are some. 0: the end.
 */
static int make_batch(stream *self)
{
    Records *records = self->records;
    while (self->root.count < BATCH_ROWS && arrow_column_len(&self->root) < BATCH_LEN) {
        int result = records->row == records->row_count ? core_records_next_rows(records) : 1;
        if (result < 0) {
            return -1;
        }
        if (result == 0) {
            break;
        }
        core_fill_block(&self->maker.fill);
        records->decoder.items_left = records->decoder.limits.max_items;
        records->decoder.memory_left = records->decoder.limits.max_memory;
        if (append_rows(self, records->row_count - records->row) < 0 && find_failure(self) < 0) {
            return -1;
        }
        records->row = records->row_count;
    }
    return self->root.count > 0;
}

static void keep_error(stream *self)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *message = text ? PyUnicode_AsUTF8(text) : NULL;
    PyOS_snprintf(self->error, sizeof self->error, "%s", message ? message : "out of memory");
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static int stream_schema(struct ArrowArrayStream *arrow, struct ArrowSchema *out)
{
    stream *self = arrow->private_data;
    PyGILState_STATE gil = PyGILState_Ensure();
    int result = arrow_column_schema(&self->root, out);
    if (result < 0) {
        keep_error(self);
    }
    PyGILState_Release(gil);
    return result < 0 ? ENOMEM : 0;
}

static int next_batch(stream *self, struct ArrowArray *out)
{
    if (core_records_enter(self->records) < 0) {
        return -1;
    }
    int result = make_batch(self);
    core_records_leave(self->records);
    if (result > 0) {
        return arrow_column_detach(&self->root, out);
    }
    arrow_column_reset(&self->root);
    return result;
}

static int stream_next(struct ArrowArrayStream *arrow, struct ArrowArray *out)
{
    stream *self = arrow->private_data;
    out->release = NULL;
    PyGILState_STATE gil = PyGILState_Ensure();
    int result = self->error[0] ? -1 : next_batch(self, out);
    if (result < 0 && !self->error[0]) {
        keep_error(self);
    }
    PyGILState_Release(gil);
    return result < 0 ? EINVAL : 0;
}

static const char *stream_error(struct ArrowArrayStream *arrow)
{
    const stream *self = arrow->private_data;
    return self->error[0] ? self->error : NULL;
}

static void free_stream(stream *self)
{
    arrow_column_clear(&self->root);
    core_fill_end(&self->maker.fill);
    Py_XDECREF(self->maker.moment);
    Py_XDECREF(self->plan);
    Py_XDECREF(self->records);
    PyMem_Free(self);
}

static void release_stream(struct ArrowArrayStream *arrow)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    free_stream(arrow->private_data);
    PyGILState_Release(gil);
    arrow->release = NULL;
}

static stream *new_stream(const core_state *state, Records *records, PyObject *plan,
                          PyObject *moment, bool is_wrapped)
{
    stream *self = PyMem_Calloc(1, sizeof *self);
    if (!self) {
        PyErr_NoMemory();
        return NULL;
    }
    self->plan = Py_NewRef(plan);
    self->is_wrapped = is_wrapped;
    self->maker.moment = Py_NewRef(moment);
    self->records = (Records *)Py_NewRef(records);
    self->maker.decoder = &records->decoder;
    if (core_fill_begin(&self->maker.fill, state, self->maker.decoder, &self->nothing, 0) < 0 ||
        arrow_column_init(state, &self->root, plan) < 0) {
        free_stream(self);
        return NULL;
    }
    return self;
}

static void free_stream_capsule(PyObject *capsule)
{
    struct ArrowArrayStream *arrow = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (arrow) {
        ARROW_RELEASE(arrow);
    }
    PyMem_RawFree(arrow);
}

/*
 * The stream for the arguments that both functions have. NULL: an exception is set.
 */
static stream *stream_from(PyObject *module, PyObject *args, const char *format)
{
    const core_state *state = PyModule_GetState(module);
    PyObject *records;
    PyObject *plan;
    PyObject *moment;
    int is_wrapped;
    if (!PyArg_ParseTuple(args, format, state->records_type, &records, &PyTuple_Type, &plan,
                          &moment, &is_wrapped)) {
        return NULL;
    }
    return new_stream(state, (Records *)records, plan, moment, is_wrapped);
}

const char core_arrow_stream_doc[] =
    PyDoc_STR("_arrow_stream(records, plan, moment, is_wrapped, /)\n--\n\n"
              "A capsule with a stream of Arrow batches, made of Records as a plan says.");

PyObject *core_arrow_stream(PyObject *module, PyObject *args)
{
    stream *self = stream_from(module, args, "O!O!Op:_arrow_stream");
    if (!self) {
        return NULL;
    }
    struct ArrowArrayStream *arrow = PyMem_RawCalloc(1, sizeof *arrow);
    if (!arrow) {
        free_stream(self);
        return PyErr_NoMemory();
    }
    *arrow = (struct ArrowArrayStream){.get_schema = stream_schema,
                                       .get_next = stream_next,
                                       .get_last_error = stream_error,
                                       .release = release_stream,
                                       .private_data = self};
    PyObject *capsule = PyCapsule_New(arrow, "arrow_array_stream", free_stream_capsule);
    if (!capsule) {
        free_stream(self);
        PyMem_RawFree(arrow);
    }
    return capsule;
}

const char core_arrow_measure_doc[] = PyDoc_STR(
    "_arrow_measure(records, plan, moment, is_wrapped, /)\n--\n\n"
    "Go through all records, and say of each column that is open, in the order of the plan:\n"
    "how many digits of decimals stand before and behind the point, a pair; the name of the\n"
    "zone that all datetimes share, or None; whether a column that is tried takes all values.");

static int list_measures(const arrow_column *column, PyObject *list)
{
    int result = 0;
    PyObject *measure = NULL;
    if (column->is_tried) {
        result = PyList_Append(list, column->is_refused ? Py_False : Py_True);
    } else if (column->is_open && column->op == ARROW_DECIMAL) {
        measure = Py_BuildValue("(ii)", column->digits, column->digits_behind);
        result = measure ? PyList_Append(list, measure) : -1;
    } else if (column->is_open && column->op == ARROW_ZONED) {
        result = PyList_Append(list, column->zone ? column->zone : Py_None);
    }
    Py_XDECREF(measure);
    for (uint32_t i = 0; i < column->child_count && result == 0; i++) {
        result = list_measures(&column->children[i], list);
    }
    return result;
}

static int measure_all(stream *self)
{
    int result = 1;
    if (core_records_enter(self->records) < 0) {
        return -1;
    }
    self->maker.is_measure = true;
    while (result > 0) {
        result = make_batch(self);
        arrow_column_reset(&self->root);
    }
    core_records_leave(self->records);
    return result;
}

PyObject *core_arrow_measure(PyObject *module, PyObject *args)
{
    stream *self = stream_from(module, args, "O!O!Op:_arrow_measure");
    if (!self) {
        return NULL;
    }
    PyObject *list = measure_all(self) < 0 ? NULL : PyList_New(0);
    if (list && list_measures(&self->root, list) < 0) {
        Py_CLEAR(list);
    }
    free_stream(self);
    return list;
}
