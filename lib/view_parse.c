/* SPDX-License-Identifier: BSD-2-Clause */
#include "view_parse.h"

#include "checksum.h"
#include "frame.h"
#include "pack.h"
#include "shape.h"
#include "status.h"

#define VALUES_MAX ((uint64_t)1 << 40)
#define NAME_BITS  8192

struct parser {
    struct ladle_arena *arena;
    ladle_cursor shape;         /* what is left of it */
    struct ladle_array *arrays; /* seen in the shape, the first one first */
    struct ladle_array *last;
    const struct ladle_choice *choice; /* NULL: everything */
    const ladle_view *root;
    bool is_left_out; /* what is being parsed */
    uint32_t nodes;   /* seen so far */
    uint32_t depth;
    const char *why;
};

static ladle_status corrupt(struct parser *parser, const char *why)
{
    parser->why = why;
    return LADLE_E_CORRUPT;
}

static ladle_status expect_array(struct parser *parser, const struct ladle_array *array)
{
    struct ladle_array *copy = ladle_arena_take_unset(parser->arena, 1, sizeof *copy);
    if (!copy) {
        return LADLE_E_MEMORY;
    }
    *copy = *array;
    copy->is_left_out = parser->is_left_out;
    *(parser->last ? &parser->last->next : &parser->arrays) = copy;
    parser->last = copy;
    return LADLE_OK;
}

static ladle_status parse_packed(struct parser *parser, uint64_t count, bool is_int,
                                 ladle_packed *packed)
{
    uint8_t flags = ladle_cursor_u8(&parser->shape);
    uint8_t code = flags & LADLE_PACK_WIDTH_MASK;
    struct ladle_array array = {.packed = packed,
                                .count = count,
                                .begins_stream = flags & LADLE_PACK_STREAM,
                                .is_differences = flags & LADLE_PACK_DIFFERENCES};
    packed->base = ladle_unzigzag(ladle_cursor_varint(&parser->shape));
    packed->bits = (uint8_t)(code ? 1u << (code - 1) : 0);
    packed->is_unsigned = flags & LADLE_PACK_UNSIGNED;
    if (array.is_differences) {
        array.start = ladle_unzigzag(ladle_cursor_varint(&parser->shape));
        array.differences = *packed;
    }
    bool is_lawful =
        (flags >> 6) == 0 && (is_int || !(flags & (LADLE_PACK_UNSIGNED | LADLE_PACK_DIFFERENCES)));
    if (!is_lawful || (array.is_differences && (packed->bits == 64 || (code && code < 4)))) {
        return corrupt(parser, "the descriptor of an array breaks the rules of the format");
    }
    array.len = (count * packed->bits + 7) / 8;
    return expect_array(parser, &array);
}

static ladle_status parse_raw(struct parser *parser, const uint8_t **bytes, uint64_t *len)
{
    uint8_t flags = ladle_cursor_u8(&parser->shape);
    *len = ladle_cursor_varint(&parser->shape);
    if (flags & ~LADLE_PACK_STREAM || *len >= LADLE_BLOCK_LEN_MAX) {
        return corrupt(parser, "the descriptor of an array breaks the rules of the format");
    }
    struct ladle_array array = {.bytes = bytes, .len = *len, .begins_stream = flags};
    return expect_array(parser, &array);
}

static ladle_status parse_count(struct parser *parser, uint64_t *count)
{
    *count = ladle_cursor_varint(&parser->shape);
    return *count < VALUES_MAX ? LADLE_OK : corrupt(parser, "a count is out of its range");
}

static ladle_status parse_text(struct parser *parser, ladle_string *name)
{
    name->len = (size_t)ladle_cursor_varint(&parser->shape);
    name->data = (const char *)ladle_cursor_bytes(&parser->shape, name->len);
    return name->data ? LADLE_OK : corrupt(parser, "the shape ends early");
}

static ladle_status parse_node(struct parser *parser, ladle_view *view, uint64_t count);

static ladle_status add_children(struct parser *parser, ladle_view *view, uint64_t count)
{
    if (count > LADLE_SHAPE_NODES_MAX - parser->nodes ||
        count > ladle_cursor_left(&parser->shape)) {
        return corrupt(parser, "the shape has too many nodes");
    }
    view->children = ladle_arena_take(parser->arena, (size_t)count, sizeof *view->children);
    view->child_count = (uint32_t)count;
    return view->children ? LADLE_OK : LADLE_E_MEMORY;
}

