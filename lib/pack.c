/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack.h"

#include "status.h"
#include <ladle/wire.h>

/*
 * Differences are tried on this many values first: most columns show at once that they do not rise
 * evenly.
 */
#define DIFFERENCES_TRIED 64

enum { CHUNK = 16 };

static unsigned bits_of_code(uint8_t code)
{
    return 1u << code >> 1;
}

static uint8_t code_for_range(uint64_t range)
{
    static const uint64_t greatest[] = {0, 1, 3, 15, UINT8_MAX, UINT16_MAX, UINT32_MAX};
    uint8_t code = 0;
    while (code < 7 && range > greatest[code]) {
        code++;
    }
    return code;
}

/*
 * Least and greatest of values, whose order is that of their bits when 'flip' is applied to them.
 * Of each two the smaller and the larger one is found first, which need not wait for those before.
 */
static void range_of(const uint64_t *values, size_t count, uint64_t flip, uint64_t *least,
                     uint64_t *greatest)
{
    uint64_t low = values[0] ^ flip;
    uint64_t high = low;
    for (size_t i = count % 2; i < count; i += 2) {
        uint64_t first = values[i] ^ flip;
        uint64_t second = values[i + 1] ^ flip;
        uint64_t smaller = first < second ? first : second;
        uint64_t larger = first < second ? second : first;
        low = smaller < low ? smaller : low;
        high = larger > high ? larger : high;
    }
    *least = low ^ flip;
    *greatest = high ^ flip;
}

/*
 * Least and greatest difference of neighbours, modulo 2^64 and read as signed.
 */
static void difference_range(const uint64_t *values, size_t count, uint64_t *least,
                             uint64_t *greatest)
{
    int64_t low = (int64_t)(values[1] - values[0]);
    int64_t high = low;
    for (size_t i = 2; i < count; i++) {
        int64_t difference = (int64_t)(values[i] - values[i - 1]);
        low = difference < low ? difference : low;
        high = difference > high ? difference : high;
    }
    *least = (uint64_t)low;
    *greatest = (uint64_t)high;
}

/*
 * The width code that differences of neighbours need. Less than 8 bits are not used but for 0.
 */
static uint8_t difference_code(const uint64_t *values, size_t count, uint64_t *least)
{
    uint64_t greatest;
    difference_range(values, count, least, &greatest);
    uint8_t code = code_for_range(greatest - *least);
    return code > 0 && code < 4 ? 4 : code;
}

static void try_differences(struct ladle_pack *pack, const uint64_t *values)
{
    uint64_t least;
    size_t tried = pack->count < DIFFERENCES_TRIED ? pack->count : DIFFERENCES_TRIED;
    if (pack->width_code == 0 || pack->count < 3 ||
        difference_code(values, tried, &least) >= pack->width_code) {
        return;
    }
    uint8_t code = difference_code(values, pack->count, &least);
    if (code < pack->width_code) {
        pack->is_differences = true;
        pack->width_code = code;
        pack->base = least;
        pack->start = values[0] - least;
    }
}

struct ladle_pack ladle_pack_int(const uint64_t *values, size_t count, bool is_unsigned)
{
    struct ladle_pack pack = {
        .from = values, .count = count, .from_len = 8, .stride = 1, .is_unsigned = is_unsigned};
    range_of(values, count, is_unsigned ? 0 : (uint64_t)1 << 63, &pack.least, &pack.greatest);
    uint64_t least = pack.least;
    uint64_t greatest = pack.greatest;
    pack.width_code = code_for_range(greatest - least);
    /* Where the least value saves nothing, values are stored as they are. */
    bool saves = (!is_unsigned && (int64_t)least < 0) || code_for_range(greatest) > pack.width_code;
    pack.base = pack.width_code < 7 && (saves || pack.width_code == 0) ? least : 0;
    try_differences(&pack, values);
    return pack;
}

/*
 * Whether all are the same: lengths often are.
 */
static bool are_same(const uint32_t *values, size_t count)
{
    /* Each is as the one before it. */
    return memcmp(values, values + 1, (count - 1) * sizeof *values) == 0;
}

