/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkpoint.h"
#include "fault_alloc.h"
#include "frame.h"
#include "records.h"
#include "schema.h"
#include "test.h"

#include <stdlib.h>

/*
 * Add the views of all blocks of a file, and keep what its latest checkpoint says of the shape.
 */
static void merge_blocks(const ladle_memory_sink *file, ladle_merged *merged)
{
    ladle_memory_source memory = {.data = file->data, .len = file->len};
    ladle_source source;
    ladle_reader *reader;
    ladle_view *root;
    uint64_t first_record;
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    while (ladle_reader_next_block(reader, &root, &first_record, NULL) == LADLE_OK) {
        must(ladle_merged_add_view(merged, root));
    }
    ladle_reader_close(reader);
}

/*
 * The merged shape in the last checkpoint of a file of one segment, which is complete.
 */
static void stored_shape(const ladle_memory_sink *file, struct ladle_checkpoint_parts *parts)
{
    const uint8_t *data = file->data;
    struct ladle_block_header header;
    struct ladle_trailer trailer;
    const char *why;
    uint32_t salt = ladle_load_u32(data + 16);
    uint64_t trailer_offset = file->len - LADLE_TRAILER_LEN;
    must(ladle_trailer_load(data + trailer_offset, salt, trailer_offset, &trailer, &why));
    uint64_t offset = trailer_offset - trailer.checkpoint_distance;
    must(ladle_block_header_load(data + offset, salt, offset, &header, &why));
    ck_assert_uint_eq(header.stored_len, LADLE_STREAM_ENTRY_LEN + ladle_align(header.decoded_len));
    must(ladle_checkpoint_parse(data + offset + LADLE_BLOCK_HEADER_LEN + LADLE_STREAM_ENTRY_LEN,
                                header.decoded_len, offset, parts));
}

static bool covers(const ladle_schema *schema, ladle_cursor *cursor);

static bool covers_int(const ladle_schema *schema, const ladle_item *item)
{
    if (item->is_unsigned && item->integer >> 63) {
        return schema->is_unsigned && item->integer <= schema->greatest;
    }
    return (int64_t)item->integer >= schema->least &&
           (schema->is_unsigned || (int64_t)item->integer <= (int64_t)schema->greatest);
}

static const ladle_schema *column_of(const ladle_schema *dict, const ladle_item *key)
{
    for (uint32_t i = 0; i < dict->child_count; i++) {
        if (key->kind == LADLE_STR && dict->names[i].len == key->data_len &&
            memcmp(dict->names[i].data, key->data, key->data_len) == 0) {
            return &dict->children[i];
        }
    }
    return NULL;
}

static bool covers_dict(const ladle_schema *schema, const ladle_item *item, ladle_cursor *cursor)
{
    for (uint64_t i = 0; i < item->count; i++) {
        ladle_item key;
        ladle_cursor before = *cursor;
        must(ladle_value_next(cursor, &key));
        if (schema->kind == LADLE_MAP) {
            *cursor = before;
            if (!covers(&schema->children[0], cursor) || !covers(&schema->children[1], cursor)) {
                return false;
            }
            continue;
        }
        const ladle_schema *column = column_of(schema, &key);
        if (!column || !covers(column, cursor)) {
            return false;
        }
    }
    return true;
}

static bool covers_object(const ladle_schema *schema, const ladle_item *item, ladle_cursor *cursor)
{
    if (schema->child_count != item->count || schema->name.len != item->name_len) {
        return false;
    }
    for (uint32_t i = 0; i < schema->child_count; i++) {
        ladle_item field;
        must(ladle_value_next(cursor, &field));
        if (schema->names[i].len != field.data_len ||
            memcmp(schema->names[i].data, field.data, field.data_len) != 0 ||
            !covers(&schema->children[i], cursor)) {
            return false;
        }
    }
    return true;
}

/*
 * Whether 'count' values fit the children, or all the only child.
 */
static bool cover_children(const ladle_schema *schema, uint64_t count, ladle_cursor *cursor)
{
    bool has_places = schema->kind == LADLE_TUPLE || schema->kind == LADLE_EXTENSION;
    if (has_places && count != schema->child_count) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!covers(&schema->children[has_places ? i : 0], cursor)) {
            return false;
        }
    }
    return true;
}

