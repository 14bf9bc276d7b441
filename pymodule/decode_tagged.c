/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

#include "decode_object.h"
#include "errors.h"
#include "extension.h"
#include "long.h"
#include "numpy_types.h"

static PyObject *decode(core_decoder *decoder, ladle_cursor *cursor);

PyObject *core_decode_corrupt(core_decoder *decoder, const char *why)
{
    core_fail(&decoder->error, LADLE_E_CORRUPT, "%s", why);
    return NULL;
}

int core_decode_too_many(core_decoder *decoder, uint64_t count)
{
    uint64_t limit = decoder->limits.max_items;
    core_fail_limit(&decoder->error, "max_items", limit, limit - decoder->items_left + count);
    return -1;
}

int core_decode_too_large(core_decoder *decoder, uint64_t len)
{
    uint64_t limit = decoder->limits.max_memory;
    core_fail_limit(&decoder->error, "max_memory", limit, limit - decoder->memory_left + len);
    return -1;
}

PyObject *core_decode_too_deep(core_decoder *decoder)
{
    uint64_t limit = decoder->limits.max_depth;
    core_fail_limit(&decoder->error, "max_depth", limit, limit + 1);
    return NULL;
}

PyObject *core_decode_unsupported(core_decoder *decoder, ladle_kind kind, const uint8_t *name,
                                  size_t name_len)
{
    int shown_len = name_len < 80 ? (int)name_len : 80;
    if (kind != LADLE_OBJECT) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "values of the kind %d are not known to this version", (int)kind);
        return NULL;
    }
    core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
              "objects of the class %.*s cannot be read by this version", shown_len,
              (const char *)name);
    return NULL;
}

PyObject *core_decode_text(core_decoder *decoder, ladle_kind kind, const uint8_t *data, size_t len)
{
    const char *errors = kind == LADLE_SURROGATE_STR ? "surrogatepass" : NULL;
    PyObject *text = PyUnicode_DecodeUTF8((const char *)data, (Py_ssize_t)len, errors);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        return core_decode_corrupt(decoder, "a str is not UTF-8");
    }
    return text;
}

/*
 * Whether a value can be a key. 0: it can. -1: failed.
 */
static int check_hash(core_decoder *decoder, PyObject *key)
{
    if (PyObject_Hash(key) != -1) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError) && decoder->made_opaque) {
        PyErr_Clear();
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "a key of a dict or an item of a set is or holds an object of a class that is "
                  "not known here; pass types=");
    } else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        core_decode_corrupt(decoder, "a key of a dict or an item of a set is mutable");
    }
    return -1;
}

/*
 * A key or an item that is there already. Objects that differ may not do so as Opaque.
 */
static int refuse_twin(core_decoder *decoder, const char *what)
{
    if (decoder->made_opaque) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "%s twice, as far as can be told without the classes of its objects; pass types=",
                  what);
    } else {
        core_fail(&decoder->error, LADLE_E_CORRUPT, "%s twice", what);
    }
    return -1;
}

int core_decode_add_pair(core_decoder *decoder, PyObject *dict, PyObject *key, PyObject *value)
{
    Py_ssize_t count = PyDict_GET_SIZE(dict);
    int result = check_hash(decoder, key);
    if (result == 0) {
        result = PyDict_SetItem(dict, key, value);
    }
    if (result == 0 && PyDict_GET_SIZE(dict) == count) {
        result = refuse_twin(decoder, "a dict has a key");
    }
    Py_DECREF(key);
    Py_DECREF(value);
    return result;
}

int core_decode_add_item(core_decoder *decoder, PyObject *set, PyObject *item)
{
    Py_ssize_t count = PySet_GET_SIZE(set);
    int result = check_hash(decoder, item);
    if (result == 0) {
        result = PySet_Add(set, item);
    }
    if (result == 0 && PySet_GET_SIZE(set) == count) {
        result = refuse_twin(decoder, "a set has an item");
    }
    Py_DECREF(item);
    return result;
}

/*
 * Bytes that the content of a value would take once more.
 */
static uint64_t content_len(PyObject *value)
{
    if (PyUnicode_CheckExact(value)) {
        return (uint64_t)PyUnicode_GET_LENGTH(value) * 4;
    }
    if (PyBytes_CheckExact(value)) {
        return (uint64_t)PyBytes_GET_SIZE(value);
    }
    if (PyList_CheckExact(value)) {
        return (uint64_t)PyList_GET_SIZE(value) * 8;
    }
    return PyDict_CheckExact(value) ? (uint64_t)PyDict_GET_SIZE(value) * PAIR_LEN : OBJECT_LEN;
}

/*
 * Account for an object of an extension. Entries of dictionaries are shared, so that few bytes of a
 * file may stand for the value of each record, but each object has a copy of its own.
 */