/*
 * Whether the children of a view are columns of the records: it is the root, or one of its
 * alternatives.
 */
static bool has_columns(const struct parser *parser, const ladle_view *view)
{
    const ladle_view *root = parser->root;
    bool is_alternative = root->kind == LADLE_UNION && view >= root->children &&
                          view < root->children + root->child_count;
    return (view == root || is_alternative) &&
           (view->kind == LADLE_TUPLE || view->kind == LADLE_DICT || view->kind == LADLE_OBJECT);
}

static ladle_status parse_child(struct parser *parser, ladle_view *view, uint32_t child,
                                uint64_t count)
{
    const struct ladle_choice *choice = parser->choice;
    if (!choice || !has_columns(parser, view)) {
        return parse_node(parser, &view->children[child], count);
    }
    parser->is_left_out = !choice->wants(choice->wants_ctx, view, child);
    view->children[child].is_left_out = parser->is_left_out;
    ladle_status status = parse_node(parser, &view->children[child], count);
    parser->is_left_out = false;
    return status;
}

static ladle_status parse_children(struct parser *parser, ladle_view *view, uint64_t count)
{
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(parse_child(parser, view, i, count));
    }
    return LADLE_OK;
}

static ladle_status parse_tuple(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(add_children(parser, view, ladle_cursor_varint(&parser->shape)));
    return parse_children(parser, view, view->count);
}

static ladle_status parse_repeated(struct parser *parser, ladle_view *view)
{
    uint64_t count;
    LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    LADLE_TRY(parse_count(parser, &count));
    LADLE_TRY(add_children(parser, view, view->kind == LADLE_MAP ? 2 : 1));
    return parse_children(parser, view, count);
}

static ladle_status parse_names(struct parser *parser, ladle_view *view, bool with_counts)
{
    ladle_string *names = ladle_arena_take(parser->arena, view->child_count, sizeof *names);
    if (!names) {
        return LADLE_E_MEMORY;
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(parse_text(parser, &names[i]));
        if (with_counts) {
            LADLE_TRY(parse_count(parser, &view->children[i].count));
        }
    }
    view->names = names;
    return LADLE_OK;
}

