/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of floats into the rows of a matrix. */
#include "fill.h"

#if defined(__SSE2__)

#include <emmintrin.h>

/*
 * Pairs of columns that are gone through side by side: two lines of a cache in each row.
 */
enum { PIECE = 8 };

struct pair {
    const uint8_t *one;
    const uint8_t *other;
};

/*
 * Whether tuples of floats go into rows as they are, two at a time. No value has to be looked at.
 */
static bool is_matrix(const core_layout *layout, const ladle_view *root, const uint8_t *to,
                      ptrdiff_t stride)
{
    if (layout->form != LAYOUT_ITEMS || root->kind != LADLE_TUPLE ||
        root->child_count != layout->extent || root->child_count % 2) {
        return false;
    }
    const core_layout *item = &layout->children[0];
    bool is_double = item->form == LAYOUT_LEAF && item->kind == 'f' && item->len == 8 &&
                     !item->is_swapped && layout->stride == 8;
    bool has_pairs = ((uintptr_t)to | (uintptr_t)stride) % 16 == 0;
    for (uint32_t i = 0; i < root->child_count && is_double; i++) {
        const ladle_view *child = &root->children[i];
        is_double = child->kind == LADLE_FLOAT && child->words.bits == 64;
    }
    return is_double && has_pairs;
}

LADLE_ALWAYS_INLINE void put(uint8_t *to, __m128i pair, bool is_large)
{
    if (is_large) {
        _mm_stream_si128((__m128i *)(void *)to, pair);
    } else {
        _mm_store_si128((__m128i *)(void *)to, pair);
    }
}

LADLE_ALWAYS_INLINE __m128i get(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)(const void *)from);
}

/*
 * Two rows at a time: two values of a column and two of the next become a pair of each row.
 */
LADLE_ALWAYS_INLINE void turn(const struct pair *pairs, size_t pair_count, uint64_t count,
                              uint8_t *to, ptrdiff_t stride, bool is_large)
{
    uint64_t row = 0;
    for (; row + 2 <= count; row += 2, to += 2 * stride) {
        for (size_t i = 0; i < pair_count; i++) {
            __m128i one = get(pairs[i].one + 8 * row);
            __m128i other = get(pairs[i].other + 8 * row);
            put(to + 16 * i, _mm_unpacklo_epi64(one, other), is_large);
            put(to + stride + 16 * i, _mm_unpackhi_epi64(one, other), is_large);
        }
    }
    for (size_t i = 0; row < count && i < pair_count; i++) {
        memcpy(to + 16 * i, pairs[i].one + 8 * row, 8);
        memcpy(to + 16 * i + 8, pairs[i].other + 8 * row, 8);
    }
}

bool core_fill_matrix(const core_fill *fill, const ladle_view *root, uint64_t row, uint64_t count,
                      uint8_t *to, ptrdiff_t stride)
{
    if (!is_matrix(fill->layout, root, to, stride)) {
        return false;
    }
    size_t pair_count = root->child_count / 2;
    for (size_t done = 0; done < pair_count; done += PIECE) {
        size_t count_here = pair_count - done < PIECE ? pair_count - done : PIECE;
        struct pair pairs[PIECE];
        for (size_t i = 0; i < count_here; i++) {
            const ladle_view *columns = &root->children[2 * (done + i)];
            pairs[i] =
                (struct pair){columns[0].words.data + 8 * row, columns[1].words.data + 8 * row};
        }
        if (fill->is_large) {
            turn(pairs, count_here, count, to + 16 * done, stride, true);
        } else {
            turn(pairs, count_here, count, to + 16 * done, stride, false);
        }
    }
    if (fill->is_large) {
        _mm_sfence();
    }
    return true;
}

#else

bool core_fill_matrix(const core_fill *fill, const ladle_view *root, uint64_t row, uint64_t count,
                      uint8_t *to, ptrdiff_t stride)
{
    (void)fill, (void)root, (void)row, (void)count, (void)to, (void)stride;
    return false;
}

#endif
