/* SPDX-License-Identifier: BSD-2-Clause */
#include "slot.h"

#include "alloc.h"
#include "status.h"

static void decode(struct ladle_slot *slot, struct ladle_block_decoder *decoder)
{
    slot->status =
        ladle_block_decode(&slot->block, decoder, &slot->header, slot->stored.data, &slot->why);
}

/*
 * A job of the pool.
 */
static void run(struct ladle_job *job, unsigned thread)
{
    struct ladle_slot *slot = (struct ladle_slot *)(void *)job;
    decode(slot, &slot->owner->decoders[thread + 1]);
}

ladle_status ladle_slots_init(struct ladle_slots *slots, unsigned threads,
                              const ladle_allocator *allocator)
{
    threads = threads < LADLE_AHEAD_MAX ? threads : LADLE_AHEAD_MAX;
    *slots = (struct ladle_slots){.allocator = allocator, .thread_count = threads};
    slots->current = &slots->items[0];
    for (size_t i = 0; i < LADLE_SLOT_COUNT; i++) {
        slots->items[i].job.run = run;
        slots->items[i].owner = slots;
        slots->items[i].stored.allocator = allocator;
        ladle_block_init(&slots->items[i].block, allocator);
    }
    slots->decoders = ladle_alloc(allocator, threads + 1, sizeof *slots->decoders);
    if (!slots->decoders) {
        return LADLE_E_MEMORY;
    }
    for (unsigned i = 0; i <= threads; i++) {
        ladle_block_decoder_init(&slots->decoders[i], allocator);
    }
    return LADLE_OK;
}

/*
 * In a child made by fork there are no threads. What they were at is not touched again: it is done
 * anew in other memory.
 */
static void leave_pool(struct ladle_slots *slots)
{
    if (!slots->pool || !ladle_pool_is_foreign(slots->pool)) {
        return;
    }
    for (unsigned i = 0; i < slots->ahead_count; i++) {
        struct ladle_slot *slot = slots->ahead[i];
        if (slot->is_started) {
            ladle_block_init(&slot->block, slots->allocator);
            slot->is_started = false;
            slot->job.is_done = false;
        }
    }
    for (unsigned i = 1; i <= slots->thread_count; i++) {
        ladle_block_decoder_init(&slots->decoders[i], slots->allocator);
    }
    slots->pool = NULL;
    slots->is_forked = true;
}

static void slot_free(struct ladle_slot *slot)
{
    ladle_buffer_free(&slot->stored);
    ladle_block_free(&slot->block);
    slot->used = 0;
}

void ladle_slots_free(struct ladle_slots *slots)
{
    leave_pool(slots);
    ladle_pool_free(slots->pool);
    for (size_t i = 0; i < LADLE_SLOT_COUNT; i++) {
        slot_free(&slots->items[i]);
    }
    for (unsigned i = 0; slots->decoders && i <= slots->thread_count; i++) {
        ladle_block_decoder_free(&slots->decoders[i]);
    }
    ladle_free(slots->allocator, slots->decoders, slots->thread_count + 1, sizeof *slots->decoders);
}

static size_t slot_len(const struct ladle_slot *slot)
{
    return slot->stored.capacity + slot->block.decoded.capacity + slot->block.streams.capacity +
           ladle_views_capacity(&slot->block.views);
}

static bool is_free(const struct ladle_slots *slots, const struct ladle_slot *slot)
{
    return slot != slots->current && !slot->is_ahead;
}

/*
 * The free slot that was not used for the longest time. NULL when there is none that takes memory,
 * if 'has_len'.
 */
static struct ladle_slot *oldest(struct ladle_slots *slots, bool has_len)
{
    struct ladle_slot *found = NULL;
    for (size_t i = 0; i < LADLE_SLOT_COUNT; i++) {
        struct ladle_slot *slot = &slots->items[i];
        if (is_free(slots, slot) && (!has_len || slot_len(slot)) &&
            (!found || slot->used < found->used)) {
            found = slot;
        }
    }
    return found;
}

