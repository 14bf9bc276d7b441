/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"

#include "test.h"
#include <stdlib.h>

struct piece {
    size_t len;
    max_align_t memory[];
};

static struct piece *piece_of(const struct fault_alloc *alloc, void *pointer, size_t len)
{
    struct piece *piece = (struct piece *)((char *)pointer - offsetof(struct piece, memory));
    check_that(piece->len == len, "a piece of %zu bytes is given back as %zu", piece->len, len);
    check_that(alloc->live_count > 0 && alloc->live_len >= len, "more given back than given out");
    return piece;
}

static bool refuses(struct fault_alloc *alloc, size_t new_len)
{
    uint64_t call = alloc->calls++;
    return call == alloc->fail_at || (alloc->fails_on && call > alloc->fail_at) ||
           new_len > alloc->live_max - alloc->live_len;
}

static void *reallocate(void *ctx, void *pointer, size_t old_len, size_t new_len)
{
    struct fault_alloc *alloc = ctx;
    struct piece *old = pointer ? piece_of(alloc, pointer, old_len) : NULL;
    check_that(new_len > 0, "memory of no bytes");
    if (refuses(alloc, new_len)) {
        return NULL;
    }
    struct piece *piece = realloc(old, sizeof *piece + new_len);
    check_that(piece, "the test is out of memory");
    piece->len = new_len;
    alloc->live_len += new_len - (old ? old_len : 0);
    alloc->live_count += !old;
    alloc->live_peak = alloc->live_len > alloc->live_peak ? alloc->live_len : alloc->live_peak;
    return piece->memory;
}

static void release(void *ctx, void *pointer, size_t len)
{
    struct fault_alloc *alloc = ctx;
    if (pointer) {
        free(piece_of(alloc, pointer, len));
        alloc->live_len -= len;
        alloc->live_count--;
    }
}

void fault_alloc_init(struct fault_alloc *alloc)
{
    *alloc = (struct fault_alloc){
        .allocator = {reallocate, release, alloc}, .fail_at = UINT64_MAX, .live_max = SIZE_MAX / 2};
}

void fault_alloc_end(const struct fault_alloc *alloc)
{
    check_that(alloc->live_count == 0 && alloc->live_len == 0, "%zu bytes leaked in %zu pieces",
               alloc->live_len, alloc->live_count);
}
