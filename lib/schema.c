/* SPDX-License-Identifier: BSD-2-Clause */
#include "schema.h"

#include "alloc.h"
#include "status.h"

ladle_merged *ladle_merged_new(const ladle_allocator *allocator)
{
    ladle_merged *merged = ladle_alloc(allocator, 1, sizeof *merged);
    if (merged) {
        merged->arena.allocator = allocator;
        merged->scratch.allocator = allocator;
        merged->node_count = 1;
    }
    return merged;
}

void ladle_merged_free(ladle_merged *merged)
{
    if (merged) {
        ladle_arena_free(&merged->arena);
        ladle_arena_free(&merged->scratch);
        ladle_free(merged->arena.allocator, merged, 1, sizeof *merged);
    }
}

const ladle_schema *ladle_merged_schema(const ladle_merged *merged)
{
    return &merged->root;
}

void ladle_schema_begin(ladle_schema *schema, uint8_t kind)
{
    schema->kind = kind;
    if (kind == LADLE_INT) {
        schema->least = INT64_MAX;
        schema->greatest = (uint64_t)INT64_MIN;
    }
}

static bool names_equal(const ladle_string *one, const ladle_string *other)
{
    return one->len == other->len && (!one->len || memcmp(one->data, other->data, one->len) == 0);
}

static bool fields_equal(const ladle_schema *one, const ladle_schema *other)
{
    for (uint32_t i = 0; i < one->child_count; i++) {
        if (!names_equal(&one->names[i], &other->names[i])) {
            return false;
        }
    }
    return true;
}

/*
 * Whether values of one node belong to the other. Kinds that have no detail of some sort have zeros
 * there.
 */
static bool is_same(const ladle_schema *one, const ladle_schema *other)
{
    if (one->kind != other->kind || one->code != other->code || one->item_len != other->item_len ||
        one->dimensions != other->dimensions || !names_equal(&one->name, &other->name)) {
        return false;
    }
    for (uint32_t i = 0; i < one->dimensions; i++) {
        if (one->extents[i] != other->extents[i]) {
            return false;
        }
    }
    bool has_places = one->kind == LADLE_TUPLE || one->kind == LADLE_OBJECT;
    return !has_places || (one->child_count == other->child_count &&
                           (one->kind == LADLE_TUPLE || fields_equal(one, other)));
}

static ladle_schema *find_any(ladle_schema *node)
{
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (node->children[i].kind == LADLE_ANY) {
            return &node->children[i];
        }
    }
    return NULL;
}

/*
 * Where values like those of 'from', which is no union, are counted at a node; NULL when there is
 * no such place.
 */
static ladle_schema *find(ladle_schema *node, const ladle_schema *from)
{
    if (node->kind != LADLE_UNION) {
        bool takes = node->kind == LADLE_EMPTY || node->kind == LADLE_ANY || is_same(node, from);
        return takes ? node : NULL;
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        if (is_same(&node->children[i], from)) {
            return &node->children[i];
        }
    }
    return NULL;
}

/*
 * The number of a dict's column, looked for from 'guess' on; child_count when there is none.
 */
static uint32_t find_column(const ladle_schema *dict, const ladle_string *name, uint32_t guess)
{
    for (uint32_t i = 0; i < dict->child_count; i++) {
        uint32_t column = guess + i < dict->child_count ? guess + i : guess + i - dict->child_count;
        if (names_equal(&dict->names[column], name)) {
            return column;
        }
    }
    return dict->child_count;
}

/*
 * Nodes below a new node for such values; the columns of a dict come one by one.
 */
static uint32_t first_children(const ladle_schema *from)
{
    return from->kind == LADLE_DICT ? 0 : from->child_count;
}

static bool has_room(const ladle_merged *merged, uint32_t nodes, size_t names_len)
{
    return nodes <= LADLE_SCHEMA_NODES_MAX - merged->node_count &&
           names_len <= LADLE_SCHEMA_NAMES_LEN_MAX - merged->names_len;
}

/*
 * Whether such a node fits in, with 'nodes' others.
 */
