/* SPDX-License-Identifier: BSD-2-Clause */
#include "shape_dict.h"

#include "alloc.h"
#include "checksum.h"
#include "shape.h"
#include "status.h"

/*
 * More kinds of dict than this, or so many columns for more than a few kinds, and each kind seen
 * less than four times on average: these are maps.
 */
#define LISTS_OF_A_MAP   64
#define LISTS_OF_FEW     4
#define COLUMNS_OF_A_MAP 256

void ladle_key_list_rehash(ladle_key_list *list)
{
    list->hash = ladle_crc32c(0, list->columns, list->count * sizeof *list->columns);
}

/*
 * Room for one more element of an array of a dict node.
 */
static ladle_status reserve_one(ladle_shape *shape, void **array, uint32_t count,
                                uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return LADLE_OK;
    }
    uint32_t more = *capacity ? *capacity * 2 : 4;
    void *grown = ladle_realloc(shape->allocator, *array, *capacity, more, size);
    if (!grown) {
        return LADLE_E_MEMORY;
    }
    *array = grown;
    *capacity = more;
    return LADLE_OK;
}

static ladle_status add_column(ladle_shape *shape, ladle_node *node, const char *name,
                               size_t name_len, uint32_t hash)
{
    ladle_keys *keys = node->keys;
    void *items = keys->items;
    ladle_status status =
        reserve_one(shape, &items, node->child_count, &keys->capacity, sizeof *keys->items);
    keys->items = items;
    char *copy = status == LADLE_OK ? ladle_alloc(shape->allocator, name_len, 1) : NULL;
    ladle_node *child;
    if (!copy || ladle_node_add_child(shape, node, &child) != LADLE_OK) {
        ladle_free(shape->allocator, copy, name_len, 1);
        return LADLE_E_MEMORY;
    }
    memcpy(copy, name, name_len);
    shape->names_len += name_len;
    keys->items[node->child_count - 1] =
        (ladle_key){.name = copy, .name_len = (uint32_t)name_len, .hash = hash};
    return LADLE_OK;
}

bool ladle_dict_is_full(const ladle_node *node)
{
    uint32_t count = node->keys->list_count;
    bool is_like_map =
        count >= LISTS_OF_A_MAP || (count > LISTS_OF_FEW && node->child_count >= COLUMNS_OF_A_MAP);
    return count >= LADLE_DICT_LISTS_MAX || (is_like_map && node->count / 4 < count);
}

ladle_status ladle_dict_column(ladle_shape *shape, ladle_node *node, const char *name,
                               size_t name_len, uint32_t *column)
{
    uint32_t hash = ladle_crc32c(0, name, name_len);
    for (uint32_t i = 0; i < node->child_count; i++) {
        const ladle_key *key = &node->keys->items[i];
        if (key->hash == hash && key->name_len == name_len &&
            memcmp(key->name, name, name_len) == 0) {
            *column = i;
            return LADLE_OK;
        }
    }
    if (ladle_dict_is_full(node) || node->child_count >= LADLE_DICT_COLUMNS_MAX ||
        name_len > LADLE_KEY_LEN_MAX || shape->node_count >= LADLE_SHAPE_NODES_SOFT ||
        name_len > LADLE_NAMES_LEN_MAX - shape->names_len) {
        return LADLE_END;
    }
    *column = node->child_count;
    return add_column(shape, node, name, name_len, hash);
}

ladle_status ladle_dict_list(ladle_shape *shape, ladle_node *node, const uint16_t *columns,
                             uint32_t count, uint32_t *list)
{
    ladle_keys *keys = node->keys;
    size_t len = count * sizeof *columns;
    uint32_t hash = ladle_crc32c(0, columns, len);
    for (uint32_t i = 0; i < keys->list_count; i++) {
        const ladle_key_list *known = &keys->lists[i];
        if (known->hash == hash && known->count == count &&
            (!len || memcmp(known->columns, columns, len) == 0)) {
            *list = i;
            return LADLE_OK;
        }
    }
    if (ladle_dict_is_full(node)) {
        return LADLE_END;
    }
    void *lists = keys->lists;
    LADLE_TRY(
        reserve_one(shape, &lists, keys->list_count, &keys->list_capacity, sizeof *keys->lists));
    keys->lists = lists;
    uint16_t *copy = ladle_alloc(shape->allocator, count, sizeof *copy);
    if (!copy) {
        return LADLE_E_MEMORY;
    }
    if (len) {
        memcpy(copy, columns, len);
    }
    *list = keys->list_count++;
    keys->lists[*list] = (ladle_key_list){.columns = copy, .count = count, .hash = hash};
    return LADLE_OK;
}
