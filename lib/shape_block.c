/* SPDX-License-Identifier: BSD-2-Clause */
#include "shape_block.h"

#include "alloc.h"
#include "shape.h"
#include "shape_dict.h"

/*
 * Words and content that a node keeps from one block to the next; more is given back.
 */
#define KEPT_LEN (1u << 20)

/*
 * And of those, what was hardly used in the block, so that columns which were long once, one after
 * the other, do not add up.
 */
#define IDLE_LEN 512

static bool is_idle(size_t capacity, size_t used)
{
    return capacity > KEPT_LEN || (capacity > IDLE_LEN && capacity / 4 > used);
}

static bool has_content(const ladle_node *node)
{
    return ladle_kind_has_bytes(node->kind) || ladle_kind_has_items(node->kind);
}

static size_t sum_of_lengths(const ladle_node *node, size_t count)
{
    const uint32_t *lengths = node->words;
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += lengths[i];
    }
    return sum;
}

static void count_words(const ladle_node *node, size_t count, size_t counts[256])
{
    const uint8_t *words = node->words;
    memset(counts, 0, 256 * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        counts[words[i]]++;
    }
}

/*
 * Set the marks of a dict node's columns: the values whose key list holds them.
 */
static void mark_columns(ladle_node *node, size_t count)
{
    size_t counts[256];
    count_words(node, count, counts);
    for (uint32_t i = 0; i < node->child_count; i++) {
        node->children[i]->mark = 0;
    }
    for (uint32_t i = 0; i < node->keys->list_count; i++) {
        const ladle_key_list *list = &node->keys->lists[i];
        for (uint32_t j = 0; j < list->count; j++) {
            node->children[list->columns[j]]->mark += counts[i];
        }
    }
}

static void mark_alternatives(ladle_node *node, size_t count)
{
    size_t counts[256];
    count_words(node, count, counts);
    for (uint32_t i = 0; i < node->child_count; i++) {
        node->children[i]->mark = counts[i];
    }
}

void ladle_node_mark(ladle_node *node, size_t count)
{
    node->mark = count;
    if (node->kind == LADLE_DICT) {
        mark_columns(node, count);
    } else if (node->kind == LADLE_UNION) {
        mark_alternatives(node, count);
    } else if (ladle_kind_has_bytes(node->kind)) {
        node->bytes_mark = sum_of_lengths(node, count);
    } else if (ladle_kind_has_items(node->kind)) {
        node->bytes_mark = count * node->value_len;
    } else {
        size_t child_count =
            ladle_kind_is_repeated(node->kind) ? sum_of_lengths(node, count) : count;
        for (uint32_t i = 0; i < node->child_count; i++) {
            node->children[i]->mark = child_count;
        }
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_node_mark(node->children[i], node->children[i]->mark);
    }
}

void ladle_node_mark_all(ladle_node *node)
{
    node->mark = node->count;
    node->bytes_mark = node->bytes.len;
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_node_mark_all(node->children[i]);
    }
}

/*
 * Whether an INT node still holds a value outside 0 to 2^63 - 1.
 */
static bool has_sign(const ladle_node *node)
{
    const uint64_t *values = node->words;
    for (size_t i = 0; i < node->count; i++) {
        if (values[i] >> 63) {
            return true;
        }
    }
    return false;
}

static void keep_marked(ladle_node *node)
{
    node->count = node->mark;
    if (node->sign != LADLE_SIGN_NONE && !has_sign(node)) {
        node->sign = LADLE_SIGN_NONE;
    }
    node->bytes.len = has_content(node) ? node->bytes_mark : 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        keep_marked(node->children[i]);
    }
}

void ladle_node_truncate(ladle_node *node, size_t count)
{
    ladle_node_mark(node, count);
    keep_marked(node);
}

static void drop_words(ladle_shape *shape, ladle_node *node, size_t word_len)
{
    uint8_t *words = node->words;
    if (node->count > node->mark) {
        memmove(words, words + node->mark * word_len, (node->count - node->mark) * word_len);
    } else if (is_idle(node->capacity * word_len, node->mark * word_len)) {
        ladle_free(shape->allocator, words, node->capacity, word_len);
        node->words = NULL;
        node->capacity = 0;
    }
}

static void drop_bytes(ladle_node *node)
{
    ladle_buffer *bytes = &node->bytes;
    if (bytes->len > node->bytes_mark) {
        memmove(bytes->data, bytes->data + node->bytes_mark, bytes->len - node->bytes_mark);
        bytes->len -= node->bytes_mark;
    } else {
        bytes->len = 0;
        if (is_idle(bytes->capacity, node->bytes_mark)) {
            ladle_buffer_free(bytes);
        }
    }
}

