/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of numbers into items of a layout, by loops for each pair of types. */
#include "fill_column.h"

#include <math.h>

/*
 * Values that are unpacked at a time.
 */
#define PIECE 256

#define UNPACK(bits, load)                                                                         \
    for (size_t i = 0; i < count; i++) {                                                           \
        to[i] = base + (load);                                                                     \
    }                                                                                              \
    break

static void unpack(const ladle_packed *packed, uint64_t start, size_t count, uint64_t *to)
{
    uint64_t base = packed->base;
    const uint8_t *data = packed->data;
    switch (packed->bits) {
    case 8:
        data += start;
        UNPACK(8, data[i]);
    case 16:
        data += 2 * start;
        UNPACK(16, ladle_load_u16(data + 2 * i));
    case 32:
        data += 4 * start;
        UNPACK(32, ladle_load_u32(data + 4 * i));
    case 64:
        data += 8 * start;
        UNPACK(64, ladle_load_u64(data + 8 * i));
    default:
        for (size_t i = 0; i < count; i++) {
            to[i] = ladle_packed_get(packed, start + i);
        }
    }
}

/*
 * Store loops: from words to items of a C type, in the machine's byte order or the other one.
 */
#define STORE(type, expression, swap)                                                              \
    if (places) {                                                                                  \
        for (size_t i = 0; i < count; i++) {                                                       \
            type item = swap((type)(expression));                                                  \
            memcpy(to + (ptrdiff_t)places[i] * stride, &item, sizeof item);                        \
        }                                                                                          \
    } else {                                                                                       \
        for (size_t i = 0; i < count; i++, to += stride) {                                         \
            type item = swap((type)(expression));                                                  \
            memcpy(to, &item, sizeof item);                                                        \
        }                                                                                          \
    }                                                                                              \
    break

#define PLAIN(x) (x)

