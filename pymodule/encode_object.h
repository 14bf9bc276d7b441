/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_OBJECT_H
#define LADLE_PYMODULE_ENCODE_OBJECT_H

/*
 * Objects by the name of their class: FORMAT.md section 7.
 */

#include "classes.h"
#include "encode.h"

/*
 * Encode an object whose class is none of CLASS_NONE, at a node.
 */
int core_encode_object(core_encoder *encoder, ladle_node *node, core_class *class,
                       PyObject *object);

/*
 * Append it in tagged form.
 */
int core_tag_object(core_encoder *encoder, ladle_buffer *to, core_class *class, PyObject *object);

/*
 * The class of an object when an OBJECT node is for it; otherwise NULL.
 */
static inline core_class *core_node_class(const ladle_node *node, PyObject *object)
{
    core_class *class = node->tag;
    return class && class->type == Py_TYPE(object) ? class : NULL;
}

#endif
