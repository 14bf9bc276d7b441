/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_CONTAINER_H
#define LADLE_PYMODULE_ENCODE_CONTAINER_H

/*
 * Containers of any length at a node of their kind: long tuples, sets, dicts as maps. They hold
 * whatever their items need, and are not held themselves but for a tuple.
 */

#include "encode.h"

int core_encode_tuples(core_encoder *encoder, ladle_node *node, PyObject *tuple);
int core_encode_set(core_encoder *encoder, ladle_node *node, PyObject *set);
int core_encode_map(core_encoder *encoder, ladle_node *node, PyObject *dict);

/*
 * Step out of a container, and put how many items it has.
 */
static inline int core_encode_length(core_encoder *encoder, ladle_node *node, Py_ssize_t count)
{
    core_encode_leave(encoder);
    return core_encode_status(encoder, ladle_node_put_u32(encoder->shape, node, (uint32_t)count));
}

#endif