static int take_extension(core_decoder *decoder, uint8_t code, PyObject *value)
{
    uint64_t len = OBJECT_LEN + content_len(value);
    if (code <= CODE_ZONE) {
        return 0;
    }
    if (PyTuple_CheckExact(value)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); i++) {
            len += content_len(PyTuple_GET_ITEM(value, i));
        }
    }
    if (code >= CODE_PURE_POSIX_PATH && code <= CODE_WINDOWS_PATH) {
        len *= 6; /* each part of a path is a str of its own */
    }
    len += code == CODE_DEQUE ? 704 : code == CODE_ORDERED_DICT ? 80 : 0;
    return core_decode_take_memory(decoder, len);
}

PyObject *core_decode_extension(core_decoder *decoder, uint8_t code, PyObject *value)
{
    PyObject *object = NULL;
    if (!value) {
        return NULL;
    }
    if (take_extension(decoder, code, value) == 0) {
        object = core_extension_build(decoder->state, code, value, &decoder->error);
    }
    Py_DECREF(value);
    return object;
}

static PyObject *decode_tuple(core_decoder *decoder, ladle_cursor *cursor, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    if (!tuple || count == 0) {
        return tuple;
    }
    PyObject_GC_UnTrack(tuple);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = decode(decoder, cursor);
        if (!item) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    PyObject_GC_Track(tuple);
    return tuple;
}

static PyObject *decode_list(core_decoder *decoder, ladle_cursor *cursor, Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    if (!list) {
        return NULL;
    }
    PyObject_GC_UnTrack(list);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = decode(decoder, cursor);
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    PyObject_GC_Track(list);
    return list;
}

static PyObject *decode_set(core_decoder *decoder, ladle_cursor *cursor, const ladle_item *item)
{
    if (core_decode_take_memory(decoder, SET_LEN) < 0) {
        return NULL;
    }
    PyObject *set = item->kind == LADLE_SET ? PySet_New(NULL) : PyFrozenSet_New(NULL);
    for (uint64_t i = 0; set && i < item->count; i++) {
        PyObject *member = decode(decoder, cursor);
        if (!member || core_decode_add_item(decoder, set, member) < 0) {
            Py_CLEAR(set);
        }
    }
    return set;
}

/*
 * A key of a dict. Keys that are short come again and again: then the same object does, which knows
 * its hash.
 */
static PyObject *decode_key(core_decoder *decoder, ladle_cursor *cursor)
{
    const uint8_t *text = cursor->next + 1;
    size_t len = ladle_cursor_left(cursor) ? (size_t)*cursor->next - LADLE_TAG_SMALL_STR : SIZE_MAX;
    if (len >= LADLE_TAG_SMALL_TUPLE - LADLE_TAG_SMALL_STR || ladle_cursor_left(cursor) <= len) {
        return decode(decoder, cursor);
    }
    PyObject **slot = &decoder->state->keys[ladle_crc32c(0, text, len) % CORE_KEYS];
    PyObject *known = *slot;
    if (known && (size_t)PyUnicode_GET_LENGTH(known) == len &&
        memcmp(PyUnicode_1BYTE_DATA(known), text, len) == 0) {
        cursor->next = text + len;
        return Py_NewRef(known);
    }
    PyObject *key = decode(decoder, cursor);
    if (key && PyUnicode_CheckExact(key) && PyUnicode_IS_COMPACT_ASCII(key)) {
        Py_XSETREF(*slot, Py_NewRef(key));
    }
    return key;
}

