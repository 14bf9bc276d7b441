/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"
#include "shape.h"
#include "shape_dict.h"
#include "test.h"

static void put_text(ladle_buffer *to, const char *text)
{
    must(ladle_value_put_data(to, LADLE_STR, text, strlen(text)));
}

static void put_number(ladle_buffer *to, const char *prefix, size_t number)
{
    char text[40];
    snprintf(text, sizeof text, "%s%zu", prefix, number);
    put_text(to, text);
}

static void put_nones(ladle_buffer *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(ladle_value_put_none(to));
    }
}

/*
 * Records that lead a shape to its limits. Each function puts one record.
 */
static void many_kinds(ladle_buffer *to, size_t number)
{
    if (number % 3) {
        must(ladle_value_put_extension(to, (uint8_t)(number % 40)));
    }
    struct gen gen = gen_begin(number);
    gen_value(&gen, 1, to);
}

static void tuples_of_many_lengths(ladle_buffer *to, size_t number)
{
    static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 40, 255, 256, 257, 1000};
    size_t len = lengths[number * 7 % COUNT_OF(lengths)];
    must(ladle_value_put_container(to, LADLE_TUPLE, len));
    for (size_t i = 0; i < len; i++) {
        must(ladle_value_put_uint(to, i + number));
    }
}

static void long_tuples_first(ladle_buffer *to, size_t number)
{
    tuples_of_many_lengths(to, number + 7);
}

static void ever_other_keys(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_DICT, 3));
    put_text(to, "constant");
    put_text(to, "value");
    put_number(to, "key", number);
    must(ladle_value_put_uint(to, number));
    put_number(to, "also", number / 3);
    must(ladle_value_put_none(to));
}

static void ever_other_orders(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_DICT, 10));
    for (size_t i = 0; i < 10; i++) {
        size_t key = (i * 3 + number * (number % 2 ? 7 : 1)) % 10;
        put_number(to, i == 9 ? "c" : i % 2 ? "a" : "b", i < 9 ? key : number % 300);
        must(ladle_value_put_uint(to, i));
    }
}

static void wide_dicts(ladle_buffer *to, size_t number)
{
    static const size_t widths[] = {255, 256, 257, 1024, 1025, 3};
    size_t width = widths[number % COUNT_OF(widths)];
    must(ladle_value_put_container(to, LADLE_DICT, width));
    for (size_t i = 0; i < width; i++) {
        put_number(to, "", i + number / 6 * 100);
        must(ladle_value_put_uint(to, i));
    }
}

static void long_keys(ladle_buffer *to, size_t number)
{
    static char key[2000];
    memset(key, 'k', sizeof key);
    must(ladle_value_put_container(to, LADLE_DICT, 2));
    must(ladle_value_put_data(to, LADLE_STR, key, 1020 + number % 10));
    must(ladle_value_put_uint(to, number));
    put_text(to, "");
    put_text(to, "the empty key");
}

static void keys_of_all_kinds(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_DICT, 3));
    put_text(to, "name");
    must(ladle_value_put_uint(to, number));
    if (number % 2) {
        must(ladle_value_put_uint(to, number));
    } else {
        put_text(to, "other name");
    }
    must(ladle_value_put_none(to));
    must(ladle_value_put_container(to, LADLE_TUPLE, 1));
    must(ladle_value_put_uint(to, number));
    must(ladle_value_put_container(to, LADLE_LIST, 0));
}

/*
 * Lists in lists, 'number' of them, with a string that always is the same at the bottom.
 */
static void deep_lists(ladle_buffer *to, size_t number)
{
    for (size_t i = 0; i < number % 120; i++) {
        must(ladle_value_put_container(to, LADLE_LIST, 1));
    }
    put_text(to, "at the bottom of it all");
}

static void deep_mixture(ladle_buffer *to, size_t number)
{
    for (size_t i = 0; i < 40 + number; i++) {
        if (i % 3 == 0) {
            must(ladle_value_put_extension(to, 1));
        } else if (i % 3 == 1) {
            must(ladle_value_put_container(to, LADLE_TUPLE, 2));
            must(ladle_value_put_bool(to, number % 2));
        } else {
            must(ladle_value_put_container(to, LADLE_DICT, 1));
            put_text(to, "down");
        }
    }
    must(ladle_value_put_uint(to, number));
}

/*
 * As many columns as a shape can have, and then other kinds in all of them.
 */
static void most_columns(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_TUPLE, 40));
    for (size_t i = 0; i < 40; i++) {
        must(ladle_value_put_container(to, LADLE_TUPLE, 100));
        for (size_t j = 0; j < 100; j++) {
            if (number % 10 == 9) {
                must(ladle_value_put_uint(to, j));
            } else if (number % 10 == 8) {
                must(ladle_value_put_container(to, LADLE_LIST, 0));
            } else {
                put_text(to, "always the same text");
            }
        }
    }
}