static bool kinds_fit(const ladle_schema *schema, const ladle_item *item)
{
    switch (item->kind) {
    case LADLE_TUPLE:
        return schema->kind == LADLE_TUPLE || schema->kind == LADLE_TUPLES;
    case LADLE_DICT:
        return schema->kind == LADLE_DICT || schema->kind == LADLE_MAP;
    case LADLE_INT:
        return schema->kind == LADLE_INT || schema->kind == LADLE_BIGINT;
    default:
        return schema->kind == item->kind;
    }
}

/*
 * Whether a value fits a node that is no union.
 */
static bool covers_here(const ladle_schema *schema, ladle_cursor *cursor)
{
    ladle_item item;
    if (schema->kind == LADLE_ANY) {
        return ladle_value_skip(cursor, 300) == LADLE_OK;
    }
    must(ladle_value_next(cursor, &item));
    if (!kinds_fit(schema, &item)) {
        return false;
    }
    switch (schema->kind) {
    case LADLE_INT:
        return covers_int(schema, &item);
    case LADLE_BIGINT:
        return schema->len_max >= (item.kind == LADLE_INT ? 8 : item.data_len);
    case LADLE_TUPLE:
        return cover_children(schema, item.count, cursor);
    case LADLE_EXTENSION:
        return schema->code == item.code && cover_children(schema, 1, cursor);
    case LADLE_DICT:
        return covers_dict(schema, &item, cursor);
    case LADLE_MAP:
        return item.count <= schema->len_max && covers_dict(schema, &item, cursor);
    case LADLE_OBJECT:
        return covers_object(schema, &item, cursor);
    case LADLE_SCALAR:
    case LADLE_ARRAY:
        return schema->dimensions == item.dimensions && schema->name.len == item.name_len;
    default:
        if (item.kind >= LADLE_TUPLE) {
            return item.count <= schema->len_max && cover_children(schema, item.count, cursor);
        }
        return item.data_len <= schema->len_max || !ladle_schema_has_len(schema->kind);
    }
}

/*
 * Whether a tagged value is one that the schema speaks of.
 */
static bool covers(const ladle_schema *schema, ladle_cursor *cursor)
{
    ladle_cursor start = *cursor;
    if (schema->kind != LADLE_UNION) {
        return covers_here(schema, cursor);
    }
    for (uint32_t i = 0; i < schema->child_count; i++) {
        *cursor = start;
        if (covers_here(&schema->children[i], cursor)) {
            return true;
        }
    }
    return false;
}

static void must_say(const ladle_merged *merged, const void *data, size_t len)
{
    ladle_buffer bytes = {0};
    must(ladle_schema_put(&bytes, ladle_merged_schema(merged)));
    check_that(bytes.len == len && memcmp(bytes.data, data, len) == 0, "%zu and %zu bytes",
               bytes.len, len);
    ladle_buffer_free(&bytes);
}

/*
 * What the writer found, what the blocks say, and the values: all agree.
 */
static void check_schema(const struct records *records, const ladle_writer_options *options)
{
    ladle_memory_sink file = {0};
    struct ladle_checkpoint_parts parts;
    ladle_merged *merged = ladle_merged_new(NULL);
    ladle_merged *stored = ladle_merged_new(NULL);
    write_file(records, options, &file);
    merge_blocks(&file, merged);
    const ladle_schema *schema = ladle_merged_schema(merged);
    check_that(schema->count == records->count, "%" PRIu64 " records", schema->count);
    for (size_t i = 0; i < records->count; i++) {
        ladle_cursor record = records_at(records, i);
        check_that(covers(schema, &record) && !ladle_cursor_left(&record), "record %zu", i);
    }
    stored_shape(&file, &parts);
    if (parts.shape) {
        must_say(merged, parts.shape, parts.shape_len);
        must(ladle_merged_add_bytes(stored, parts.shape, parts.shape_len));
        must_say(stored, parts.shape, parts.shape_len);
        /* Twice the same file is the same shape with twice the values. */
        must(ladle_merged_add(merged, ladle_merged_schema(stored)));
        ck_assert_uint_eq(ladle_merged_schema(merged)->count, 2 * records->count);
        ck_assert_uint_eq(ladle_merged_schema(merged)->child_count,
                          ladle_merged_schema(stored)->child_count);
    }
    ladle_merged_free(merged);
    ladle_merged_free(stored);
    ladle_memory_sink_free(&file);
}

START_TEST(writer_blocks_and_values_agree)
{
    ladle_writer_options options = fixed_options();
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct records records = {0};
        records_generate(&records, 7000 + 20 * (uint64_t)_i + seed, _i, 10 + seed * 30);
        options.block_len = seed % 3 == 2 ? 0 : 1024;
        check_schema(&records, &options);
        records_free(&records);
    }
}
END_TEST

