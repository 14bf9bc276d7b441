/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "fault_io.h"
#include "records.h"
#include "status.h"
#include "test.h"

static const char *const codecs[] = {"none", "zlib"};
static const unsigned threads[] = {0, 2};

/*
 * What was acknowledged of a file that was written with failing memory.
 */
struct result {
    struct records acknowledged;
    size_t safe_count; /* of them before the latest flush that went well */
    ladle_status close_status;
};

static void acknowledge(struct result *result, const ladle_cursor *record)
{
    must(ladle_buffer_put(&result->acknowledged.bytes, record->next, ladle_cursor_left(record)));
    records_end(&result->acknowledged);
}

static void must_be_ok_or_memory(ladle_status status)
{
    check_that(status == LADLE_OK || status == LADLE_E_MEMORY, "%s", ladle_status_text(status));
}

/*
 * Write a file. A call that fails for want of memory is tried once more if 'retries'.
 */
static void write_with_failures(const struct records *records, ladle_writer *writer, bool retries,
                                struct result *result)
{
    for (size_t i = 0; i < records->count; i++) {
        ladle_cursor record = records_at(records, i);
        size_t len = ladle_cursor_left(&record);
        ladle_status status = ladle_writer_append(writer, record.next, len, NULL);
        if (status == LADLE_E_MEMORY && retries) {
            status = ladle_writer_append(writer, record.next, len, NULL);
            check_that(status == LADLE_OK, "the second time: %s", ladle_status_text(status));
        }
        must_be_ok_or_memory(status);
        if (status == LADLE_OK) {
            acknowledge(result, &record);
        }
        check_that(ladle_writer_count(writer) == result->acknowledged.count, "record %zu", i);
        if (i % 40 == 39) {
            status =
                i % 80 == 79 ? ladle_writer_sync(writer, NULL) : ladle_writer_flush(writer, NULL);
            must_be_ok_or_memory(status);
            result->safe_count =
                status == LADLE_OK ? result->acknowledged.count : result->safe_count;
        }
    }
    result->close_status = ladle_writer_close(writer, NULL);
    must_be_ok_or_memory(result->close_status);
}

static void check_result(const struct result *result, const struct fault_sink *sink)
{
    if (result->close_status == LADLE_OK) {
        must_hold(sink->written.data, sink->written.len, &result->acknowledged);
        return;
    }
    struct outcome outcome =
        read_memory(sink->written.data, sink->written.len, NULL, &result->acknowledged);
    check_that(outcome.status == LADLE_E_TRUNCATED, "%s", outcome.error.text);
    check_that(outcome.count >= result->safe_count, "%" PRIu64 " of %zu records", outcome.count,
               result->safe_count);
}

/*
 * Write with the allocation 'fail_at' failing. False when there was none such.
 */
static bool write_failing_at(const struct records *records, const char *codec, uint64_t fail_at,
                             bool fails_on, unsigned thread_count)
{
    ladle_writer_options options = fixed_options();
    struct fault_alloc alloc;
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    struct result result = {.safe_count = 0};
    fault_alloc_init(&alloc);
    fault_sink_init(&sink, &fault);
    alloc.fail_at = fail_at;
    alloc.fails_on = fails_on;
    options.allocator = &alloc.allocator;
    options.codec = codec;
    options.threads = thread_count;
    options.block_len = 1024;
    options.metadata = "\xE0";
    options.metadata_len = 1;
    ladle_status status = ladle_writer_open(&writer, &sink, &options, NULL);
    must_be_ok_or_memory(status);
    if (status == LADLE_OK) {
        write_with_failures(records, writer, !fails_on, &result);
        check_result(&result, &fault);
    }
    check_that(fault.close_count == 1, "closed %u times", fault.close_count);
    fault_alloc_end(&alloc);
    ladle_buffer_free(&fault.written);
    records_free(&result.acknowledged);
    return alloc.calls > fail_at;
}

static void generate(struct records *records, int style)
{
    records_generate(records, 4000 + (uint64_t)style, style, 100);
}

START_TEST(writer_survives_failing_memory)
{
    struct records records = {0};
    generate(&records, _i % GEN_STYLE_COUNT);
    for (int mode = 0; mode < 2; mode++) {
        uint64_t fail_at = 0;
        int way = _i / GEN_STYLE_COUNT;
        while (write_failing_at(&records, codecs[way], fail_at, mode, threads[way])) {
            fail_at += test_step();
        }
        printf("check_oom: writer %d, %s, %" PRIu64 " failures\n", _i, mode ? "for good" : "once",
               fail_at);
    }
    records_free(&records);
}
END_TEST

/*
 * When memory for threads fails the writer opens all the same, and writes the same file.
 */
