/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit.h"
#include "records.h"
#include "test.h"

static ladle_writer *open_writer(ladle_memory_sink *file, const ladle_limits *limits)
{
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    ladle_writer *writer;
    options.limits = limits;
    options.block_len = 1024;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    return writer;
}

static void put_nested(ladle_buffer *to, uint64_t depth)
{
    for (uint64_t i = 0; i < depth; i++) {
        must(ladle_value_put_container(to, i % 2 ? LADLE_LIST : LADLE_TUPLE, 1));
    }
    must(ladle_value_put_none(to));
}

static void put_items(ladle_buffer *to, uint64_t count)
{
    must(ladle_value_put_container(to, LADLE_LIST, count));
    for (uint64_t i = 0; i < count; i++) {
        must(ladle_value_put_none(to));
    }
}

/*
 * A record that takes 'len' bytes in its columns: a length of 4 bytes, and the rest.
 */
static void put_bytes(ladle_buffer *to, uint64_t len)
{
    must(ladle_value_put_head(to, LADLE_BYTES, len - 4));
    must(ladle_buffer_reserve(to, len - 4));
    memset(to->data + to->len, 'x', len - 4);
    to->len += len - 4;
}

static const struct {
    const char *name;
    ladle_limits limits;
    uint64_t value;
    void (*put)(ladle_buffer *to, uint64_t size);
} cases[] = {
    {"max_depth", {.struct_size = sizeof(ladle_limits), .max_depth = 5}, 5, put_nested},
    {"max_depth", {.struct_size = sizeof(ladle_limits), .max_depth = 1}, 1, put_nested},
    {"max_depth", {.struct_size = sizeof(ladle_limits), .max_depth = 64}, 64, put_nested},
    {"max_depth", {.struct_size = sizeof(ladle_limits), .max_depth = 200}, 200, put_nested},
    {"max_depth", {.struct_size = sizeof(ladle_limits), .max_depth = 0}, 256, put_nested},
    {"max_items", {.struct_size = sizeof(ladle_limits), .max_items = 100}, 100, put_items},
    {"max_items", {.struct_size = sizeof(ladle_limits), .max_items = 100000}, 100000, put_items},
    {"max_record", {.struct_size = sizeof(ladle_limits), .max_record = 1000}, 1000, put_bytes},
    {"max_record", {.struct_size = sizeof(ladle_limits), .max_record = 100000}, 100000, put_bytes},
    {"max_record",
     {.struct_size = sizeof(ladle_limits), .max_record = 5000000},
     5000000,
     put_bytes},
};

/*
 * The error names the limit, what it is, and what it would have to be.
 */
static void check_error(const ladle_error *error, int index, uint64_t needed)
{
    ck_assert_msg(error->status == LADLE_E_LIMIT && error->limit, "%s: %s", cases[index].name,
                  error->text);
    ck_assert_str_eq(error->limit, cases[index].name);
    ck_assert_uint_eq(error->limit_value, cases[index].value);
    ck_assert_msg(error->needed == needed, "%s: %" PRIu64 ", not %" PRIu64, cases[index].name,
                  error->needed, needed);
}

START_TEST(writer_keeps_limits_exactly)
{
    struct records records = {0};
    ladle_buffer larger = {0};
    ladle_memory_sink file = {0};
    ladle_error error = {.text = ""};
    uint64_t limit = cases[_i].value;
    cases[_i].put(&records.bytes, limit);
    records_end(&records);
    cases[_i].put(&records.bytes, limit);
    records_end(&records);
    cases[_i].put(&larger, limit + 1);
    ladle_writer *writer = open_writer(&file, &cases[_i].limits);
    for (size_t i = 0; i < 2; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), &error));
        must_give(LADLE_E_LIMIT, ladle_writer_append(writer, larger.data, larger.len, &error));
        check_error(&error, _i, limit + 1);
        ck_assert_uint_eq(error.record, i + 1);
        ck_assert_uint_eq(ladle_writer_count(writer), i + 1);
    }
    must(ladle_writer_close(writer, &error));
    must_hold(file.data, file.len, &records);
    ladle_memory_sink_free(&file);
    ladle_buffer_free(&larger);
    records_free(&records);
}
END_TEST

