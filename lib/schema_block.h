/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SCHEMA_BLOCK_H
#define LADLE_LIB_SCHEMA_BLOCK_H

#include "arena.h"
#include <ladle/schema.h>
#include <ladle/shape.h>

/*
 * What the marked values of a node and below look like, once ladle_block_encode has left their
 * ranges in the nodes. 'schema' is zeroed; what is below it lives in the arena, and its names in
 * the nodes. LADLE_OK or LADLE_E_MEMORY.
 */
ladle_status ladle_schema_of_nodes(struct ladle_arena *arena, const ladle_node *node,
                                   ladle_schema *schema);

#endif
