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

static inline bool core_takes_int(ladle_node *node, enum int_fit fit)
{
    /* One branch for both: of random integers half are PLAIN, half UNSIGNED. */
    if (LADLE_LIKELY(((fit == INT_PLAIN) | ((unsigned)fit == node->sign)) != 0)) {
        return true;
    }
    return fit != INT_BIG && ladle_node_takes_int(node, (enum ladle_sign)fit);
}

/*
 * The usual leaves at a node of their kind, in their parent's loop. False: not this one, or it
 * failed.
 */
LADLE_ALWAYS_INLINE bool core_encode_leaf(ladle_shape *shape, ladle_node *node, PyObject *object)
{
    uint64_t bits;
    switch (node->kind) {
    case LADLE_FLOAT:
        if (!PyFloat_CheckExact(object)) {
            return false;
        }
        bits = ladle_bits_from_double(PyFloat_AS_DOUBLE(object));
        return ladle_node_put_u64(shape, node, bits) == LADLE_OK;
    case LADLE_INT:
        return PyLong_CheckExact(object) && core_takes_int(node, int_bits(object, &bits)) &&
               ladle_node_put_u64(shape, node, bits) == LADLE_OK;
    case LADLE_STR:
        return PyUnicode_CheckExact(object) && text_is_ascii(object) &&
               ladle_node_put_data(shape, node, PyUnicode_1BYTE_DATA(object),
                                   (size_t)PyUnicode_GET_LENGTH(object)) == LADLE_OK;
    case LADLE_NONE:
        if (object != Py_None) {
            return false;
        }
        ladle_node_count(node);
        return true;
    case LADLE_BOOL:
        return PyBool_Check(object) &&
               ladle_node_put_u8(shape, node, object == Py_True) == LADLE_OK;
    default:
        return false;
    }
}

#endif