static bool fits(const ladle_merged *merged, const ladle_schema *from, uint32_t nodes)
{
    size_t names_len = from->name.len + from->dimensions * sizeof *from->extents;
    for (uint32_t i = 0; from->kind == LADLE_OBJECT && i < from->child_count; i++) {
        names_len += from->names[i].len;
    }
    return has_room(merged, nodes + first_children(from), names_len);
}

static uint32_t count_below(const ladle_schema *node)
{
    uint32_t count = node->child_count;
    for (uint32_t i = 0; i < node->child_count; i++) {
        count += count_below(&node->children[i]);
    }
    return count;
}

/*
 * Give up the columns of a node: it is too much.
 */
static void become_any(ladle_merged *merged, ladle_schema *node)
{
    merged->node_count -= count_below(node);
    *node = (ladle_schema){.kind = LADLE_ANY, .count = node->count};
}

static ladle_status copy_name(ladle_merged *merged, const ladle_string *from, ladle_string *to)
{
    char *copy = ladle_arena_take(&merged->arena, from->len + 1, 1);
    if (!copy) {
        return LADLE_E_MEMORY;
    }
    if (from->len) {
        memcpy(copy, from->data, from->len);
    }
    *to = (ladle_string){copy, from->len};
    merged->names_len += from->len;
    return LADLE_OK;
}

static ladle_status copy_extents(ladle_merged *merged, const ladle_schema *from, ladle_schema *to)
{
    uint64_t *extents = ladle_arena_take(&merged->arena, from->dimensions, sizeof *extents);
    if (!extents) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < from->dimensions; i++) {
        extents[i] = from->extents[i];
    }
    to->dimensions = from->dimensions;
    to->extents = extents;
    merged->names_len += from->dimensions * sizeof *extents;
    return LADLE_OK;
}

/*
 * Room for one more child, and for its name if there are names.
 */
static ladle_status reserve_child(ladle_merged *merged, ladle_schema *node)
{
    if (node->child_count < node->child_capacity) {
        return LADLE_OK;
    }
    uint32_t capacity = node->child_capacity ? 2 * node->child_capacity : 4;
    ladle_schema *children = ladle_arena_take(&merged->arena, capacity, sizeof *children);
    ladle_string *names = ladle_arena_take(&merged->arena, capacity, sizeof *names);
    if (!children || !names) {
        return LADLE_E_MEMORY;
    }
    if (node->child_count) {
        memcpy(children, node->children, node->child_count * sizeof *children);
    }
    if (node->child_count && node->names) {
        memcpy(names, node->names, node->child_count * sizeof *names);
    }
    node->children = children;
    node->names = node->kind == LADLE_DICT ? names : NULL;
    node->child_capacity = capacity;
    return LADLE_OK;
}

static ladle_status add_child(ladle_merged *merged, ladle_schema *node, ladle_schema **child)
{
    LADLE_TRY(reserve_child(merged, node));
    merged->node_count++;
    *child = &node->children[node->child_count++];
    **child = (ladle_schema){.kind = LADLE_EMPTY};
    return LADLE_OK;
}

/*
 * The children of a new node that has its places from the start, and the names of an object.
 */
static ladle_status copy_places(ladle_merged *merged, const ladle_schema *from, ladle_schema *to)
{
    uint32_t count = first_children(from);
    to->children = ladle_arena_take(&merged->arena, count, sizeof *to->children);
    if (from->kind == LADLE_OBJECT) {
        to->names = ladle_arena_take(&merged->arena, count, sizeof *to->names);
    }
    if (!to->children || (from->kind == LADLE_OBJECT && !to->names)) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; to->names && i < count; i++) {
        LADLE_TRY(copy_name(merged, &from->names[i], &to->names[i]));
    }
    to->child_count = count;
    to->child_capacity = count;
    return LADLE_OK;
}

/*
 * Turn an empty node into one for such values.
 */
static ladle_status become(ladle_merged *merged, ladle_schema *node, const ladle_schema *from)
{
    ladle_schema made = {.code = from->code, .item_len = from->item_len};
    ladle_schema_begin(&made, from->kind);
    if (from->name.data) {
        LADLE_TRY(copy_name(merged, &from->name, &made.name));
    }
    if (from->dimensions) {
        LADLE_TRY(copy_extents(merged, from, &made));
    }
    if (from->child_count) {
        LADLE_TRY(copy_places(merged, from, &made));
    }
    merged->node_count += made.child_count;
    *node = made;
    return LADLE_OK;
}