/*
 * Dicts with more keys than there may be columns, over many blocks.
 */
START_TEST(what_is_too_much_is_any)
{
    struct records records = {0};
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_merged *merged = ladle_merged_new(NULL);
    char key[32];
    for (int i = 0; i < 1500; i++) {
        must(ladle_value_put_container(&records.bytes, LADLE_TUPLE, 2));
        must(ladle_value_put_int(&records.bytes, i));
        must(ladle_value_put_container(&records.bytes, LADLE_DICT, 8));
        for (int j = 0; j < 8; j++) {
            int len = snprintf(key, sizeof key, "key %d of %d", j, i);
            must(ladle_value_put_data(&records.bytes, LADLE_STR, key, (size_t)len));
            must(ladle_value_put_none(&records.bytes));
        }
        records_end(&records);
    }
    options.block_len = 1024;
    check_schema(&records, &options);
    write_file(&records, &options, &file);
    merge_blocks(&file, merged);
    const ladle_schema *schema = ladle_merged_schema(merged);
    ck_assert_uint_eq(schema->kind, LADLE_TUPLE);
    ck_assert_uint_eq(schema->children[0].kind, LADLE_INT);
    ck_assert_uint_eq(schema->children[0].greatest, 1499);
    ck_assert_uint_eq(schema->children[1].kind, LADLE_ANY);
    ck_assert_uint_eq(schema->children[1].count, 1500);
    ladle_merged_free(merged);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

static const struct {
    const char *name;
    uint8_t bytes[24];
    size_t len;
    ladle_status status;
} shapes[] = {
    {"nothing", {0, 0}, 2, LADLE_OK},
    {"an int", {4, 1, 0, 9, 8}, 5, LADLE_OK},
    {"a range the wrong way", {4, 1, 0, 8, 9}, 5, LADLE_E_CORRUPT},
    {"a sign of 2", {4, 1, 2, 8, 8}, 5, LADLE_E_CORRUPT},
    {"unsigned and small", {4, 1, 1, 8, 8}, 5, LADLE_E_CORRUPT},
    {"a tuple", {16, 3, 2, 1, 3, 1, 3}, 7, LADLE_OK},
    {"a tuple of a missing value", {16, 3, 2, 1, 3, 1, 2}, 7, LADLE_E_CORRUPT},
    {"a tuple that ends early", {16, 3, 2, 1, 3}, 5, LADLE_E_CORRUPT},
    {"a byte too many", {1, 3, 1}, 3, LADLE_E_CORRUPT},
    {"values of no kind", {0, 3}, 2, LADLE_E_CORRUPT},
    {"many nodes", {16, 3, 0xFF, 0xFF, 0xFF, 0x7F, 1, 3}, 8, LADLE_E_CORRUPT},
    {"a union", {33, 3, 2, 1, 2, 2, 1}, 7, LADLE_OK},
    {"a union of one", {33, 3, 1, 1, 3}, 5, LADLE_E_CORRUPT},
    {"a union of more", {33, 3, 2, 1, 2, 2, 2}, 7, LADLE_E_CORRUPT},
    {"a union in a union", {33, 3, 2, 33, 2, 2, 1, 1, 2, 1, 2, 1}, 12, LADLE_E_CORRUPT},
    {"a dict", {20, 3, 1, 1, 'a', 1, 2}, 7, LADLE_OK},
    {"a dict of more", {20, 3, 1, 1, 'a', 1, 4}, 7, LADLE_E_CORRUPT},
    {"a name over the end", {20, 3, 1, 9, 'a', 1, 3}, 7, LADLE_E_CORRUPT},
    {"a list", {17, 3, 9, 1, 27}, 5, LADLE_OK},
    {"a map", {35, 3, 2, 1, 6, 2, 6}, 7, LADLE_OK},
    {"an object", {21, 3, 1, 'A', 1, 1, 'x', 1, 3}, 9, LADLE_OK},
    {"an extension", {22, 3, 1, 4, 3, 0, 2, 4}, 8, LADLE_OK},
    {"a scalar", {23, 3, 2, 'f', '8', 8}, 6, LADLE_OK},
    {"an array", {24, 3, 2, 'f', '8', 8, 'C', 2, 3, 4}, 10, LADLE_OK},
    {"an array of no order", {24, 3, 2, 'f', '8', 8, 'D', 2, 3, 4}, 10, LADLE_E_CORRUPT},
    {"an array of many extents", {24, 3, 2, 'f', '8', 8, 'C', 65}, 8, LADLE_E_CORRUPT},
    {"a dictionary", {34, 3, 1, 12, 3, 1}, 6, LADLE_E_UNSUPPORTED},
    {"a kind of tomorrow", {50, 3}, 2, LADLE_E_UNSUPPORTED},
};

START_TEST(bytes_are_checked)
{
    ladle_merged *merged = ladle_merged_new(NULL);
    uint64_t before = _i % 2 ? 5 : 0;
    if (before) {
        must(ladle_merged_add_bytes(merged, "\x02\x05", 2));
    }
    ladle_status status = ladle_merged_add_bytes(merged, shapes[_i].bytes, shapes[_i].len);
    ck_assert_msg(status == shapes[_i].status, "%s: %s", shapes[_i].name,
                  ladle_status_text(status));
    const ladle_schema *schema = ladle_merged_schema(merged);
    uint64_t count = _i && status == LADLE_OK ? before + shapes[_i].bytes[1] : before;
    ck_assert_uint_eq(schema->count, count);
    ladle_merged_free(merged);
}
END_TEST

/*
 * A shape of many kinds as bytes.
 */
static void wild_shape(uint64_t seed, size_t record_count, ladle_buffer *bytes)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_merged *merged = ladle_merged_new(NULL);
    records_generate(&records, seed, GEN_WILD, record_count);
    write_file(&records, NULL, &file);
    merge_blocks(&file, merged);
    must(ladle_schema_put(bytes, ladle_merged_schema(merged)));
    ladle_merged_free(merged);
    ladle_memory_sink_free(&file);
    records_free(&records);
}