static PyObject *decode_dict(core_decoder *decoder, ladle_cursor *cursor, uint64_t count)
{
    PyObject *dict = PyDict_New();
    for (uint64_t i = 0; dict && i < count; i++) {
        PyObject *key = decode_key(decoder, cursor);
        PyObject *value = key ? decode(decoder, cursor) : NULL;
        if (!value) {
            Py_XDECREF(key);
            Py_CLEAR(dict);
        } else if (core_decode_add_pair(decoder, dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/*
 * Whether two of the fields have one name. -1: failed.
 */
static int have_twin(PyObject *const *fields, uint32_t count)
{
    PyObject *seen = count > 1 ? PySet_New(NULL) : NULL;
    int result = count > 1 && !seen ? -1 : 0;
    for (uint32_t i = 0; seen && result == 0 && i < count; i++) {
        result = PySet_Add(seen, fields[i]);
    }
    if (seen && result == 0) {
        result = PySet_GET_SIZE(seen) != (Py_ssize_t)count;
    }
    Py_XDECREF(seen);
    return result;
}

/*
 * Read 'count' fields and values; those that were read are counted.
 */
static int decode_fields(core_decoder *decoder, ladle_cursor *cursor, uint32_t count,
                         PyObject **fields, PyObject **values, uint32_t *made)
{
    for (*made = 0; *made < count; ++*made) {
        ladle_item item;
        if (ladle_value_next(cursor, &item) != LADLE_OK || item.kind != LADLE_STR) {
            core_decode_corrupt(decoder, "a field of an object has no name");
            return -1;
        }
        ladle_string name = {.data = (const char *)item.data, .len = item.data_len};
        PyObject *field = core_decoder_name(decoder, &name);
        PyObject *value = field ? decode(decoder, cursor) : NULL;
        if (!value) {
            Py_XDECREF(field);
            return -1;
        }
        fields[*made] = field;
        values[*made] = value;
    }
    int has_twin = have_twin(fields, count);
    if (has_twin > 0) {
        core_decode_corrupt(decoder, "an object has a field twice");
    }
    return has_twin ? -1 : 0;
}

static PyObject *decode_object(core_decoder *decoder, ladle_cursor *cursor, const ladle_item *item)
{
    ladle_string text = {.data = (const char *)item->name, .len = item->name_len};
    uint32_t count = (uint32_t)item->count;
    uint32_t made = 0;
    PyObject **fields = PyMem_Calloc(2 * (size_t)count + 1, sizeof *fields);
    PyObject *name = fields ? core_decoder_name(decoder, &text) : NULL;
    PyObject *object = NULL;
    if (!fields) {
        return PyErr_NoMemory();
    }
    if (name && decode_fields(decoder, cursor, count, fields, fields + count, &made) == 0) {
        object = core_build_object(decoder, name, fields, fields + count, count);
    }
    for (uint32_t i = 0; i < made; i++) {
        Py_DECREF(fields[i]);
        Py_DECREF(fields[count + i]);
    }
    Py_XDECREF(name);
    PyMem_Free(fields);
    return object;
}

/*
 * A value that holds others, or one of another kind that is not supported.
 */
static PyObject *decode_container(core_decoder *decoder, ladle_cursor *cursor,
                                  const ladle_item *item)
{
    bool has_pairs =
        item->kind == LADLE_DICT || item->kind == LADLE_SET || item->kind == LADLE_FROZENSET;
    if (core_decode_enter(decoder, item->count, has_pairs ? PAIR_LEN : ITEM_LEN) < 0) {
        return NULL;
    }
    switch (item->kind) {
    case LADLE_TUPLE:
        return decode_tuple(decoder, cursor, (Py_ssize_t)item->count);
    case LADLE_LIST:
        return decode_list(decoder, cursor, (Py_ssize_t)item->count);
    case LADLE_SET:
    case LADLE_FROZENSET:
        return decode_set(decoder, cursor, item);
    case LADLE_DICT:
        return decode_dict(decoder, cursor, item->count);
    case LADLE_OBJECT:
        return decode_object(decoder, cursor, item);
    case LADLE_EXTENSION:
        return core_decode_extension(decoder, item->code, decode(decoder, cursor));
    default:
        return core_decode_unsupported(decoder, item->kind, item->name, item->name_len);
    }
}

static PyObject *decode_nested(core_decoder *decoder, ladle_cursor *cursor, const ladle_item *item)
{
    if (decoder->depth >= decoder->limits.max_depth) {
        return core_decode_too_deep(decoder);
    }
    decoder->depth++;
    PyObject *object = decode_container(decoder, cursor, item);
    decoder->depth--;
    return object;
}

static PyObject *decode(core_decoder *decoder, ladle_cursor *cursor)
{
    ladle_item item;
    ladle_status status = ladle_value_next(cursor, &item);
    if (status == LADLE_E_UNSUPPORTED) {
        core_fail(&decoder->error, status, "the tag %d is not known to this version",
                  *cursor->next);
        return NULL;
    }
    if (status != LADLE_OK) {
        return core_decode_corrupt(decoder, "a value breaks the rules of the format");
    }
    const char *data = (const char *)item.data;
    Py_ssize_t len = (Py_ssize_t)item.data_len;
    switch (item.kind) {
    case LADLE_NONE:
        return Py_NewRef(Py_None);
    case LADLE_BOOL:
        return PyBool_FromLong(item.integer != 0);
    case LADLE_INT:
        return item.is_unsigned ? PyLong_FromUnsignedLongLong(item.integer)
                                : PyLong_FromLongLong((int64_t)item.integer);
    case LADLE_BIGINT:
        return int_from_bytes(item.data, item.data_len);
    case LADLE_FLOAT:
        return PyFloat_FromDouble(item.real);
    case LADLE_COMPLEX:
        return PyComplex_FromDoubles(item.real, item.imaginary);
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
        return core_decode_text(decoder, item.kind, item.data, item.data_len);
    case LADLE_BYTES:
        return PyBytes_FromStringAndSize(data, len);
    case LADLE_BYTEARRAY:
        return core_decode_take_memory(decoder, BYTEARRAY_LEN) < 0
                   ? NULL
                   : PyByteArray_FromStringAndSize(data, len);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return core_decode_tagged_items(decoder, &item);
    default:
        return decode_nested(decoder, cursor, &item);
    }
}

PyObject *core_decode_tagged(core_decoder *decoder, const uint8_t *data, size_t len)
{
    ladle_cursor cursor = ladle_cursor_over(data, len);
    PyObject *object = decode(decoder, &cursor);
    if (object && ladle_cursor_left(&cursor)) {
        Py_DECREF(object);
        return core_decode_corrupt(decoder, "bytes stand behind a value");
    }
    return object;
}

PyObject *core_decode_whole(core_decoder *decoder, const uint8_t *data, size_t len)
{
    decoder->items_left = decoder->limits.max_items;
    decoder->memory_left = decoder->limits.max_memory;
    decoder->depth = 0;
    decoder->made_opaque = false;
    return core_decode_tagged(decoder, data, len);
}
