/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode.h"

#include "encode_container.h"
#include "encode_dict.h"
#include "encode_flat.h"
#include "encode_leaf.h"
#include "encode_object.h"
#include "extension.h"
#include "long.h"
#include "numpy_types.h"
#include "text.h"

/*
 * For what has a large frame on the stack: its callers nest deeper, and do not need it.
 */
#define NOINLINE __attribute__((noinline))

static int encode(core_encoder *encoder, ladle_node *node, PyObject *object);

/*
 * Encode what a container holds. The container is held once Python code may run; its encoder lets
 * go of '*held' in the end.
 */
static inline int encode_child(core_encoder *encoder, ladle_node *node, PyObject *object,
                               PyObject *container, PyObject **held)
{
    if (LADLE_LIKELY(core_encode_leaf(node, object))) {
        return 0;
    }
    if (!*held) {
        *held = Py_NewRef(container);
    }
    return encode(encoder, node, object);
}

/*
 * The items of a tuple from 'first' on, and the end of it.
 */
NOINLINE static int encode_rest(core_encoder *encoder, ladle_node *node, PyObject *tuple,
                                uint32_t first)
{
    uint32_t count = node->child_count;
    uint32_t i = first;
    Py_INCREF(tuple);
    while (i < count && encode(encoder, node->children[i], PyTuple_GET_ITEM(tuple, i)) == 0) {
        i++;
    }
    Py_DECREF(tuple);
    core_encode_leave(encoder);
    return i == count ? 0 : core_path_index(encoder, i);
}

/*
 * A tuple with as many items as the node has children. No Python code runs while they are leaves.
 */
LADLE_ALWAYS_INLINE int encode_tuple(core_encoder *encoder, ladle_node *node, PyObject *tuple)
{
    ladle_node *const *children = node->children;
    uint32_t count = node->child_count;
    if (core_encode_enter(encoder, count) < 0) {
        return -1;
    }
    ladle_node_count(node);
    uint32_t i = 0;
    /* Rows of floats are common, and this loop is one that processors predict to its end. */
    while (i < count && core_encode_float(children[i], PyTuple_GET_ITEM(tuple, i))) {
        i++;
    }
    for (; i < count; i++) {
        if (LADLE_UNLIKELY(!core_encode_leaf(children[i], PyTuple_GET_ITEM(tuple, i)))) {
            return encode_rest(encoder, node, tuple, i);
        }
    }
    core_encode_leave(encoder);
    return 0;
}

static int encode_list(core_encoder *encoder, ladle_node *node, PyObject *list)
{
    PyObject *held = NULL;
    Py_ssize_t count = PyList_GET_SIZE(list);
    ladle_node *child = node->children[0];
    int result = core_encode_enter(encoder, count);
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        if (LADLE_UNLIKELY(i >= PyList_GET_SIZE(list))) {
            break;
        }
        result = encode_child(encoder, child, PyList_GET_ITEM(list, i), list, &held);
        if (LADLE_UNLIKELY(result < 0)) {
            core_path_index(encoder, i);
        }
    }
    if (result == 0) {
        result = LADLE_LIKELY(PyList_GET_SIZE(list) == count)
                     ? core_encode_length(encoder, node, count)
                     : core_encode_changed("list");
    }
    Py_XDECREF(held);
    return result;
}

static void hold_values(const struct dict_row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        Py_INCREF(row->values[i]);
    }
}

static void release_values(const struct dict_row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        Py_DECREF(row->values[i]);
    }
}

static int encode_values(core_encoder *encoder, ladle_node *node, const struct dict_row *row)
{
    int result = 0;
    hold_values(row);
    for (uint32_t i = 0; result == 0 && i < row->count; i++) {
        ladle_node *child = node->children[row->columns[i]];
        if (!core_encode_leaf(child, row->values[i]) &&
            encode(encoder, child, row->values[i]) < 0) {
            result = core_path_key(encoder, node->keys->items[row->columns[i]].tag);
        }
    }
    release_values(row);
    return result;
}

/*
 * Begin a value of a dict node with a key list.
 */
static int enter_row(core_encoder *encoder, ladle_node *node, uint32_t list, uint32_t count)
{
    ladle_status status = ladle_node_put_u8(encoder->shape, node, (uint8_t)list);
    if (status != LADLE_OK) {
        return core_encode_fail(encoder, status);
    }
    node->guess = (uint8_t)list;
    return core_encode_enter(encoder, count);
}

