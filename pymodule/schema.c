/* SPDX-License-Identifier: BSD-2-Clause */
/* The merged shape and the figures of a file as Python objects, for ladle._schema. */
#include "records.h"

#include "errors.h"

#include <ladle/schema.h>

static const char *name_of_kind(uint8_t kind)
{
    switch (kind) {
#define KIND(constant, name)                                                                       \
    case constant:                                                                                 \
        return name;
        KIND(LADLE_NONE, "none")
        KIND(LADLE_BOOL, "bool")
        KIND(LADLE_INT, "int")
        KIND(LADLE_BIGINT, "bigint")
        KIND(LADLE_FLOAT, "float")
        KIND(LADLE_COMPLEX, "complex")
        KIND(LADLE_STR, "str")
        KIND(LADLE_SURROGATE_STR, "surrogate str")
        KIND(LADLE_BYTES, "bytes")
        KIND(LADLE_BYTEARRAY, "bytearray")
        KIND(LADLE_TUPLE, "tuple")
        KIND(LADLE_LIST, "list")
        KIND(LADLE_SET, "set")
        KIND(LADLE_FROZENSET, "frozenset")
        KIND(LADLE_DICT, "dict")
        KIND(LADLE_OBJECT, "object")
        KIND(LADLE_EXTENSION, "extension")
        KIND(LADLE_SCALAR, "scalar")
        KIND(LADLE_ARRAY, "array")
        KIND(LADLE_ANY, "any")
        KIND(LADLE_UNION, "union")
        KIND(LADLE_MAP, "map")
        KIND(LADLE_TUPLES, "tuples")
#undef KIND
    default:
        return "empty";
    }
}

static PyObject *text_of(const ladle_string *name)
{
    return PyUnicode_DecodeUTF8(name->data, (Py_ssize_t)name->len, NULL);
}

/*
 * A new object goes into a dict, or failed to be made. -1: an exception is set.
 */
static int put(PyObject *dict, const char *key, PyObject *value)
{
    int result = value ? PyDict_SetItemString(dict, key, value) : -1;
    Py_XDECREF(value);
    return result;
}

static int put_number(PyObject *dict, const char *key, uint64_t number)
{
    return put(dict, key, PyLong_FromUnsignedLongLong(number));
}

static int put_range(PyObject *dict, const ladle_schema *schema)
{
    PyObject *greatest = schema->is_unsigned ? PyLong_FromUnsignedLongLong(schema->greatest)
                                             : PyLong_FromLongLong((int64_t)schema->greatest);
    if (put(dict, "greatest", greatest) < 0) {
        return -1;
    }
    return put(dict, "least", PyLong_FromLongLong(schema->least));
}

static int put_extents(PyObject *dict, const ladle_schema *schema)
{
    PyObject *extents = PyTuple_New(schema->dimensions);
    for (uint32_t i = 0; extents && i < schema->dimensions; i++) {
        PyObject *extent = PyLong_FromUnsignedLongLong(schema->extents[i]);
        if (!extent) {
            Py_CLEAR(extents);
            break;
        }
        PyTuple_SET_ITEM(extents, i, extent);
    }
    return put(dict, "extents", extents);
}

static PyObject *names_of(const ladle_schema *schema)
{
    PyObject *names = PyList_New(schema->child_count);
    for (uint32_t i = 0; names && i < schema->child_count; i++) {
        PyObject *name = text_of(&schema->names[i]);
        if (!name) {
            Py_CLEAR(names);
            break;
        }
        PyList_SET_ITEM(names, i, name);
    }
    return names;
}

static int put_details(PyObject *dict, const ladle_schema *schema)
{
    if (put(dict, "kind", PyUnicode_FromString(name_of_kind(schema->kind))) < 0 ||
        put_number(dict, "count", schema->count) < 0 ||
        put_number(dict, "longest", schema->len_max) < 0) {
        return -1;
    }
    switch (schema->kind) {
    case LADLE_INT:
        return put_range(dict, schema);
    case LADLE_EXTENSION:
        return put_number(dict, "code", schema->code);
    case LADLE_DICT:
        return put(dict, "names", names_of(schema));
    case LADLE_OBJECT:
        return put(dict, "names", names_of(schema)) < 0 ? -1
                                                        : put(dict, "name", text_of(&schema->name));
    case LADLE_ARRAY:
        if (put_extents(dict, schema) < 0) {
            return -1;
        }
        /* fallthrough */
    case LADLE_SCALAR:
        return put(dict, "dtype", text_of(&schema->name));
    default:
        return 0;
    }
}

/*
 * A node as a dict of its details, with its children in a list. Schemas are no deeper than shapes.
 */
static PyObject *dict_of(const ladle_schema *schema)
{
    PyObject *dict = PyDict_New();
    PyObject *children = PyList_New(0);
    int result = dict && children ? put_details(dict, schema) : -1;
    for (uint32_t i = 0; result == 0 && i < schema->child_count; i++) {
        PyObject *child = dict_of(&schema->children[i]);
        result = child ? PyList_Append(children, child) : -1;
        Py_XDECREF(child);
    }
    if (result == 0) {
        result = PyDict_SetItemString(dict, "children", children);
    }
    Py_XDECREF(children);
    if (result < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

const char core_records_schema_doc[] =
    PyDoc_STR("_schema($self, /)\n--\n\n"
              "The merged shape of the whole file, for ladle.Schema. Raises what count raises.");

PyObject *core_records_schema(Records *self, PyObject *Py_UNUSED(ignored))
{
    ladle_error error;
    const ladle_schema *schema;
    if (core_records_enter(self) < 0) {
        return NULL;
    }
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_schema(self->reader, &schema, &error);
    core_file_take_gil(&self->file);
    PyObject *result = NULL;
    if (status == LADLE_OK) {
        result = dict_of(schema);
    } else {
        core_raise(self->state, &error, self->name);
    }
    core_records_leave(self);
    return result;
}

const char core_records_info_doc[] =
    PyDoc_STR("_info($self, /)\n--\n\n"
              "The figures of the file, for ladle.Info. Raises what count raises.");

PyObject *core_records_info(Records *self, PyObject *Py_UNUSED(ignored))
{
    ladle_error error;
    ladle_info info = {.struct_size = sizeof info};
    if (core_records_enter(self) < 0) {
        return NULL;
    }
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_info(self->reader, &info, &error);
    core_file_take_gil(&self->file);
    core_records_leave(self);
    if (status != LADLE_OK) {
        core_raise(self->state, &error, self->name);
        return NULL;
    }
    PyObject *dict = PyDict_New();
    if (dict && (put_number(dict, "segments", info.segment_count) < 0 ||
                 put_number(dict, "records", info.record_count) < 0 ||
                 put_number(dict, "blocks", info.block_count) < 0 ||
                 put_number(dict, "file_size", info.file_len) < 0 ||
                 put_number(dict, "complete_size", info.complete_len) < 0 ||
                 put_number(dict, "stored_size", info.stored_len) < 0 ||
                 put_number(dict, "decoded_size", info.decoded_len) < 0 ||
                 put_number(dict, "largest_block", info.decoded_len_max) < 0 ||
                 put_number(dict, "codecs", info.codecs) < 0 ||
                 put(dict, "is_complete", PyBool_FromLong(info.is_complete)) < 0)) {
        Py_CLEAR(dict);
    }
    return dict;
}