START_TEST(a_writer_does_without_threads)
{
    struct records records = {0};
    ladle_memory_sink expected = {0};
    ladle_writer_options options = fixed_options();
    uint64_t fail_at = 0;
    uint64_t done_without_count = 0;
    bool failed = true;
    options.codec = "zlib";
    records_generate(&records, 3, GEN_OPTIONAL, 300);
    write_file(&records, &options, &expected);
    options.threads = 2;
    for (; failed; fail_at++) {
        struct fault_alloc alloc;
        ladle_memory_sink file = {0};
        ladle_sink sink;
        ladle_writer *writer;
        fault_alloc_init(&alloc);
        alloc.fail_at = fail_at;
        options.allocator = &alloc.allocator;
        ladle_sink_from_memory(&sink, &file);
        ladle_status status = ladle_writer_open(&writer, &sink, &options, NULL);
        must_be_ok_or_memory(status);
        failed = alloc.calls > fail_at;
        alloc.fail_at = UINT64_MAX;
        if (status == LADLE_OK) {
            for (size_t i = 0; i < records.count; i++) {
                ladle_cursor record = records_at(&records, i);
                must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
            }
            must(ladle_writer_close(writer, NULL));
            ck_assert_uint_eq(file.len, expected.len);
            ck_assert_mem_eq(file.data, expected.data, file.len);
            done_without_count += failed;
        }
        fault_alloc_end(&alloc);
        ladle_memory_sink_free(&file);
    }
    ck_assert_uint_eq(done_without_count, 1);
    ladle_memory_sink_free(&expected);
    records_free(&records);
}
END_TEST

static bool read_failing_at(const ladle_memory_sink *file, const struct records *records,
                            uint64_t fail_at)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    struct fault_alloc alloc;
    struct fault_source fault;
    ladle_source source;
    fault_alloc_init(&alloc);
    fault_source_init(&source, &fault, file->data, file->len);
    alloc.fail_at = fail_at;
    options.allocator = &alloc.allocator;
    struct outcome outcome = read_source(&source, &options, records);
    bool failed = alloc.calls > fail_at;
    check_that(outcome.status == (failed ? LADLE_E_MEMORY : LADLE_END),
               "allocation %" PRIu64 ": %s", fail_at, ladle_status_text(outcome.status));
    check_that(outcome.error.status == (failed ? LADLE_E_MEMORY : LADLE_OK), "the error says %s",
               outcome.error.text);
    check_that(fault.close_count == 1, "closed %u times", fault.close_count);
    fault_alloc_end(&alloc);
    return failed;
}