static void signs_clash(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_TUPLE, 2));
    for (size_t i = 0; i < 2; i++) {
        if ((number + i) % 2) {
            must(ladle_value_put_int(to, -(int64_t)(number * number)));
        } else {
            must(ladle_value_put_uint(to, UINT64_MAX - number));
        }
    }
}

/*
 * Numbers of both signs where no alternative is left for the second.
 */
static void signs_clash_in_a_full_union(ladle_buffer *to, size_t number)
{
    if (number == 0) {
        must(ladle_value_put_uint(to, UINT64_MAX));
    } else if (number < 20) {
        must(ladle_value_put_extension(to, (uint8_t)number));
        must(ladle_value_put_none(to));
    } else {
        must(ladle_value_put_int(to, -(int64_t)number * (number % 2 ? 1 : 100000000000)));
    }
}

static void empty_containers(ladle_buffer *to, size_t number)
{
    static const ladle_kind kinds[] = {LADLE_TUPLE, LADLE_LIST, LADLE_SET, LADLE_FROZENSET,
                                       LADLE_DICT};
    must(ladle_value_put_container(to, kinds[number % 5], 0));
}

static void lists_of_nothing(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_LIST, number));
    put_nones(to, number);
}

static void put_object(ladle_buffer *to, const char *name, size_t field_count)
{
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)name,
                       .name_len = strlen(name),
                       .count = field_count};
    must(ladle_value_put_item(to, &item));
}

static void wide_objects(ladle_buffer *to, size_t number)
{
    static const size_t widths[] = {0, 1, 1023, 1024, 1025, 2000};
    size_t width = widths[number % COUNT_OF(widths)];
    put_object(to, "Wide", width);
    for (size_t i = 0; i < width; i++) {
        put_number(to, "", i);
        must(ladle_value_put_uint(to, i + number));
    }
}

static void many_classes(ladle_buffer *to, size_t number)
{
    char name[20];
    snprintf(name, sizeof name, "Class%zu", number % 40);
    put_object(to, name, 2);
    put_text(to, number % 3 ? "x" : "");
    must(ladle_value_put_uint(to, number));
    put_text(to, "y");
    put_object(to, "Inner", 0);
}

static void deep_objects(ladle_buffer *to, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        put_object(to, "Deep", 1);
        put_text(to, "inner");
    }
    must(ladle_value_put_none(to));
}

static void nothing(ladle_buffer *to, size_t number)
{
    (void)number;
    must(ladle_value_put_none(to));
}

static void empty_strings(ladle_buffer *to, size_t number)
{
    must(ladle_value_put_container(to, LADLE_TUPLE, 2));
    must(ladle_value_put_data(to, LADLE_STR, "", 0));
    must(ladle_value_put_data(to, LADLE_BYTES, "x", number == 50));
}

static const struct {
    const char *name;
    size_t count;
    void (*put)(ladle_buffer *to, size_t number);
} cases[] = {
    {"many kinds", 500, many_kinds},
    {"tuples of many lengths", 100, tuples_of_many_lengths},
    {"long tuples first", 100, long_tuples_first},
    {"ever other keys", 2000, ever_other_keys},
    {"ever other orders", 2000, ever_other_orders},
    {"wide dicts", 60, wide_dicts},
    {"long keys", 100, long_keys},
    {"keys of all kinds", 100, keys_of_all_kinds},
    {"deep lists", 600, deep_lists},
    {"deep mixture", 100, deep_mixture},
    {"most columns", 20, most_columns},
    {"signs clash", 100, signs_clash},
    {"signs clash in a full union", 100, signs_clash_in_a_full_union},
    {"empty containers", 100, empty_containers},
    {"lists of nothing", 100, lists_of_nothing},
    {"wide objects", 60, wide_objects},
    {"many classes", 200, many_classes},
    {"deep objects", 100, deep_objects},
    {"nothing", 1000, nothing},
    {"empty strings", 100, empty_strings},
};

static const size_t block_lens[] = {1024, 20000, 1 << 20};

START_TEST(shapes_at_their_limits_come_back)
{
    struct records records = {0};
    size_t index = (size_t)_i / COUNT_OF(block_lens);
    ladle_writer_options options = fixed_options();
    options.block_len = block_lens[(size_t)_i % COUNT_OF(block_lens)];
    for (size_t i = 0; i < cases[index].count; i++) {
        cases[index].put(&records.bytes, i);
        records_end(&records);
    }
    ladle_memory_sink file = {0};
    write_file(&records, &options, &file);
    struct outcome outcome = read_memory(file.data, file.len, NULL, &records);
    ck_assert_msg(outcome.status == LADLE_END && outcome.count == records.count,
                  "%s, blocks of %zu bytes, %" PRIu64 " records: %s", cases[index].name,
                  options.block_len, outcome.count, outcome.error.text);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

static ladle_writer *open_writer(ladle_memory_sink *file, const ladle_writer_options *options)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, options, NULL));
    return writer;
}

