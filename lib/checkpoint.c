/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkpoint.h"

#include "frame.h"
#include "status.h"
#include <ladle/wire.h>

enum { SECTION_TOTALS = 1, SECTION_BLOCKS = 2, SECTION_ANCESTORS = 3, SECTION_SKIPPABLE = 64 };

/*
 * A section's varints on the stack: no section but that of the blocks has more.
 */
struct numbers {
    uint8_t bytes[(2 * LADLE_ANCESTORS_MAX + 1) * LADLE_VARINT_LEN_MAX];
    size_t len;
};

void ladle_checkpoint_init(struct ladle_checkpoint *checkpoint, const ladle_allocator *allocator)
{
    *checkpoint = (struct ladle_checkpoint){.blocks = {.allocator = allocator}};
}

void ladle_checkpoint_free(struct ladle_checkpoint *checkpoint)
{
    ladle_buffer_free(&checkpoint->blocks);
}

ladle_status ladle_checkpoint_reserve(struct ladle_checkpoint *checkpoint)
{
    return ladle_buffer_reserve(&checkpoint->blocks, 3 * (size_t)LADLE_VARINT_LEN_MAX);
}

static void put(struct numbers *numbers, uint64_t value)
{
    numbers->len += ladle_varint_put(numbers->bytes + numbers->len, value);
}

static void put_reserved(ladle_buffer *to, uint64_t value)
{
    to->len += ladle_varint_put(to->data + to->len, value);
}

void ladle_checkpoint_add(struct ladle_checkpoint *checkpoint, uint64_t offset, uint64_t len,
                          uint64_t record_count, uint64_t decoded_len)
{
    struct ladle_totals *totals = &checkpoint->totals;
    put_reserved(&checkpoint->blocks, (offset - checkpoint->end_offset) / LADLE_ALIGNMENT);
    put_reserved(&checkpoint->blocks, len / LADLE_ALIGNMENT);
    put_reserved(&checkpoint->blocks, record_count);
    checkpoint->end_offset = offset + len;
    checkpoint->listed_count++;
    totals->record_count += record_count;
    totals->block_count++;
    if (decoded_len > totals->decoded_len_max) {
        totals->decoded_len_max = decoded_len;
    }
}

static ladle_status put_section(ladle_buffer *to, uint8_t id, const struct numbers *numbers,
                                const ladle_buffer *more)
{
    uint8_t head[1 + LADLE_VARINT_LEN_MAX] = {id};
    size_t more_len = more ? more->len : 0;
    LADLE_TRY(ladle_buffer_put(to, head, 1 + ladle_varint_put(head + 1, numbers->len + more_len)));
    LADLE_TRY(ladle_buffer_put(to, numbers->bytes, numbers->len));
    return more_len ? ladle_buffer_put(to, more->data, more_len) : LADLE_OK;
}

static ladle_status put_totals(const struct ladle_totals *totals, ladle_buffer *to)
{
    struct numbers numbers = {.len = 0};
    put(&numbers, totals->number);
    put(&numbers, totals->record_count);
    put(&numbers, totals->block_count);
    put(&numbers, totals->decoded_len_max);
    put(&numbers, totals->metadata_offset);
    return put_section(to, SECTION_TOTALS, &numbers, NULL);
}

ladle_status ladle_checkpoint_encode(const struct ladle_checkpoint *checkpoint, uint64_t offset,
                                     ladle_buffer *to)
{
    LADLE_TRY(put_totals(&checkpoint->totals, to));
    struct numbers blocks = {.len = 0};
    put(&blocks, checkpoint->listed_count);
    put(&blocks, checkpoint->first_record);
    LADLE_TRY(put_section(to, SECTION_BLOCKS, &blocks, &checkpoint->blocks));
    struct numbers ancestors = {.len = 0};
    put(&ancestors, checkpoint->ancestor_count);
    for (uint32_t i = 0; i < checkpoint->ancestor_count; i++) {
        put(&ancestors, (offset - checkpoint->ancestors[i].offset) / LADLE_ALIGNMENT);
        put(&ancestors, checkpoint->ancestors[i].first_record);
    }
    return put_section(to, SECTION_ANCESTORS, &ancestors, NULL);
}

/*
 * The ancestors of the next checkpoint: this one, and those of its own that stay.
 */
static void update_ancestors(struct ladle_checkpoint *checkpoint, uint64_t offset)
{
    struct ladle_ancestor next[LADLE_ANCESTORS_MAX];
    uint64_t number = checkpoint->totals.number;
    uint32_t count = 0;
    next[count++] = (struct ladle_ancestor){number, offset, checkpoint->first_record};
    for (uint32_t i = 0; i < checkpoint->ancestor_count; i++) {
        /* Kept are those that end in zeros where 'number' may have ones. */
        uint64_t difference = number ^ checkpoint->ancestors[i].number;
        unsigned bits = difference ? 64u - (unsigned)__builtin_clzll(difference) : 0;
        uint64_t mask = bits < 64 ? ((uint64_t)1 << bits) - 1 : UINT64_MAX;
        if ((number & ~mask) == checkpoint->ancestors[i].number) {
            next[count++] = checkpoint->ancestors[i];
        }
    }
    memcpy(checkpoint->ancestors, next, count * sizeof *next);
    checkpoint->ancestor_count = count;
}

void ladle_checkpoint_written(struct ladle_checkpoint *checkpoint, uint64_t offset)
{
    update_ancestors(checkpoint, offset);
    checkpoint->totals.number++;
    checkpoint->first_record = checkpoint->totals.record_count;
    checkpoint->listed_count = 0;
    checkpoint->end_offset = 0;
    checkpoint->latest_offset = offset;
    checkpoint->blocks.len = 0;
}

static void load_totals(ladle_cursor *cursor, struct ladle_totals *totals)
{
    totals->number = ladle_cursor_varint(cursor);
    totals->record_count = ladle_cursor_varint(cursor);
    totals->block_count = ladle_cursor_varint(cursor);
    totals->decoded_len_max = ladle_cursor_varint(cursor);
    totals->metadata_offset = ladle_cursor_varint(cursor);
}

ladle_status ladle_checkpoint_totals(const void *content, size_t len, struct ladle_totals *totals)
{
    ladle_cursor cursor = ladle_cursor_over(content, len);
    uint64_t expected = SECTION_TOTALS;
    for (; ladle_cursor_left(&cursor); expected++) {
        uint64_t id = ladle_cursor_varint(&cursor);
        uint64_t section_len = ladle_cursor_varint(&cursor);
        const uint8_t *bytes = ladle_cursor_bytes(&cursor, section_len);
        if (!bytes || (expected <= SECTION_ANCESTORS && id != expected)) {
            return LADLE_E_CORRUPT;
        }
        if (id > SECTION_ANCESTORS && id < SECTION_SKIPPABLE) {
            return LADLE_E_UNSUPPORTED;
        }
        ladle_cursor section = ladle_cursor_over(bytes, (size_t)section_len);
        if (id == SECTION_TOTALS) {
            load_totals(&section, totals);
            if (section.failed || ladle_cursor_left(&section)) {
                return LADLE_E_CORRUPT;
            }
        }
    }
    return expected > SECTION_ANCESTORS && !cursor.failed ? LADLE_OK : LADLE_E_CORRUPT;
}
