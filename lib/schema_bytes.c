/* SPDX-License-Identifier: BSD-2-Clause */
#include "schema.h"

#include "status.h"

static ladle_status put_u8(ladle_buffer *to, uint8_t byte)
{
    return ladle_buffer_put(to, &byte, 1);
}

static ladle_status put_varint(ladle_buffer *to, uint64_t value)
{
    uint8_t bytes[LADLE_VARINT_LEN_MAX];
    return ladle_buffer_put(to, bytes, ladle_varint_put(bytes, value));
}

static ladle_status put_text(ladle_buffer *to, const ladle_string *name)
{
    LADLE_TRY(put_varint(to, name->len));
    return ladle_buffer_put(to, name->data, name->len);
}

static uint32_t children_with_values(const ladle_schema *schema)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->child_count; i++) {
        count += schema->children[i].count != 0;
    }
    return count;
}

/*
 * What to write for a node. A merge that failed for want of memory leaves places without values.
 */
static const ladle_schema *with_values(const ladle_schema *schema)
{
    if (schema->kind == LADLE_UNION && children_with_values(schema) == 1) {
        const ladle_schema *only = schema->children;
        while (only->count == 0) {
            only++;
        }
        return only;
    }
    return schema;
}

static ladle_status put_columns(ladle_buffer *to, const ladle_schema *schema)
{
    LADLE_TRY(put_varint(to, children_with_values(schema)));
    for (uint32_t i = 0; i < schema->child_count; i++) {
        if (schema->children[i].count) {
            LADLE_TRY(put_text(to, &schema->names[i]));
        }
    }
    return LADLE_OK;
}

static ladle_status put_object(ladle_buffer *to, const ladle_schema *schema)
{
    LADLE_TRY(put_text(to, &schema->name));
    LADLE_TRY(put_varint(to, schema->child_count));
    for (uint32_t i = 0; i < schema->child_count; i++) {
        LADLE_TRY(put_text(to, &schema->names[i]));
    }
    return LADLE_OK;
}

static ladle_status put_items(ladle_buffer *to, const ladle_schema *schema)
{
    LADLE_TRY(put_text(to, &schema->name));
    LADLE_TRY(put_varint(to, schema->item_len));
    if (schema->kind == LADLE_SCALAR) {
        return LADLE_OK;
    }
    LADLE_TRY(put_u8(to, schema->code));
    LADLE_TRY(put_varint(to, schema->dimensions));
    for (uint32_t i = 0; i < schema->dimensions; i++) {
        LADLE_TRY(put_varint(to, schema->extents[i]));
    }
    return LADLE_OK;
}

static ladle_status put_detail(ladle_buffer *to, const ladle_schema *schema)
{
    switch (schema->kind) {
    case LADLE_INT:
        LADLE_TRY(put_u8(to, schema->is_unsigned));
        LADLE_TRY(put_varint(to, ladle_zigzag((uint64_t)schema->least)));
        return put_varint(to, ladle_zigzag(schema->greatest));
    case LADLE_TUPLE:
        return put_varint(to, schema->child_count);
    case LADLE_UNION:
        return put_varint(to, children_with_values(schema));
    case LADLE_DICT:
        return put_columns(to, schema);
    case LADLE_OBJECT:
        return put_object(to, schema);
    case LADLE_EXTENSION:
        return put_u8(to, schema->code);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return put_items(to, schema);
    default:
        return ladle_schema_has_len(schema->kind) ? put_varint(to, schema->len_max) : LADLE_OK;
    }
}

ladle_status ladle_schema_put(ladle_buffer *to, const ladle_schema *schema)
{
    schema = with_values(schema);
    if (schema->count == 0) {
        const uint8_t empty[2] = {LADLE_EMPTY, 0};
        return ladle_buffer_put(to, empty, sizeof empty);
    }
    bool is_chosen = schema->kind == LADLE_UNION || schema->kind == LADLE_DICT;
    LADLE_TRY(put_u8(to, schema->kind));
    LADLE_TRY(put_varint(to, schema->count));
    LADLE_TRY(put_detail(to, schema));
    for (uint32_t i = 0; i < schema->child_count; i++) {
        if (schema->children[i].count || !is_chosen) {
            LADLE_TRY(ladle_schema_put(to, &schema->children[i]));
        }
    }
    return LADLE_OK;
}

struct parser {
    struct ladle_arena *arena;
    ladle_cursor cursor;
    uint32_t nodes; /* seen or announced so far */
};

static ladle_status parse(struct parser *parser, ladle_schema *schema, uint32_t depth);

static ladle_status add_children(struct parser *parser, ladle_schema *schema, uint64_t count)
{
    /* A node takes two bytes at least. */
    if (count > LADLE_SCHEMA_NODES_MAX - parser->nodes ||
        count > ladle_cursor_left(&parser->cursor) / 2) {
        return LADLE_E_CORRUPT;
    }
    parser->nodes += (uint32_t)count;
    schema->child_count = (uint32_t)count;
    schema->children = ladle_arena_take(parser->arena, (size_t)count, sizeof *schema->children);
    return schema->children ? LADLE_OK : LADLE_E_MEMORY;
}