static int encode_row(core_encoder *encoder, ladle_node *node, const struct dict_row *row)
{
    if (enter_row(encoder, node, row->list, row->count) < 0) {
        return -1;
    }
    int result = encode_values(encoder, node, row);
    core_encode_leave(encoder);
    return result;
}

/*
 * The values of a dict from 'first' on, which are borrowed, while Python code may run.
 */
NOINLINE static int encode_dict_rest(core_encoder *encoder, ladle_node *node,
                                     const struct dict_table *table, const ladle_key_list *list,
                                     uint32_t first)
{
    struct dict_row row;
    row.count = list->count - first;
    for (uint32_t i = 0; i < row.count; i++) {
        row.columns[i] = list->columns[first + i];
        row.values[i] = table->values[table->stride * (first + i)];
    }
    return encode_values(encoder, node, &row);
}

/*
 * A dict whose table is at hand and whose key list is known.
 */
static int encode_known(core_encoder *encoder, ladle_node *node, const struct dict_table *table,
                        uint32_t list)
{
    const ladle_key_list *columns = &node->keys->lists[list];
    PyObject *const *value = table->values;
    uint32_t count = columns->count;
    if (enter_row(encoder, node, list, count) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++, value += table->stride) {
        ladle_node *child = node->children[columns->columns[i]];
        if (LADLE_UNLIKELY(!core_encode_leaf(child, *value) &&
                           !core_encode_flat(encoder, child, *value))) {
            if (encode_dict_rest(encoder, node, table, columns, i) < 0) {
                return -1;
            }
            break;
        }
    }
    core_encode_leave(encoder);
    return 0;
}

int core_encode_any(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    ladle_buffer *bytes = &node->bytes;
    size_t start = bytes->len;
    size_t capacity = bytes->capacity;
    Py_INCREF(object);
    int result = core_encode_tagged(encoder, bytes, object);
    Py_DECREF(object);
    if (bytes->capacity != capacity) {
        encoder->shape->look_count = 0;
    }
    if (result == 0) {
        uint32_t len = (uint32_t)(bytes->len - start);
        result = core_encode_status(encoder, ladle_node_put_u32(encoder->shape, node, len));
    }
    if (result < 0) {
        bytes->len = start;
    }
    return result;
}

/*
 * Put an object at the node that ladle_node_accept gave for it.
 */
static int encode_accepted(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    switch (node->kind) {
    case LADLE_TUPLE:
        return encode_tuple(encoder, node, object);
    case LADLE_TUPLES:
        return core_encode_tuples(encoder, node, object);
    case LADLE_LIST:
        return encode_list(encoder, node, object);
    case LADLE_SET:
    case LADLE_FROZENSET:
        return core_encode_set(encoder, node, object);
    case LADLE_MAP:
        return core_encode_map(encoder, node, object);
    case LADLE_ANY:
        return core_encode_any(encoder, node, object);
    case LADLE_BIGINT:
        return core_encode_status(encoder, core_put_bigint(encoder->shape, node, object));
    default:
        return core_encode_status(encoder, core_put_leaf(encoder->shape, node, object));
    }
}

static int encode_as(core_encoder *encoder, ladle_node *node, ladle_kind kind, uint32_t detail,
                     PyObject *object)
{
    ladle_node *target;
    ladle_status status = ladle_node_accept(encoder->shape, node, kind, detail, &target);
    return status == LADLE_OK ? encode_accepted(encoder, target, object)
                              : core_encode_fail(encoder, status);
}

/*
 * The alternative of a node that is of a kind: the node itself, one of a union's, or NULL.
 */
static ladle_node *find_alternative(ladle_node *node, ladle_kind kind, uint32_t *index)
{
    *index = 0;
    if (node->kind != LADLE_UNION) {
        return node->kind == kind ? node : NULL;
    }
    for (; *index < node->child_count; ++*index) {
        if (node->children[*index]->kind == kind) {
            return node->children[*index];
        }
    }
    return NULL;
}

/*
 * A dict that goes to a node or its union, whatever its keys.
 */