START_TEST(spoiled_bytes_do_no_harm)
{
    ladle_buffer bytes = {0};
    struct gen gen = gen_begin(91);
    unsigned taken = 0;
    wild_shape(90, 300, &bytes);
    uint8_t *copy = malloc(bytes.len);
    ladle_merged *merged = ladle_merged_new(NULL);
    for (int i = 0; i < 5000; i++) {
        memcpy(copy, bytes.data, bytes.len);
        gen_mutate(&gen, copy, bytes.len);
        size_t len = i % 3 ? bytes.len : gen_below(&gen, bytes.len);
        uint64_t count = ladle_merged_schema(merged)->count;
        if (ladle_merged_add_bytes(merged, copy, len) == LADLE_OK) {
            taken++;
        } else {
            check_that(ladle_merged_schema(merged)->count == count, "round %d", i);
        }
    }
    printf("check_schema: %u of 5000 spoiled shapes taken\n", taken);
    ck_assert_uint_le(merged->node_count, LADLE_SCHEMA_NODES_MAX);
    ladle_merged_free(merged);
    ladle_buffer_free(&bytes);
    free(copy);
}
END_TEST

START_TEST(failing_memory_adds_nothing)
{
    ladle_buffer one = {0};
    ladle_buffer other = {0};
    uint64_t fail_at = 0;
    bool failed = true;
    wild_shape(92, 50, &one);
    wild_shape(93, 300, &other);
    for (; failed; fail_at++) {
        struct fault_alloc alloc;
        fault_alloc_init(&alloc);
        ladle_merged *merged = ladle_merged_new(&alloc.allocator);
        must(ladle_merged_add_bytes(merged, one.data, one.len));
        alloc.fail_at = alloc.calls + fail_at;
        ladle_status status = ladle_merged_add_bytes(merged, other.data, other.len);
        failed = status != LADLE_OK;
        if (failed) {
            must_give(LADLE_E_MEMORY, status);
            must_say(merged, one.data, one.len);
        }
        ladle_merged_free(merged);
        fault_alloc_end(&alloc);
    }
    ck_assert_uint_gt(fail_at, 1);
    ladle_buffer_free(&one);
    ladle_buffer_free(&other);
}
END_TEST

Suite *schema_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("schema");
    tcase_add_loop_test(tcase, writer_blocks_and_values_agree, 0, GEN_STYLE_COUNT);
    tcase_add_test(tcase, what_is_too_much_is_any);
    tcase_add_loop_test(tcase, bytes_are_checked, 0, COUNT_OF(shapes));
    tcase_add_test(tcase, spoiled_bytes_do_no_harm);
    tcase_add_test(tcase, failing_memory_adds_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
