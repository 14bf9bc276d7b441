/* SPDX-License-Identifier: BSD-2-Clause */
/* Writer.extend for what hands out Arrow columns: tables, data frames, query results. */
#include "arrow_import.h"
#include "writer.h"

/*
 * Rows between two looks at whether the user pressed Ctrl-C.
 */
#define SIGNALS_EVERY 16384

/*
 * A table on its way. Structs are moved out of their capsules, and released once, in the end.
 */
struct table {
    PyObject *capsules;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    arrow_source source;
    arrow_importer importer;
};

/*
 * Who made the table may run Python code when it is released, which no exception may be set for.
 */
static void close_table(struct table *table)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    arrow_source_clear(&table->source);
    ARROW_RELEASE(&table->array);
    ARROW_RELEASE(&table->schema);
    ARROW_RELEASE(&table->stream);
    Py_CLEAR(table->capsules);
    Py_CLEAR(table->importer.helpers);
    PyErr_Restore(type, value, traceback);
}

/*
 * Take what a capsule holds out of it. -1: an exception is set.
 */
static int take(PyObject *capsule, const char *name, void *to, size_t len, size_t release_at)
{
    uint8_t *from = PyCapsule_GetPointer(capsule, name);
    if (!from) {
        return -1;
    }
    memcpy(to, from, len);
    memset(from + release_at, 0, sizeof(void (*)(void)));
    return 0;
}

static int raise_stream(struct table *table, int error)
{
    const char *text =
        table->stream.get_last_error ? table->stream.get_last_error(&table->stream) : NULL;
    if (PyErr_Occurred()) {
        return -1;
    }
    PyErr_Format(PyExc_ValueError, "the Arrow stream failed: %s", text ? text : strerror(error));
    return -1;
}

static int open_stream(struct table *table, PyObject *records)
{
    table->capsules = PyObject_CallMethod(records, "__arrow_c_stream__", NULL);
    if (!table->capsules ||
        take(table->capsules, "arrow_array_stream", &table->stream, sizeof table->stream,
             offsetof(struct ArrowArrayStream, release)) < 0) {
        return -1;
    }
    int error = table->stream.get_schema(&table->stream, &table->schema);
    return error ? raise_stream(table, error) : 0;
}

static int open_array(struct table *table, PyObject *records)
{
    PyObject *pair = PyObject_CallMethod(records, "__arrow_c_array__", NULL);
    table->capsules = pair;
    if (!pair) {
        return -1;
    }
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ did not return two capsules");
        return -1;
    }
    return take(PyTuple_GET_ITEM(pair, 0), "arrow_schema", &table->schema, sizeof table->schema,
                offsetof(struct ArrowSchema, release)) < 0
               ? -1
               : take(PyTuple_GET_ITEM(pair, 1), "arrow_array", &table->array, sizeof table->array,
                      offsetof(struct ArrowArray, release));
}

/*
 * "['a']" for a column below the root.
 */
static bool find_path(const arrow_source *source, const arrow_source *wanted, char *path,
                      size_t room)
{
    if (source == wanted) {
        return true;
    }
    for (uint32_t i = 0; i < source->child_count; i++) {
        const arrow_source *child = &source->children[i];
        int len = PyOS_snprintf(path, room, "['%s']", child->name);
        if (len >= 0 && (size_t)len < room &&
            find_path(child, wanted, path + len, room - (size_t)len)) {
            return true;
        }
    }
    *path = 0;
    return source->dictionary && find_path(source->dictionary, wanted, path, room);
}

static int raise_failure(Writer *self, const struct table *table)
{
    const arrow_importer *importer = &table->importer;
    char path[256] = "";
    if (!importer->failed) {
        core_encoder_raise(importer->encoder, ladle_writer_count(self->writer), self->name);
        return -1;
    }
    (void)find_path(&table->source, importer->failed, path, sizeof path);
    PyErr_Format(PyExc_ValueError, "record %llu: %s %s",
                 (unsigned long long)ladle_writer_count(self->writer), path, importer->why);
    return -1;
}

/*
 * Add a value of a column as a record.
 */
static int put_value(Writer *self, arrow_importer *importer, const arrow_source *source,
                     int64_t index)
{
    ladle_error error;
    core_encoder *encoder = importer->encoder;
    encoder->depth = 0;
    encoder->items = 0;
    if (arrow_source_put(importer, encoder->shape->root, source, index) < 0) {
        ladle_writer_rollback(self->writer);
        return -1;
    }
    encoder->shape->items = encoder->items;
    return ladle_writer_commit(self->writer, &error) == LADLE_OK ? 0
                                                                 : core_writer_fail(self, &error);
}

static void abort_scratch(PyObject *scratch)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *result = PyObject_CallMethod(scratch, "abort", NULL);
    Py_XDECREF(result);
    PyErr_Restore(type, value, traceback);
}

/*
 * The values of some columns in a row: a list. They go through a file in memory, a record each.
 */
