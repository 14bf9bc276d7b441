/* SPDX-License-Identifier: BSD-2-Clause */
#include "dictionary.h"

#include <ladle/wire.h>

enum {
    ENTRIES_MAX = 4096,
    /* Values may differ this often before half of them must repeat. */
    ENTRIES_FREE = 32,
    VALUES_MIN = 4
};

/*
 * The ends of an entry overlap, so those of up to 16 bytes are equal when their ends and lengths
 * are.
 */
struct entry {
    uint64_t head;
    uint64_t tail;
    uint32_t offset; /* in 'bytes' */
    uint32_t len;
};

struct finder {
    const uint8_t *bytes;
    uint16_t *table; /* entry number + 1, or 0 */
    size_t table_mask;
    struct entry *entries;
    uint32_t count;
};

static inline struct entry entry_of(const uint8_t *bytes, uint32_t offset, uint32_t len)
{
    const uint8_t *value = bytes + offset;
    struct entry entry = {.offset = offset, .len = len};
    if (len >= 8) {
        entry.head = ladle_load_u64(value);
        entry.tail = ladle_load_u64(value + len - 8);
    } else if (len >= 4) {
        entry.head = ladle_load_u32(value);
        entry.tail = ladle_load_u32(value + len - 4);
    } else if (len) {
        entry.head = value[0] | (uint64_t)value[len / 2] << 8 | (uint64_t)value[len - 1] << 16;
    }
    return entry;
}

static inline uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static inline uint64_t hash_of(const struct finder *finder, const struct entry *entry)
{
    /* Two products that need not wait for each other. */
    uint64_t hash = (entry->head + entry->len) * UINT64_C(0x9E3779B97F4A7C15) +
                    entry->tail * UINT64_C(0xC2B2AE3D27D4EB4F);
    hash ^= hash >> 32;
    for (uint32_t i = 8; i + 8 < entry->len; i += 8) {
        hash = mix(hash, ladle_load_u64(finder->bytes + entry->offset + i));
    }
    return hash;
}

static inline bool is_same(const struct finder *finder, const struct entry *a,
                           const struct entry *b)
{
    return a->head == b->head && a->tail == b->tail && a->len == b->len &&
           (a->len <= 16 ||
            memcmp(finder->bytes + a->offset, finder->bytes + b->offset, a->len) == 0);
}

/*
 * The number of the entry for a value, which is added when it is new. ENTRIES_MAX when too many were:
 * 'index' values came before this one.
 */
static inline uint32_t entry_for(struct finder *finder, size_t index, uint32_t offset, uint32_t len)
{
    struct entry value = entry_of(finder->bytes, offset, len);
    size_t slot = (size_t)hash_of(finder, &value) & finder->table_mask;
    for (; finder->table[slot]; slot = (slot + 1) & finder->table_mask) {
        uint32_t number = finder->table[slot] - 1u;
        if (is_same(finder, &finder->entries[number], &value)) {
            return number;
        }
    }
    if (finder->count >= ENTRIES_MAX || finder->count >= ENTRIES_FREE + index / 2) {
        return ENTRIES_MAX;
    }
    finder->entries[finder->count] = value;
    finder->table[slot] = (uint16_t)(finder->count + 1);
    return finder->count++;
}

/*
 * Number the values. False when they do not repeat often enough.
 */
static bool number_values(struct finder *finder, const uint32_t *lengths, size_t count,
                          uint32_t *codes)
{
    uint32_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        codes[i] = entry_for(finder, i, offset, lengths[i]);
        if (codes[i] == ENTRIES_MAX) {
            return false;
        }
        offset += lengths[i];
    }
    return true;
}

static size_t sum_of_lengths(const struct finder *finder)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < finder->count; i++) {
        sum += finder->entries[i].len;
    }
    return sum;
}

/*
 * Whether entries and codes are clearly smaller than the values.
 */
static bool pays(size_t entry_count, size_t entries_len, size_t value_count, size_t values_len)
{
    size_t code_bits = entry_count <= 1 ? 0 : entry_count <= 2 ? 1 : entry_count <= 16 ? 4 : 8;
    if (entry_count > 256) {
        code_bits = 16;
    }
    size_t len = entries_len + entry_count + value_count * code_bits / 8;
    return len < values_len / 4 * 3;
}

/*
 * Copy what was found from the scratch memory.
 */
static ladle_status keep(struct ladle_arena *arena, const struct finder *finder,
                         const uint32_t *found_codes, size_t count, size_t entries_len,
                         struct ladle_dictionary *dictionary)
{
    uint32_t *codes = ladle_arena_take_unset(arena, count, sizeof *codes);
    uint32_t *lengths = ladle_arena_take_unset(arena, finder->count, sizeof *lengths);
    uint8_t *bytes = ladle_arena_take_unset(arena, entries_len, 1);
    size_t end = 0;
    if (!codes || !lengths || !bytes) {
        return LADLE_E_MEMORY;
    }
    memcpy(codes, found_codes, count * sizeof *codes);
    for (uint32_t i = 0; i < finder->count; i++) {
        const struct entry *entry = &finder->entries[i];
        memcpy(bytes + end, finder->bytes + entry->offset, entry->len);
        lengths[i] = entry->len;
        end += entry->len;
    }
    *dictionary = (struct ladle_dictionary){.codes = codes,
                                            .lengths = lengths,
                                            .bytes = bytes,
                                            .count = finder->count,
                                            .bytes_len = entries_len};
    return LADLE_OK;
}

ladle_status ladle_dictionary_find(struct ladle_arena *arena, struct ladle_arena *scratch,
                                   const uint32_t *lengths, size_t count, const uint8_t *bytes,
                                   size_t bytes_len, struct ladle_dictionary *dictionary)
{
    size_t table_len = 64;
    *dictionary = (struct ladle_dictionary){.count = 0};
    if (count < VALUES_MIN || bytes_len == 0) {
        return LADLE_OK;
    }
    while (table_len < 2 * count && table_len < 2 * (size_t)ENTRIES_MAX) {
        table_len *= 2;
    }
    ladle_arena_reset(scratch);
    struct finder finder = {
        .bytes = bytes,
        .table = ladle_arena_take(scratch, table_len, sizeof *finder.table),
        .table_mask = table_len - 1,
        .entries = ladle_arena_take_unset(scratch, table_len / 2, sizeof *finder.entries)};
    uint32_t *codes = ladle_arena_take_unset(scratch, count, sizeof *codes);
    if (!finder.table || !finder.entries || !codes) {
        return LADLE_E_MEMORY;
    }
    if (!number_values(&finder, lengths, count, codes)) {
        return LADLE_OK;
    }
    size_t entries_len = sum_of_lengths(&finder);
    return pays(finder.count, entries_len, count, bytes_len)
               ? keep(arena, &finder, codes, count, entries_len, dictionary)
               : LADLE_OK;
}
