/* SPDX-License-Identifier: BSD-2-Clause */
#define _DEFAULT_SOURCE /* madvise */
#include "populate.h"

#include <Python.h>
#include <pthread.h>
#include <sys/mman.h>

#ifdef MADV_POPULATE_WRITE

/*
 * The allocator that was there before: of the process, as CPython's is, and so of all interpreters.
 */
static PyObjectArenaAllocator before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * Calls that have not ended in this thread, which takes its arenas itself.
 */
static _Thread_local unsigned call_count;

static void *take(void *Py_UNUSED(context), size_t len)
{
    void *arena = before.alloc(before.ctx, len);
    if (arena && call_count) {
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
    (void)pthread_once(&once, install);
    call_count++;
}

void core_populate_end(void)
{
    call_count--;
}

#else

void core_populate_begin(void)
{
}
void core_populate_end(void)
{
}

#endif