static bool is_same_name(const ladle_string *a, const ladle_string *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/*
 * Only a name whose bit another one set is compared with those before it.
 */
static bool names_differ(const ladle_view *view)
{
    uint64_t seen[NAME_BITS / 64] = {0};
    for (uint32_t i = 0; i < view->child_count; i++) {
        const ladle_string *name = &view->names[i];
        uint32_t bit = ladle_crc32c(0, name->data, name->len) % NAME_BITS;
        uint64_t mask = (uint64_t)1 << bit % 64;
        for (uint32_t j = 0; seen[bit / 64] & mask && j < i; j++) {
            if (is_same_name(&view->names[j], name)) {
                return false;
            }
        }
        seen[bit / 64] |= mask;
    }
    return true;
}

static ladle_status parse_object(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(parse_text(parser, &view->name));
    LADLE_TRY(add_children(parser, view, ladle_cursor_varint(&parser->shape)));
    if (view->child_count > LADLE_DICT_COLUMNS_MAX) {
        return corrupt(parser, "an object has too many fields");
    }
    LADLE_TRY(parse_names(parser, view, false));
    if (!names_differ(view)) {
        return corrupt(parser, "an object has a field twice");
    }
    return parse_children(parser, view, view->count);
}

static ladle_status parse_key_list(struct parser *parser, const ladle_view *view,
                                   ladle_columns *list)
{
    uint64_t count = ladle_cursor_varint(&parser->shape);
    if (count > view->child_count || count > ladle_cursor_left(&parser->shape)) {
        return corrupt(parser, "a key list is longer than the keys");
    }
    uint16_t *columns = ladle_arena_take(parser->arena, (size_t)count, sizeof *columns);
    uint8_t *seen = ladle_arena_take(parser->arena, view->child_count, 1);
    if (!columns || !seen) {
        return LADLE_E_MEMORY;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t column = ladle_cursor_varint(&parser->shape);
        if (column >= view->child_count || seen[column]++) {
            return corrupt(parser, "a key list names a column that is not there, or one twice");
        }
        columns[i] = (uint16_t)column;
    }
    *list = (ladle_columns){.columns = columns, .count = (uint32_t)count};
    return LADLE_OK;
}

static ladle_status parse_dict(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(add_children(parser, view, ladle_cursor_varint(&parser->shape)));
    if (view->child_count > LADLE_DICT_COLUMNS_MAX) {
        return corrupt(parser, "a dict has too many columns");
    }
    LADLE_TRY(parse_names(parser, view, true));
    if (!names_differ(view)) {
        return corrupt(parser, "a dict has two columns for one key");
    }
    uint64_t list_count = ladle_cursor_varint(&parser->shape);
    if (list_count > LADLE_DICT_LISTS_MAX || (list_count == 0) != (view->count == 0)) {
        return corrupt(parser, "a dict has a wrong number of key lists");
    }
    ladle_columns *lists = ladle_arena_take(parser->arena, (size_t)list_count, sizeof *lists);
    if (!lists) {
        return LADLE_E_MEMORY;
    }
    for (uint64_t i = 0; i < list_count; i++) {
        LADLE_TRY(parse_key_list(parser, view, &lists[i]));
    }
    view->lists = lists;
    view->list_count = (uint32_t)list_count;
    if (list_count > 1) {
        LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    }
    for (uint32_t i = 0; i < view->child_count; i++) {
        LADLE_TRY(parse_child(parser, view, i, view->children[i].count));
    }
    return LADLE_OK;
}

static ladle_status parse_union(struct parser *parser, ladle_view *view)
{
    uint64_t count = ladle_cursor_varint(&parser->shape);
    if (count < 2 || count > LADLE_UNION_MAX) {
        return corrupt(parser, "a union has a wrong number of alternatives");
    }
    LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    LADLE_TRY(add_children(parser, view, count));
    parser->depth--; /* a union is no level of its own */
    for (uint32_t i = 0; i < view->child_count; i++) {
        uint64_t value_count;
        LADLE_TRY(parse_count(parser, &value_count));
        /* Looked at beforehand, for unions in unions would recurse as deep as there are nodes. */
        if (ladle_cursor_left(&parser->shape) && *parser->shape.next == LADLE_UNION) {
            return corrupt(parser, "an alternative of a union is a union");
        }
        LADLE_TRY(parse_node(parser, &view->children[i], value_count));
    }
    parser->depth++;
    return LADLE_OK;
}

static ladle_status parse_dictionary(struct parser *parser, ladle_view *view)
{
    uint64_t count;
    LADLE_TRY(parse_count(parser, &count));
    LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    LADLE_TRY(add_children(parser, view, 1));
    LADLE_TRY(parse_children(parser, view, count));
    uint8_t kind = view->children[0].kind;
    bool is_leaf = kind == LADLE_INT || (kind >= LADLE_BIGINT && kind <= LADLE_BYTEARRAY);
    return is_leaf ? LADLE_OK : corrupt(parser, "the entries of a dictionary are of a wrong kind");
}

static ladle_status parse_data(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    return parse_raw(parser, &view->bytes, &view->bytes_len);
}

static ladle_status parse_float(struct parser *parser, ladle_view *view, ladle_packed *packed)
{
    LADLE_TRY(parse_packed(parser, view->count, false, packed));
    bool is_lawful = packed->bits == 0 || (packed->bits == 64 && packed->base == 0);
    return is_lawful ? LADLE_OK : corrupt(parser, "a column of floats has a wrong width");
}

static ladle_status parse_bool(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(parse_packed(parser, view->count, false, &view->words));
    bool is_lawful = view->words.bits <= 1 && view->words.base <= 1u - view->words.bits;
    return is_lawful ? LADLE_OK : corrupt(parser, "a column of bools has other values");
}

static ladle_status parse_extension(struct parser *parser, ladle_view *view)
{
    view->code = ladle_cursor_u8(&parser->shape);
    LADLE_TRY(add_children(parser, view, 1));
    return parse_children(parser, view, view->count);
}

/*
 * The length of each value of an ARRAY column from its extents.
 */
static ladle_status parse_extents(struct parser *parser, ladle_view *view)
{
    view->code = ladle_cursor_u8(&parser->shape);
    uint64_t dimensions = ladle_cursor_varint(&parser->shape);
    if ((view->code != 'C' && view->code != 'F') || dimensions > LADLE_ARRAY_DIMENSIONS_MAX) {
        return corrupt(parser, "a column of arrays has a wrong order or too many dimensions");
    }
    view->dimensions = (uint32_t)dimensions;
    view->extents = parser->shape.next;
    for (uint64_t i = 0; i < dimensions; i++) {
        uint64_t extent = ladle_cursor_varint(&parser->shape);
        if (__builtin_mul_overflow(view->value_len, extent, &view->value_len)) {
            return corrupt(parser, "an array is too large");
        }
    }
    return LADLE_OK;
}

static ladle_status parse_items(struct parser *parser, ladle_view *view)
{
    LADLE_TRY(parse_text(parser, &view->name));
    view->item_len = ladle_cursor_varint(&parser->shape);
    view->value_len = view->item_len;
    if (view->kind == LADLE_ARRAY) {
        LADLE_TRY(parse_extents(parser, view));
    }
    LADLE_TRY(parse_raw(parser, &view->bytes, &view->bytes_len));
    uint64_t len;
    if (__builtin_mul_overflow(view->value_len, view->count, &len) || len != view->bytes_len) {
        return corrupt(parser, "a column of arrays has a wrong length");
    }
    return LADLE_OK;
}

static ladle_status parse_kind(struct parser *parser, ladle_view *view)
{
    switch (view->kind) {
    case LADLE_EMPTY:
        return view->count ? corrupt(parser, "a node without kind has values") : LADLE_OK;
    case LADLE_NONE:
        return LADLE_OK;
    case LADLE_BOOL:
        return parse_bool(parser, view);
    case LADLE_INT:
        return parse_packed(parser, view->count, true, &view->words);
    case LADLE_FLOAT:
        return parse_float(parser, view, &view->words);
    case LADLE_COMPLEX:
        LADLE_TRY(parse_float(parser, view, &view->words));
        return parse_float(parser, view, &view->imaginary);
    case LADLE_TUPLE:
        return parse_tuple(parser, view);
    case LADLE_DICT:
        return parse_dict(parser, view);
    case LADLE_OBJECT:
        return parse_object(parser, view);
    case LADLE_EXTENSION:
        return parse_extension(parser, view);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return parse_items(parser, view);
    case LADLE_UNION:
        return parse_union(parser, view);
    case LADLE_DICTIONARY:
        return parse_dictionary(parser, view);
    default:
        if (ladle_kind_has_bytes(view->kind)) {
            return parse_data(parser, view);
        }
        if (ladle_kind_is_repeated(view->kind)) {
            return parse_repeated(parser, view);
        }
        parser->why = "a column has a kind of a newer version";
        return LADLE_E_UNSUPPORTED;
    }
}

static ladle_status parse_node(struct parser *parser, ladle_view *view, uint64_t count)
{
    if (++parser->nodes > LADLE_SHAPE_NODES_MAX || parser->depth >= LADLE_SHAPE_DEPTH_MAX) {
        return corrupt(parser, "the shape has too many nodes or levels");
    }
    parser->depth++;
    view->kind = ladle_cursor_u8(&parser->shape);
    view->count = count;
    ladle_status status = parse_kind(parser, view);
    parser->depth--;
    if (status == LADLE_OK && parser->shape.failed) {
        return corrupt(parser, "the shape ends early");
    }
    return status;
}

ladle_status ladle_view_parse(struct ladle_arena *arena, const struct ladle_stream *bytes,
                              uint64_t record_count, const struct ladle_choice *choice,
                              struct ladle_parsed *parsed, const char **why)
{
    struct parser parser = {.arena = arena,
                            .shape = ladle_cursor_over(bytes->data, bytes->len),
                            .choice = choice,
                            .why = *why};
    ladle_view *root = ladle_arena_take(arena, 1, sizeof *root);
    if (!root) {
        return LADLE_E_MEMORY;
    }
    parser.root = root;
    ladle_status status = parse_node(&parser, root, record_count);
    *parsed = (struct ladle_parsed){.root = root,
                                    .arrays = parser.arrays,
                                    .shape_len = (size_t)(parser.shape.next - bytes->data)};
    *why = parser.why;
    return status;
}