NOINLINE static int encode_any_dict(core_encoder *encoder, ladle_node *node, PyObject *dict)
{
    struct dict_row row;
    uint32_t index;
    ladle_status status = LADLE_OK;
    ladle_node *target = find_alternative(node, LADLE_DICT, &index);
    bool is_new = !target;
    if (is_new && !core_dict_has_names(dict)) {
        return encode_as(encoder, node, LADLE_MAP, 0, dict);
    }
    if (is_new) {
        status = ladle_node_accept(encoder->shape, node, LADLE_DICT, 0, &target);
    }
    if (status == LADLE_OK && target->kind == LADLE_ANY) {
        return core_encode_any(encoder, target, dict);
    }
    int is_matched = status == LADLE_OK ? core_dict_match(encoder, target, dict, &row)
                                        : core_encode_fail(encoder, status);
    if (is_matched < 0) {
        return -1;
    }
    if (!is_matched) {
        if (is_new) {
            ladle_node_unselect(node, target);
        }
        return encode_as(encoder, node, LADLE_MAP, 0, dict);
    }
    if (!is_new && node != target) {
        status = ladle_node_put_u8(encoder->shape, node, (uint8_t)index);
        node->guess = (uint8_t)index;
    }
    return status == LADLE_OK ? encode_row(encoder, target, &row)
                              : core_encode_fail(encoder, status);
}

static int encode_dict(core_encoder *encoder, ladle_node *node, PyObject *dict)
{
    struct dict_table table;
    int list = dict_find_table(dict, &table)
                   ? core_dict_find(node, table.keys, (uint32_t)PyDict_GET_SIZE(dict))
                   : NO_LIST;
    return LADLE_LIKELY(list != NO_LIST) ? encode_known(encoder, node, &table, (uint32_t)list)
                                         : encode_any_dict(encoder, node, dict);
}

/*
 * INT, or BIGINT for what the column of integers cannot take.
 */
static ladle_kind kind_of_int(ladle_node *node, PyObject *object)
{
    uint64_t bits;
    uint32_t index;
    enum int_fit fit = int_bits(object, &bits);
    ladle_node *column = find_alternative(node, LADLE_INT, &index);
    return fit != INT_BIG && (!column || core_takes_int(column, fit)) ? LADLE_INT : LADLE_BIGINT;
}

static ladle_kind kind_of_text(PyObject *object)
{
    bool has_surrogates = false;
    if (!text_is_ascii(object) && text_len(object, &has_surrogates) < 0) {
        PyErr_Clear();
    }
    return has_surrogates ? LADLE_SURROGATE_STR : LADLE_STR;
}

/*
 * The kind of an object that is of a built-in type; EMPTY for all others.
 */
static ladle_kind kind_of(ladle_node *node, PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);
    return type == &PyLong_Type        ? kind_of_int(node, object)
           : type == &PyUnicode_Type   ? kind_of_text(object)
           : type == &PyFloat_Type     ? LADLE_FLOAT
           : object == Py_None         ? LADLE_NONE
           : type == &PyBool_Type      ? LADLE_BOOL
           : type == &PyTuple_Type     ? LADLE_TUPLE
           : type == &PyList_Type      ? LADLE_LIST
           : type == &PyDict_Type      ? LADLE_DICT
           : type == &PyBytes_Type     ? LADLE_BYTES
           : type == &PyByteArray_Type ? LADLE_BYTEARRAY
           : type == &PyComplex_Type   ? LADLE_COMPLEX
           : type == &PySet_Type       ? LADLE_SET
           : type == &PyFrozenSet_Type ? LADLE_FROZENSET
                                       : LADLE_EMPTY;
}

static int encode_extension(core_encoder *encoder, ladle_node *node, uint8_t code, PyObject *value,
                            PyObject *object)
{
    ladle_node *target;
    ladle_status status = ladle_node_accept(encoder->shape, node, LADLE_EXTENSION, code, &target);
    if (status != LADLE_OK) {
        return core_encode_fail(encoder, status);
    }
    if (target->kind == LADLE_ANY) {
        return core_encode_any(encoder, target, object);
    }
    if (core_encode_enter(encoder, 0) < 0) {
        return -1;
    }
    ladle_node_count(target);
    int result = encode(encoder, target->children[0], value);
    core_encode_leave(encoder);
    return result;
}