static PyObject *values_in(Writer *self, struct table *table, const arrow_source *columns,
                           uint32_t count, int64_t index)
{
    arrow_importer *importer = &table->importer;
    PyObject *pair = PyObject_CallMethod(importer->helpers, "scratch", NULL);
    if (!pair) {
        return NULL;
    }
    Writer *scratch = (Writer *)PyTuple_GET_ITEM(pair, 0);
    scratch->encoder.limits = self->encoder.limits;
    importer->encoder = &scratch->encoder;
    int result = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        result = put_value(scratch, importer, &columns[i], index);
    }
    PyObject *list = NULL;
    if (result == 0) {
        list = PyObject_CallMethod(importer->helpers, "records_in", "OO", scratch,
                                   PyTuple_GET_ITEM(pair, 1));
    } else {
        (void)raise_failure(self, table);
        abort_scratch((PyObject *)scratch);
    }
    importer->encoder = &self->encoder;
    Py_DECREF(pair);
    return list;
}

/*
 * The dict of a row. NULL: an exception is set.
 */
static PyObject *dict_of(Writer *self, struct table *table, PyObject *values)
{
    const arrow_source *source = &table->source;
    PyObject *dict = PyDict_New();
    int result = dict ? 0 : -1;
    for (uint32_t i = 0; i < source->child_count && result == 0; i++) {
        const arrow_source *child = &source->children[i];
        PyObject *name = PyUnicode_FromString(child->name);
        result = name ? PyDict_Contains(dict, name) : -1;
        if (result > 0) {
            (void)arrow_import_fail(&table->importer, child, ARROW_TWICE);
            result = raise_failure(self, table);
        } else if (result == 0) {
            result = PyDict_SetItem(dict, name, PyList_GET_ITEM(values, i));
        }
        Py_XDECREF(name);
    }
    if (result < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

/*
 * Add a row as append would: what finds no columns in a block goes elsewhere, as an object.
 */
static int add_object(Writer *self, struct table *table, int64_t row)
{
    const arrow_source *source = &table->source;
    int64_t at = source->array->offset + row;
    bool is_dict = source->op == OP_STRUCT && !arrow_source_is_null(source, at);
    table->importer.failed = NULL;
    PyObject *values = is_dict ? values_in(self, table, source->children, source->child_count, at)
                               : values_in(self, table, source, 1, row);
    PyObject *record = !values   ? NULL
                       : is_dict ? dict_of(self, table, values)
                                 : Py_NewRef(PyList_GET_ITEM(values, 0));
    int result = record ? core_writer_put(self, record) : -1;
    Py_XDECREF(record);
    Py_XDECREF(values);
    return result;
}

/*
 * Once a row was crowded out, the others of the table are not tried: they are as wide.
 */
static int add_row(Writer *self, struct table *table, int64_t row)
{
    arrow_importer *importer = &table->importer;
    importer->failed = NULL;
    if (!importer->is_crowded && put_value(self, importer, &table->source, row) == 0) {
        return 0;
    }
    return importer->is_crowded ? add_object(self, table, row) : raise_failure(self, table);
}

static int add_batch(Writer *self, struct table *table)
{
    int result = arrow_source_begin(&table->source, &table->array);
    for (int64_t row = 0; row < table->array.length && result == 0; row++) {
        result = add_row(self, table, row);
        if (result == 0 && row % SIGNALS_EVERY == SIGNALS_EVERY - 1) {
            result = PyErr_CheckSignals();
        }
    }
    if (result == 0) {
        ARROW_RELEASE(&table->array);
    }
    return result;
}

static int add_all(Writer *self, struct table *table)
{
    if (!table->stream.release) {
        return add_batch(self, table);
    }
    for (;;) {
        int error = table->stream.get_next(&table->stream, &table->array);
        if (error) {
            return raise_stream(table, error);
        }
        if (!table->array.release) {
            return 0;
        }
        if (add_batch(self, table) < 0) {
            return -1;
        }
    }
}

/*
 * How records give Arrow columns: 2 as a stream, 1 as an array, 0 not. Readers are no tables here.
 */
static int way_of(PyObject *records)
{
    PyObject *reader = PyImport_ImportModule("ladle._reader");
    PyObject *type = reader ? PyObject_GetAttrString(reader, "Reader") : NULL;
    int is_reader = type ? PyObject_IsInstance(records, type) : -1;
    Py_XDECREF(type);
    Py_XDECREF(reader);
    if (is_reader) {
        return is_reader < 0 ? -1 : 0;
    }
    return PyObject_HasAttrString(records, "__arrow_c_stream__")  ? 2
           : PyObject_HasAttrString(records, "__arrow_c_array__") ? 1
                                                                  : 0;
}

int core_writer_extend_arrow(Writer *self, PyObject *records)
{
    struct table table = {.importer = {.encoder = &self->encoder}};
    int way = way_of(records);
    if (way <= 0) {
        return way;
    }
    table.importer.helpers = PyImport_ImportModule("ladle._arrow");
    int result = !table.importer.helpers ? -1
                 : way == 2              ? open_stream(&table, records)
                                         : open_array(&table, records);
    if (result == 0) {
        result = arrow_source_init(&table.importer, &table.source, &table.schema);
    }
    if (result == 0) {
        result = add_all(self, &table);
    }
    close_table(&table);
    return result < 0 ? -1 : 1;
}
