/* SPDX-License-Identifier: BSD-2-Clause */
#include "metadata.h"

#include "status.h"

/*
 * The next pair of a dict that was checked: its key, and all its bytes.
 */
static ladle_status next_pair(ladle_cursor *cursor, uint32_t max_depth, ladle_item *key,
                              const uint8_t **pair)
{
    *pair = cursor->next;
    LADLE_TRY(ladle_value_next(cursor, key));
    if (key->kind != LADLE_STR) {
        return LADLE_E_CORRUPT;
    }
    return ladle_value_skip(cursor, max_depth);
}

bool ladle_metadata_is_valid(const void *data, size_t len, uint32_t max_depth)
{
    ladle_cursor cursor = ladle_cursor_over(data, len);
    ladle_item item;
    if (ladle_value_next(&cursor, &item) != LADLE_OK || item.kind != LADLE_DICT) {
        return false;
    }
    for (uint64_t i = 0; i < item.count; i++) {
        ladle_item key;
        const uint8_t *pair;
        if (next_pair(&cursor, max_depth, &key, &pair) != LADLE_OK) {
            return false;
        }
    }
    return ladle_cursor_left(&cursor) == 0;
}

static bool has_key(const void *data, size_t len, uint32_t max_depth, const ladle_item *wanted)
{
    ladle_cursor cursor = ladle_cursor_over(data, len);
    ladle_item item;
    ladle_status status = ladle_value_next(&cursor, &item);
    for (uint64_t i = 0; status == LADLE_OK && i < item.count; i++) {
        ladle_item key;
        const uint8_t *pair;
        status = next_pair(&cursor, max_depth, &key, &pair);
        if (status == LADLE_OK && key.data_len == wanted->data_len &&
            memcmp(key.data, wanted->data, key.data_len) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Append the pairs of a dict whose keys 'other' has not, and count them.
 */
static ladle_status copy_pairs(ladle_buffer *to, const ladle_buffer *from, const void *other,
                               size_t other_len, uint32_t max_depth, uint64_t *count)
{
    ladle_cursor cursor = ladle_cursor_over(from->data, from->len);
    ladle_item item;
    LADLE_TRY(ladle_value_next(&cursor, &item));
    for (uint64_t i = 0; i < item.count; i++) {
        ladle_item key;
        const uint8_t *pair;
        LADLE_TRY(next_pair(&cursor, max_depth, &key, &pair));
        if (!has_key(other, other_len, max_depth, &key)) {
            LADLE_TRY(ladle_buffer_put(to, pair, (size_t)(cursor.next - pair)));
            ++*count;
        }
    }
    return LADLE_OK;
}

/*
 * A dict of the pairs in 'old' that are not replaced, and all pairs of 'data'.
 */
static ladle_status combine(ladle_buffer *merged, ladle_buffer *pairs, const ladle_buffer *old,
                            const void *data, size_t len, uint32_t max_depth)
{
    ladle_cursor cursor = ladle_cursor_over(data, len);
    ladle_item item;
    uint64_t count = 0;
    LADLE_TRY(copy_pairs(pairs, old, data, len, max_depth, &count));
    LADLE_TRY(ladle_value_next(&cursor, &item));
    LADLE_TRY(ladle_value_put_container(merged, LADLE_DICT, count + item.count));
    LADLE_TRY(ladle_buffer_put(merged, pairs->data, pairs->len));
    return ladle_buffer_put(merged, cursor.next, ladle_cursor_left(&cursor));
}

ladle_status ladle_metadata_merge(ladle_buffer *merged, const void *data, size_t len,
                                  uint32_t max_depth)
{
    if (!ladle_metadata_is_valid(data, len, max_depth)) {
        return LADLE_E_CORRUPT;
    }
    if (merged->len == 0) {
        return ladle_buffer_put(merged, data, len);
    }
    ladle_buffer result = {.allocator = merged->allocator};
    ladle_buffer pairs = {.allocator = merged->allocator};
    ladle_status status = combine(&result, &pairs, merged, data, len, max_depth);
    ladle_buffer_free(&pairs);
    if (status != LADLE_OK) {
        ladle_buffer_free(&result);
        return status;
    }
    ladle_buffer_free(merged);
    *merged = result;
    return LADLE_OK;
}