void ladle_node_drop_marked(ladle_shape *shape, ladle_node *node)
{
    size_t word_len = ladle_word_len(node->kind);
    if (word_len) {
        drop_words(shape, node, word_len);
    }
    if (has_content(node)) {
        drop_bytes(node);
    }
    node->count -= node->mark;
    node->sign = node->count ? node->sign : LADLE_SIGN_NONE;
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_node_drop_marked(shape, node->children[i]);
    }
}

/*
 * Put the only alternative that is left in the place of its union.
 */
static void replace_union(ladle_shape *shape, ladle_node *node)
{
    ladle_node *only = node->children[0];
    ladle_node content = *only;
    *only = (ladle_node){.kind = LADLE_EMPTY};
    ladle_node_clear(shape, node);
    *node = content;
}

static void prune_union(ladle_shape *shape, ladle_node *node)
{
    uint8_t moved_to[LADLE_UNION_MAX] = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (node->children[i]->count) {
            moved_to[i] = (uint8_t)kept;
            node->children[kept++] = node->children[i];
        } else {
            ladle_node_free(shape, node->children[i]);
        }
    }
    /* A union of one alternative is left when there was no memory for the second. */
    if (kept == node->child_count && kept > 1) {
        return;
    }
    uint8_t *selectors = node->words;
    for (size_t i = 0; i < node->count; i++) {
        selectors[i] = moved_to[selectors[i]];
    }
    node->child_count = kept;
    node->guess = 0;
    if (kept == 1) {
        replace_union(shape, node);
    }
}

/*
 * Take out the key lists that no value has, and number the values' lists anew.
 */
static void prune_lists(ladle_shape *shape, ladle_node *node)
{
    ladle_keys *keys = node->keys;
    uint8_t moved_to[LADLE_DICT_LISTS_MAX] = {0};
    size_t counts[256];
    uint32_t kept = 0;
    count_words(node, node->count, counts);
    for (uint32_t i = 0; i < keys->list_count; i++) {
        if (counts[i]) {
            moved_to[i] = (uint8_t)kept;
            keys->lists[kept++] = keys->lists[i];
        } else {
            ladle_key_list_release(shape, &keys->lists[i]);
        }
    }
    if (kept < keys->list_count) {
        uint8_t *words = node->words;
        for (size_t i = 0; i < node->count; i++) {
            words[i] = moved_to[words[i]];
        }
        keys->list_count = kept;
        node->guess = 0;
    }
}

/*
 * Take out the columns without values; no key list that is left holds one.
 */
static void prune_columns(ladle_shape *shape, ladle_node *node)
{
    ladle_keys *keys = node->keys;
    uint16_t moved_to[LADLE_DICT_COLUMNS_MAX];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (node->children[i]->count) {
            moved_to[i] = (uint16_t)kept;
            keys->items[kept] = keys->items[i];
            node->children[kept++] = node->children[i];
        } else {
            ladle_key_release(shape, &keys->items[i]);
            ladle_node_free(shape, node->children[i]);
        }
    }
    if (kept == node->child_count) {
        return;
    }
    node->child_count = kept;
    for (uint32_t i = 0; i < keys->list_count; i++) {
        for (uint32_t j = 0; j < keys->lists[i].count; j++) {
            keys->lists[i].columns[j] = moved_to[keys->lists[i].columns[j]];
        }
        ladle_key_list_rehash(&keys->lists[i]);
    }
}

void ladle_node_prune(ladle_shape *shape, ladle_node *node)
{
    if (node->count == 0) {
        ladle_node_clear(shape, node);
        return;
    }
    if (node->kind == LADLE_UNION) {
        prune_union(shape, node);
    }
    if (node->kind == LADLE_DICT) {
        prune_lists(shape, node);
        prune_columns(shape, node);
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_node_prune(shape, node->children[i]);
    }
}

uint64_t ladle_node_len(const ladle_node *node)
{
    uint64_t len = (uint64_t)node->count * ladle_word_len(node->kind) + node->bytes.len;
    for (uint32_t i = 0; i < node->child_count; i++) {
        len += ladle_node_len(node->children[i]);
    }
    return len;
}

uint64_t ladle_node_marked_len(const ladle_node *node)
{
    uint64_t len = (uint64_t)node->mark * ladle_word_len(node->kind);
    len += has_content(node) ? node->bytes_mark : 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        len += ladle_node_marked_len(node->children[i]);
    }
    return len;
}
