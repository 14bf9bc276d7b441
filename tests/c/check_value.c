/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"
#include "test.h"

static const struct {
    int64_t value;
    size_t len;
} ints[] = {{0, 1},           {63, 1},        {64, 2},        {127, 2},       {128, 3},
            {-1, 2},          {-128, 2},      {-129, 3},      {32767, 3},     {32768, 5},
            {-32768, 3},      {-32769, 5},    {INT32_MAX, 5}, {INT32_MIN, 5}, {2147483648, 9},
            {-2147483649, 9}, {INT64_MAX, 9}, {INT64_MIN, 9}};

START_TEST(int_takes_the_fewest_bytes)
{
    ladle_buffer buffer = {0};
    ladle_item item;
    must(ladle_value_put_int(&buffer, ints[_i].value));
    ck_assert_uint_eq(buffer.len, ints[_i].len);
    ladle_cursor cursor = ladle_cursor_over(buffer.data, buffer.len);
    must(ladle_value_next(&cursor, &item));
    ck_assert(item.kind == LADLE_INT && !item.is_unsigned && !ladle_cursor_left(&cursor));
    ck_assert_int_eq((int64_t)item.integer, ints[_i].value);
    ladle_buffer_free(&buffer);
}
END_TEST

START_TEST(uint_is_unsigned_above_int64_only)
{
    static const uint64_t values[] = {0, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        ladle_buffer buffer = {0};
        ladle_item item;
        must(ladle_value_put_uint(&buffer, values[i]));
        ladle_cursor cursor = ladle_cursor_over(buffer.data, buffer.len);
        must(ladle_value_next(&cursor, &item));
        ck_assert_uint_eq(item.integer, values[i]);
        ck_assert_int_eq(item.is_unsigned, values[i] > INT64_MAX);
        ladle_buffer_free(&buffer);
    }
}
END_TEST

/*
 * Read all items of a value and put them again.
 */
static void copy_items(ladle_cursor *cursor, ladle_buffer *to)
{
    ladle_item item;
    must(ladle_value_next(cursor, &item));
    must(ladle_value_put_item(to, &item));
    for (uint64_t i = 0; i < values_in(&item); i++) {
        copy_items(cursor, to);
    }
}

START_TEST(items_come_back_as_they_were_put)
{
    struct records records = {0};
    for (int style = 0; style < GEN_STYLE_COUNT; style++) {
        records_generate(&records, 100 + (uint64_t)style, style, 200);
    }
    for (size_t i = 0; i < records.count; i++) {
        ladle_buffer copy = {0};
        ladle_cursor cursor = records_at(&records, i);
        copy_items(&cursor, &copy);
        ladle_cursor record = records_at(&records, i);
        check_that(!ladle_cursor_left(&cursor) && copy.len == ladle_cursor_left(&record) &&
                       memcmp(copy.data, record.next, copy.len) == 0,
                   "record %zu", i);
        ladle_buffer_free(&copy);
    }
    records_free(&records);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct records records = {0};
    for (int style = 0; style < GEN_STYLE_COUNT; style++) {
        records_generate(&records, 200 + (uint64_t)style, style, 60);
    }
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        size_t whole_len = ladle_cursor_left(&record);
        for (size_t len = 0; len < whole_len; len++) {
            ladle_cursor cut = ladle_cursor_over(record.next, len);
            ladle_status status = ladle_value_skip(&cut, 256);
            check_that(status == LADLE_E_CORRUPT, "record %zu of %zu bytes cut at %zu", i,
                       whole_len, len);
        }
        must(ladle_value_skip(&record, 256));
        check_that(ladle_cursor_left(&record) == 0, "record %zu", i);
    }
    records_free(&records);
}
END_TEST