/*
 * Depth and items of what is read; what a reader takes for a record is bounded by its block.
 */
START_TEST(reader_keeps_limits_exactly)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    const ladle_limits generous = {.struct_size = sizeof(ladle_limits), .max_depth = 4096};
    uint64_t limit = cases[_i].value;
    cases[_i].put(&records.bytes, limit);
    records_end(&records);
    cases[_i].put(&records.bytes, limit + 1);
    records_end(&records);
    ladle_writer *writer = open_writer(&file, &generous);
    for (size_t i = 0; i < 2; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_close(writer, NULL));
    options.limits = &cases[_i].limits;
    struct outcome outcome = read_memory(file.data, file.len, &options, &records);
    ck_assert_msg(outcome.status == LADLE_E_LIMIT && outcome.count == 1, "%s, %" PRIu64 ": %s",
                  cases[_i].name, outcome.count, ladle_status_text(outcome.status));
    check_error(&outcome.error, _i, limit + 1);
    ck_assert_uint_eq(outcome.error.record, 1);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(limits_have_limits)
{
    static const struct {
        ladle_limits limits;
        ladle_status status;
    } ranges[] = {
        {{.struct_size = sizeof(ladle_limits), .max_depth = 4096}, LADLE_OK},
        {{.struct_size = sizeof(ladle_limits), .max_depth = 4097}, LADLE_E_ARGUMENT},
        {{.struct_size = sizeof(ladle_limits), .max_record = (uint64_t)2047 << 20}, LADLE_OK},
        {{.struct_size = sizeof(ladle_limits), .max_record = ((uint64_t)2047 << 20) + 1},
         LADLE_E_ARGUMENT}};
    ladle_limits resolved;
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        must_give(ranges[i].status, ladle_limits_resolve(&ranges[i].limits, &resolved, NULL));
    }
    must(ladle_limits_resolve(NULL, &resolved, NULL));
    ck_assert_uint_eq(resolved.max_depth, 256);
    ck_assert_uint_eq(resolved.max_record, 256 << 20);
    ck_assert_uint_eq(resolved.max_items, 16 << 20);
    ck_assert_uint_eq(resolved.max_memory, 1 << 30);
}
END_TEST

/*
 * Options of a writer out of their ranges.
 */
START_TEST(options_have_limits)
{
    static const struct {
        const char *codec;
        int level;
        size_t block_len;
        ladle_status status;
    } options_of[] = {{"none", 0, 1023, LADLE_E_ARGUMENT},
                      {"none", 0, 1024, LADLE_OK},
                      {"none", 0, (32 << 20) + 1, LADLE_E_ARGUMENT},
                      {"none", 0, 32 << 20, LADLE_OK},
                      {"zlib", 1000, 0, LADLE_E_ARGUMENT},
                      {"zlib", -1000, 0, LADLE_E_ARGUMENT},
                      {"gzip", 0, 0, LADLE_E_UNSUPPORTED}};
    for (size_t i = 0; i < COUNT_OF(options_of); i++) {
        ladle_writer_options options = fixed_options();
        ladle_memory_sink file = {0};
        ladle_sink sink;
        ladle_writer *writer;
        ladle_error error = {.status = LADLE_OK};
        ladle_sink_from_memory(&sink, &file);
        options.codec = options_of[i].codec;
        options.level = options_of[i].level;
        options.block_len = options_of[i].block_len;
        must_give(options_of[i].status, ladle_writer_open(&writer, &sink, &options, &error));
        ck_assert_int_eq(error.status, options_of[i].status);
        must(ladle_writer_close(writer, NULL));
        ladle_memory_sink_free(&file);
    }
}
END_TEST

Suite *limit_suite(void)
{
    Suite *suite = suite_create("limit");
    TCase *tcase = tcase_create("limit");
    tcase_add_loop_test(tcase, writer_keeps_limits_exactly, 0, COUNT_OF(cases));
    tcase_add_loop_test(tcase, reader_keeps_limits_exactly, 0, COUNT_OF(cases) - 3);
    tcase_add_test(tcase, limits_have_limits);
    tcase_add_test(tcase, options_have_limits);
    suite_add_tcase(suite, tcase);
    return suite;
}