/*
 * Append the beginning of a record, which is refused. It stands alone, so that whatever watches
 * memory sees who reads behind it.
 */
static void fail_cut(ladle_writer *writer, const ladle_cursor *record, size_t cut)
{
    ladle_buffer copy = {.len_max = cut};
    must(ladle_buffer_put(&copy, record->next, cut));
    must_give(LADLE_E_CORRUPT, ladle_writer_append(writer, copy.data, cut, NULL));
    ladle_buffer_free(&copy);
}

/*
 * Append all records, and before each of them those of its beginnings that are 'step' bytes apart.
 */
static void write_with_failures(const struct records *records, size_t step, ladle_memory_sink *file)
{
    ladle_writer_options options = fixed_options();
    options.block_len = 1 << 20; /* one block: when it is full may depend on what failed */
    ladle_writer *writer = open_writer(file, &options);
    for (size_t i = 0; i < records->count; i++) {
        ladle_cursor record = records_at(records, i);
        size_t len = ladle_cursor_left(&record);
        for (size_t cut = step ? i % step : len; cut < len; cut += step) {
            fail_cut(writer, &record, cut);
            check_that(ladle_writer_count(writer) == i, "record %zu cut at %zu", i, cut);
        }
        must(ladle_writer_append(writer, record.next, len, NULL));
    }
    must(ladle_writer_close(writer, NULL));
}

/*
 * But for wild records: a dict with other keys than text leaves an empty alternative behind, which
 * the next failure takes out.
 */
START_TEST(failed_records_leave_no_trace)
{
    struct records records = {0};
    ladle_memory_sink clean = {0};
    ladle_memory_sink other = {0};
    records_generate(&records, 500 + (uint64_t)_i, _i % GEN_WILD, 150);
    write_with_failures(&records, 0, &clean);
    write_with_failures(&records, 3, &other);
    ck_assert_uint_eq(clean.len, other.len);
    ck_assert_mem_eq(clean.data, other.data, clean.len);
    must_hold(other.data, other.len, &records);
    ladle_memory_sink_free(&clean);
    ladle_memory_sink_free(&other);
    records_free(&records);
}
END_TEST

/*
 * Failed records of another shape may change how others are encoded, but not what they are.
 */
START_TEST(failed_records_of_any_shape_change_no_value)
{
    struct records records = {0};
    struct records others = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    options.block_len = 2048;
    records_generate(&records, 600 + (uint64_t)_i, _i % GEN_STYLE_COUNT, 200);
    records_generate(&others, 700 + (uint64_t)_i, GEN_WILD, 200);
    struct gen gen = gen_begin(800 + (uint64_t)_i);
    ladle_writer *writer = open_writer(&file, &options);
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        ladle_cursor other = records_at(&others, i);
        size_t cut = gen_below(&gen, ladle_cursor_left(&other));
        fail_cut(writer, &other, cut);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_close(writer, NULL));
    must_hold(file.data, file.len, &records);
    ladle_memory_sink_free(&file);
    records_free(&records);
    records_free(&others);
}
END_TEST

/*
 * A shape as a writer begins it.
 */
static void begin_shape(ladle_shape *shape)
{
    *shape = (ladle_shape){.array_len_max = 1 << 20};
    must(ladle_shape_init(shape));
}

START_TEST(a_union_has_at_most_sixteen_alternatives)
{
    ladle_shape shape;
    ladle_node *target;
    begin_shape(&shape);
    for (uint32_t code = 0; code < 100; code++) {
        must(ladle_node_accept(&shape, shape.root, LADLE_EXTENSION, code, &target));
        ck_assert_int_eq(target->kind, code < 15 ? LADLE_EXTENSION : LADLE_ANY);
        ladle_node_count(target);
    }
    ck_assert_int_eq(shape.root->kind, LADLE_UNION);
    ck_assert_uint_eq(shape.root->child_count, LADLE_UNION_MAX);
    ck_assert_uint_eq(shape.root->count, 100);
    must(ladle_node_accept(&shape, shape.root, LADLE_EXTENSION, 3, &target));
    ck_assert_ptr_eq(target, shape.root->children[3]);
    ladle_shape_free(&shape);
    ck_assert_uint_eq(shape.node_count, 0);
}
END_TEST