START_TEST(damaged_values_do_no_harm)
{
    struct records records = {0};
    records_generate(&records, 300 + (uint64_t)_i, _i % GEN_STYLE_COUNT, 300);
    struct gen gen = gen_begin(300 + (uint64_t)_i);
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        size_t len = ladle_cursor_left(&record);
        ladle_buffer copy = {0};
        must(ladle_buffer_put(&copy, record.next, len));
        gen_mutate(&gen, copy.data, len);
        ladle_cursor cursor = ladle_cursor_over(copy.data, len);
        ladle_status status = ladle_value_skip(&cursor, 256);
        check_that(status == LADLE_OK || status == LADLE_E_CORRUPT ||
                       status == LADLE_E_UNSUPPORTED || status == LADLE_E_LIMIT,
                   "%s", ladle_status_text(status));
        ladle_buffer_free(&copy);
    }
    records_free(&records);
}
END_TEST

START_TEST(tags_of_no_kind_are_unsupported)
{
    static const uint8_t bytes[32] = {0};
    for (unsigned tag = 0; tag < 256; tag++) {
        bool is_known = (tag >= 1 && tag <= 24) || (tag >= 64 && tag < 240);
        uint8_t value[40] = {(uint8_t)tag};
        ladle_item item;
        memcpy(value + 1, bytes, sizeof bytes);
        ladle_cursor cursor = ladle_cursor_over(value, sizeof value);
        ladle_status status = ladle_value_next(&cursor, &item);
        ck_assert_msg((status == LADLE_E_UNSUPPORTED) == !is_known, "tag %u: %s", tag,
                      ladle_status_text(status));
    }
}
END_TEST

/*
 * Each claims more than its bytes can hold.
 */