static ladle_status parse_names(struct parser *parser, ladle_schema *schema)
{
    LADLE_TRY(add_children(parser, schema, ladle_cursor_varint(&parser->cursor)));
    schema->names = ladle_arena_take(parser->arena, schema->child_count, sizeof *schema->names);
    if (!schema->names) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < schema->child_count; i++) {
        LADLE_TRY(ladle_schema_parse_name(&parser->cursor, &schema->names[i]));
    }
    return schema->kind == LADLE_DICT && schema->child_count > LADLE_DICT_COLUMNS_MAX
               ? LADLE_E_CORRUPT
               : LADLE_OK;
}

static ladle_status parse_int(struct parser *parser, ladle_schema *schema)
{
    uint8_t is_unsigned = ladle_cursor_u8(&parser->cursor);
    schema->is_unsigned = is_unsigned;
    schema->least = (int64_t)ladle_unzigzag(ladle_cursor_varint(&parser->cursor));
    schema->greatest = ladle_unzigzag(ladle_cursor_varint(&parser->cursor));
    bool is_lawful = is_unsigned ? is_unsigned == 1 && schema->greatest >> 63
                                 : schema->least <= (int64_t)schema->greatest;
    return is_lawful ? LADLE_OK : LADLE_E_CORRUPT;
}

static ladle_status parse_object(struct parser *parser, ladle_schema *schema)
{
    LADLE_TRY(ladle_schema_parse_name(&parser->cursor, &schema->name));
    return parse_names(parser, schema);
}

static ladle_status parse_extension(struct parser *parser, ladle_schema *schema)
{
    schema->code = ladle_cursor_u8(&parser->cursor);
    return add_children(parser, schema, 1);
}

static ladle_status parse_detail(struct parser *parser, ladle_schema *schema)
{
    switch (schema->kind) {
    case LADLE_EMPTY:
        return schema->count ? LADLE_E_CORRUPT : LADLE_OK;
    case LADLE_NONE:
    case LADLE_BOOL:
    case LADLE_FLOAT:
    case LADLE_COMPLEX:
    case LADLE_ANY:
        return LADLE_OK;
    case LADLE_INT:
        return parse_int(parser, schema);
    case LADLE_TUPLE:
    case LADLE_UNION:
        return add_children(parser, schema, ladle_cursor_varint(&parser->cursor));
    case LADLE_DICT:
        return parse_names(parser, schema);
    case LADLE_OBJECT:
        return parse_object(parser, schema);
    case LADLE_EXTENSION:
        return parse_extension(parser, schema);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return ladle_schema_parse_type(parser->arena, &parser->cursor, schema);
    default:
        if (!ladle_schema_has_len(schema->kind)) {
            return LADLE_E_UNSUPPORTED;
        }
        schema->len_max = ladle_cursor_varint(&parser->cursor);
        return ladle_kind_is_repeated(schema->kind)
                   ? add_children(parser, schema, schema->kind == LADLE_MAP ? 2 : 1)
                   : LADLE_OK;
    }
}

/*
 * Whether the children of a node have as many values as it says.
 */
static bool counts_fit(const ladle_schema *schema)
{
    bool are_equal = schema->kind == LADLE_TUPLE || schema->kind == LADLE_OBJECT ||
                     schema->kind == LADLE_EXTENSION;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < schema->child_count; i++) {
        const ladle_schema *child = &schema->children[i];
        if ((are_equal && child->count != schema->count) ||
            (schema->kind == LADLE_DICT && child->count > schema->count) ||
            (schema->kind == LADLE_UNION && child->kind == LADLE_UNION) ||
            __builtin_add_overflow(sum, child->count, &sum)) {
            return false;
        }
    }
    return schema->kind != LADLE_UNION || (sum == schema->count && schema->child_count >= 2 &&
                                           schema->child_count <= LADLE_UNION_MAX);
}

static ladle_status parse(struct parser *parser, ladle_schema *schema, uint32_t depth)
{
    /* Unions are no levels, but have no unions below: twice as deep at most. */
    if (depth >= 2 * LADLE_SHAPE_DEPTH_MAX) {
        return LADLE_E_CORRUPT;
    }
    ladle_schema_begin(schema, ladle_cursor_u8(&parser->cursor));
    schema->count = ladle_cursor_varint(&parser->cursor);
    LADLE_TRY(parse_detail(parser, schema));
    for (uint32_t i = 0; i < schema->child_count; i++) {
        LADLE_TRY(parse(parser, &schema->children[i], depth + 1));
    }
    return parser->cursor.failed || !counts_fit(schema) ? LADLE_E_CORRUPT : LADLE_OK;
}

ladle_status ladle_merged_add_bytes(ladle_merged *merged, const void *data, size_t len)
{
    struct parser parser = {
        .arena = &merged->scratch, .cursor = ladle_cursor_over(data, len), .nodes = 1};
    ladle_schema schema = {.kind = LADLE_EMPTY};
    ladle_arena_reset(&merged->scratch);
    LADLE_TRY(parse(&parser, &schema, 0));
    return ladle_cursor_left(&parser.cursor) ? LADLE_E_CORRUPT : ladle_merged_add(merged, &schema);
}
