/* SPDX-License-Identifier: BSD-2-Clause */
#include "shape.h"

#include "alloc.h"
#include "status.h"

/*
 * Types of values that are longer than this are not worth a column.
 */
#define TYPE_LEN_MAX 65536

size_t ladle_word_len(uint8_t kind)
{
    switch (kind) {
    case LADLE_BOOL:
    case LADLE_UNION:
    case LADLE_DICT:
        return 1;
    case LADLE_INT:
    case LADLE_FLOAT:
        return 8;
    case LADLE_COMPLEX:
        return 16;
    default:
        return ladle_kind_has_bytes(kind) || ladle_kind_is_repeated(kind) ? 4 : 0;
    }
}

void ladle_key_release(ladle_shape *shape, ladle_key *key)
{
    if (key->tag && shape->release_tag) {
        shape->release_tag(key->tag);
    }
    shape->names_len -= key->name_len;
    ladle_free(shape->allocator, key->name, key->name_len, 1);
}

void ladle_key_list_release(ladle_shape *shape, ladle_key_list *list)
{
    ladle_free(shape->allocator, list->columns, list->count, sizeof *list->columns);
}

static void keys_free(ladle_shape *shape, ladle_node *node)
{
    ladle_keys *keys = node->keys;
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_key_release(shape, &keys->items[i]);
    }
    for (uint32_t i = 0; i < keys->list_count; i++) {
        ladle_key_list_release(shape, &keys->lists[i]);
    }
    ladle_free(shape->allocator, keys->items, keys->capacity, sizeof *keys->items);
    ladle_free(shape->allocator, keys->lists, keys->list_capacity, sizeof *keys->lists);
    ladle_free(shape->allocator, keys, 1, sizeof *keys);
    node->keys = NULL;
}

static ladle_node *node_new(ladle_shape *shape, uint8_t depth)
{
    ladle_node *node = ladle_alloc(shape->allocator, 1, sizeof *node);
    if (node) {
        node->depth = depth;
        node->bytes.allocator = shape->allocator;
        node->bytes.len_max = shape->array_len_max;
        shape->node_count++;
    }
    return node;
}

ladle_status ladle_shape_init(ladle_shape *shape)
{
    shape->root = node_new(shape, 0);
    return shape->root ? LADLE_OK : LADLE_E_MEMORY;
}

void ladle_shape_free(ladle_shape *shape)
{
    ladle_node_free(shape, shape->root);
    shape->root = NULL;
}

void ladle_node_clear(ladle_shape *shape, ladle_node *node)
{
    const ladle_allocator *allocator = shape->allocator;
    if (node->keys) {
        keys_free(shape, node);
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        ladle_node_free(shape, node->children[i]);
    }
    ladle_free(allocator, node->children, node->child_capacity, sizeof *node->children);
    ladle_free(allocator, node->words, node->capacity, ladle_word_len(node->kind));
    shape->names_len -= node->type_len;
    ladle_free(allocator, node->type, node->type_len, 1);
    if (node->tag && shape->release_tag) {
        shape->release_tag(node->tag);
    }
    ladle_buffer_free(&node->bytes);
    *node = (ladle_node){.depth = node->depth,
                         .bytes = {.allocator = allocator, .len_max = shape->array_len_max}};
}

void ladle_node_free(ladle_shape *shape, ladle_node *node)
{
    if (node) {
        ladle_node_clear(shape, node);
        ladle_free(shape->allocator, node, 1, sizeof *node);
        shape->node_count--;
    }
}

static ladle_status reserve_children(ladle_shape *shape, ladle_node *node, uint32_t count)
{
    if (node->child_count + count <= node->child_capacity) {
        return LADLE_OK;
    }
    uint32_t capacity = node->child_capacity ? node->child_capacity * 2 : 2;
    if (capacity < node->child_count + count) {
        capacity = node->child_count + count;
    }
    ladle_node **children = ladle_realloc(shape->allocator, node->children, node->child_capacity,
                                          capacity, sizeof *children);
    if (!children) {
        return LADLE_E_MEMORY;
    }
    node->children = children;
    node->child_capacity = capacity;
    return LADLE_OK;
}

ladle_status ladle_node_add_child(ladle_shape *shape, ladle_node *node, ladle_node **child)
{
    LADLE_TRY(reserve_children(shape, node, 1));
    /* A union is no level of its own: FORMAT.md section 11. */
    uint8_t depth = (uint8_t)(node->depth + (node->kind != LADLE_UNION));
    ladle_node *added = node_new(shape, depth);
    if (!added) {
        return LADLE_E_MEMORY;
    }
    node->children[node->child_count++] = added;
    *child = added;
    return LADLE_OK;
}