/*
 * Make a node the first alternative of a union in its place.
 */
static ladle_status become_union(ladle_merged *merged, ladle_schema *node)
{
    ladle_schema made = {.kind = LADLE_UNION, .count = node->count};
    ladle_schema *first;
    LADLE_TRY(add_child(merged, &made, &first));
    *first = *node;
    *node = made;
    return LADLE_OK;
}

/*
 * A place at a node for values that it has none for. The last alternative is kept for ANY.
 */
static ladle_status add_place(ladle_merged *merged, ladle_schema *node, const ladle_schema *from,
                              ladle_schema **place)
{
    bool is_union = node->kind == LADLE_UNION;
    bool is_full = is_union && node->child_count >= LADLE_UNION_MAX - 1;
    ladle_schema any = {.kind = LADLE_ANY};
    if (is_full || !fits(merged, from, is_union ? 1 : 2)) {
        *place = is_union ? find_any(node) : NULL;
        if (*place) {
            return LADLE_OK;
        }
        from = &any;
    }
    if (!fits(merged, from, is_union ? 1 : 2)) {
        become_any(merged, node);
        *place = node;
        return LADLE_OK;
    }
    if (!is_union) {
        LADLE_TRY(become_union(merged, node));
    }
    LADLE_TRY(add_child(merged, node, place));
    ladle_status status = become(merged, *place, from);
    if (status != LADLE_OK) {
        node->child_count--;
        merged->node_count--;
    }
    return status;
}

static ladle_status widen(ladle_merged *merged, ladle_schema *node, const ladle_schema *from);

static ladle_status add_column(ladle_merged *merged, ladle_schema *dict, const ladle_string *name)
{
    ladle_schema *child;
    ladle_string copy;
    LADLE_TRY(copy_name(merged, name, &copy));
    LADLE_TRY(add_child(merged, dict, &child));
    dict->names[dict->child_count - 1] = copy;
    return LADLE_OK;
}

/*
 * Columns for all keys of 'from'. LADLE_END when there would be too many.
 */
static ladle_status widen_columns(ladle_merged *merged, ladle_schema *dict,
                                  const ladle_schema *from)
{
    uint32_t column = 0;
    for (uint32_t i = 0; i < from->child_count; i++) {
        const ladle_string *name = &from->names[i];
        if (from->children[i].count == 0) {
            continue;
        }
        column = find_column(dict, name, column);
        if (column == dict->child_count) {
            if (column >= LADLE_DICT_COLUMNS_MAX || !has_room(merged, 1, name->len)) {
                return LADLE_END;
            }
            LADLE_TRY(add_column(merged, dict, name));
        }
        LADLE_TRY(widen(merged, &dict->children[column], &from->children[i]));
        column++;
    }
    return LADLE_OK;
}

static ladle_status widen_children(ladle_merged *merged, ladle_schema *node,
                                   const ladle_schema *from)
{
    for (uint32_t i = 0; i < from->child_count && i < node->child_count; i++) {
        LADLE_TRY(widen(merged, &node->children[i], &from->children[i]));
    }
    return LADLE_OK;
}

/*
 * Make a place at a node for the values of 'from', and places below it.
 */
static ladle_status widen(ladle_merged *merged, ladle_schema *node, const ladle_schema *from)
{
    if (from->count == 0) {
        return LADLE_OK;
    }
    if (from->kind == LADLE_UNION) {
        for (uint32_t i = 0; i < from->child_count; i++) {
            LADLE_TRY(widen(merged, node, &from->children[i]));
        }
        return LADLE_OK;
    }
    ladle_schema *place = find(node, from);
    if (!place) {
        LADLE_TRY(add_place(merged, node, from, &place));
    } else if (place->kind == LADLE_EMPTY) {
        const ladle_schema any = {.kind = LADLE_ANY};
        LADLE_TRY(become(merged, place, fits(merged, from, 0) ? from : &any));
    }
    if (place->kind != from->kind) {
        return LADLE_OK;
    }
    if (place->kind != LADLE_DICT) {
        return widen_children(merged, place, from);
    }
    ladle_status status = widen_columns(merged, place, from);
    if (status == LADLE_END) {
        become_any(merged, node);
        return LADLE_OK;
    }
    return status;
}