struct ladle_pack ladle_pack_u32(const uint32_t *values, size_t count)
{
    uint32_t low = values[0];
    uint32_t high = values[0];
    for (size_t i = are_same(values, count) ? count : 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    struct ladle_pack pack = {
        .from = values, .count = count, .from_len = 4, .stride = 1, .least = low, .greatest = high};
    pack.width_code = code_for_range(high - low);
    bool saves = pack.width_code == 0 || code_for_range(high) > pack.width_code;
    pack.base = saves ? low : 0;
    return pack;
}

struct ladle_pack ladle_pack_u8(const uint8_t *values, size_t count, uint8_t greatest)
{
    struct ladle_pack pack = {.from = values, .count = count, .from_len = 1, .stride = 1};
    size_t same = 1;
    while (same < count && values[same] == values[0]) {
        same++;
    }
    if (same == count) {
        pack.base = values[0];
    } else {
        pack.width_code = code_for_range(greatest);
    }
    return pack;
}

struct ladle_pack ladle_pack_float(const uint64_t *values, size_t count, uint8_t stride)
{
    struct ladle_pack pack = {.from = values, .count = count, .from_len = 8, .stride = stride};
    size_t same = 1;
    while (same < count && values[same * stride] == values[0]) {
        same++;
    }
    if (same == count) {
        pack.base = values[0];
    } else {
        pack.width_code = 7;
    }
    return pack;
}

struct ladle_pack ladle_pack_raw(const void *data, size_t len)
{
    struct ladle_pack pack = {.from = data, .count = len};
    return pack;
}

size_t ladle_pack_len(const struct ladle_pack *pack)
{
    if (pack->from_len == 0) {
        return pack->count;
    }
    return (size_t)(((uint64_t)pack->count * bits_of_code(pack->width_code) + 7) / 8);
}

const void *ladle_pack_in_place(const struct ladle_pack *pack)
{
    bool is_wide = pack->from_len == 8 && pack->width_code == 7 && pack->stride == 1;
    bool is_in_place =
        pack->from_len == 0 || (LADLE_IS_LITTLE_ENDIAN && is_wide && !pack->is_differences);
    return is_in_place ? pack->from : NULL;
}

ladle_status ladle_pack_describe(const struct ladle_pack *pack, ladle_buffer *to)
{
    uint8_t descriptor[1 + 2 * LADLE_VARINT_LEN_MAX];
    size_t len = 1;
    descriptor[0] = pack->begins_stream ? LADLE_PACK_STREAM : 0;
    if (pack->from_len == 0) {
        len += ladle_varint_put(descriptor + len, pack->count);
        return ladle_buffer_put(to, descriptor, len);
    }
    descriptor[0] =
        (uint8_t)(descriptor[0] | pack->width_code | (pack->is_unsigned ? LADLE_PACK_UNSIGNED : 0) |
                  (pack->is_differences ? LADLE_PACK_DIFFERENCES : 0));
    len += ladle_varint_put(descriptor + len, ladle_zigzag(pack->base));
    if (pack->is_differences) {
        len += ladle_varint_put(descriptor + len, ladle_zigzag(pack->start));
    }
    return ladle_buffer_put(to, descriptor, len);
}

/*
 * Compilers turn loops into vector code without being asked for more where the inner one has a
 * known length.
 */
#define STORE_LOOP(expression)                                                                     \
    size_t i = 0;                                                                                  \
    for (; i + CHUNK <= count; i += CHUNK) {                                                       \
        for (size_t j = i; j < i + CHUNK; j++) {                                                   \
            expression;                                                                            \
        }                                                                                          \
    }                                                                                              \
    for (size_t j = i; j < count; j++) {                                                           \
        expression;                                                                                \
    }

#define DEFINE_STORE(from_bits, bits, expression)                                                  \
    static void store_u##from_bits##_as_u##bits(const uint##from_bits##_t *restrict from,          \
                                                size_t count, uint##from_bits##_t base,            \
                                                uint8_t *restrict to)                              \
    {                                                                                              \
        STORE_LOOP(expression)                                                                     \
    }

DEFINE_STORE(8, 8, to[j] = (uint8_t)(from[j] - base))
DEFINE_STORE(64, 8, to[j] = (uint8_t)(from[j] - base))
DEFINE_STORE(64, 16, ladle_store_u16(to + 2 * j, (uint16_t)(from[j] - base)))
DEFINE_STORE(64, 32, ladle_store_u32(to + 4 * j, (uint32_t)(from[j] - base)))
DEFINE_STORE(32, 8, to[j] = (uint8_t)(from[j] - base))
DEFINE_STORE(32, 16, ladle_store_u16(to + 2 * j, (uint16_t)(from[j] - base)))
DEFINE_STORE(32, 32, ladle_store_u32(to + 4 * j, from[j] - base))

/*
 * Words as they are.
 */
