/* SPDX-License-Identifier: BSD-2-Clause */
#include "arena.h"

#include "alloc.h"
#include <string.h>

#define CHUNK_LEN ((size_t)16384)
#define KEPT_LEN  (8 * CHUNK_LEN)

struct ladle_chunk {
    struct ladle_chunk *next;
    size_t capacity; /* bytes of 'memory' */
    size_t len;      /* bytes in use */
    _Alignas(max_align_t) unsigned char memory[];
};

/*
 * Each is larger than the one before, so that the latest, which is kept, soon holds all that blocks
 * of one kind need.
 */
static struct ladle_chunk *add_chunk(struct ladle_arena *arena, size_t len)
{
    size_t least = arena->chunks ? 2 * arena->chunks->capacity : CHUNK_LEN;
    least = least < KEPT_LEN ? least : KEPT_LEN;
    size_t capacity = len < least ? least : len;
    struct ladle_chunk *chunk = NULL;
    if (capacity <= SIZE_MAX - sizeof *chunk) {
        chunk = ladle_realloc(arena->allocator, NULL, 0, sizeof *chunk + capacity, 1);
    }
    if (chunk) {
        chunk->next = arena->chunks;
        chunk->capacity = capacity;
        chunk->len = 0;
        arena->chunks = chunk;
    }
    return chunk;
}

void *ladle_arena_take_unset(struct ladle_arena *arena, size_t count, size_t size)
{
    const size_t alignment = _Alignof(max_align_t);
    if (count > (SIZE_MAX - alignment) / size) {
        return NULL;
    }
    size_t len = (count * size + alignment - 1) & ~(alignment - 1);
    struct ladle_chunk *chunk = arena->chunks;
    if (!chunk || len > chunk->capacity - chunk->len) {
        chunk = add_chunk(arena, len);
        if (!chunk) {
            return NULL;
        }
    }
    void *memory = chunk->memory + chunk->len;
    chunk->len += len;
    return memory;
}

void *ladle_arena_take(struct ladle_arena *arena, size_t count, size_t size)
{
    void *memory = ladle_arena_take_unset(arena, count, size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

size_t ladle_arena_capacity(const struct ladle_arena *arena)
{
    size_t len = 0;
    for (const struct ladle_chunk *chunk = arena->chunks; chunk; chunk = chunk->next) {
        len += sizeof *chunk + chunk->capacity;
    }
    return len;
}

static void free_chunks(struct ladle_arena *arena, struct ladle_chunk *chunk)
{
    while (chunk) {
        struct ladle_chunk *next = chunk->next;
        ladle_free(arena->allocator, chunk, sizeof *chunk + chunk->capacity, 1);
        chunk = next;
    }
}

void ladle_arena_reset(struct ladle_arena *arena)
{
    struct ladle_chunk *chunk = arena->chunks;
    if (chunk && chunk->capacity > KEPT_LEN) {
        ladle_arena_free(arena);
    } else if (chunk) {
        free_chunks(arena, chunk->next);
        chunk->next = NULL;
        chunk->len = 0;
    }
}

void ladle_arena_free(struct ladle_arena *arena)
{
    free_chunks(arena, arena->chunks);
    arena->chunks = NULL;
}
