/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_flat.h"

#include "encode_dict.h"
#include "encode_leaf.h"

static bool may_enter(const core_encoder *encoder, uint64_t count)
{
    return encoder->depth < encoder->limits.max_depth &&
           encoder->items + count <= encoder->limits.max_items;
}

static bool encode_list(core_encoder *encoder, ladle_node *node, PyObject *list)
{
    ladle_node *child = node->children[0];
    Py_ssize_t count = PyList_GET_SIZE(list);
    Py_ssize_t i = 0;
    if (!core_has_room(node) || !may_enter(encoder, (uint64_t)count)) {
        return false;
    }
    while (i < count && core_encode_leaf(child, PyList_GET_ITEM(list, i))) {
        i++;
    }
    if (LADLE_UNLIKELY(i < count)) {
        while (i-- > 0) {
            core_unput_leaf(child);
        }
        return false;
    }
    ((uint32_t *)node->words)[node->count++] = (uint32_t)count;
    encoder->items += (uint64_t)count;
    return true;
}

static bool encode_dict(core_encoder *encoder, ladle_node *node, PyObject *dict)
{
    struct dict_table table;
    uint32_t count = (uint32_t)PyDict_GET_SIZE(dict);
    int list = dict_find_table(dict, &table) ? core_dict_find(node, table.keys, count) : NO_LIST;
    if (list == NO_LIST || !core_has_room(node) || !may_enter(encoder, count)) {
        return false;
    }
    const uint16_t *columns = node->keys->lists[list].columns;
    PyObject *const *value = table.values;
    uint32_t i = 0;
    while (i < count && core_encode_leaf(node->children[columns[i]], *value)) {
        value += table.stride;
        i++;
    }
    if (LADLE_UNLIKELY(i < count)) {
        while (i-- > 0) {
            core_unput_leaf(node->children[columns[i]]);
        }
        return false;
    }
    node->guess = (uint8_t)list;
    ((uint8_t *)node->words)[node->count++] = node->guess;
    encoder->items += count;
    return true;
}

/*
 * The same at an alternative, which is no union.
 */
static inline bool encode_alternative(core_encoder *encoder, ladle_node *node, uint32_t index,
                                      PyObject *object)
{
    ladle_node *alternative = node->children[index];
    if (!core_encode_leaf(alternative, object) && !core_encode_flat(encoder, alternative, object)) {
        return false;
    }
    node->guess = (uint8_t)index;
    ((uint8_t *)node->words)[node->count++] = node->guess;
    return true;
}

static bool encode_union(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    uint32_t guess = node->guess;
    if (!core_has_room(node)) {
        return false;
    }
    if (encode_alternative(encoder, node, guess, object)) {
        return true;
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (i != guess && encode_alternative(encoder, node, i, object)) {
            return true;
        }
    }
    return false;
}

bool core_encode_flat(core_encoder *encoder, ladle_node *node, PyObject *object)
{
    switch (node->kind) {
    case LADLE_LIST:
        return PyList_CheckExact(object) && encode_list(encoder, node, object);
    case LADLE_DICT:
        return PyDict_CheckExact(object) && encode_dict(encoder, node, object);
    case LADLE_UNION:
        return encode_union(encoder, node, object);
    default:
        return false;
    }
}
