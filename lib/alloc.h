/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_ALLOC_H
#define LADLE_LIB_ALLOC_H

#include <ladle/base.h>

/*
 * Memory by a handle's allocator (NULL: malloc). Sizes are count times size with a check for
 * overflow; a size of 0 gives memory of 1 byte. New memory is zeroed by ladle_alloc, not by
 * ladle_realloc.
 */
void *ladle_alloc(const ladle_allocator *allocator, size_t count, size_t size);
void *ladle_realloc(const ladle_allocator *allocator, void *pointer, size_t old_count,
                    size_t new_count, size_t size);
void ladle_free(const ladle_allocator *allocator, void *pointer, size_t count, size_t size);

#endif
