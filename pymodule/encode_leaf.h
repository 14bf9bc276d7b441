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

/*
 * The usual leaves as a column's word number 'index', for which there is room. False: the leaf is of
 * another kind, or does not fit.
 */
LADLE_ALWAYS_INLINE bool core_put_float(void *words, size_t index, PyObject *object)
{
    if (LADLE_UNLIKELY(!PyFloat_CheckExact(object))) {
        return false;
    }
    ((uint64_t *)words)[index] = ladle_bits_from_double(PyFloat_AS_DOUBLE(object));
    return true;
}

LADLE_ALWAYS_INLINE bool core_put_int(void *words, size_t index, uint8_t sign, PyObject *object)
{
    uint64_t bits;
    if (LADLE_UNLIKELY(!PyLong_CheckExact(object))) {
        return false;
    }
    enum int_fit fit = int_bits(object, &bits);
    ((uint64_t *)words)[index] = bits;
    /* One branch for both: of random integers half are PLAIN, half UNSIGNED. */
    return LADLE_LIKELY((fit == INT_PLAIN) | ((unsigned)fit == sign));
}

LADLE_ALWAYS_INLINE bool core_put_bool(void *words, size_t index, PyObject *object)
{
    ((uint8_t *)words)[index] = object == Py_True;
    return PyBool_Check(object);
}

/*
 * A str of ASCII, whose content of '*len' bytes goes to 'to' if 'room' is enough.
 */
LADLE_ALWAYS_INLINE bool core_put_ascii(void *words, size_t index, uint8_t *to, size_t room,
                                        PyObject *object, size_t *len)
{
    if (LADLE_UNLIKELY(!PyUnicode_CheckExact(object) || !text_is_ascii(object))) {
        return false;
    }
    *len = (size_t)PyUnicode_GET_LENGTH(object);
    if (LADLE_UNLIKELY(*len > room)) {
        return false;
    }
    ((uint32_t *)words)[index] = (uint32_t)*len;
    ladle_copy(to, text_ascii(object), *len);
    return true;
}

static inline bool core_has_room(const ladle_node *node)
{
    return LADLE_LIKELY(node->count < node->capacity);
}

/*
 * A float at a FLOAT node that has room; else false, and nothing was done.
 */
LADLE_ALWAYS_INLINE bool core_encode_float(ladle_node *node, PyObject *object)
{
    if (LADLE_UNLIKELY(node->kind != LADLE_FLOAT || !core_has_room(node) ||
                       !core_put_float(node->words, node->count, object))) {
        return false;
    }
    node->count++;
    return true;
}

LADLE_ALWAYS_INLINE bool core_encode_int(ladle_node *node, PyObject *object)
{
    if (LADLE_UNLIKELY(!core_has_room(node) ||
                       !core_put_int(node->words, node->count, node->sign, object))) {
        return false;
    }
    node->count++;
    return true;
}

LADLE_ALWAYS_INLINE bool core_encode_ascii(ladle_node *node, PyObject *object)
{
    size_t start = node->bytes.len;
    size_t len;
    if (LADLE_UNLIKELY(!core_has_room(node) ||
                       !core_put_ascii(node->words, node->count, node->bytes.data + start,
                                       node->bytes.capacity - start, object, &len))) {
        return false;
    }
    node->count++;
    node->bytes.len = start + len;
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
        return core_encode_ascii(node, object);
    }
    if (kind == LADLE_INT) {
        return core_encode_int(node, object);
    }
    if (kind == LADLE_FLOAT) {
        return core_encode_float(node, object);
    }
    if (kind == LADLE_NONE) {
        node->count += object == Py_None;
        return object == Py_None;
    }
    if (kind != LADLE_BOOL || !core_has_room(node) ||
        !core_put_bool(node->words, node->count, object)) {
        return false;
    }
    node->count++;
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
