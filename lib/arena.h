/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ARENA_H
#define LADLE_LIB_ARENA_H

#include <ladle/base.h>

/*
 * Memory for what lives as long as a block: taken piece by piece, given back all at once.
 */
struct ladle_arena {
    const ladle_allocator *allocator;
    struct ladle_chunk *chunks; /* the latest first */
};

/*
 * Zeroed memory for 'count' elements of 'size' bytes, aligned for any type; NULL when there is
 * none.
 */
void *ladle_arena_take(struct ladle_arena *arena, size_t count, size_t size);

/*
 * The same, but with whatever the memory held before.
 */
void *ladle_arena_take_unset(struct ladle_arena *arena, size_t count, size_t size);

/*
 * Bytes that the arena holds.
 */
size_t ladle_arena_capacity(const struct ladle_arena *arena);

/*
 * Give all back, but for one piece that is kept for the next block.
 */
void ladle_arena_reset(struct ladle_arena *arena);
void ladle_arena_free(struct ladle_arena *arena);

#endif
