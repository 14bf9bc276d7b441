/* SPDX-License-Identifier: BSD-2-Clause */
#include "packed.h"

static uint64_t sum_u8(const uint8_t *data, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += data[i];
    }
    return sum;
}

static uint64_t sum_u16(const uint8_t *data, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += ladle_load_u16(data + 2 * i);
    }
    return sum;
}

/*
 * Elements of one bit: eight bytes at a time.
 */
static uint64_t sum_bits(const uint8_t *data, uint64_t count)
{
    uint64_t sum = 0;
    uint64_t i = 0;
    for (; i + 64 <= count; i += 64) {
        sum += (uint64_t)__builtin_popcountll(ladle_load_u64(data + i / 8));
    }
    for (; i < count; i++) {
        sum += data[i / 8] >> i % 8 & 1;
    }
    return sum;
}

uint64_t ladle_packed_sum(const ladle_packed *packed, uint64_t count)
{
    uint64_t sum = packed->base * count;
    switch (packed->bits) {
    case 0:
        return sum + packed->step * (count % 2 ? (count - 1) / 2 * count : count / 2 * (count - 1));
    case 1:
        return sum + sum_bits(packed->data, count);
    case 8:
        return sum + sum_u8(packed->data, count);
    case 16:
        return sum + sum_u16(packed->data, count);
    default:
        sum = 0;
        for (uint64_t i = 0; i < count; i++) {
            sum += ladle_packed_get(packed, i);
        }
        return sum;
    }
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
        counts[1] = sum_bits(packed->data, count);
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
