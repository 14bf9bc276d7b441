/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L

#include "pool.h"

#include "alloc.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

struct worker {
    struct ladle_pool *pool;
    pthread_t thread;
    unsigned number;
};

struct ladle_pool {
    const ladle_allocator *allocator;
    pid_t process;
    unsigned capacity; /* of 'workers' */
    unsigned count;    /* threads that run */
    pthread_mutex_t mutex;
    pthread_cond_t has_changed;
    struct ladle_job *first; /* that nobody has begun */
    struct ladle_job *last;
    bool is_ending;
    struct worker workers[];
};

/*
 * The next job; NULL when there will be none. The mutex is held.
 */
static struct ladle_job *take_job(struct ladle_pool *pool)
{
    while (!pool->first && !pool->is_ending) {
        pthread_cond_wait(&pool->has_changed, &pool->mutex);
    }
    struct ladle_job *job = pool->first;
    if (job) {
        pool->first = job->next;
    }
    return job;
}

static void *work(void *argument)
{
    const struct worker *worker = argument;
    struct ladle_pool *pool = worker->pool;
    struct ladle_job *job;
    pthread_mutex_lock(&pool->mutex);
    while ((job = take_job(pool))) {
        pthread_mutex_unlock(&pool->mutex);
        job->run(job, worker->number);
        pthread_mutex_lock(&pool->mutex);
        job->is_done = true;
        pthread_cond_broadcast(&pool->has_changed);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/*
 * Start threads with all signals blocked: they are for the threads of the program.
 */
static void start_threads(struct ladle_pool *pool)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->count < pool->capacity) {
        struct worker *worker = &pool->workers[pool->count];
        *worker = (struct worker){.pool = pool, .number = pool->count};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            break;
        }
        pool->count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static size_t len_of(unsigned capacity)
{
    return sizeof(struct ladle_pool) + capacity * sizeof(struct worker);
}

struct ladle_pool *ladle_pool_new(unsigned count, const ladle_allocator *allocator)
{
    struct ladle_pool *pool = ladle_alloc(allocator, len_of(count), 1);
    if (!pool) {
        return NULL;
    }
    pool->allocator = allocator;
    pool->process = getpid();
    pool->capacity = count;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->has_changed, NULL);
    start_threads(pool);
    if (pool->count == 0) {
        ladle_pool_free(pool);
        return NULL;
    }
    return pool;
}

bool ladle_pool_is_foreign(const struct ladle_pool *pool)
{
    return pool->process != getpid();
}

void ladle_pool_start(struct ladle_pool *pool, struct ladle_job *job)
{
    job->next = NULL;
    job->is_done = false;
    pthread_mutex_lock(&pool->mutex);
    *(pool->first ? &pool->last->next : &pool->first) = job;
    pool->last = job;
    pthread_cond_broadcast(&pool->has_changed);
    pthread_mutex_unlock(&pool->mutex);
}

bool ladle_pool_take_back(struct ladle_pool *pool, struct ladle_job *job)
{
    struct ladle_job *before = NULL;
    pthread_mutex_lock(&pool->mutex);
    struct ladle_job *found = pool->first;
    while (found && found != job) {
        before = found;
        found = found->next;
    }
    if (found) {
        *(before ? &before->next : &pool->first) = job->next;
        pool->last = pool->last == job ? before : pool->last;
    }
    pthread_mutex_unlock(&pool->mutex);
    return found;
}

bool ladle_pool_is_done(struct ladle_pool *pool, const struct ladle_job *job)
{
    pthread_mutex_lock(&pool->mutex);
    bool is_done = job->is_done;
    pthread_mutex_unlock(&pool->mutex);
    return is_done;
}

void ladle_pool_wait(struct ladle_pool *pool, const struct ladle_job *job)
{
    pthread_mutex_lock(&pool->mutex);
    while (!job->is_done) {
        pthread_cond_wait(&pool->has_changed, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

void ladle_pool_free(struct ladle_pool *pool)
{
    if (!pool || ladle_pool_is_foreign(pool)) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->has_changed);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->has_changed);
    pthread_mutex_destroy(&pool->mutex);
    ladle_free(pool->allocator, pool, len_of(pool->capacity), 1);
}
