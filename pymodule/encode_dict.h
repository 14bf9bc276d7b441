/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_DICT_H
#define LADLE_PYMODULE_ENCODE_DICT_H

/*
 * Which columns of a dict node the keys of a dict have.
 */

#include "encode.h"

#include "dict_pairs.h"

/*
 * Dicts with more keys than this are maps.
 */
#define DICT_KEYS_MAX 256

struct dict_row {
    uint32_t list;
    uint32_t count;
    uint16_t columns[DICT_KEYS_MAX];
    PyObject *values[DICT_KEYS_MAX]; /* borrowed */
};

/*
 * Find the key list of the pairs of a dict: its number, or -1 when there is none like it.
 */
int core_dict_find(const ladle_node *node, PyObject *const *pairs, uint32_t count);

/*
 * Whether all keys are str that can be the name of a column.
 */
bool core_dict_has_names(PyObject *dict);

/*
 * Find the key list of a dict, or make it. 1: it is in 'row'. 0: the node cannot have it. -1:
 * failed.
 */
int core_dict_match(core_encoder *encoder, ladle_node *node, PyObject *dict, struct dict_row *row);

#endif