ladle_status ladle_node_grow(ladle_shape *shape, ladle_node *node)
{
    size_t word_len = ladle_word_len(node->kind);
    size_t capacity = node->capacity < 32 ? 64 : node->capacity + node->capacity / 2;
    if (node->count >= shape->array_len_max / word_len) {
        return LADLE_E_LIMIT;
    }
    void *words = ladle_realloc(shape->allocator, node->words, node->capacity, capacity, word_len);
    if (!words) {
        return LADLE_E_MEMORY;
    }
    node->words = words;
    node->capacity = capacity;
    shape->look_count = 0;
    return LADLE_OK;
}

ladle_status ladle_node_grow_bytes(ladle_shape *shape, ladle_node *node, size_t len)
{
    shape->look_count = 0;
    return ladle_buffer_grow(&node->bytes, len);
}

/*
 * What a node is for.
 */
struct wanted {
    ladle_kind kind;
    uint32_t detail;  /* TUPLE: its length; EXTENSION: its code */
    const void *type; /* SCALAR, ARRAY, OBJECT */
    uint32_t type_len;
    size_t value_len;
};

/*
 * How many children a node of this kind begins with.
 */
static uint32_t first_children(const struct wanted *wanted)
{
    if (wanted->kind == LADLE_TUPLE) {
        return wanted->detail;
    }
    if (wanted->kind == LADLE_OBJECT) {
        return (uint32_t)wanted->value_len;
    }
    if (wanted->kind == LADLE_MAP) {
        return 2;
    }
    return ladle_kind_is_repeated((uint8_t)wanted->kind) || wanted->kind == LADLE_EXTENSION;
}

static bool is_container(ladle_kind kind)
{
    return kind == LADLE_TUPLE || kind == LADLE_DICT || kind == LADLE_OBJECT ||
           kind == LADLE_EXTENSION || ladle_kind_is_repeated((uint8_t)kind);
}

/*
 * The kind that a new node for such a value gets, within the limits of a shape.
 */
static ladle_kind kind_within_limits(const ladle_shape *shape, const ladle_node *node,
                                     struct wanted wanted)
{
    uint32_t room =
        shape->node_count < LADLE_SHAPE_NODES_SOFT ? LADLE_SHAPE_NODES_SOFT - shape->node_count : 0;
    if ((is_container(wanted.kind) && node->depth >= LADLE_SHAPE_DEPTH_MAX - 2) ||
        wanted.type_len > LADLE_NAMES_LEN_MAX - shape->names_len) {
        return LADLE_ANY;
    }
    if (wanted.kind == LADLE_TUPLE && (wanted.detail > LADLE_TUPLE_MAX || wanted.detail > room)) {
        wanted.kind = LADLE_TUPLES;
    }
    return first_children(&wanted) <= room ? wanted.kind : LADLE_ANY;
}

/*
 * Take what the kind of a node has beside values and children.
 */
static ladle_status set_details(ladle_shape *shape, ladle_node *node, const struct wanted *wanted)
{
    if (node->kind == LADLE_EXTENSION) {
        node->code = (uint8_t)wanted->detail;
    } else if (node->kind == LADLE_DICT) {
        node->keys = ladle_alloc(shape->allocator, 1, sizeof *node->keys);
        return node->keys ? LADLE_OK : LADLE_E_MEMORY;
    } else if (ladle_kind_has_type(node->kind)) {
        node->type = ladle_alloc(shape->allocator, wanted->type_len, 1);
        if (!node->type) {
            return LADLE_E_MEMORY;
        }
        memcpy(node->type, wanted->type, wanted->type_len);
        node->type_len = wanted->type_len;
        shape->names_len += wanted->type_len;
        node->value_len = wanted->value_len;
    }
    return LADLE_OK;
}

/*
 * Give an empty node a kind. On failure it stays empty.
 */
static ladle_status become(ladle_shape *shape, ladle_node *node, struct wanted wanted)
{
    wanted.kind = kind_within_limits(shape, node, wanted);
    node->kind = (uint8_t)wanted.kind;
    ladle_status status = set_details(shape, node, &wanted);
    uint32_t count = first_children(&wanted);
    if (status == LADLE_OK && count) {
        status = reserve_children(shape, node, count);
    }
    for (ladle_node *child; status == LADLE_OK && node->child_count < count;) {
        status = ladle_node_add_child(shape, node, &child);
    }
    if (status != LADLE_OK) {
        ladle_node_clear(shape, node);
    }
    return status;
}

static bool takes(const ladle_node *node, const struct wanted *wanted)
{
    if (node->kind != wanted->kind) {
        return wanted->kind == LADLE_TUPLE && node->kind == LADLE_TUPLES;
    }
    if (ladle_kind_has_type(node->kind)) {
        return node->type_len == wanted->type_len && node->value_len == wanted->value_len &&
               memcmp(node->type, wanted->type, node->type_len) == 0;
    }
    return (node->kind != LADLE_TUPLE || node->child_count == wanted->detail) &&
           (node->kind != LADLE_EXTENSION || node->code == wanted->detail);
}

