/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkpoint.h"

#include "frame.h"
#include "status.h"
#include <ladle/wire.h>

enum {
    SECTION_TOTALS = 1,
    SECTION_BLOCKS = 2,
    SECTION_ANCESTORS = 3,
    SECTION_SHAPE = 64, /* from here on they may be skipped */
    SECTION_OLDER_SHAPE = 65
};

/*
 * A merged shape is written when there are this many times as many bytes since the one before, so
 * that a file grows by little for them and none is far from the end.
 */
#define SHAPE_RARITY 16

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

ladle_status ladle_checkpoint_reserve(struct ladle_checkpoint *checkpoint, size_t count)
{
    return ladle_buffer_reserve(&checkpoint->blocks, count * 3 * LADLE_VARINT_LEN_MAX);
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

/*
 * The merged shape, or where the latest one is.
 */
static ladle_status put_shape(const struct ladle_checkpoint *checkpoint, uint64_t offset,
                              const ladle_buffer *shape, ladle_buffer *to, bool *has_shape)
{
    struct numbers older = {.len = 0};
    uint64_t distance = offset - checkpoint->shape_offset;
    *has_shape = shape->len && (!checkpoint->shape_offset || distance / SHAPE_RARITY >= shape->len);
    if (*has_shape) {
        return put_section(to, SECTION_SHAPE, &older, shape);
    }
    if (!checkpoint->shape_offset) {
        return LADLE_OK;
    }
    put(&older, distance / LADLE_ALIGNMENT);
    return put_section(to, SECTION_OLDER_SHAPE, &older, NULL);
}

ladle_status ladle_checkpoint_encode(const struct ladle_checkpoint *checkpoint, uint64_t offset,
                                     const ladle_buffer *shape, ladle_buffer *to, bool *has_shape)
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
    LADLE_TRY(put_section(to, SECTION_ANCESTORS, &ancestors, NULL));
    return put_shape(checkpoint, offset, shape, to, has_shape);
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

void ladle_checkpoint_written(struct ladle_checkpoint *checkpoint, uint64_t offset, bool has_shape)
{
    update_ancestors(checkpoint, offset);
    checkpoint->totals.number++;
    checkpoint->first_record = checkpoint->totals.record_count;
    checkpoint->listed_count = 0;
    checkpoint->end_offset = 0;
    checkpoint->latest_offset = offset;
    checkpoint->shape_offset = has_shape ? offset : checkpoint->shape_offset;
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

/*
 * The numbers of the ancestors follow from the checkpoint's own; the section has their places.
 */
static bool load_ancestors(ladle_cursor *cursor, uint64_t offset,
                           struct ladle_checkpoint_parts *parts)
{
    uint64_t number = parts->totals.number;
    uint64_t count = ladle_cursor_varint(cursor);
    uint64_t before = offset;
    parts->ancestor_count = 0;
    for (unsigned bits = 0; number && bits < 64; bits++) {
        uint64_t ancestor = (number - 1) >> bits << bits;
        uint32_t known = parts->ancestor_count;
        if (known && parts->ancestors[known - 1].number == ancestor) {
            continue;
        }
        uint64_t distance = ladle_cursor_varint(cursor);
        uint64_t first_record = ladle_cursor_varint(cursor);
        if (distance > offset / LADLE_ALIGNMENT || offset - distance * LADLE_ALIGNMENT >= before ||
            first_record > parts->first_record) {
            return false;
        }
        before = offset - distance * LADLE_ALIGNMENT;
        parts->ancestors[parts->ancestor_count++] =
            (struct ladle_ancestor){ancestor, before, first_record};
    }
    return count == parts->ancestor_count && !cursor->failed;
}

bool ladle_checkpoint_next_block(struct ladle_checkpoint_parts *parts,
                                 struct ladle_listed_block *block)
{
    if (!ladle_cursor_left(&parts->blocks)) {
        return false;
    }
    uint64_t gap = ladle_cursor_varint(&parts->blocks);
    block->offset += block->len + gap * LADLE_ALIGNMENT;
    block->len = ladle_cursor_varint(&parts->blocks) * LADLE_ALIGNMENT;
    block->first_record += block->record_count;
    block->record_count = ladle_cursor_varint(&parts->blocks);
    return true;
}

/*
 * Check the entries of the blocks: they stand one behind the other before the checkpoint, and their
 * records add up.
 */
static bool load_blocks(ladle_cursor *cursor, uint64_t offset, struct ladle_checkpoint_parts *parts)
{
    parts->listed_count = ladle_cursor_varint(cursor);
    parts->first_record = ladle_cursor_varint(cursor);
    parts->blocks = *cursor;
    uint64_t end = 0;
    uint64_t records = parts->first_record;
    if (records > parts->totals.record_count) {
        return false;
    }
    for (uint64_t i = 0; i < parts->listed_count && !cursor->failed; i++) {
        uint64_t gap = ladle_cursor_varint(cursor);
        uint64_t len = ladle_cursor_varint(cursor);
        uint64_t count = ladle_cursor_varint(cursor);
        uint64_t room = (offset - end) / LADLE_ALIGNMENT;
        if (gap > room || len > room - gap || len == 0 || count == 0 ||
            count > parts->totals.record_count - records) {
            return false;
        }
        end += (gap + len) * LADLE_ALIGNMENT;
        records += count;
    }
    return !cursor->failed && records == parts->totals.record_count;
}

static bool load_shape(ladle_cursor *cursor, uint64_t id, uint64_t offset,
                       struct ladle_checkpoint_parts *parts)
{
    if (parts->shape_offset) {
        return false;
    }
    if (id == SECTION_SHAPE) {
        parts->shape = cursor->next;
        parts->shape_len = ladle_cursor_left(cursor);
        parts->shape_offset = offset;
        cursor->next = cursor->end;
        return true;
    }
    uint64_t distance = ladle_cursor_varint(cursor);
    if (distance == 0 || distance >= offset / LADLE_ALIGNMENT) {
        return false;
    }
    parts->shape_offset = offset - distance * LADLE_ALIGNMENT;
    return !cursor->failed;
}

static bool load_section(uint64_t id, ladle_cursor section, uint64_t offset,
                         struct ladle_checkpoint_parts *parts)
{
    bool is_lawful = true;
    switch (id) {
    case SECTION_TOTALS:
        load_totals(&section, &parts->totals);
        break;
    case SECTION_BLOCKS:
        is_lawful = load_blocks(&section, offset, parts);
        break;
    case SECTION_ANCESTORS:
        is_lawful = load_ancestors(&section, offset, parts);
        break;
    case SECTION_SHAPE:
    case SECTION_OLDER_SHAPE:
        is_lawful = load_shape(&section, id, offset, parts);
        break;
    default:
        return true;
    }
    return is_lawful && !section.failed && !ladle_cursor_left(&section);
}

ladle_status ladle_checkpoint_parse(const void *content, size_t len, uint64_t offset,
                                    struct ladle_checkpoint_parts *parts)
{
    ladle_cursor cursor = ladle_cursor_over(content, len);
    uint64_t expected = SECTION_TOTALS;
    *parts = (struct ladle_checkpoint_parts){.listed_count = 0};
    for (; ladle_cursor_left(&cursor); expected++) {
        uint64_t id = ladle_cursor_varint(&cursor);
        uint64_t section_len = ladle_cursor_varint(&cursor);
        const uint8_t *bytes = ladle_cursor_bytes(&cursor, section_len);
        if (!bytes || (expected <= SECTION_ANCESTORS && id != expected)) {
            return LADLE_E_CORRUPT;
        }
        if (expected > SECTION_ANCESTORS && id < SECTION_SHAPE) {
            return id > SECTION_ANCESTORS ? LADLE_E_UNSUPPORTED : LADLE_E_CORRUPT;
        }
        if (!load_section(id, ladle_cursor_over(bytes, (size_t)section_len), offset, parts)) {
            return LADLE_E_CORRUPT;
        }
    }
    return expected > SECTION_ANCESTORS && !cursor.failed ? LADLE_OK : LADLE_E_CORRUPT;
}

void ladle_checkpoint_resume(struct ladle_checkpoint *checkpoint,
                             const struct ladle_checkpoint_parts *parts, uint64_t offset)
{
    checkpoint->totals = parts->totals;
    checkpoint->first_record = parts->first_record;
    checkpoint->ancestor_count = parts->ancestor_count;
    memcpy(checkpoint->ancestors, parts->ancestors, sizeof checkpoint->ancestors);
    checkpoint->shape_offset = parts->shape_offset;
    ladle_checkpoint_written(checkpoint, offset, parts->shape != NULL);
}
