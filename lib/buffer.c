/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/buffer.h>

#include "alloc.h"

#define CAPACITY_MIN 64

/*
 * Half as much again: appending stays linear, and at most a third of the memory lies
 * idle.
 */
static size_t next_capacity(size_t capacity, size_t needed, size_t len_max)
{
    size_t next = capacity + capacity / 2;
    if (next < CAPACITY_MIN) {
        next = CAPACITY_MIN;
    }
    if (next < needed) {
        next = needed;
    }
    return next < len_max ? next : len_max;
}

ladle_status ladle_buffer_grow(ladle_buffer *buffer, size_t len)
{
    size_t len_max = buffer->len_max ? buffer->len_max : SIZE_MAX / 2;
    if (buffer->len > len_max || len > len_max - buffer->len) {
        return LADLE_E_LIMIT;
    }
    size_t needed = buffer->len + len;
    if (needed <= buffer->capacity) {
        return LADLE_OK;
    }
    size_t capacity = next_capacity(buffer->capacity, needed, len_max);
    void *data = ladle_realloc(buffer->allocator, buffer->data, buffer->capacity, capacity, 1);
    if (!data) {
        return LADLE_E_MEMORY;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return LADLE_OK;
}

void ladle_buffer_free(ladle_buffer *buffer)
{
    ladle_free(buffer->allocator, buffer->data, buffer->capacity, 1);
    buffer->data = NULL;
    buffer->len = 0;
    buffer->capacity = 0;
}
