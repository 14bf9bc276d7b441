/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_BUFFER_H
#define LADLE_BUFFER_H

/*
 * Bytes that grow at their end.
 */

#include <ladle/base.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Start with zeros, and 'allocator' when it is not to be malloc; free with ladle_buffer_free.
 * 'len_max' 0 means SIZE_MAX / 2; growing beyond it is LADLE_E_LIMIT.
 */
typedef struct ladle_buffer {
    uint8_t *data;
    size_t len;      /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t len_max;  /* bytes that 'len' may reach */
    const ladle_allocator *allocator;
} ladle_buffer;

/*
 * Make room for 'len' more bytes. Returns LADLE_OK, LADLE_E_MEMORY or LADLE_E_LIMIT; the content
 * stays as it was.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_buffer_grow(ladle_buffer *buffer, size_t len);

/*
 * Release the memory and make the buffer empty. It may be used again.
 */
LADLE_API void ladle_buffer_free(ladle_buffer *buffer);

static inline LADLE_NODISCARD ladle_status ladle_buffer_reserve(ladle_buffer *buffer, size_t len)
{
    if (LADLE_LIKELY(len <= buffer->capacity - buffer->len)) {
        return LADLE_OK;
    }
    return ladle_buffer_grow(buffer, len);
}

static inline LADLE_NODISCARD ladle_status ladle_buffer_put(ladle_buffer *buffer, const void *data,
                                                            size_t len)
{
    ladle_status status = ladle_buffer_reserve(buffer, len);
    if (status == LADLE_OK && len) {
        memcpy(buffer->data + buffer->len, data, len);
        buffer->len += len;
    }
    return status;
}

#ifdef __cplusplus
}
#endif

#endif
