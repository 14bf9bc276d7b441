/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of str and bytes into items of a layout. */
#include "decode_block.h"
#include "fill_column.h"

/*
 * str of ASCII, or bytes, into bytes: 1. The first into str of four bytes a character: 4. 0: there
 * is no loop.
 */
static size_t character_len(const ladle_view *values, const core_layout *layout)
{
    bool is_ascii = values->kind == LADLE_STR && core_view_is_ascii(values);
    bool is_bytes = values->kind == LADLE_BYTES || values->kind == LADLE_BYTEARRAY;
    if (layout->kind == 'S') {
        return is_ascii || is_bytes;
    }
    return layout->kind == 'U' && is_ascii && !layout->is_swapped ? 4 : 0;
}

static void check_lengths(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                          const core_layout *layout, size_t len_max)
{
    const ladle_packed *lengths = &column->values->words;
    uint64_t most = lengths->bits < 64 ? ((uint64_t)1 << lengths->bits) - 1 : UINT64_MAX;
    if (lengths->step == 0 && lengths->base <= len_max && most <= len_max - lengths->base) {
        return;
    }
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        (void)fill_next_content(column, &len);
        if (LADLE_UNLIKELY(len > len_max)) {
            core_fill_fail(fill, picks, i, FIT_LONG, layout, NULL);
            return;
        }
    }
}

/*
 * A few bytes, by moves that may overlap.
 */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len >= 16 && len <= 32) {
        memcpy(to, from, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8 && len < 16) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else {
        memcpy(to, from, len);
    }
}

/*
 * Contents of one length, at places one after the other. False: they are not so.
 */
static bool copy_equal(const struct fill_column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    const ladle_packed *lengths = &column->values->words;
    size_t len = (size_t)lengths->base;
    size_t rest = layout->len - len;
    const uint8_t *from = column->content;
    if (column->codes || lengths->bits || lengths->step || picks->places) {
        return false;
    }
    if (len >= 16 && len <= 32 && rest == 0) {
        for (uint64_t i = 0; i < picks->count; i++, from += len, to += stride) {
            memcpy(to, from, 16);
            memcpy(to + len - 16, from + len - 16, 16);
        }
        return true;
    }
    for (uint64_t i = 0; i < picks->count; i++, from += len, to += stride) {
        copy_short(to, from, len);
        memset(to + len, 0, rest);
    }
    return true;
}

static void copy_bytes(struct fill_column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    if (copy_equal(column, picks, layout, to, stride)) {
        return;
    }
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        const uint8_t *content = fill_next_content(column, &len);
        uint8_t *place = fill_place(picks, i, to, stride);
        copy_short(place, content, len);
        if (len < layout->len) {
            memset(place + len, 0, layout->len - len);
        }
    }
}

static void widen_ascii(struct fill_column *column, const fill_picks *picks,
                        const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    for (uint64_t i = 0; i < picks->count; i++) {
        size_t len;
        const uint8_t *content = fill_next_content(column, &len);
        uint8_t *place = fill_place(picks, i, to, stride);
        for (size_t j = 0; j < len; j++) {
            uint32_t code = content[j];
            memcpy(place + 4 * j, &code, sizeof code);
        }
        memset(place + 4 * len, 0, layout->len - 4 * len);
    }
}

void core_fill_content(core_fill *fill, struct fill_column *column, const fill_picks *picks,
                       const core_layout *layout, uint8_t *to, ptrdiff_t stride)
{
    size_t character = character_len(column->values, layout);
    if (character == 0) {
        core_fill_each(fill, column, picks, layout, to, stride);
    } else if (fill->is_check) {
        check_lengths(fill, column, picks, layout, layout->len / character);
    } else if (character == 1) {
        copy_bytes(column, picks, layout, to, stride);
    } else {
        widen_ascii(column, picks, layout, to, stride);
    }
}
