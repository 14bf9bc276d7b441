/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/buffer.h>
#include <ladle/io.h>

static ladle_status memory_read(void *ctx, void *buffer, size_t capacity, size_t *len,
                                int *os_errno)
{
    (void)os_errno;
    ladle_memory_source *memory = ctx;
    size_t left = memory->len - memory->position;
    *len = left < capacity ? left : capacity;
    if (*len) {
        memcpy(buffer, (const uint8_t *)memory->data + memory->position, *len);
        memory->position += *len;
    }
    return LADLE_OK;
}

static ladle_status memory_read_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                                   size_t *len, int *os_errno)
{
    (void)os_errno;
    const ladle_memory_source *memory = ctx;
    size_t left = offset < memory->len ? memory->len - (size_t)offset : 0;
    *len = left < capacity ? left : capacity;
    if (*len) {
        memcpy(buffer, (const uint8_t *)memory->data + offset, *len);
    }
    return LADLE_OK;
}

static ladle_status memory_size(void *ctx, uint64_t *size, int *os_errno)
{
    (void)os_errno;
    *size = ((const ladle_memory_source *)ctx)->len;
    return LADLE_OK;
}

void ladle_source_from_memory(ladle_source *source, ladle_memory_source *memory)
{
    *source = (ladle_source){.struct_size = sizeof *source,
                             .ctx = memory,
                             .read_at = memory_read_at,
                             .size = memory_size};
}

void ladle_source_from_pieces(ladle_source *source, ladle_memory_source *memory)
{
    *source = (ladle_source){.struct_size = sizeof *source, .ctx = memory, .read = memory_read};
}

static ladle_buffer buffer_of(const ladle_memory_sink *memory)
{
    return (ladle_buffer){.data = memory->data,
                          .len = memory->len,
                          .capacity = memory->capacity,
                          .allocator = memory->allocator};
}

static ladle_status memory_write(void *ctx, const void *data, size_t len, int *os_errno)
{
    (void)os_errno;
    ladle_memory_sink *memory = ctx;
    ladle_buffer buffer = buffer_of(memory);
    ladle_status status = ladle_buffer_put(&buffer, data, len);
    memory->data = buffer.data;
    memory->len = buffer.len;
    memory->capacity = buffer.capacity;
    return status;
}

static ladle_status memory_truncate(void *ctx, uint64_t len, int *os_errno)
{
    (void)os_errno;
    ladle_memory_sink *memory = ctx;
    if (len > memory->len) {
        return LADLE_E_ARGUMENT;
    }
    memory->len = (size_t)len;
    return LADLE_OK;
}

void ladle_sink_from_memory(ladle_sink *sink, ladle_memory_sink *memory)
{
    *sink = (ladle_sink){.struct_size = sizeof *sink,
                         .ctx = memory,
                         .write = memory_write,
                         .truncate = memory_truncate};
}

void ladle_memory_sink_free(ladle_memory_sink *memory)
{
    ladle_buffer buffer = buffer_of(memory);
    ladle_buffer_free(&buffer);
    memory->data = NULL;
    memory->len = 0;
    memory->capacity = 0;
}
