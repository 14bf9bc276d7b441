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
 * Whether the item of a row is a float with nothing between it and the one before.
 */
static bool is_double(const core_layout *row, uint32_t index)
{
    bool is_fields = row->form == LAYOUT_FIELDS;
    const core_layout *item = &row->children[is_fields ? index : 0];
    bool is_near =
        is_fields ? !item->column && item->offset == 8 * (ptrdiff_t)index : row->stride == 8;
    return is_near && item->form == LAYOUT_LEAF && item->kind == 'f' && item->len == 8 &&
           !item->is_swapped;
}

/*
 * Whether a column is all that the item is made of.
 */
static bool has_column(const core_layout *row, const ladle_view *root, uint32_t index)
{
    const ladle_view *column = &root->children[index];
    bool is_it =
        root->kind == LADLE_TUPLE ||
        (row->form == LAYOUT_FIELDS &&
         fill_is_named(&row->children[index], root->names[index].data, root->names[index].len));
    return is_it && column->kind == LADLE_FLOAT && column->words.bits == 64;
}

/*
 * Whether records are floats and nothing else, that go into rows as they are and where they are,
 * two at a time. No value has to be looked at.
 */
static bool is_matrix(const core_layout *row, const ladle_view *root, const uint8_t *to,
                      ptrdiff_t stride)
{
    uint32_t count = root->child_count;
    bool is_even =
        root->kind == LADLE_TUPLE || root->kind == LADLE_OBJECT ||
        (root->kind == LADLE_DICT && root->list_count == 1 && root->lists[0].count == count);
    bool has_pairs = count % 2 == 0 && ((uintptr_t)to | (uintptr_t)stride) % 16 == 0;
    if (!is_even || !has_pairs || row->form == LAYOUT_LEAF ||
        count != (row->form == LAYOUT_FIELDS ? row->child_count : row->extent)) {
        return false;
    }
    uint32_t i = 0;
    while (i < count && is_double(row, i) && has_column(row, root, i)) {
        i++;
    }
    return i == count;
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
