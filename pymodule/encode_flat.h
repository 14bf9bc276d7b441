/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_FLAT_H
#define LADLE_PYMODULE_ENCODE_FLAT_H

/*
 * Containers that hold nothing but leaves which fit their columns. No Python code runs, so nothing
 * need be held.
 */

#include "encode.h"

/*
 * Encode a container at a LIST or DICT node of its kind, or a leaf or container at a UNION node
 * that knows it. False: it is another, or memory is to be taken first; nothing was done.
 */
bool core_encode_flat(core_encoder *encoder, ladle_node *node, PyObject *object);

#endif
