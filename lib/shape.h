/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SHAPE_H
#define LADLE_LIB_SHAPE_H

#include <ladle/shape.h>

/*
 * Beyond this many nodes nothing but a union and its ANY alternative is added. Each node may still
 * become a union, and a dictionary in a block, so this quarter of the limit makes sure that no
 * value is ever refused for want of nodes.
 */
#define LADLE_SHAPE_NODES_SOFT (LADLE_SHAPE_NODES_MAX / 4)

/*
 * Begin with an empty root. The caller has set allocator, array_len_max and release_tag.
 */
ladle_status ladle_shape_init(ladle_shape *shape);
void ladle_shape_free(ladle_shape *shape);

/*
 * Turn a node into one without values and children; what it had is released.
 */
void ladle_node_clear(ladle_shape *shape, ladle_node *node);

/*
 * Release a node, its children and its memory. NULL is allowed.
 */
void ladle_node_free(ladle_shape *shape, ladle_node *node);

/*
 * Append a new empty child. Returns LADLE_OK or LADLE_E_MEMORY.
 */
ladle_status ladle_node_add_child(ladle_shape *shape, ladle_node *node, ladle_node **child);

/*
 * Bytes of an element of a kind's words; 0 for kinds without.
 */
size_t ladle_word_len(uint8_t kind);

static inline bool ladle_kind_has_bytes(uint8_t kind)
{
    return kind == LADLE_BIGINT || (kind >= LADLE_STR && kind <= LADLE_BYTEARRAY) ||
           kind == LADLE_ANY;
}

/*
 * Kinds whose values are all of one length.
 */
static inline bool ladle_kind_has_items(uint8_t kind)
{
    return kind == LADLE_SCALAR || kind == LADLE_ARRAY;
}

/*
 * Kinds whose nodes have a type.
 */
static inline bool ladle_kind_has_type(uint8_t kind)
{
    return ladle_kind_has_items(kind) || kind == LADLE_OBJECT;
}

/*
 * Kinds whose words are the lengths of runs of the children's values.
 */
static inline bool ladle_kind_is_repeated(uint8_t kind)
{
    return (kind >= LADLE_LIST && kind <= LADLE_FROZENSET) || kind == LADLE_TUPLES ||
           kind == LADLE_MAP;
}

void ladle_key_release(ladle_shape *shape, ladle_key *key);
void ladle_key_list_release(ladle_shape *shape, ladle_key_list *list);

#endif
