/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_FAULT_ALLOC_H
#define LADLE_TEST_FAULT_ALLOC_H

#include <ladle/base.h>

/*
 * An allocator that fails when told to, and checks the lengths that it is given back.
 */
struct fault_alloc {
    ladle_allocator allocator;
    uint64_t calls;    /* so far */
    uint64_t fail_at;  /* the number of the call that fails, from 0; UINT64_MAX: none */
    bool fails_on;     /* so do all calls after it */
    size_t live_len;   /* bytes given out */
    size_t live_peak;  /* most that was given out at a time */
    size_t live_max;   /* bytes that may be given out; more is refused */
    size_t live_count; /* pieces given out */
};

void fault_alloc_init(struct fault_alloc *alloc);

/*
 * The test fails when something was not given back.
 */
void fault_alloc_end(const struct fault_alloc *alloc);

#endif
