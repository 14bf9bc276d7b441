/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* madvise */
#include "arena.h"

#include <Python.h>
#include <sys/mman.h>

#ifdef MADV_POPULATE_WRITE

/*
 * The allocator that was there before, and how many callers are in a hurry. Of the process, as
 * CPython's allocator is, and guarded by the GIL.
 */
static PyObjectArenaAllocator before;
static unsigned rush_count;

static void *take(void *Py_UNUSED(context), size_t len)
{
    void *arena = before.alloc(before.ctx, len);
    if (arena && rush_count) {
        (void)madvise(arena, len, MADV_POPULATE_WRITE);
    }
    return arena;
}

static void give_back(void *Py_UNUSED(context), void *arena, size_t len)
{
    before.free(before.ctx, arena, len);
}

/*
 * Once, and never undone: somebody else may have put an allocator around this one meanwhile.
 */
static void install(void)
{
    PyObjectArenaAllocator ours = {NULL, take, give_back};
    PyObject_GetArenaAllocator(&before);
    PyObject_SetArenaAllocator(&ours);
}

void core_arena_rush(void)
{
    if (!before.alloc) {
        install();
    }
    rush_count++;
}

void core_arena_relax(void)
{
    rush_count--;
}

#else

void core_arena_rush(void)
{
}
void core_arena_relax(void)
{
}

#endif
