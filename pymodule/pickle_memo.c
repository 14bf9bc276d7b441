/* SPDX-License-Identifier: BSD-2-Clause */
#include "pickle_memo.h"

/*
 * How far back in the file the ring reaches, in bytes.
 */
#define RING_LEN ((uint64_t)64 << 10)

struct pickle_kept {
    uint32_t number;
    uint32_t left; /* how often it is fetched from now on; 0: the place is free */
    pickle_slot slot;
};

/*
 * Numbers above have no opcode that could fetch them.
 */
#define NUMBER_MAX UINT32_MAX

static inline pickle_slot *ring_at(pickle_memo *memo, uint64_t number)
{
    return &memo->ring[number % PICKLE_RING_COUNT];
}

static void ring_drop(pickle_memo *memo, uint64_t end)
{
    while (memo->ring_first < end) {
        Py_CLEAR(ring_at(memo, memo->ring_first)->value);
        memo->ring_first++;
    }
}

/*
 * Drop what is too far back to be counted on.
 */
static inline void ring_age(pickle_memo *memo, uint64_t offset)
{
    while (memo->ring_first < memo->ring_end &&
           ring_at(memo, memo->ring_first)->offset + RING_LEN < offset) {
        Py_CLEAR(ring_at(memo, memo->ring_first)->value);
        memo->ring_first++;
    }
}

static int ring_put(pickle_memo *memo, uint64_t number, const pickle_slot *slot)
{
    if (!memo->ring) {
        memo->ring = PyMem_Calloc(PICKLE_RING_COUNT, sizeof *memo->ring);
        if (!memo->ring) {
            PyErr_NoMemory();
            return -1;
        }
    }
    if (number != memo->ring_end) {
        ring_drop(memo, memo->ring_end);
        memo->ring_first = memo->ring_end = number;
    }
    if (memo->ring_end - memo->ring_first == PICKLE_RING_COUNT) {
        ring_drop(memo, memo->ring_first + 1);
    }
    ring_age(memo, slot->offset);
    pickle_slot *to = ring_at(memo, number);
    *to = *slot;
    Py_XINCREF(to->value);
    memo->ring_end++;
    return 0;
}

/*
 * Where a number is in the table, or the free place where it belongs.
 */
static pickle_kept *kept_at(pickle_kept *kept, size_t capacity, uint32_t number)
{
    size_t i = (number * (size_t)0x9E3779B1) & (capacity - 1);
    while (kept[i].left && kept[i].number != number) {
        i = (i + 1) & (capacity - 1);
    }
    return &kept[i];
}

static int kept_grow(pickle_memo *memo)
{
    size_t capacity = memo->kept_capacity ? 2 * memo->kept_capacity : 64;
    pickle_kept *kept = PyMem_Calloc(capacity, sizeof *kept);
    if (!kept) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < memo->kept_capacity; i++) {
        if (memo->kept[i].left) {
            *kept_at(kept, capacity, memo->kept[i].number) = memo->kept[i];
        }
    }
    PyMem_Free(memo->kept);
    memo->kept = kept;
    memo->kept_capacity = capacity;
    return 0;
}

static void count_put(pickle_memo *memo, uint64_t number)
{
    if (number == memo->count) {
        memo->count++;
    } else if (number > memo->count) {
        memo->has_gaps = true;
    }
}

int pickle_memo_put(pickle_memo *memo, uint64_t number, const pickle_slot *slot)
{
    count_put(memo, number);
    if (slot->value && memo->kept_count && number <= NUMBER_MAX) {
        pickle_kept *kept = kept_at(memo->kept, memo->kept_capacity, (uint32_t)number);
        if (kept->left) {
            PyObject *before = kept->slot.value;
            kept->slot = *slot;
            Py_INCREF(kept->slot.value);
            Py_XDECREF(before);
        }
    }
    return ring_put(memo, number, slot);
}

static bool is_in_ring(pickle_memo *memo, uint64_t number, uint64_t offset)
{
    return number >= memo->ring_first && number < memo->ring_end &&
           ring_at(memo, number)->offset + RING_LEN >= offset;
}

int pickle_memo_note(pickle_memo *memo, uint64_t number, uint64_t offset)
{
    if (is_in_ring(memo, number, offset) || number > NUMBER_MAX) {
        return 0;
    }
    if (2 * (memo->kept_count + 1) > memo->kept_capacity && kept_grow(memo) < 0) {
        return -1;
    }
    pickle_kept *kept = kept_at(memo->kept, memo->kept_capacity, (uint32_t)number);
    if (!kept->left) {
        kept->number = (uint32_t)number;
        memo->kept_count++;
    }
    if (kept->left < UINT32_MAX) {
        kept->left++;
    }
    return 0;
}

/*
 * The place of a number stays taken when it was fetched for the last time: others may be behind it.
 */
static void kept_use(pickle_kept *kept)
{
    if (kept->left == 1) {
        Py_CLEAR(kept->slot.value);
    } else if (kept->left < UINT32_MAX) {
        kept->left--;
    }
}

bool pickle_memo_get(pickle_memo *memo, uint64_t number, uint64_t offset, pickle_slot *slot)
{
    if (is_in_ring(memo, number, offset)) {
        *slot = *ring_at(memo, number);
        Py_INCREF(slot->value);
        return true;
    }
    if (!memo->kept_count || number > NUMBER_MAX) {
        return false;
    }
    pickle_kept *kept = kept_at(memo->kept, memo->kept_capacity, (uint32_t)number);
    if (!kept->left || !kept->slot.value) {
        return false;
    }
    *slot = kept->slot;
    Py_INCREF(slot->value);
    kept_use(kept);
    return true;
}

void pickle_memo_rewind(pickle_memo *memo)
{
    ring_drop(memo, memo->ring_end);
    memo->ring_first = memo->ring_end = memo->count = 0;
    memo->has_gaps = false;
}

void pickle_memo_reset(pickle_memo *memo)
{
    pickle_memo_rewind(memo);
    if (!memo->kept_count) {
        return;
    }
    for (size_t i = 0; i < memo->kept_capacity; i++) {
        Py_CLEAR(memo->kept[i].slot.value);
    }
    PyMem_Free(memo->kept);
    memo->kept = NULL;
    memo->kept_capacity = memo->kept_count = 0;
}

void pickle_memo_free(pickle_memo *memo)
{
    pickle_memo_reset(memo);
    PyMem_Free(memo->ring);
    memo->ring = NULL;
}

uint64_t pickle_memo_len(const pickle_memo *memo)
{
    return (uint64_t)memo->kept_capacity * sizeof *memo->kept;
}

int pickle_memo_visit(const pickle_memo *memo, visitproc visit, void *arg)
{
    for (uint64_t i = memo->ring_first; i < memo->ring_end; i++) {
        Py_VISIT(memo->ring[i % PICKLE_RING_COUNT].value);
    }
    for (size_t i = 0; i < memo->kept_capacity; i++) {
        Py_VISIT(memo->kept[i].slot.value);
    }
    return 0;
}