START_TEST(columns_and_key_lists_have_limits)
{
    ladle_shape shape;
    ladle_node *node;
    uint32_t number;
    char name[LADLE_KEY_LEN_MAX + 1];
    begin_shape(&shape);
    must(ladle_node_accept(&shape, shape.root, LADLE_DICT, 0, &node));
    for (uint32_t i = 0; i < LADLE_DICT_COLUMNS_MAX; i++) {
        int len = snprintf(name, sizeof name, "key %u", i);
        must(ladle_dict_column(&shape, node, name, (size_t)len, &number));
        ck_assert_uint_eq(number, i);
    }
    must_give(LADLE_END, ladle_dict_column(&shape, node, "more", 4, &number));
    must(ladle_dict_column(&shape, node, "key 77", 6, &number));
    ck_assert_uint_eq(number, 77);
    node->count = (size_t)4 * LADLE_DICT_LISTS_MAX; /* as if each list were in use */
    for (uint32_t i = 0; i < LADLE_DICT_LISTS_MAX; i++) {
        must(ladle_dict_list(&shape, node, (const uint16_t[]){(uint16_t)i}, 1, &number));
        ck_assert_uint_eq(number, i);
    }
    must_give(LADLE_END, ladle_dict_list(&shape, node, NULL, 0, &number));
    must(ladle_dict_list(&shape, node, (const uint16_t[]){200}, 1, &number));
    ck_assert_uint_eq(number, 200);
    node->count = 0;
    ladle_shape_free(&shape);
}
END_TEST

/*
 * Dicts of eight keys that no other has: maps, once there would be 32 of them, and until those are
 * outnumbered.
 */
START_TEST(dicts_that_all_differ_are_maps)
{
    ladle_shape shape;
    ladle_node *node;
    uint32_t number;
    uint16_t columns[8];
    char name[32];
    begin_shape(&shape);
    must(ladle_node_accept(&shape, shape.root, LADLE_DICT, 0, &node));
    for (uint32_t i = 0; i < 256; i++) {
        int len = snprintf(name, sizeof name, "key %u", i);
        ck_assert(!ladle_dict_is_full(node));
        must(ladle_dict_column(&shape, node, name, (size_t)len, &number));
        columns[i % 8] = (uint16_t)number;
        if (i % 8 == 7 && i < 248) {
            must(ladle_dict_list(&shape, node, columns, 8, &number));
            node->count = number + 1;
        }
    }
    ck_assert(ladle_dict_is_full(node));
    must_give(LADLE_END, ladle_dict_column(&shape, node, "more", 4, &number));
    must_give(LADLE_END, ladle_dict_list(&shape, node, columns, 8, &number));
    must(ladle_dict_column(&shape, node, "key 255", 7, &number));
    must(ladle_dict_list(&shape, node, (const uint16_t[]){0, 1, 2, 3, 4, 5, 6, 7}, 8, &number));
    ck_assert_uint_eq(number, 0);
    node->count = (size_t)4 * 31; /* as if each list were in use */
    ck_assert(!ladle_dict_is_full(node));
    must(ladle_dict_column(&shape, node, "more", 4, &number));
    ck_assert_uint_eq(number, 256);
    node->count = 0;
    ladle_shape_free(&shape);
}
END_TEST

START_TEST(longest_key_of_a_column)
{
    ladle_shape shape;
    ladle_node *node;
    uint32_t number;
    char name[LADLE_KEY_LEN_MAX + 1];
    memset(name, 'x', sizeof name);
    begin_shape(&shape);
    must(ladle_node_accept(&shape, shape.root, LADLE_DICT, 0, &node));
    must_give(LADLE_END, ladle_dict_column(&shape, node, name, LADLE_KEY_LEN_MAX + 1, &number));
    must(ladle_dict_column(&shape, node, name, LADLE_KEY_LEN_MAX, &number));
    ladle_shape_free(&shape);
}
END_TEST

Suite *shape_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tcase = tcase_create("shape");
    tcase_add_loop_test(tcase, shapes_at_their_limits_come_back, 0,
                        COUNT_OF(cases) * COUNT_OF(block_lens));
    tcase_add_loop_test(tcase, failed_records_leave_no_trace, 0, 5 * GEN_WILD);
    tcase_add_loop_test(tcase, failed_records_of_any_shape_change_no_value, 0, 5 * GEN_STYLE_COUNT);
    tcase_add_test(tcase, a_union_has_at_most_sixteen_alternatives);
    tcase_add_test(tcase, columns_and_key_lists_have_limits);
    tcase_add_test(tcase, dicts_that_all_differ_are_maps);
    tcase_add_test(tcase, longest_key_of_a_column);
    suite_add_tcase(suite, tcase);
    return suite;
}
