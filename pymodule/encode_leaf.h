/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_LEAF_H
#define LADLE_PYMODULE_ENCODE_LEAF_H

/*
 * Python objects that hold no others, into the node of their kind.
 */

#include "module.h"

#include "long.h"
#include "text.h"
#include <ladle/shape.h>

/*
 * Put any leaf. LADLE_END: the node is not for it.
 */
ladle_status core_put_leaf(ladle_shape *shape, ladle_node *node, PyObject *object);

/*
 * Put an int of any size at a BIGINT node.
 */
ladle_status core_put_bigint(ladle_shape *shape, ladle_node *node, PyObject *object);

/*
 * Whether an int of less than 64 bits and a sign can go to an INT node.
 */
static inline bool core_takes_int(ladle_node *node, enum int_fit fit)
{
    return fit == INT_PLAIN || (fit != INT_BIG && ladle_node_takes_int(node, (enum ladle_sign)fit));
}

static inline bool core_has_room(const ladle_node *node)
{
    return LADLE_LIKELY(node->count < node->capacity);
}

LADLE_ALWAYS_INLINE bool core_encode_int(ladle_node *node, PyObject *object)
{
    uint64_t bits;
    enum int_fit fit = int_bits(object, &bits);
    /* One branch for both: of random integers half are PLAIN, half UNSIGNED. */
    if (LADLE_UNLIKELY(!core_has_room(node) ||
                       ((fit == INT_PLAIN) | ((unsigned)fit == node->sign)) == 0)) {
        return false;
    }
    ((uint64_t *)node->words)[node->count++] = bits;
    return true;
}

LADLE_ALWAYS_INLINE bool core_encode_ascii(ladle_node *node, PyObject *object)
{
    size_t len = (size_t)PyUnicode_GET_LENGTH(object);
    size_t offset = node->bytes.len;
    if (LADLE_UNLIKELY(!core_has_room(node) || len > node->bytes.capacity - offset)) {
        return false;
    }
    ((uint32_t *)node->words)[node->count++] = (uint32_t)len;
    node->bytes.len = offset + len;
    ladle_copy(node->bytes.data + offset, text_ascii(object), len);
    return true;
}

/*
 * A float at a FLOAT node that has room; else false, and nothing was done.
 */
LADLE_ALWAYS_INLINE bool core_encode_float(ladle_node *node, PyObject *object)
{
    if (LADLE_UNLIKELY(node->kind != LADLE_FLOAT || !PyFloat_CheckExact(object) ||
                       !core_has_room(node))) {
        return false;
    }
    ((uint64_t *)node->words)[node->count++] = ladle_bits_from_double(PyFloat_AS_DOUBLE(object));
    return true;
}

/*
 * The usual leaves at a node of their kind that has room, in their parent's loop. False: nothing
 * was done; core_put_leaf may know better.
 */
LADLE_ALWAYS_INLINE bool core_encode_leaf(ladle_node *node, PyObject *object)
{
    uint8_t kind = node->kind;
    if (kind == LADLE_STR) {
        return PyUnicode_CheckExact(object) && text_is_ascii(object) &&
               core_encode_ascii(node, object);
    }
    if (kind == LADLE_INT) {
        return PyLong_CheckExact(object) && core_encode_int(node, object);
    }
    if (kind == LADLE_FLOAT) {
        return core_encode_float(node, object);
    }
    if (kind == LADLE_NONE) {
        node->count += object == Py_None;
        return object == Py_None;
    }
    if (kind != LADLE_BOOL || !PyBool_Check(object) || !core_has_room(node)) {
        return false;
    }
    ((uint8_t *)node->words)[node->count++] = object == Py_True;
    return true;
}

/*
 * Take back what core_encode_leaf did last at a node.
 */
static inline void core_unput_leaf(ladle_node *node)
{
    node->count--;
    if (node->kind == LADLE_STR) {
        node->bytes.len -= ((const uint32_t *)node->words)[node->count];
    }
}

#endif
