/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_dict.h"

#include "text.h"

/*
 * The name of a column for a key: NULL when it cannot be one, or an exception is set.
 */
static const char *name_of(PyObject *key, Py_ssize_t *len)
{
    if (!PyUnicode_CheckExact(key)) {
        return NULL;
    }
    const char *name = PyUnicode_AsUTF8AndSize(key, len);
    if (!name && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
    }
    return name;
}

bool core_dict_has_names(PyObject *dict)
{
    Py_ssize_t position = 0;
    Py_ssize_t len;
    PyObject *key;
    if (PyDict_GET_SIZE(dict) > DICT_KEYS_MAX) {
        return false;
    }
    while (PyDict_Next(dict, &position, &key, NULL)) {
        if (!name_of(key, &len)) {
            PyErr_Clear();
            return false;
        }
    }
    return true;
}

/*
 * Both are in their shortest form.
 */
bool core_is_same_key(PyObject *a, PyObject *b)
{
    Py_ssize_t count = PyUnicode_GET_LENGTH(a);
    int kind = PyUnicode_KIND(a);
    return PyUnicode_GET_LENGTH(b) == count && PyUnicode_KIND(b) == kind &&
           memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b), (size_t)count * (size_t)kind) == 0;
}

int core_dict_search(const ladle_node *node, PyObject *const *keys, uint32_t count)
{
    const ladle_key_list *lists = node->keys->lists;
    for (uint32_t i = 0; i < node->keys->list_count; i++) {
        if (lists[i].count == count && core_dict_has_keys(node, &lists[i], keys)) {
            return (int)i;
        }
    }
    return NO_LIST;
}

/*
 * A key list of the row's length that begins as the row does so far and goes on with 'key'.
 */
static int find_list(const ladle_node *node, const struct dict_row *row, uint32_t index,
                     PyObject *key)
{
    const ladle_keys *keys = node->keys;
    for (uint32_t i = 0; i < keys->list_count; i++) {
        const ladle_key_list *list = &keys->lists[i];
        if (list->count == row->count && core_is_key(&keys->items[list->columns[index]], key) &&
            memcmp(list->columns, row->columns, index * sizeof *row->columns) == 0) {
            return (int)i;
        }
    }
    return NO_LIST;
}

/*
 * The column of a key, a new one if need be. 1: found. 0: the node cannot have it. -1: failed.
 */
static int find_column(core_encoder *encoder, ladle_node *node, PyObject *key, uint32_t *column)
{
    Py_ssize_t len;
    const char *name = name_of(key, &len);
    if (!name) {
        return PyErr_Occurred() ? -1 : 0;
    }
    ladle_status status = ladle_dict_column(encoder->shape, node, name, (size_t)len, column);
    if (status == LADLE_END) {
        return 0;
    }
    if (status != LADLE_OK) {
        return core_encode_fail(encoder, status);
    }
    ladle_key *known = &node->keys->items[*column];
    if (!known->tag) {
        known->tag = Py_NewRef(key);
    }
    return 1;
}

static int make_list(core_encoder *encoder, ladle_node *node, struct dict_row *row)
{
    ladle_status status =
        ladle_dict_list(encoder->shape, node, row->columns, row->count, &row->list);
    if (status == LADLE_OK) {
        return 1;
    }
    return status == LADLE_END ? 0 : core_encode_fail(encoder, status);
}

int core_dict_match(core_encoder *encoder, ladle_node *node, PyObject *dict, struct dict_row *row)
{
    const ladle_keys *keys = node->keys;
    Py_ssize_t count = PyDict_GET_SIZE(dict);
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *value;
    int list = NO_LIST;
    if (count > DICT_KEYS_MAX) {
        return 0;
    }
    row->count = (uint32_t)count;
    if (node->guess < keys->list_count && keys->lists[node->guess].count == row->count) {
        list = node->guess;
    }
    for (uint32_t i = 0; i < row->count && PyDict_Next(dict, &position, &key, &value); i++) {
        uint32_t column;
        row->values[i] = value;
        if (list != NO_LIST && core_is_key(&keys->items[keys->lists[list].columns[i]], key)) {
            row->columns[i] = keys->lists[list].columns[i];
            continue;
        }
        if (list != NO_LIST || i == 0) {
            list = find_list(node, row, i, key);
        }
        if (list != NO_LIST) {
            row->columns[i] = keys->lists[list].columns[i];
            continue;
        }
        if (ladle_dict_is_full(node)) {
            return 0;
        }
        int found = find_column(encoder, node, key, &column);
        if (found <= 0) {
            return found;
        }
        row->columns[i] = (uint16_t)column;
    }
    if (list == NO_LIST) {
        return make_list(encoder, node, row);
    }
    row->list = (uint32_t)list;
    return 1;
}
