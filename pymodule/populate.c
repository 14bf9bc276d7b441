/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* madvise */
#include "populate.h"

#include <Python.h>
#include <sys/mman.h>

#ifdef MADV_POPULATE_WRITE

/*
 * The allocator that was there before, and how many callers want pages. Of the process, as
 * CPython's allocator is, and guarded by the GIL.
 */
static PyObjectArenaAllocator before;
static unsigned caller_count;

static void *take(void *Py_UNUSED(context), size_t len)
{
    void *arena = before.alloc(before.ctx, len);
    if (arena && caller_count) {
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

void core_populate_begin(void)
{
    if (!before.alloc) {
        install();
    }
    caller_count++;
}

void core_populate_end(void)
{
    caller_count--;
}

#else

void core_populate_begin(void)
{
}
void core_populate_end(void)
{
}

#endif