START_TEST(reader_survives_failing_memory)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    uint64_t fail_at = 0;
    generate(&records, _i % GEN_STYLE_COUNT);
    options.block_len = 1024;
    options.codec = codecs[_i / GEN_STYLE_COUNT];
    options.metadata = "\xE0";
    options.metadata_len = 1;
    write_file(&records, &options, &file);
    while (read_failing_at(&file, &records, fail_at)) {
        fail_at += test_step();
    }
    printf("check_oom: reader %d, %" PRIu64 " failures\n", _i, fail_at);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(metadata_survive_failing_memory)
{
    struct records none = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    uint64_t fail_at = 0;
    options.metadata_len = 4;
    options.metadata = "\xE1\x81\x61\x01";
    write_file(&none, &options, &file);
    options.metadata = "\xE1\x81\x62\x01";
    write_file(&none, &options, &file);
    while (read_failing_at(&file, &none, fail_at)) {
        fail_at += test_step();
    }
    ck_assert_uint_gt(fail_at, 3);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * The functions for bindings: a record of each kind of node, put by hand.
 */
static ladle_status put_by_hand(ladle_writer *writer, uint64_t number)
{
    static const uint16_t columns[] = {0, 1};
    ladle_shape *shape = ladle_writer_shape(writer);
    ladle_node *dict;
    ladle_node *node;
    uint32_t list;
    ladle_cursor tagged = ladle_cursor_over("\xD1\x41", 2);
    LADLE_TRY(ladle_node_accept(shape, shape->root, LADLE_DICT, 0, &dict));
    for (uint32_t column = 0; column < 2; column++) {
        uint32_t known;
        LADLE_TRY(ladle_dict_column(shape, dict, column ? "typed" : "plain", 5, &known));
        ck_assert_uint_eq(known, column);
    }
    LADLE_TRY(ladle_dict_list(shape, dict, columns, 2, &list));
    if (number == 0) { /* it doubles each time */
        LADLE_TRY(ladle_node_grow(shape, dict));
    }
    LADLE_TRY(ladle_node_put_u8(shape, dict, (uint8_t)list));
    LADLE_TRY(ladle_node_put_tagged(shape, dict->children[0], &tagged, 8));
    LADLE_TRY(
        ladle_node_accept_typed(shape, dict->children[1], LADLE_SCALAR, "\3<f8\10", 5, 8, &node));
    LADLE_TRY(ladle_node_grow_bytes(shape, node, sizeof number));
    return ladle_node_put_items(shape, node, &number, 1);
}

/*
 * A file that is written while the allocation 'fail_at' fails.
 */
struct target {
    struct fault_alloc alloc;
    ladle_memory_sink file;
    ladle_writer *writer;
};

static void begin_failing(struct target *target, uint64_t fail_at)
{
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    target->file = (ladle_memory_sink){0};
    fault_alloc_init(&target->alloc);
    options.allocator = &target->alloc.allocator;
    options.block_len = 1024;
    ladle_sink_from_memory(&sink, &target->file);
    must(ladle_writer_open(&target->writer, &sink, &options, NULL));
    target->alloc.fail_at = target->alloc.calls + fail_at;
}

/*
 * Whether it did fail. The file must hold 'count' records.
 */
static bool end_failing(struct target *target, uint64_t count)
{
    bool failed = target->alloc.calls > target->alloc.fail_at;
    target->alloc.fail_at = UINT64_MAX;
    must(ladle_writer_close(target->writer, NULL));
    struct outcome outcome = read_memory(target->file.data, target->file.len, NULL, NULL);
    must_give(LADLE_END, outcome.status);
    ck_assert_uint_eq(outcome.count, count);
    fault_alloc_end(&target->alloc);
    ladle_memory_sink_free(&target->file);
    return failed;
}

/*
 * Add records with the allocation 'fail_at' failing; that one once more when it did.
 */
static bool by_hand_failing_at(uint64_t fail_at)
{
    enum { COUNT = 100 };
    struct target target;
    begin_failing(&target, fail_at);
    while (ladle_writer_count(target.writer) < COUNT) {
        ladle_status status = put_by_hand(target.writer, ladle_writer_count(target.writer));
        if (status == LADLE_OK) {
            status = ladle_writer_commit(target.writer, NULL);
        } else {
            ladle_writer_rollback(target.writer);
        }
        must_be_ok_or_memory(status);
    }
    return end_failing(&target, COUNT);
}

START_TEST(nodes_survive_failing_memory)
{
    uint64_t fail_at = 0;
    while (by_hand_failing_at(fail_at)) {
        fail_at += test_step();
    }
    ck_assert_uint_gt(fail_at, 20);
    printf("check_oom: nodes, %" PRIu64 " failures\n", fail_at);
}
END_TEST

static bool items_failing_at(const double *items, size_t count, uint64_t fail_at)
{
    struct target target;
    begin_failing(&target, fail_at);
    size_t done = 0;
    while (done < count) {
        ladle_status status = ladle_writer_append_items(target.writer, LADLE_SCALAR, "\3<f8\10", 5,
                                                        8, items + done, count - done, NULL);
        must_be_ok_or_memory(status);
        done = (size_t)ladle_writer_count(target.writer);
    }
    return end_failing(&target, count);
}

START_TEST(items_survive_failing_memory)
{
    static double items[500];
    uint64_t fail_at = 0;
    while (items_failing_at(items, COUNT_OF(items), fail_at)) {
        fail_at += test_step();
    }
    ck_assert_uint_gt(fail_at, 3);
}
END_TEST

/*
 * Values and columns that a caller has put into a buffer of his own.
 */
START_TEST(buffers_survive_failing_memory)
{
    struct fault_alloc alloc;
    ladle_buffer buffer = {.allocator = &alloc.allocator};
    ladle_cursor cursor = ladle_cursor_over("\x8Aladle says", 11);
    ladle_item item;
    ladle_view column = {.kind = LADLE_INT, .count = 1};
    const void *values;
    must(ladle_value_next(&cursor, &item));
    fault_alloc_init(&alloc);
    alloc.fail_at = 0;
    alloc.fails_on = true;
    must_give(LADLE_E_MEMORY, ladle_value_put_item(&buffer, &item));
    must_give(LADLE_E_MEMORY, ladle_value_put_int(&buffer, 5));
    must_give(LADLE_E_MEMORY, ladle_value_put_uint(&buffer, 5));
    must_give(LADLE_E_MEMORY, ladle_value_put_container(&buffer, LADLE_LIST, 5));
    must_give(LADLE_E_MEMORY, ladle_value_put_data(&buffer, LADLE_BYTES, "x", 1));
    must_give(LADLE_E_MEMORY,
              ladle_column_get(&column, LADLE_FIELD_INT8, NULL, &buffer, &values, NULL));
    ck_assert_uint_eq(buffer.len, 0);
    alloc.fail_at = UINT64_MAX;
    alloc.fails_on = false;
    must(ladle_value_put_item(&buffer, &item));
    must(ladle_column_get(&column, LADLE_FIELD_INT8, NULL, &buffer, &values, NULL));
    ck_assert_int_eq(*(const int8_t *)values, 0);
    ladle_buffer_free(&buffer);
    fault_alloc_end(&alloc);
}
END_TEST

Suite *oom_suite(void)
{
    Suite *suite = suite_create("oom");
    TCase *tcase = tcase_create("oom");
    int ways = (int)COUNT_OF(codecs) * GEN_STYLE_COUNT;
    tcase_add_loop_test(tcase, writer_survives_failing_memory, 0, ways);
    tcase_add_test(tcase, a_writer_does_without_threads);
    tcase_add_loop_test(tcase, reader_survives_failing_memory, 0, ways);
    tcase_add_test(tcase, nodes_survive_failing_memory);
    tcase_add_test(tcase, items_survive_failing_memory);
    tcase_add_test(tcase, buffers_survive_failing_memory);
    tcase_add_test(tcase, metadata_survive_failing_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
