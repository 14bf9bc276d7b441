/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_SHAPE_BLOCK_H
#define LADLE_LIB_SHAPE_BLOCK_H

#include <ladle/shape.h>

/*
 * A boundary in a shape: which values of every node belong to the first records. What is before it
 * can be kept (truncate), or written and dropped.
 */

/*
 * Mark the values of the first 'count' values of a node, and below it. The values of the nodes
 * below may be incomplete behind them.
 */
void ladle_node_mark(ladle_node *node, size_t count);

/*
 * Mark all values of a node; there are no incomplete ones.
 */
void ladle_node_mark_all(ladle_node *node);

/*
 * Forget the values that are marked and keep those behind them.
 */
void ladle_node_drop_marked(ladle_shape *shape, ladle_node *node);

/*
 * Take out alternatives, keys and key lists that no value uses.
 */
void ladle_node_prune(ladle_shape *shape, ladle_node *node);

/*
 * Bytes that the values of a node and below take in memory, at most what they take in a block.
 */
uint64_t ladle_node_len(const ladle_node *node);

/*
 * The same for the values that are marked.
 */
uint64_t ladle_node_marked_len(const ladle_node *node);

#endif
