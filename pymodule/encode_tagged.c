/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode.h"

#include "encode_object.h"
#include "extension.h"
#include "long.h"
#include "numpy_types.h"
#include "text.h"

static ladle_status put_int(ladle_buffer *to, PyObject *object)
{
    uint64_t bits = 0;
    enum int_fit fit = int_bits(object, &bits);
    if (fit == INT_UNSIGNED) {
        return ladle_value_put_uint(to, bits);
    }
    if (fit != INT_BIG) {
        return ladle_value_put_int(to, (int64_t)bits);
    }
    size_t len = int_len(object);
    ladle_status status = ladle_value_put_head(to, LADLE_BIGINT, len);
    if (status == LADLE_OK) {
        status = ladle_buffer_reserve(to, len);
    }
    if (status == LADLE_OK && int_to_bytes(object, to->data + to->len, len) < 0) {
        return LADLE_E_MEMORY;
    }
    to->len += status == LADLE_OK ? len : 0;
    return status;
}

static ladle_status put_text(ladle_buffer *to, PyObject *object)
{
    if (text_is_ascii(object)) {
        return ladle_value_put_data(to, LADLE_STR, PyUnicode_1BYTE_DATA(object),
                                    (size_t)PyUnicode_GET_LENGTH(object));
    }
    bool has_surrogates;
    Py_ssize_t len = text_len(object, &has_surrogates);
    if (len < 0) {
        return LADLE_E_MEMORY;
    }
    uint8_t tag = has_surrogates ? LADLE_SURROGATE_STR : LADLE_STR;
    ladle_status status = ladle_value_put_head(to, tag, (uint64_t)len);
    if (status == LADLE_OK) {
        status = ladle_buffer_reserve(to, (size_t)len);
    }
    if (status == LADLE_OK) {
        text_put(object, to->data + to->len);
        to->len += (size_t)len;
    }
    return status;
}

/*
 * Put what holds no other values. LADLE_END: it does, or is of no built-in type.
 */
static ladle_status put_leaf(ladle_buffer *to, PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);
    if (type == &PyLong_Type) {
        return put_int(to, object);
    }
    if (type == &PyUnicode_Type) {
        return put_text(to, object);
    }
    if (type == &PyFloat_Type) {
        return ladle_value_put_float(to, PyFloat_AS_DOUBLE(object));
    }
    if (object == Py_None) {
        return ladle_value_put_none(to);
    }
    if (type == &PyBool_Type) {
        return ladle_value_put_bool(to, object == Py_True);
    }
    if (type == &PyBytes_Type) {
        return ladle_value_put_data(to, LADLE_BYTES, PyBytes_AS_STRING(object),
                                    (size_t)PyBytes_GET_SIZE(object));
    }
    if (type == &PyByteArray_Type) {
        return ladle_value_put_data(to, LADLE_BYTEARRAY, PyByteArray_AS_STRING(object),
                                    (size_t)PyByteArray_GET_SIZE(object));
    }
    if (type == &PyComplex_Type) {
        return ladle_value_put_complex(to, PyComplex_RealAsDouble(object),
                                       PyComplex_ImagAsDouble(object));
    }
    return LADLE_END;
}

static int begin(core_encoder *encoder, ladle_buffer *to, ladle_kind kind, Py_ssize_t count)
{
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    return core_encode_status(encoder, ladle_value_put_container(to, kind, (uint64_t)count));
}

static int encode_held(core_encoder *encoder, ladle_buffer *to, PyObject *object)
{
    Py_INCREF(object);
    int result = core_encode_tagged(encoder, to, object);
    Py_DECREF(object);
    return result;
}

static int encode_tuple(core_encoder *encoder, ladle_buffer *to, PyObject *tuple)
{
    if (begin(encoder, to, LADLE_TUPLE, PyTuple_GET_SIZE(tuple)) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        if (core_encode_tagged(encoder, to, PyTuple_GET_ITEM(tuple, i)) < 0) {
            return core_path_index(encoder, i);
        }
    }
    core_encode_leave(encoder);
    return 0;
}

