/* SPDX-License-Identifier: BSD-2-Clause */
#include "schema_block.h"

#include "schema.h"
#include "status.h"

static ladle_status add_children(struct ladle_arena *arena, ladle_schema *schema, uint32_t count)
{
    if (count == 0) {
        return LADLE_OK;
    }
    schema->child_count = count;
    schema->children = ladle_arena_take(arena, count, sizeof *schema->children);
    return schema->children ? LADLE_OK : LADLE_E_MEMORY;
}

/*
 * The range of integers that compare as 'is_unsigned' says.
 */
static void set_range(ladle_schema *schema, bool is_unsigned, uint64_t least, uint64_t greatest)
{
    schema->is_unsigned = is_unsigned && greatest >> 63;
    schema->greatest = greatest;
    schema->least = is_unsigned && least >> 63 ? INT64_MAX : (int64_t)least;
}

static ladle_status name_children(struct ladle_arena *arena, const ladle_node *node,
                                  ladle_schema *schema)
{
    ladle_cursor type = ladle_cursor_over(node->type, node->type_len);
    schema->names = ladle_arena_take(arena, schema->child_count, sizeof *schema->names);
    if (!schema->names) {
        return LADLE_E_MEMORY;
    }
    if (node->kind == LADLE_OBJECT) {
        LADLE_TRY(ladle_schema_parse_name(&type, &schema->name));
        (void)ladle_cursor_varint(&type);
    }
    for (uint32_t i = 0; i < schema->child_count; i++) {
        if (node->kind == LADLE_OBJECT) {
            LADLE_TRY(ladle_schema_parse_name(&type, &schema->names[i]));
        } else {
            const ladle_key *key = &node->keys->items[i];
            schema->names[i] = (ladle_string){key->name, key->name_len};
        }
    }
    return LADLE_OK;
}

ladle_status ladle_schema_of_nodes(struct ladle_arena *arena, const ladle_node *node,
                                   ladle_schema *schema)
{
    if (node->mark == 0) {
        return LADLE_OK;
    }
    ladle_schema_begin(schema, node->kind);
    schema->count = node->mark;
    schema->code = node->code;
    if (node->kind == LADLE_INT) {
        set_range(schema, node->sign == LADLE_SIGN_UNSIGNED, node->least, node->greatest);
    } else if (ladle_schema_has_len(node->kind)) {
        schema->len_max = node->greatest;
    } else if (ladle_kind_has_items(node->kind)) {
        ladle_cursor type = ladle_cursor_over(node->type, node->type_len);
        LADLE_TRY(ladle_schema_parse_type(arena, &type, schema));
    }
    LADLE_TRY(add_children(arena, schema, node->child_count));
    if (node->kind == LADLE_DICT || node->kind == LADLE_OBJECT) {
        LADLE_TRY(name_children(arena, node, schema));
    }
    for (uint32_t i = 0; i < node->child_count; i++) {
        LADLE_TRY(ladle_schema_of_nodes(arena, node->children[i], &schema->children[i]));
    }
    return LADLE_OK;
}

/*
 * Least and greatest of what a packed array holds, which has 'count' elements.
 */
static void packed_range(const ladle_packed *packed, uint64_t count, uint64_t *least,
                         uint64_t *greatest)
{
    /* Signed integers compare as unsigned ones do when their highest bits are turned. */
    const uint64_t turn = packed->is_unsigned ? 0 : (uint64_t)1 << 63;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = ladle_packed_get(packed, i) ^ turn;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    *least = low ^ turn;
    *greatest = high ^ turn;
}

/*
 * The range of an array of steps, without going through it: it may have any number of elements. One
 * that runs over the end of the integers is said to hold all of them.
 */