static int encode_items(core_encoder *encoder, ladle_node *node, const core_items *items,
                        PyObject *object)
{
    ladle_node *target;
    ladle_status status = ladle_node_accept_typed(encoder->shape, node, items->kind, items->type,
                                                  items->type_len, items->data_len, &target);
    if (status == LADLE_OK && target->kind == LADLE_ANY) {
        return core_encode_any(encoder, target, object);
    }
    if (status == LADLE_OK) {
        status = ladle_node_put_items(encoder->shape, target, items->data, 1);
    }
    return core_encode_status(encoder, status);
}

/*
 * An object of a type that is not built in.
 */
static int encode_other(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    core_class *class = core_class_of(encoder->state, Py_TYPE(object));
    if (!class || class->kind != CLASS_NONE) {
        return class ? core_encode_object(encoder, node, class, object) : -1;
    }
    core_items items;
    int is_numpy = core_items_open(encoder->state, object, &items);
    if (is_numpy < 0) {
        return -1;
    }
    if (is_numpy) {
        int result = encode_items(encoder, node, &items, object);
        core_items_close(&items);
        return result;
    }
    uint8_t code;
    PyTypeObject *culprit;
    PyObject *value = core_extension_reduce(encoder->state, object, &code, &culprit);
    if (value) {
        int result = encode_extension(encoder, node, code, value, object);
        Py_DECREF(value);
        return result;
    }
    if (PyErr_Occurred() || core_encode_enter(encoder, 0) < 0) {
        return -1;
    }
    value = core_encode_default(encoder, object, culprit);
    int result = value ? encode(encoder, node, value) : -1;
    Py_XDECREF(value);
    core_encode_leave(encoder);
    return result;
}

/*
 * An object that may be the first of its kind at a node.
 */
static int encode_held_new(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    uint32_t detail = 0;
    ladle_kind kind = kind_of(node, object);
    if (kind == LADLE_EMPTY) {
        return encode_other(encoder, node, object);
    }
    if (kind == LADLE_DICT) {
        return encode_any_dict(encoder, node, object);
    }
    if (kind == LADLE_TUPLE) {
        Py_ssize_t count = PyTuple_GET_SIZE(object);
        detail = count > LADLE_TUPLE_MAX ? LADLE_TUPLE_MAX + 1 : (uint32_t)count;
    }
    return encode_as(encoder, node, kind, detail, object);
}

static int encode_new(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    Py_INCREF(object);
    int result = encode_held_new(encoder, node, object);
    Py_DECREF(object);
    return result;
}

/*
 * Encode an object that is borrowed: whatever may run Python code holds it first.
 */
static int encode(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    switch (node->kind) {
    case LADLE_TUPLE:
        if (PyTuple_CheckExact(object) && PyTuple_GET_SIZE(object) == node->child_count) {
            return encode_tuple(encoder, node, object);
        }
        break;
    case LADLE_LIST:
        if (PyList_CheckExact(object)) {
            return encode_list(encoder, node, object);
        }
        break;
    case LADLE_DICT:
        if (PyDict_CheckExact(object)) {
            return encode_dict(encoder, node, object);
        }
        break;
    case LADLE_OBJECT: {
        core_class *class = core_node_class(node, object);
        if (class) {
            Py_INCREF(object);
            int result = core_encode_object(encoder, node, class, object);
            Py_DECREF(object);
            return result;
        }
        break;
    }
    case LADLE_UNION:
        if (core_encode_flat(encoder, node, object)) {
            return 0;
        }
        break;
    case LADLE_ANY:
        return core_encode_any(encoder, node, object);
    default: {
        ladle_status status = core_put_leaf(encoder->shape, node, object);
        if (status != LADLE_END) {
            return core_encode_status(encoder, status);
        }
    }
    }
    return encode_new(encoder, node, object);
}

int core_encode_value(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    return encode(encoder, node, object);
}

int core_encode_record(core_encoder *encoder, PyObject *object)
{
    encoder->depth = 0;
    encoder->items = 0;
    ladle_node *root = encoder->shape->root;
    bool is_tuple = root->kind == LADLE_TUPLE && PyTuple_CheckExact(object) &&
                    PyTuple_GET_SIZE(object) == root->child_count;
    return is_tuple ? encode_tuple(encoder, root, object) : encode(encoder, root, object);
}