static int encode_list(core_encoder *encoder, ladle_buffer *to, PyObject *list)
{
    Py_ssize_t count = PyList_GET_SIZE(list);
    if (begin(encoder, to, LADLE_LIST, count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count && i < PyList_GET_SIZE(list); i++) {
        if (encode_held(encoder, to, PyList_GET_ITEM(list, i)) < 0) {
            return core_path_index(encoder, i);
        }
    }
    core_encode_leave(encoder);
    return PyList_GET_SIZE(list) == count ? 0 : core_encode_changed("list");
}

static int encode_set(core_encoder *encoder, ladle_buffer *to, PyObject *set, ladle_kind kind)
{
    Py_ssize_t left = PySet_GET_SIZE(set);
    PyObject *item;
    PyObject *iterator = PyObject_GetIter(set);
    if (!iterator || begin(encoder, to, kind, left) < 0) {
        Py_XDECREF(iterator);
        return -1;
    }
    int result = 0;
    encoder->key_depth++;
    while (result == 0 && (item = PyIter_Next(iterator))) {
        result = core_encode_tagged(encoder, to, item);
        Py_DECREF(item);
        left--;
    }
    encoder->key_depth--;
    Py_DECREF(iterator);
    if (result < 0) {
        return core_path_member(encoder, "item");
    }
    core_encode_leave(encoder);
    if (PyErr_Occurred()) {
        return -1;
    }
    return left == 0 ? 0 : core_encode_changed("set");
}

static int encode_pair(core_encoder *encoder, ladle_buffer *to, PyObject *key, PyObject *value)
{
    Py_INCREF(key);
    Py_INCREF(value);
    encoder->key_depth++;
    int result = core_encode_tagged(encoder, to, key);
    encoder->key_depth--;
    if (result < 0) {
        core_path_member(encoder, "key");
    } else {
        result = core_encode_tagged(encoder, to, value);
        if (result < 0) {
            core_path_key(encoder, key);
        }
    }
    Py_DECREF(key);
    Py_DECREF(value);
    return result;
}

static int encode_dict(core_encoder *encoder, ladle_buffer *to, PyObject *dict)
{
    Py_ssize_t count = PyDict_GET_SIZE(dict);
    Py_ssize_t position = 0;
    Py_ssize_t done = 0;
    PyObject *key;
    PyObject *value;
    if (begin(encoder, to, LADLE_DICT, count) < 0) {
        return -1;
    }
    for (; done < count && PyDict_Next(dict, &position, &key, &value); done++) {
        if (encode_pair(encoder, to, key, value) < 0) {
            return -1;
        }
    }
    core_encode_leave(encoder);
    bool is_whole = done == count && PyDict_GET_SIZE(dict) == count;
    return is_whole ? 0 : core_encode_changed("dict");
}

/*
 * Behind the tag stands what stands behind the kind of a node, then the data.
 */
static ladle_status put_items(ladle_buffer *to, const core_items *items)
{
    ladle_status status = ladle_value_put_tag(to, (uint8_t)items->kind);
    if (status == LADLE_OK) {
        status = ladle_buffer_put(to, items->type, items->type_len);
    }
    return status == LADLE_OK ? ladle_buffer_put(to, items->data, items->data_len) : status;
}

static int encode_other(core_encoder *encoder, ladle_buffer *to, PyObject *object)
{
    core_class *class = core_class_of(encoder->state, Py_TYPE(object));
    if (!class || class->kind != CLASS_NONE) {
        return class ? core_tag_object(encoder, to, class, object) : -1;
    }
    core_items items;
    int is_numpy = core_items_open(encoder->state, object, &items);
    if (is_numpy < 0) {
        return -1;
    }
    if (is_numpy) {
        int result = core_encode_status(encoder, put_items(to, &items));
        core_items_close(&items);
        return result;
    }
    uint8_t code;
    PyTypeObject *culprit;
    PyObject *value = core_extension_reduce(encoder->state, object, &code, &culprit);
    if ((!value && PyErr_Occurred()) || core_encode_enter(encoder, 0) < 0) {
        Py_XDECREF(value);
        return -1;
    }
    ladle_status status = LADLE_OK;
    if (value) {
        status = ladle_value_put_extension(to, code);
    } else {
        value = core_encode_default(encoder, object, culprit);
    }
    int result = value ? core_encode_status(encoder, status) : -1;
    if (result == 0) {
        result = core_encode_tagged(encoder, to, value);
    }
    Py_XDECREF(value);
    core_encode_leave(encoder);
    return result;
}

int core_encode_tagged(core_encoder *encoder, ladle_buffer *to, PyObject *object)
{
    ladle_status status = put_leaf(to, object);
    if (status != LADLE_END) {
        return core_encode_status(encoder, status);
    }
    const PyTypeObject *type = Py_TYPE(object);
    return type == &PyTuple_Type       ? encode_tuple(encoder, to, object)
           : type == &PyList_Type      ? encode_list(encoder, to, object)
           : type == &PyDict_Type      ? encode_dict(encoder, to, object)
           : type == &PySet_Type       ? encode_set(encoder, to, object, LADLE_SET)
           : type == &PyFrozenSet_Type ? encode_set(encoder, to, object, LADLE_FROZENSET)
                                       : encode_other(encoder, to, object);
}