static void steps_range(const ladle_packed *packed, uint64_t count, uint64_t *least,
                        uint64_t *greatest)
{
    int64_t way;
    int64_t last;
    bool is_signed = !packed->is_unsigned;
    bool runs_over = __builtin_mul_overflow((int64_t)packed->step, (int64_t)(count - 1), &way);
    *least = packed->base;
    *greatest = packed->base + (uint64_t)way;
    if (is_signed) {
        runs_over = runs_over || __builtin_add_overflow((int64_t)packed->base, way, &last);
    } else {
        runs_over =
            runs_over || ((int64_t)packed->step < 0 ? *greatest > *least : *greatest < *least);
    }
    if (runs_over) {
        *least = is_signed ? (uint64_t)INT64_MIN : 0;
        *greatest = is_signed ? (uint64_t)INT64_MAX : UINT64_MAX;
    } else if ((int64_t)packed->step < 0) {
        uint64_t first = *least;
        *least = *greatest;
        *greatest = first;
    }
}

static void view_range(const ladle_view *view, uint64_t *least, uint64_t *greatest)
{
    if (view->words.bits == 0) {
        steps_range(&view->words, view->count, least, greatest);
    } else {
        packed_range(&view->words, view->count, least, greatest);
    }
}

static ladle_status copy_extents(struct ladle_arena *arena, const ladle_view *view,
                                 ladle_schema *schema)
{
    /* They were checked when the view was made: LADLE_VARINT_LEN_MAX bytes each at most. */
    ladle_cursor cursor =
        ladle_cursor_over(view->extents, (size_t)view->dimensions * LADLE_VARINT_LEN_MAX);
    uint64_t *extents = ladle_arena_take(arena, view->dimensions, sizeof *extents);
    if (!extents) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < view->dimensions; i++) {
        extents[i] = ladle_cursor_varint(&cursor);
    }
    schema->dimensions = view->dimensions;
    schema->extents = extents;
    return LADLE_OK;
}

static ladle_status copy_names(struct ladle_arena *arena, const ladle_view *view,
                               ladle_schema *schema)
{
    schema->names = ladle_arena_take(arena, view->child_count, sizeof *schema->names);
    if (!schema->names) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        schema->names[i] = view->names[i];
    }
    return LADLE_OK;
}

static ladle_status of_view(struct ladle_arena *arena, const ladle_view *view,
                            ladle_schema *schema);

static ladle_status of_children(struct ladle_arena *arena, const ladle_view *view,
                                ladle_schema *schema)
{
    LADLE_TRY(add_children(arena, schema, view->child_count));
    if (view->names) {
        LADLE_TRY(copy_names(arena, view, schema));
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(of_view(arena, &view->children[i], &schema->children[i]));
    }
    return LADLE_OK;
}

/*
 * What the values of a view look like.
 */
static ladle_status of_view(struct ladle_arena *arena, const ladle_view *view, ladle_schema *schema)
{
    if (view->count == 0) {
        return LADLE_OK;
    }
    if (view->kind == LADLE_DICTIONARY) {
        LADLE_TRY(of_view(arena, &view->children[0], schema));
        schema->count = view->count;
        return LADLE_OK;
    }
    ladle_schema_begin(schema, view->kind);
    schema->count = view->count;
    schema->code = view->code;
    schema->item_len = view->item_len;
    schema->name = view->name;
    if (view->kind == LADLE_INT) {
        uint64_t least;
        uint64_t greatest;
        view_range(view, &least, &greatest);
        set_range(schema, view->words.is_unsigned, least, greatest);
    } else if (ladle_schema_has_len(view->kind)) {
        uint64_t least;
        view_range(view, &least, &schema->len_max);
    }
    if (view->dimensions) {
        LADLE_TRY(copy_extents(arena, view, schema));
    }
    return of_children(arena, view, schema);
}

ladle_status ladle_merged_add_view(ladle_merged *merged, const ladle_view *root)
{
    ladle_schema schema = {.kind = LADLE_EMPTY};
    ladle_arena_reset(&merged->scratch);
    LADLE_TRY(of_view(&merged->scratch, root, &schema));
    return ladle_merged_add(merged, &schema);
}