static uint32_t bits_of_float(double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

static void store(enum fill_store how, const core_layout *layout, const uint64_t *words,
                  size_t count, const uint32_t *places, uint8_t *to, ptrdiff_t stride)
{
    bool swap = layout->is_swapped;
    switch (how) {
    case STORE_INT:
        switch (layout->len * 2 + swap) {
        case 2:
        case 3:
            STORE(uint8_t, words[i], PLAIN);
        case 4:
            STORE(uint16_t, words[i], PLAIN);
        case 5:
            STORE(uint16_t, words[i], __builtin_bswap16);
        case 8:
            STORE(uint32_t, words[i], PLAIN);
        case 9:
            STORE(uint32_t, words[i], __builtin_bswap32);
        case 16:
            STORE(uint64_t, words[i], PLAIN);
        default:
            STORE(uint64_t, words[i], __builtin_bswap64);
        }
        break;
    case STORE_DOUBLE_FROM_INT:
        STORE(double, (int64_t)words[i], PLAIN);
    case STORE_DOUBLE_FROM_UINT:
        STORE(double, words[i], PLAIN);
    case STORE_FLOAT_FROM_INT:
        STORE(uint32_t, bits_of_float((double)(int64_t)words[i]), PLAIN);
    case STORE_FLOAT_FROM_UINT:
        STORE(uint32_t, bits_of_float((double)words[i]), PLAIN);
    default:
        STORE(uint32_t, bits_of_float(ladle_double_from_bits(words[i])), PLAIN);
    }
}

enum fill_store core_fill_store_for(const ladle_view *values, const core_layout *layout)
{
    bool is_unsigned = values->words.is_unsigned;
    bool is_double = layout->kind == 'f' && layout->len == 8;
    bool is_float = layout->kind == 'f' && layout->len == 4;
    switch (values->kind) {
    case LADLE_BOOL:
        if (layout->kind == 'b') {
            return STORE_INT;
        }
        /* fall through */
    case LADLE_INT:
        if (layout->kind == 'i' || layout->kind == 'u') {
            return STORE_INT;
        }
        if (layout->is_swapped) {
            return STORE_NONE;
        }
        return is_double  ? (is_unsigned ? STORE_DOUBLE_FROM_UINT : STORE_DOUBLE_FROM_INT)
               : is_float ? (is_unsigned ? STORE_FLOAT_FROM_UINT : STORE_FLOAT_FROM_INT)
                          : STORE_NONE;
    case LADLE_FLOAT:
        return is_double                         ? STORE_INT
               : is_float && !layout->is_swapped ? STORE_FLOAT_FROM_DOUBLE
                                                 : STORE_NONE;
    default:
        return STORE_NONE;
    }
}

/*
 * Whether all that a column could hold, by its base and width, fits: then no value is looked at.
 */
static bool always_fits(const ladle_view *values, const core_layout *layout, enum fill_store how)
{
    const ladle_packed *packed = &values->words;
    if (how != STORE_INT) {
        return how != STORE_FLOAT_FROM_DOUBLE;
    }
    if (values->kind != LADLE_INT) {
        return true;
    }
    unsigned bits = 8 * (unsigned)layout->len;
    if (bits == 64 && packed->is_unsigned) {
        return layout->kind == 'u';
    }
    if (bits == 64 && layout->kind == 'i') {
        return true;
    }
    if (packed->is_unsigned || packed->bits > 32 || (packed->bits == 0 && packed->step)) {
        return false;
    }
    /* The least value is the base, and the greatest no more than 2^32 away. */
    int64_t least = (int64_t)packed->base;
    int64_t range = packed->bits ? (int64_t)(((uint64_t)1 << packed->bits) - 1) : 0;
    int64_t greatest;
    if (__builtin_add_overflow(least, range, &greatest)) {
        return false;
    }
    int64_t lowest = layout->kind == 'u' ? 0 : -((int64_t)1 << (bits - 1));
    int64_t highest = layout->kind == 'i' ? ((int64_t)1 << (bits - 1)) - 1
                      : bits == 64        ? INT64_MAX
                                          : ((int64_t)1 << bits) - 1;
    return least >= lowest && greatest <= highest;
}

static bool word_fits(uint64_t word, bool is_unsigned, const core_layout *layout,
                      enum fill_store how)
{
    if (how == STORE_FLOAT_FROM_DOUBLE) {
        double value = ladle_double_from_bits(word);
        return !isinf((float)value) || isinf(value);
    }
    bool is_negative = !is_unsigned && word >> 63;
    unsigned bits = 8 * (unsigned)layout->len - (layout->kind == 'i');
    return !(bits < 64 && (is_negative ? ~word : word) >> bits) &&
           !(is_negative && layout->kind == 'u');
}

static void take_words(struct fill_column *column, size_t count, uint64_t *words)
{
    if (!column->codes) {
        unpack(&column->values->words, column->next, count, words);
    } else {
        unpack(column->codes, column->next, count, words);
        for (size_t i = 0; i < count; i++) {
            words[i] = ladle_packed_get(&column->values->words, words[i]);
        }
    }
    column->next += count;
}

static void check_words(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                        const core_layout *layout, enum fill_store how)
{
    uint64_t words[PIECE];
    bool is_unsigned = column->values->words.is_unsigned;
    for (uint64_t done = 0; done < picks->count; done += PIECE) {
        size_t count = picks->count - done < PIECE ? (size_t)(picks->count - done) : PIECE;
        take_words(column, count, words);
        for (size_t i = 0; i < count; i++) {
            if (LADLE_UNLIKELY(!word_fits(words[i], is_unsigned, layout, how))) {
                core_fill_fail(fill, picks, done + i, FIT_RANGE, layout, NULL);
                return;
            }
        }
    }
}

static void store_words(struct fill_column *column, const fill_picks *picks,
                        const core_layout *layout, enum fill_store how, uint8_t *to,
                        ptrdiff_t stride)
{
    uint64_t words[PIECE];
    for (uint64_t done = 0; done < picks->count; done += PIECE) {
        size_t count = picks->count - done < PIECE ? (size_t)(picks->count - done) : PIECE;
        take_words(column, count, words);
        if (picks->places) {
            store(how, layout, words, count, picks->places + done, to, stride);
        } else {
            store(how, layout, words, count, NULL, to + (ptrdiff_t)done * stride, stride);
        }
    }
}

/*
 * Words that are items as they are.
 */
static bool copy_words(const struct fill_column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    const ladle_packed *packed = &column->values->words;
    bool is_little = LADLE_SWAP(64, (uint64_t)1) == 1;
    if (column->codes || packed->bits != 64 || packed->base || layout->len != 8 ||
        layout->is_swapped || picks->places || !is_little) {
        return false;
    }
    const uint8_t *from = packed->data + 8 * column->next;
    if (stride == 8) {
        memcpy(to, from, 8 * (size_t)picks->count);
        return true;
    }
    uint64_t left = picks->count;
    for (; left >= 4; left -= 4, from += 32, to += 4 * stride) {
        memcpy(to, from, 8);
        memcpy(to + stride, from + 8, 8);
        memcpy(to + 2 * stride, from + 16, 8);
        memcpy(to + 3 * stride, from + 24, 8);
    }
    for (; left; left--, from += 8, to += stride) {
        memcpy(to, from, 8);
    }
    return true;
}

void core_fill_words(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                     const core_layout *layout, enum fill_store how, uint8_t *to, ptrdiff_t stride)
{
    if (fill->is_check) {
        if (!always_fits(column->values, layout, how)) {
            check_words(fill, column, picks, layout, how);
        }
    } else if (how != STORE_INT || !copy_words(column, picks, layout, to, stride)) {
        store_words(column, picks, layout, how, to, stride);
    }
}
