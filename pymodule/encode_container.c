/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_container.h"

#include "encode_leaf.h"

static inline int encode_item(core_encoder *encoder, ladle_node *node, PyObject *item)
{
    return LADLE_LIKELY(core_encode_leaf(node, item)) ? 0 : core_encode_value(encoder, node, item);
}

int core_encode_tuples(core_encoder *encoder, ladle_node *node, PyObject *tuple)
{
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    ladle_node *child = node->children[0];
    Py_ssize_t i = 0;
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    Py_INCREF(tuple);
    while (i < count && encode_item(encoder, child, PyTuple_GET_ITEM(tuple, i)) == 0) {
        i++;
    }
    Py_DECREF(tuple);
    return i == count ? core_encode_length(encoder, node, count) : core_path_index(encoder, i);
}

int core_encode_set(core_encoder *encoder, ladle_node *node, PyObject *set)
{
    Py_ssize_t count = PySet_GET_SIZE(set);
    ladle_node *child = node->children[0];
    PyObject *iterator = PyObject_GetIter(set);
    PyObject *item;
    Py_ssize_t done = 0;
    if (!iterator || core_encode_enter(encoder, count) < 0) {
        Py_XDECREF(iterator);
        return -1;
    }
    int result = 0;
    encoder->key_depth++;
    while (result == 0 && (item = PyIter_Next(iterator))) {
        result = encode_item(encoder, child, item);
        Py_DECREF(item);
        done++;
    }
    encoder->key_depth--;
    Py_DECREF(iterator);
    if (result < 0) {
        return core_path_member(encoder, "item");
    }
    if (!PyErr_Occurred() && done != count) {
        return core_encode_changed("set");
    }
    return PyErr_Occurred() ? -1 : core_encode_length(encoder, node, count);
}

static int encode_pair(core_encoder *encoder, ladle_node *node, PyObject *key, PyObject *value)
{
    Py_INCREF(key);
    Py_INCREF(value);
    encoder->key_depth++;
    int result = encode_item(encoder, node->children[0], key);
    encoder->key_depth--;
    if (result < 0) {
        core_path_member(encoder, "key");
    } else {
        result = encode_item(encoder, node->children[1], value);
        if (result < 0) {
            core_path_key(encoder, key);
        }
    }
    Py_DECREF(key);
    Py_DECREF(value);
    return result;
}

int core_encode_map(core_encoder *encoder, ladle_node *node, PyObject *dict)
{
    Py_ssize_t count = PyDict_GET_SIZE(dict);
    Py_ssize_t position = 0;
    Py_ssize_t done = 0;
    PyObject *key;
    PyObject *value;
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    for (; done < count && PyDict_Next(dict, &position, &key, &value); done++) {
        if (encode_pair(encoder, node, key, value) < 0) {
            return -1;
        }
    }
    if (done != count || PyDict_GET_SIZE(dict) != count) {
        return core_encode_changed("dict");
    }
    return core_encode_length(encoder, node, count);
}