/*
 * Release kept blocks until the rest takes no more than it may.
 */
static void trim(struct ladle_slots *slots)
{
    size_t len = 0;
    for (size_t i = 0; i < LADLE_SLOT_COUNT; i++) {
        len += is_free(slots, &slots->items[i]) ? slot_len(&slots->items[i]) : 0;
    }
    while (len > LADLE_SLOTS_LEN) {
        struct ladle_slot *slot = oldest(slots, true);
        len -= slot_len(slot);
        slot_free(slot);
    }
}

struct ladle_slot *ladle_slots_take(struct ladle_slots *slots)
{
    bool is_alone = !slots->keeps && !slots->pool && slots->ahead_count == 0;
    struct ladle_slot *slot = is_alone ? slots->current : oldest(slots, false);
    slot->used = 0;
    return slot;
}

/*
 * Hand a block over to a thread, if it is worth that: one that is not compressed takes less time
 * than to wake a thread, and lies in a cache of this one. Threads are started by the first that is.
 */
static bool start(struct ladle_slots *slots, struct ladle_slot *slot)
{
    bool is_compressed = slot->header.stored_len < slot->header.decoded_len;
    if (!is_compressed || slots->thread_count == 0 || slots->is_forked) {
        return false;
    }
    if (!slots->pool) {
        slots->pool = ladle_pool_new(slots->thread_count, slots->allocator);
    }
    if (slots->pool) {
        ladle_pool_start(slots->pool, &slot->job);
    }
    return slots->pool;
}

void ladle_slots_put(struct ladle_slots *slots, struct ladle_slot *slot, bool is_partial)
{
    leave_pool(slots);
    slots->ahead[slots->ahead_count++] = slot;
    slot->is_ahead = true;
    slot->epoch = slots->epoch;
    slot->is_partial = is_partial;
    slot->job.is_done = is_partial;
    slot->status = LADLE_OK;
    slot->is_started = !is_partial && start(slots, slot);
}

struct ladle_slot *ladle_slots_next(struct ladle_slots *slots)
{
    struct ladle_slot *slot = slots->ahead[0];
    leave_pool(slots);
    if (slot->is_started && !ladle_pool_take_back(slots->pool, &slot->job)) {
        ladle_pool_wait(slots->pool, &slot->job);
    } else if (!slot->job.is_done) {
        decode(slot, &slots->decoders[0]);
    }
    slots->ahead_count--;
    memmove(slots->ahead, slots->ahead + 1, slots->ahead_count * sizeof(struct ladle_slot *));
    slot->is_ahead = false;
    slot->used = slot->status == LADLE_OK ? ++slots->uses : 0;
    slots->current = slot;
    trim(slots);
    return slot;
}

void ladle_slots_forget(struct ladle_slots *slots)
{
    leave_pool(slots);
    for (unsigned i = 0; i < slots->ahead_count; i++) {
        struct ladle_slot *slot = slots->ahead[i];
        if (slot->is_started && !ladle_pool_take_back(slots->pool, &slot->job)) {
            ladle_pool_wait(slots->pool, &slot->job);
            slot->used = slot->status == LADLE_OK ? ++slots->uses : 0;
        }
        slot->is_ahead = false;
    }
    slots->ahead_count = 0;
    trim(slots);
}

struct ladle_slot *ladle_slots_find(struct ladle_slots *slots, uint64_t record)
{
    for (size_t i = 0; i < LADLE_SLOT_COUNT; i++) {
        struct ladle_slot *slot = &slots->items[i];
        if (slot->used && !slot->is_ahead && slot->epoch == slots->epoch &&
            slot->first_record <= record &&
            record - slot->first_record < slot->header.record_count) {
            slot->used = ++slots->uses;
            slots->current = slot;
            return slot;
        }
    }
    return NULL;
}
