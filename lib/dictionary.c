/* SPDX-License-Identifier: BSD-2-Clause */
#include "dictionary.h"

#include <string.h>

enum {
    ENTRIES_MAX = 4096,
    /* Values may differ this often before half of them must repeat. */
    ENTRIES_FREE = 32,
    VALUES_MIN = 4
};

struct finder {
    const uint8_t *bytes;
    uint16_t *table; /* entry number + 1, or 0 */
    size_t table_mask;
    uint32_t *offsets; /* of entries in 'bytes' */
    uint32_t *lengths; /* of entries */
    uint32_t count;
};

static uint64_t hash_of(const uint8_t *data, size_t len)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = len * factor;
    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    uint64_t rest = 0;
    memcpy(&rest, data, len);
    hash = (hash ^ rest) * factor;
    return hash ^ hash >> 32;
}

/*
 * The entry for a value, added when it is new. ENTRIES_MAX when there is no room.
 */
static uint32_t entry_for(struct finder *finder, uint32_t offset, uint32_t len)
{
    const uint8_t *value = finder->bytes + offset;
    size_t slot = (size_t)hash_of(value, len) & finder->table_mask;
    for (; finder->table[slot]; slot = (slot + 1) & finder->table_mask) {
        uint32_t entry = finder->table[slot] - 1u;
        if (finder->lengths[entry] == len &&
            memcmp(finder->bytes + finder->offsets[entry], value, len) == 0) {
            return entry;
        }
    }
    if (finder->count >= ENTRIES_MAX) {
        return ENTRIES_MAX;
    }
    finder->offsets[finder->count] = offset;
    finder->lengths[finder->count] = len;
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
        codes[i] = entry_for(finder, offset, lengths[i]);
        if (codes[i] == ENTRIES_MAX || finder->count > ENTRIES_FREE + i / 2) {
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
        sum += finder->lengths[i];
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

static uint8_t *copy_entries(struct ladle_arena *arena, const struct finder *finder, size_t len)
{
    uint8_t *copy = ladle_arena_take(arena, len, 1);
    size_t end = 0;
    for (uint32_t i = 0; copy && i < finder->count; i++) {
        memcpy(copy + end, finder->bytes + finder->offsets[i], finder->lengths[i]);
        end += finder->lengths[i];
    }
    return copy;
}

ladle_status ladle_dictionary_find(struct ladle_arena *arena, const uint32_t *lengths, size_t count,
                                   const uint8_t *bytes, size_t bytes_len,
                                   struct ladle_dictionary *dictionary)
{
    size_t table_len = 64;
    *dictionary = (struct ladle_dictionary){.count = 0};
    if (count < VALUES_MIN || bytes_len == 0) {
        return LADLE_OK;
    }
    while (table_len < 2 * count && table_len < 2 * (size_t)ENTRIES_MAX) {
        table_len *= 2;
    }
    size_t entries_max = table_len / 2;
    struct finder finder = {.bytes = bytes,
                            .table = ladle_arena_take(arena, table_len, sizeof *finder.table),
                            .table_mask = table_len - 1,
                            .offsets = ladle_arena_take(arena, entries_max, 4),
                            .lengths = ladle_arena_take(arena, entries_max, 4)};
    uint32_t *codes = ladle_arena_take(arena, count, sizeof *codes);
    if (!finder.table || !finder.offsets || !finder.lengths || !codes) {
        return LADLE_E_MEMORY;
    }
    if (!number_values(&finder, lengths, count, codes)) {
        return LADLE_OK;
    }
    size_t entries_len = sum_of_lengths(&finder);
    if (!pays(finder.count, entries_len, count, bytes_len)) {
        return LADLE_OK;
    }
    *dictionary = (struct ladle_dictionary){.codes = codes,
                                            .lengths = finder.lengths,
                                            .bytes = copy_entries(arena, &finder, entries_len),
                                            .count = finder.count,
                                            .bytes_len = entries_len};
    return dictionary->bytes ? LADLE_OK : LADLE_E_MEMORY;
}
