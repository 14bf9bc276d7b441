/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "fault_io.h"
#include "records.h"
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
            fail_at++;
        }
        printf("check_oom: writer %d, %s, %" PRIu64 " failures\n", _i, mode ? "for good" : "once",
               fail_at);
    }
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
        fail_at++;
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
        fail_at++;
    }
    ck_assert_uint_gt(fail_at, 3);
    ladle_memory_sink_free(&file);
}
END_TEST

Suite *oom_suite(void)
{
    Suite *suite = suite_create("oom");
    TCase *tcase = tcase_create("oom");
    int ways = (int)COUNT_OF(codecs) * GEN_STYLE_COUNT;
    tcase_add_loop_test(tcase, writer_survives_failing_memory, 0, ways);
    tcase_add_loop_test(tcase, reader_survives_failing_memory, 0, ways);
    tcase_add_test(tcase, metadata_survive_failing_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
