/* SPDX-License-Identifier: BSD-2-Clause */
#include "view_check.h"

#include "packed.h"
#include "shape.h"
#include "status.h"

static ladle_status corrupt(const char **why, const char *reason)
{
    *why = reason;
    return LADLE_E_CORRUPT;
}

/*
 * Whether the words of a node are lengths that add up to 'sum'.
 */
static bool lengths_fit(const ladle_view *view, uint64_t sum)
{
    const ladle_packed *lengths = &view->words;
    uint64_t product;
    /* What stands above the base cannot overflow: there are less than 2^31 bytes of it. */
    if (lengths->bits <= 32 && lengths->base <= sum &&
        !__builtin_mul_overflow(lengths->base, view->count, &product)) {
        return product <= sum && ladle_packed_sum(lengths, view->count) == sum;
    }
    for (uint64_t i = 0; i < view->count; i++) {
        uint64_t length = ladle_packed_get(lengths, i);
        if (length > sum) {
            return false;
        }
        sum -= length;
    }
    return sum == 0;
}

static bool selectors_fit(const ladle_view *view)
{
    uint64_t counts[256];
    if (!ladle_packed_count(&view->words, view->count, view->child_count, counts)) {
        return false;
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (counts[i] != view->children[i].count) {
            return false;
        }
    }
    return true;
}

static ladle_status check_key_lists(struct ladle_arena *arena, const ladle_view *view,
                                    const char **why)
{
    uint64_t counts[256] = {view->count};
    if (view->list_count > 1 &&
        !ladle_packed_count(&view->words, view->count, view->list_count, counts)) {
        return corrupt(why, "a dict has a key list that is not there");
    }
    uint64_t *expected = ladle_arena_take(arena, view->child_count, sizeof *expected);
    if (!expected) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < view->list_count; i++) {
        for (uint32_t j = 0; j < view->lists[i].count; j++) {
            expected[view->lists[i].columns[j]] += counts[i];
        }
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (!view->children[i].is_left_out && expected[i] != view->children[i].count) {
            return corrupt(why, "the columns of a dict do not fit its key lists");
        }
    }
    return LADLE_OK;
}

/*
 * Note where each LADLE_STARTS_STEP-th entry of a dictionary begins; lengths were checked.
 */
static ladle_status find_starts(struct ladle_arena *arena, ladle_view *view)
{
    const ladle_view *entries = &view->children[0];
    if (!ladle_kind_has_bytes(entries->kind) || entries->words.bits == 0) {
        return LADLE_OK;
    }
    size_t count = (size_t)(entries->count / LADLE_STARTS_STEP) + 1;
    uint32_t *starts = ladle_arena_take(arena, count, sizeof *starts);
    if (!starts) {
        return LADLE_E_MEMORY;
    }
    uint64_t place = 0;
    for (uint64_t i = 0; i < entries->count; i++) {
        if (i % LADLE_STARTS_STEP == 0) {
            starts[i / LADLE_STARTS_STEP] = (uint32_t)place;
        }
        place += ladle_packed_get(&entries->words, i);
    }
    view->starts = starts;
    return LADLE_OK;
}

/*
 * What has no values has nothing below it that anybody looks at.
 */
static void leave_out(ladle_view *view)
{
    view->kind = LADLE_EMPTY;
    view->count = 0;
    view->child_count = 0;
    view->list_count = 0;
}

ladle_status ladle_view_check(struct ladle_arena *arena, ladle_view *view, const char **why)
{
    if (ladle_kind_has_bytes(view->kind) && !lengths_fit(view, view->bytes_len)) {
        return corrupt(why, "the lengths of a column do not fit its bytes");
    }
    if (ladle_kind_is_repeated(view->kind) && !lengths_fit(view, view->children[0].count)) {
        return corrupt(why, "the lengths of a column do not fit its items");
    }
    if (view->kind == LADLE_UNION && !selectors_fit(view)) {
        return corrupt(why, "the selectors of a union do not fit its alternatives");
    }
    if (view->kind == LADLE_DICTIONARY &&
        !ladle_packed_is_below(&view->words, view->count, view->children[0].count)) {
        return corrupt(why, "a dictionary has a code that is not there");
    }
    if (view->kind == LADLE_DICT) {
        LADLE_TRY(check_key_lists(arena, view, why));
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        if (view->children[i].is_left_out) {
            leave_out(&view->children[i]);
        } else {
            LADLE_TRY(ladle_view_check(arena, &view->children[i], why));
        }
    }
    return view->kind == LADLE_DICTIONARY ? find_starts(arena, view) : LADLE_OK;
}
