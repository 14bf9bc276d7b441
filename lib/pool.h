/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_POOL_H
#define LADLE_LIB_POOL_H

#include <ladle/base.h>

/*
 * A few threads that do jobs in the order in which they come. One thread owns the pool and makes
 * all calls; the threads call nothing but the jobs' own functions.
 *
 * In a child made by fork the threads are not there. The owner asks ladle_pool_is_foreign before
 * anything else; such a pool must not be used but for ladle_pool_free, which then gives nothing
 * back, for a thread may have been at work in it.
 */
#define LADLE_THREADS_MAX 64

/*
 * The caller's; begins as zeros, but for 'run', which gets the number of the thread that does it.
 */
struct ladle_job {
    void (*run)(struct ladle_job *job, unsigned thread);
    struct ladle_job *next;
    bool is_done;
};

struct ladle_pool;

/*
 * Start up to 'count' threads (1 to LADLE_THREADS_MAX); fewer when the system has no more. Signals
 * are not delivered to them. NULL when there is not even one: the owner does without.
 */
struct ladle_pool *ladle_pool_new(unsigned count, const ladle_allocator *allocator);

bool ladle_pool_is_foreign(const struct ladle_pool *pool);

/*
 * Hand over a job, until it is done.
 */
void ladle_pool_start(struct ladle_pool *pool, struct ladle_job *job);

/*
 * Take a job back that was handed over, unless a thread has begun it: false then.
 */
bool ladle_pool_take_back(struct ladle_pool *pool, struct ladle_job *job);

/*
 * Whether a job that was handed over is done; wait until it is.
 */
bool ladle_pool_is_done(struct ladle_pool *pool, const struct ladle_job *job);
void ladle_pool_wait(struct ladle_pool *pool, const struct ladle_job *job);

/*
 * Wait for the threads to do what was handed over, and end them. NULL is allowed.
 */
void ladle_pool_free(struct ladle_pool *pool);

#endif