static void add_range(ladle_schema *to, const ladle_schema *from)
{
    bool is_greater = (int64_t)from->greatest > (int64_t)to->greatest;
    if (from->is_unsigned || to->is_unsigned) {
        is_greater = from->is_unsigned && (!to->is_unsigned || from->greatest > to->greatest);
    }
    if (is_greater) {
        to->greatest = from->greatest;
        to->is_unsigned = from->is_unsigned;
    }
    to->least = from->least < to->least ? from->least : to->least;
}

static void count(ladle_schema *node, const ladle_schema *from);

static void count_children(ladle_schema *node, const ladle_schema *from)
{
    uint32_t column = 0;
    for (uint32_t i = 0; i < from->child_count; i++, column++) {
        if (node->kind != LADLE_DICT) {
            count(&node->children[i], &from->children[i]);
        } else if (from->children[i].count) {
            column = find_column(node, &from->names[i], column);
            count(&node->children[column], &from->children[i]);
        }
    }
}

static void count_at(ladle_schema *place, const ladle_schema *from)
{
    place->count += from->count;
    if (place->kind != from->kind) {
        return;
    }
    place->len_max = from->len_max > place->len_max ? from->len_max : place->len_max;
    if (place->kind == LADLE_INT) {
        add_range(place, from);
    }
    count_children(place, from);
}

/*
 * Count the values of 'from' where widen made places for them.
 */
static void count(ladle_schema *node, const ladle_schema *from)
{
    if (from->count == 0) {
        return;
    }
    if (from->kind == LADLE_UNION) {
        for (uint32_t i = 0; i < from->child_count; i++) {
            count(node, &from->children[i]);
        }
        return;
    }
    ladle_schema *place = find(node, from);
    place = place ? place : find_any(node);
    if (place != node) {
        node->count += from->count;
    }
    count_at(place, from);
}

ladle_status ladle_merged_widen(ladle_merged *merged, const ladle_schema *from)
{
    return widen(merged, &merged->root, from);
}

void ladle_merged_count(ladle_merged *merged, const ladle_schema *from)
{
    count(&merged->root, from);
}

ladle_status ladle_merged_add(ladle_merged *merged, const ladle_schema *schema)
{
    LADLE_TRY(ladle_merged_widen(merged, schema));
    ladle_merged_count(merged, schema);
    return LADLE_OK;
}

ladle_status ladle_schema_parse_name(ladle_cursor *cursor, ladle_string *name)
{
    name->len = (size_t)ladle_cursor_varint(cursor);
    name->data = (const char *)ladle_cursor_bytes(cursor, name->len);
    return name->data ? LADLE_OK : LADLE_E_CORRUPT;
}

static ladle_status parse_extents(struct ladle_arena *arena, ladle_cursor *cursor,
                                  ladle_schema *schema)
{
    schema->code = ladle_cursor_u8(cursor);
    uint64_t dimensions = ladle_cursor_varint(cursor);
    if ((schema->code != 'C' && schema->code != 'F') || dimensions > LADLE_ARRAY_DIMENSIONS_MAX) {
        return LADLE_E_CORRUPT;
    }
    uint64_t *extents = ladle_arena_take(arena, (size_t)dimensions, sizeof *extents);
    if (!extents) {
        return LADLE_E_MEMORY;
    }
    for (uint64_t i = 0; i < dimensions; i++) {
        extents[i] = ladle_cursor_varint(cursor);
    }
    schema->dimensions = (uint32_t)dimensions;
    schema->extents = extents;
    return LADLE_OK;
}

ladle_status ladle_schema_parse_type(struct ladle_arena *arena, ladle_cursor *cursor,
                                     ladle_schema *schema)
{
    LADLE_TRY(ladle_schema_parse_name(cursor, &schema->name));
    schema->item_len = ladle_cursor_varint(cursor);
    if (schema->kind == LADLE_ARRAY) {
        LADLE_TRY(parse_extents(arena, cursor, schema));
    }
    return cursor->failed ? LADLE_E_CORRUPT : LADLE_OK;
}