static const struct {
    const char *name;
    uint8_t bytes[16];
    size_t len;
} lies[] = {
    {"list of 2^64 - 1", {17, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 11},
    {"tuple of 5 in 4 bytes", {16, 5, 1, 1, 1, 1}, 6},
    {"dict of 2 pairs in 3 bytes", {20, 2, 1, 1, 1}, 5},
    {"dict of 2^63 pairs", {20, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 1, 1}, 13},
    {"small tuple of 3 in 2 bytes", {195, 1, 1}, 3},
    {"small list of 1 in none", {209}, 1},
    {"small dict of 1 in 1 byte", {225, 1}, 2},
    {"object of 2 fields in 3 bytes", {21, 1, 'P', 2, 129, 'x', 1}, 7},
    {"str of 2^64 - 1 bytes", {12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 11},
    {"str of 4 bytes in 3", {12, 4, 'a', 'b', 'c'}, 5},
    {"small str of 2 bytes in 1", {130, 'a'}, 2},
    {"bigint of 3 bytes in 2", {9, 3, 1, 1}, 4},
    {"scalar with a long dtype", {23, 9, '<', 'i', '4', 1, 1}, 7},
    {"array of order X", {24, 1, 'b', 'X', 0, 0}, 6},
    {"array of 65 dimensions", {24, 1, 'b', 'C', 65, 0, 0, 0}, 8},
    {"array with its extents cut", {24, 1, 'b', 'C', 3, 1, 128}, 7},
    {"extension without a value", {22, 1}, 2},
};

START_TEST(lies_about_lengths_are_refused)
{
    ladle_cursor cursor = ladle_cursor_over(lies[_i].bytes, lies[_i].len);
    ladle_status status = ladle_value_skip(&cursor, 256);
    ck_assert_msg(status == LADLE_E_CORRUPT, "%s: %s", lies[_i].name, ladle_status_text(status));
}
END_TEST

START_TEST(a_corrupt_cursor_stays_corrupt)
{
    static const uint8_t bytes[] = {16, 5, 1};
    ladle_item item;
    ladle_cursor cursor = ladle_cursor_over(bytes, sizeof bytes);
    must_give(LADLE_E_CORRUPT, ladle_value_next(&cursor, &item));
    must_give(LADLE_E_CORRUPT, ladle_value_next(&cursor, &item));
    ck_assert_ptr_eq(cursor.next, cursor.end);
}
END_TEST

START_TEST(depth_is_limited_exactly)
{
    static const uint8_t openers[][2] = {{209, 0}, {22, 7}, {193, 0}};
    for (size_t i = 0; i < COUNT_OF(openers); i++) {
        size_t opener_len = openers[i][0] == 22 ? 2 : 1;
        for (uint32_t depth = 0; depth <= 4096; depth = depth * 2 + 1) {
            ladle_buffer buffer = {0};
            for (uint32_t j = 0; j < depth; j++) {
                must(ladle_buffer_put(&buffer, openers[i], opener_len));
            }
            must(ladle_value_put_none(&buffer));
            ladle_cursor cursor = ladle_cursor_over(buffer.data, buffer.len);
            must(ladle_value_skip(&cursor, depth));
            cursor = ladle_cursor_over(buffer.data, buffer.len);
            if (depth) {
                must_give(LADLE_E_LIMIT, ladle_value_skip(&cursor, depth - 1));
            }
            ladle_buffer_free(&buffer);
        }
    }
}
END_TEST

START_TEST(a_full_buffer_keeps_no_half_item)
{
    struct records records = {0};
    records_generate(&records, 400, GEN_WILD, 300);
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor cursor = records_at(&records, i);
        ladle_item item;
        must(ladle_value_next(&cursor, &item));
        for (size_t len_max = 1; len_max < 40; len_max++) {
            ladle_buffer buffer = {.len_max = len_max};
            ladle_status status = ladle_value_put_item(&buffer, &item);
            check_that(status == LADLE_OK || (status == LADLE_E_LIMIT && buffer.len == 0),
                       "%s, %zu bytes", ladle_status_text(status), buffer.len);
            ladle_buffer_free(&buffer);
        }
    }
    records_free(&records);
}
END_TEST

/*
 * Values, and the getters that take each of them.
 */
static const char getters[] = "nbiufsytc";

static const struct {
    const char *value;
    size_t len;
    const char *taken_by;
} values[] = {
#define VALUE(bytes) bytes, sizeof(bytes) - 1
    {VALUE("\x01"), "n"},
    {VALUE("\x03"), "b"},
    {VALUE("\x41"), "iuf"},
    {VALUE("\x04\xFF"), "if"},
    {VALUE("\x07\x01\0\0\0\0\0\x20\0"), "iu"},
    {VALUE("\x08\0\0\0\0\0\0\0\x80"), "uf"},
    {VALUE("\x08\x01\0\0\0\0\0\0\x80"), "u"},
    {VALUE("\x09\x01\x01"), ""},
    {VALUE("\x0A\0\0\0\0\0\0\xF0\x3F"), "f"},
    {VALUE("\x82xy"), "s"},
    {VALUE("\x0D\x03\xED\xA0\x80"), ""},
    {VALUE("\x0E\x01x"), "y"},
    {VALUE("\x0F\x01x"), "y"},
    {VALUE("\xC2\x41\x42"), "tc"},
    {VALUE("\xC1\x41"), "c"},
    {VALUE("\xD2\x41\x42"), ""},
#undef VALUE
};

static ladle_status get(ladle_cursor *cursor, char getter)
{
    bool truth;
    int64_t integer;
    uint64_t number;
    double real;
    ladle_string string;
    return getter == 'n'   ? ladle_value_get_none(cursor)
           : getter == 'b' ? ladle_value_get_bool(cursor, &truth)
           : getter == 'i' ? ladle_value_get_int(cursor, &integer)
           : getter == 'u' ? ladle_value_get_uint(cursor, &number)
           : getter == 'f' ? ladle_value_get_float(cursor, &real)
           : getter == 's' ? ladle_value_get_str(cursor, &string)
           : getter == 'y' ? ladle_value_get_bytes(cursor, &string)
           : getter == 't' ? ladle_value_get_container(cursor, LADLE_TUPLE, 2)
                           : ladle_value_get_count(cursor, LADLE_TUPLE, &number);
}

START_TEST(getters_take_one_kind)
{
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (const char *getter = getters; *getter; getter++) {
            ladle_cursor cursor = ladle_cursor_over(values[i].value, values[i].len);
            const uint8_t *start = cursor.next;
            ladle_status status = get(&cursor, *getter);
            bool takes = strchr(values[i].taken_by, *getter) != NULL;
            check_that(status == (takes ? LADLE_OK : LADLE_E_VALUE), "%zu %c: %s", i, *getter,
                       ladle_status_text(status));
            check_that((cursor.next > start) == takes, "%zu %c: the cursor", i, *getter);
        }
    }
}
END_TEST

