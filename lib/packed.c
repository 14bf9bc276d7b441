/* SPDX-License-Identifier: BSD-2-Clause */
#include "packed.h"

/*
 * Words of 'bits' bits, 64 bits of them at a time: each is added to its neighbour, so that half as
 * many words of twice as many bits are left, until there is but one (as in the count of bits in
 * Warren, "Hacker's Delight", 5-1).
 */
static inline uint64_t sum_of(uint64_t words, unsigned bits)
{
    if (bits <= 1) {
        words = (words & 0x5555555555555555) + (words >> 1 & 0x5555555555555555);
    }
    if (bits <= 2) {
        words = (words & 0x3333333333333333) + (words >> 2 & 0x3333333333333333);
    }
    if (bits <= 4) {
        words = (words & 0x0F0F0F0F0F0F0F0F) + (words >> 4 & 0x0F0F0F0F0F0F0F0F);
    }
    if (bits <= 8) {
        words = (words & 0x00FF00FF00FF00FF) + (words >> 8 & 0x00FF00FF00FF00FF);
    }
    if (bits <= 16) {
        words = (words & 0x0000FFFF0000FFFF) + (words >> 16 & 0x0000FFFF0000FFFF);
    }
    return (words & 0xFFFFFFFF) + (words >> 32);
}

/*
 * The sum of the words without the base.
 */
static uint64_t sum_words(const ladle_packed *packed, uint64_t count)
{
    unsigned bits = packed->bits;
    uint64_t sum = 0;
    uint64_t group_count = bits <= 32 ? count * bits / 64 : 0;
    for (uint64_t i = 0; i < group_count; i++) {
        sum += sum_of(ladle_load_u64(packed->data + 8 * i), bits);
    }
    for (uint64_t i = group_count * 64 / bits; i < count; i++) {
        sum += ladle_packed_get(packed, i) - packed->base;
    }
    return sum;
}

uint64_t ladle_packed_sum(const ladle_packed *packed, uint64_t count)
{
    if (packed->bits) {
        return packed->base * count + sum_words(packed, count);
    }
    uint64_t sum_of_indices = count % 2 ? (count - 1) / 2 * count : count / 2 * (count - 1);
    return packed->base * count + packed->step * sum_of_indices;
}

/*
 * Whether all words in groups of 64 bits are below a limit: with 'missing' added to it a word that
 * is not reaches the highest of twice as many bits. 'missing' and 'ones' have the same in each pair.
 */
static bool are_groups_below(const uint8_t *data, uint64_t group_count, unsigned bits,
                             uint64_t limit)
{
    uint64_t ones = UINT64_MAX / (UINT64_MAX >> (64 - 2 * bits));
    uint64_t mask = ones * ((UINT64_C(1) << bits) - 1);
    uint64_t missing = ones * ((UINT64_C(1) << (2 * bits - 1)) - limit);
    uint64_t reached = 0;
    for (uint64_t i = 0; i < group_count; i++) {
        uint64_t words = ladle_load_u64(data + 8 * i);
        reached |= ((words & mask) + missing) | ((words >> bits & mask) + missing);
    }
    return (reached & ones << (2 * bits - 1)) == 0;
}

bool ladle_packed_is_below(const ladle_packed *packed, uint64_t count, uint64_t limit)
{
    unsigned bits = packed->bits;
    uint64_t index = 0;
    if (bits == 0 && packed->step == 0) {
        return count == 0 || packed->base < limit;
    }
    if (bits && bits <= 32 && packed->base == 0) {
        uint64_t group_count = count * bits / 64;
        if (limit >> bits) {
            return true;
        }
        if (!are_groups_below(packed->data, group_count, bits, limit)) {
            return false;
        }
        index = group_count * 64 / bits;
    }
    for (; index < count; index++) {
        if (ladle_packed_get(packed, index) >= limit) {
            return false;
        }
    }
    return true;
}

bool ladle_packed_count(const ladle_packed *packed, uint64_t count, uint32_t limit,
                        uint64_t counts[256])
{
    memset(counts, 0, 256 * sizeof *counts);
    if (count && packed->bits == 0) {
        if (packed->base >= limit) {
            return false;
        }
        counts[packed->base] = count;
        return true;
    }
    if (packed->bits == 1 && packed->base == 0 && limit >= 2) {
        counts[1] = sum_words(packed, count);
        counts[0] = count - counts[1];
        return true;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = ladle_packed_get(packed, i);
        if (word >= limit) {
            return false;
        }
        counts[word]++;
    }
    return true;
}
