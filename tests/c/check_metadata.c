/* SPDX-License-Identifier: BSD-2-Clause */
#include "metadata.h"
#include "records.h"
#include "test.h"

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    bool is_valid;
} metadata[] = {
    {"no pair", "\xE0", 1, true},
    {"one pair", "\xE1\x81\x61\x05\x07\x00\x00\x00\x00\x00\x00\x00", 4, false},
    {"a: None", "\xE1\x81\x61\x01", 4, true},
    {"long form", "\x14\x01\x0C\x01\x61\x01", 6, true},
    {"something behind", "\xE1\x81\x61\x01\x01", 5, false},
    {"int key", "\xE1\x41\x01", 3, false},
    {"a list", "\xD0", 1, false},
    {"a pair too few", "\xE2\x81\x61\x01", 4, false},
    {"nothing", "", 0, false},
    {"bad value", "\xE1\x81\x61\x3F", 4, false},
};

START_TEST(metadata_are_a_dict_with_str_keys)
{
    ck_assert_msg(ladle_metadata_is_valid(metadata[_i].bytes, metadata[_i].len, 256) ==
                      metadata[_i].is_valid,
                  "%s", metadata[_i].name);
}
END_TEST

/*
 * Append a dict of keys, a letter each, with the value 'value' for all of them.
 */
static void put_dict(ladle_buffer *to, const char *keys, int64_t value)
{
    must(ladle_value_put_container(to, LADLE_DICT, strlen(keys)));
    for (; *keys; keys++) {
        must(ladle_value_put_data(to, LADLE_STR, keys, 1));
        must(ladle_value_put_int(to, value));
    }
}

START_TEST(later_metadata_win_key_by_key)
{
    ladle_buffer one = {0};
    ladle_buffer two = {0};
    ladle_buffer merged = {0};
    put_dict(&one, "abc", 1);
    put_dict(&two, "cdb", 2);
    must(ladle_metadata_merge(&merged, one.data, one.len, 256));
    must(ladle_metadata_merge(&merged, two.data, two.len, 256));
    ladle_cursor cursor = ladle_cursor_over(merged.data, merged.len);
    ladle_item item;
    must(ladle_value_next(&cursor, &item));
    ck_assert_uint_eq(item.count, 4);
    for (const char *key = "a1c2d2b2"; *key; key += 2) {
        must(ladle_value_next(&cursor, &item));
        ck_assert_int_eq(item.data[0], key[0]);
        must(ladle_value_next(&cursor, &item));
        ck_assert_int_eq((int)item.integer, key[1] - '0');
    }
    must_give(LADLE_E_CORRUPT, ladle_metadata_merge(&merged, one.data, one.len - 1, 256));
    ck_assert_uint_eq(ladle_cursor_left(&cursor), 0);
    ladle_buffer_free(&one);
    ladle_buffer_free(&two);
    ladle_buffer_free(&merged);
}
END_TEST

/*
 * A file of the metadata {keys: value} and no records.
 */
static void write_with(ladle_memory_sink *file, const char *keys, int64_t value)
{
    ladle_writer_options options = fixed_options();
    ladle_buffer dict = {0};
    put_dict(&dict, keys, value);
    options.metadata = dict.data;
    options.metadata_len = dict.len;
    write_file(&(struct records){.count = 0}, &options, file);
    ladle_buffer_free(&dict);
}

START_TEST(metadata_are_there_when_the_file_is_open)
{
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_reader *reader;
    ladle_cursor value;
    size_t len;
    write_with(&file, "abc", 1);
    write_with(&file, "cd", 2);
    memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    ladle_buffer expected = {0};
    put_dict(&expected, "abc", 1);
    const void *found = ladle_reader_metadata(reader, &len);
    ck_assert_uint_eq(len, expected.len);
    ck_assert_mem_eq(found, expected.data, len);
    must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
    ladle_item item;
    found = ladle_reader_metadata(reader, &len);
    ladle_cursor cursor = ladle_cursor_over(found, len);
    must(ladle_value_next(&cursor, &item));
    ck_assert_uint_eq(item.count, 4);
    ladle_reader_close(reader);
    ladle_buffer_free(&expected);
    ladle_memory_sink_free(&file);
}
END_TEST

START_TEST(a_file_may_have_none)
{
    struct records none = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_reader *reader;
    size_t len = 1;
    write_file(&none, NULL, &file);
    memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    ladle_reader_metadata(reader, &len);
    ck_assert_uint_eq(len, 0);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

START_TEST(bad_metadata_are_the_callers_mistake)
{
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, &file);
    options.metadata = "\xE1\x41\x01";
    options.metadata_len = 3;
    must_give(LADLE_E_ARGUMENT, ladle_writer_open(&writer, &sink, &options, NULL));
    ck_assert_ptr_null(writer);
    ck_assert_uint_eq(file.len, 0);
}
END_TEST

Suite *metadata_suite(void)
{
    Suite *suite = suite_create("metadata");
    TCase *tcase = tcase_create("metadata");
    tcase_add_loop_test(tcase, metadata_are_a_dict_with_str_keys, 0, COUNT_OF(metadata));
    tcase_add_test(tcase, later_metadata_win_key_by_key);
    tcase_add_test(tcase, metadata_are_there_when_the_file_is_open);
    tcase_add_test(tcase, a_file_may_have_none);
    tcase_add_test(tcase, bad_metadata_are_the_callers_mistake);
    suite_add_tcase(suite, tcase);
    return suite;
}
