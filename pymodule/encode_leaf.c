/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode_leaf.h"

/*
 * Room for content of 'len' bytes at the end of node->bytes, and for its length.
 */
static ladle_status reserve_content(ladle_shape *shape, ladle_node *node, size_t len)
{
    if (len > node->bytes.capacity - node->bytes.len) {
        ladle_status status = ladle_node_grow_bytes(shape, node, len);
        if (status != LADLE_OK) {
            return status;
        }
    }
    return ladle_node_room(shape, node);
}

static void add_content(ladle_node *node, size_t len)
{
    ((uint32_t *)node->words)[node->count++] = (uint32_t)len;
    node->bytes.len += len;
}

static ladle_status put_text(ladle_shape *shape, ladle_node *node, PyObject *object)
{
    bool has_surrogates;
    Py_ssize_t len = text_len(object, &has_surrogates);
    if (len < 0) {
        return LADLE_E_MEMORY;
    }
    if (has_surrogates != (node->kind == LADLE_SURROGATE_STR)) {
        return LADLE_END;
    }
    ladle_status status = reserve_content(shape, node, (size_t)len);
    if (status == LADLE_OK && len) {
        text_put(object, node->bytes.data + node->bytes.len);
    }
    if (status == LADLE_OK) {
        add_content(node, (size_t)len);
    }
    return status;
}

ladle_status core_put_bigint(ladle_shape *shape, ladle_node *node, PyObject *object)
{
    size_t len = int_len(object);
    ladle_status status = reserve_content(shape, node, len);
    if (status == LADLE_OK && int_to_bytes(object, node->bytes.data + node->bytes.len, len) < 0) {
        return LADLE_E_MEMORY;
    }
    if (status == LADLE_OK) {
        add_content(node, len);
    }
    return status;
}

ladle_status core_put_leaf(ladle_shape *shape, ladle_node *node, PyObject *object)
{
    uint64_t bits;
    switch (node->kind) {
    case LADLE_FLOAT:
        return !PyFloat_CheckExact(object)
                   ? LADLE_END
                   : ladle_node_put_u64(shape, node,
                                        ladle_bits_from_double(PyFloat_AS_DOUBLE(object)));
    case LADLE_INT:
        return !PyLong_CheckExact(object) || !core_takes_int(node, int_bits(object, &bits))
                   ? LADLE_END
                   : ladle_node_put_u64(shape, node, bits);
    case LADLE_STR:
    case LADLE_SURROGATE_STR:
        return PyUnicode_CheckExact(object) ? put_text(shape, node, object) : LADLE_END;
    case LADLE_NONE:
        if (object != Py_None) {
            return LADLE_END;
        }
        ladle_node_count(node);
        return LADLE_OK;
    case LADLE_BOOL:
        return PyBool_Check(object) ? ladle_node_put_u8(shape, node, object == Py_True) : LADLE_END;
    case LADLE_BIGINT:
        return PyLong_CheckExact(object) && int_bits(object, &bits) == INT_BIG
                   ? core_put_bigint(shape, node, object)
                   : LADLE_END;
    case LADLE_COMPLEX:
        return !PyComplex_CheckExact(object)
                   ? LADLE_END
                   : ladle_node_put_complex(shape, node, PyComplex_RealAsDouble(object),
                                            PyComplex_ImagAsDouble(object));
    case LADLE_BYTES:
        return !PyBytes_CheckExact(object)
                   ? LADLE_END
                   : ladle_node_put_data(shape, node, PyBytes_AS_STRING(object),
                                         (size_t)PyBytes_GET_SIZE(object));
    case LADLE_BYTEARRAY:
        return !PyByteArray_CheckExact(object)
                   ? LADLE_END
                   : ladle_node_put_data(shape, node, PyByteArray_AS_STRING(object),
                                         (size_t)PyByteArray_GET_SIZE(object));
    default:
        return LADLE_END;
    }
}