static void copy_u64(const uint64_t *restrict from, size_t count, uint8_t *restrict to)
{
    for (size_t i = 0; i < count; i++) {
        ladle_store_u64(to + 8 * i, from[i]);
    }
}

static void copy_strided(const struct ladle_pack *pack, uint8_t *to)
{
    const uint64_t *from = pack->from;
    for (size_t i = 0; i < pack->count; i++) {
        ladle_store_u64(to + 8 * i, from[i * pack->stride]);
    }
}

static void store_u64(const struct ladle_pack *pack, uint8_t *to)
{
    switch (pack->width_code) {
    case 4:
        store_u64_as_u8(pack->from, pack->count, pack->base, to);
        break;
    case 5:
        store_u64_as_u16(pack->from, pack->count, pack->base, to);
        break;
    case 6:
        store_u64_as_u32(pack->from, pack->count, pack->base, to);
        break;
    default:
        copy_u64(pack->from, pack->count, to);
        break;
    }
}

static void store_differences(const struct ladle_pack *pack, uint8_t *to)
{
    const uint64_t *from = pack->from;
    size_t count = pack->count;
    uint64_t base = pack->base;
    uint64_t before = pack->start;
    for (size_t i = 0; i < count; i++) {
        uint64_t raw = from[i] - before - base;
        before = from[i];
        if (pack->width_code == 4) {
            to[i] = (uint8_t)raw;
        } else if (pack->width_code == 5) {
            ladle_store_u16(to + 2 * i, (uint16_t)raw);
        } else {
            ladle_store_u32(to + 4 * i, (uint32_t)raw);
        }
    }
}

static void store_u32(const struct ladle_pack *pack, uint8_t *to)
{
    uint32_t base = (uint32_t)pack->base;
    switch (pack->width_code) {
    case 4:
        store_u32_as_u8(pack->from, pack->count, base, to);
        break;
    case 5:
        store_u32_as_u16(pack->from, pack->count, base, to);
        break;
    default:
        store_u32_as_u32(pack->from, pack->count, base, to);
        break;
    }
}

/*
 * Some elements, of 8 bits each.
 */
static void store_as_u8(const struct ladle_pack *pack, size_t first, size_t count, uint8_t *to)
{
    if (pack->from_len == 1) {
        store_u8_as_u8((const uint8_t *)pack->from + first, count, (uint8_t)pack->base, to);
    } else if (pack->from_len == 4) {
        store_u32_as_u8((const uint32_t *)pack->from + first, count, (uint32_t)pack->base, to);
    } else {
        store_u64_as_u8((const uint64_t *)pack->from + first, count, pack->base, to);
    }
}

/*
 * Join elements of 'bits' bits, the first one lowest. There may be zeros behind them.
 */
LADLE_ALWAYS_INLINE void join_narrow(const uint8_t *restrict from, size_t count, unsigned bits,
                                     uint8_t *restrict to)
{
    unsigned each = 8 / bits;
    for (size_t i = 0; i < count; i += each) {
        unsigned byte = 0;
        for (unsigned j = 0; j < each; j++) {
            byte |= (unsigned)from[i + j] << (j * bits);
        }
        *to++ = (uint8_t)byte;
    }
}

static void store_bits(const struct ladle_pack *pack, uint8_t *to)
{
    uint8_t part[256];
    for (size_t i = 0; i < pack->count; i += sizeof part) {
        size_t count = pack->count - i < sizeof part ? pack->count - i : sizeof part;
        memset(part + count / 8 * 8, 0, count % 8 ? 8 : 0);
        store_as_u8(pack, i, count, part);
        if (pack->width_code == 1) {
            join_narrow(part, count, 1, to + i / 8);
        } else if (pack->width_code == 2) {
            join_narrow(part, count, 2, to + i / 4);
        } else {
            join_narrow(part, count, 4, to + i / 2);
        }
    }
}

void ladle_pack_store(const struct ladle_pack *pack, uint8_t *to)
{
    if (pack->from_len == 0 || (pack->from_len == 1 && pack->width_code == 4)) {
        if (pack->count) {
            memcpy(to, pack->from, pack->count);
        }
    } else if (pack->width_code == 0) {
        return;
    } else if (pack->is_differences) {
        store_differences(pack, to);
    } else if (pack->width_code < 4) {
        store_bits(pack, to);
    } else if (pack->stride > 1) {
        copy_strided(pack, to);
    } else if (pack->from_len == 4) {
        store_u32(pack, to);
    } else {
        store_u64(pack, to);
    }
}