/*
 * Make a node the only alternative of a union in its place; others may point to the node.
 */
static ladle_status become_union(ladle_shape *shape, ladle_node *node)
{
    ladle_node *alternative = ladle_alloc(shape->allocator, 1, sizeof *alternative);
    ladle_node **children = ladle_alloc(shape->allocator, 2, sizeof *children);
    size_t capacity = node->count + 64;
    uint8_t *selectors = ladle_alloc(shape->allocator, capacity, 1);
    if (!alternative || !children || !selectors) {
        ladle_free(shape->allocator, alternative, 1, sizeof *alternative);
        ladle_free(shape->allocator, children, 2, sizeof *children);
        ladle_free(shape->allocator, selectors, capacity, 1);
        return LADLE_E_MEMORY;
    }
    *alternative = *node;
    children[0] = alternative;
    *node = (ladle_node){.kind = LADLE_UNION,
                         .depth = node->depth,
                         .child_count = 1,
                         .child_capacity = 2,
                         .count = alternative->count,
                         .capacity = capacity,
                         .words = selectors,
                         .bytes = {.allocator = shape->allocator},
                         .children = children};
    shape->node_count++;
    shape->look_count = 0;
    return LADLE_OK;
}

/*
 * The kind of a new alternative: tuples of many lengths share one, the last place is for ANY.
 */
static ladle_kind alternative_kind(const ladle_shape *shape, const ladle_node *node,
                                   ladle_kind kind)
{
    uint32_t tuples = 0;
    for (uint32_t i = 0; i < node->child_count; i++) {
        tuples += node->children[i]->kind == LADLE_TUPLE;
    }
    if (node->child_count >= LADLE_UNION_MAX - 1 || shape->node_count >= LADLE_SHAPE_NODES_SOFT) {
        return LADLE_ANY;
    }
    return kind == LADLE_TUPLE && tuples >= 4 ? LADLE_TUPLES : kind;
}

static ladle_status select_alternative(ladle_shape *shape, ladle_node *node, uint32_t index,
                                       ladle_node **out)
{
    LADLE_TRY(ladle_node_put_u8(shape, node, (uint8_t)index));
    node->guess = (uint8_t)index;
    *out = node->children[index];
    return LADLE_OK;
}

static ladle_status find_alternative(ladle_shape *shape, ladle_node *node, struct wanted wanted,
                                     ladle_node **out)
{
    uint32_t any = node->child_count;
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (takes(node->children[i], &wanted)) {
            return select_alternative(shape, node, i, out);
        }
        any = node->children[i]->kind == LADLE_ANY ? i : any;
    }
    wanted.kind = alternative_kind(shape, node, wanted.kind);
    if (wanted.kind == LADLE_ANY && any < node->child_count) {
        return select_alternative(shape, node, any, out);
    }
    ladle_node *added;
    LADLE_TRY(ladle_node_add_child(shape, node, &added));
    ladle_status status = become(shape, added, wanted);
    if (status == LADLE_OK && (added->kind != LADLE_ANY || any == node->child_count - 1)) {
        return select_alternative(shape, node, node->child_count - 1, out);
    }
    ladle_node_free(shape, added);
    node->child_count--;
    return status == LADLE_OK ? select_alternative(shape, node, any, out) : status;
}

static ladle_status accept(ladle_shape *shape, ladle_node *node, const struct wanted *wanted,
                           ladle_node **out)
{
    if (node->kind == LADLE_EMPTY) {
        LADLE_TRY(become(shape, node, *wanted));
    }
    if (takes(node, wanted) || node->kind == LADLE_ANY) {
        *out = node;
        return LADLE_OK;
    }
    if (node->kind != LADLE_UNION) {
        LADLE_TRY(become_union(shape, node));
    }
    return find_alternative(shape, node, *wanted, out);
}

ladle_status ladle_node_accept(ladle_shape *shape, ladle_node *node, ladle_kind kind,
                               uint32_t detail, ladle_node **out)
{
    const struct wanted wanted = {.kind = kind, .detail = detail};
    return accept(shape, node, &wanted, out);
}

ladle_status ladle_node_accept_typed(ladle_shape *shape, ladle_node *node, ladle_kind kind,
                                     const void *type, size_t type_len, size_t value_len,
                                     ladle_node **out)
{
    bool is_too_long =
        type_len > TYPE_LEN_MAX || (kind == LADLE_OBJECT && value_len > LADLE_DICT_COLUMNS_MAX);
    const struct wanted wanted = {.kind = is_too_long ? LADLE_ANY : kind,
                                  .type = type,
                                  .type_len = is_too_long ? 0 : (uint32_t)type_len,
                                  .value_len = value_len};
    return accept(shape, node, &wanted, out);
}
