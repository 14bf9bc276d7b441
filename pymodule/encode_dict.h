/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ENCODE_DICT_H
#define LADLE_PYMODULE_ENCODE_DICT_H

/*
 * Which columns of a dict node the keys of a dict have.
 */

#include "encode.h"

#include "dict_table.h"

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

enum { NO_LIST = -1 };

/*
 * Whether two str that were keys of a dict are equal, given that their hashes are.
 */
bool core_is_same_key(PyObject *a, PyObject *b);

/*
 * Both are or were in a dict: their hashes are known.
 */
static inline bool core_is_key(const ladle_key *known, PyObject *key)
{
    const PyASCIIObject *tag = known->tag;
    return LADLE_LIKELY(known->tag == key) ||
           (tag && PyUnicode_CheckExact(key) && tag->hash == ((PyASCIIObject *)key)->hash &&
            core_is_same_key(known->tag, key));
}

static inline bool core_dict_has_keys(const ladle_node *node, const ladle_key_list *list,
                                      PyObject *const *keys)
{
    const ladle_key *known = node->keys->items;
    for (uint32_t i = 0; i < list->count; i++) {
        if (LADLE_UNLIKELY(!core_is_key(&known[list->columns[i]], keys[2 * (size_t)i]))) {
            return false;
        }
    }
    return true;
}

/*
 * Find the key list of a dict by its keys: its number, or NO_LIST when there is none like it. The
 * second does not try the latest one first.
 */
int core_dict_search(const ladle_node *node, PyObject *const *keys, uint32_t count);

static inline int core_dict_find(const ladle_node *node, PyObject *const *keys, uint32_t count)
{
    const ladle_keys *known = node->keys;
    uint32_t guess = node->guess;
    return guess < known->list_count && known->lists[guess].count == count &&
                   core_dict_has_keys(node, &known->lists[guess], keys)
               ? (int)guess
               : core_dict_search(node, keys, count);
}

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
