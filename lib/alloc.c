/* SPDX-License-Identifier: BSD-2-Clause */
#include "alloc.h"

#include <stdlib.h>
#include <string.h>

/*
 * 0 when the product is more than any object can take.
 */
static size_t len_of(size_t count, size_t size)
{
    if (size && count > PTRDIFF_MAX / size) {
        return 0;
    }
    return count && size ? count * size : 1;
}

void *ladle_alloc(const ladle_allocator *allocator, size_t count, size_t size)
{
    size_t len = len_of(count, size);
    if (len == 0) {
        return NULL;
    }
    if (!allocator) {
        return calloc(1, len);
    }
    void *pointer = allocator->reallocate(allocator->ctx, NULL, 0, len);
    return pointer ? memset(pointer, 0, len) : NULL;
}

void *ladle_realloc(const ladle_allocator *allocator, void *pointer, size_t old_count,
                    size_t new_count, size_t size)
{
    size_t old_len = pointer ? len_of(old_count, size) : 0;
    size_t new_len = len_of(new_count, size);
    if (new_len == 0) {
        return NULL;
    }
    return allocator ? allocator->reallocate(allocator->ctx, pointer, old_len, new_len)
                     : realloc(pointer, new_len);
}

void ladle_free(const ladle_allocator *allocator, void *pointer, size_t count, size_t size)
{
    if (allocator) {
        allocator->release(allocator->ctx, pointer, pointer ? len_of(count, size) : 0);
    } else {
        free(pointer);
    }
}