/*
 * The bytes stand alone, so that whatever watches memory sees who reads behind them.
 */
START_TEST(getters_refuse_what_is_cut)
{
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (size_t len = 0; len < values[i].len; len++) {
            ladle_buffer cut = {.len_max = len};
            must(ladle_buffer_put(&cut, values[i].value, len));
            for (const char *getter = getters; *getter; getter++) {
                ladle_cursor cursor = ladle_cursor_over(cut.data, len);
                ladle_status status = get(&cursor, *getter);
                check_that(status == LADLE_E_CORRUPT && cursor.next == cut.data,
                           "%zu at %zu %c: %s", i, len, *getter, ladle_status_text(status));
            }
            ladle_buffer_free(&cut);
        }
    }
}
END_TEST

START_TEST(getters_give_the_value)
{
    ladle_buffer record = {0};
    ladle_string name;
    int64_t integer;
    uint64_t number;
    double real;
    bool truth;
    ck_assert(!ladle_value_put_container(&record, LADLE_TUPLE, 5) &&
              !ladle_value_put_int(&record, -3) && !ladle_value_put_uint(&record, UINT64_MAX) &&
              !ladle_value_put_float(&record, 0.5) && !ladle_value_put_bool(&record, true) &&
              !ladle_value_put_data(&record, LADLE_STR, "name", 4));
    ladle_cursor cursor = ladle_cursor_over(record.data, record.len);
    must_give(LADLE_E_VALUE, ladle_value_get_container(&cursor, LADLE_TUPLE, 4));
    must_give(LADLE_E_VALUE, ladle_value_get_count(&cursor, LADLE_INT, &number));
    must(ladle_value_get_container(&cursor, LADLE_TUPLE, 5));
    must(ladle_value_get_int(&cursor, &integer));
    must(ladle_value_get_uint(&cursor, &number));
    must(ladle_value_get_float(&cursor, &real));
    must(ladle_value_get_bool(&cursor, &truth));
    must(ladle_value_get_str(&cursor, &name));
    ck_assert(integer == -3 && number == UINT64_MAX && real == 0.5 && truth);
    ck_assert(name.len == 4 && memcmp(name.data, "name", 4) == 0);
    must_give(LADLE_E_CORRUPT, ladle_value_get_int(&cursor, &integer));
    ladle_buffer_free(&record);
}
END_TEST

Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    tcase_add_loop_test(tcase, int_takes_the_fewest_bytes, 0, COUNT_OF(ints));
    tcase_add_test(tcase, uint_is_unsigned_above_int64_only);
    tcase_add_test(tcase, items_come_back_as_they_were_put);
    tcase_add_test(tcase, every_truncation_is_refused);
    tcase_add_loop_test(tcase, damaged_values_do_no_harm, 0, 4 * GEN_STYLE_COUNT);
    tcase_add_test(tcase, tags_of_no_kind_are_unsupported);
    tcase_add_loop_test(tcase, lies_about_lengths_are_refused, 0, COUNT_OF(lies));
    tcase_add_test(tcase, a_corrupt_cursor_stays_corrupt);
    tcase_add_test(tcase, depth_is_limited_exactly);
    tcase_add_test(tcase, a_full_buffer_keeps_no_half_item);
    tcase_add_test(tcase, getters_take_one_kind);
    tcase_add_test(tcase, getters_refuse_what_is_cut);
    tcase_add_test(tcase, getters_give_the_value);
    suite_add_tcase(suite, tcase);
    return suite;
}
