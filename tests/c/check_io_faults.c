/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_io.h"
#include "frame.h"
#include "records.h"
#include "test.h"

#include <errno.h>

static void generate(struct records *records, int index)
{
    records_generate(records, 5000 + (uint64_t)index, index % GEN_STYLE_COUNT, 60);
}

static ladle_writer_options small_blocks(unsigned threads)
{
    ladle_writer_options options = fixed_options();
    options.block_len = 1024;
    options.codec = threads ? "zlib" : "none";
    options.threads = threads;
    return options;
}

/*
 * Append and flush until an error.
 */
static ladle_status write_until_error(const struct records *records, ladle_writer *writer,
                                      ladle_error *error)
{
    ladle_status status = LADLE_OK;
    for (size_t i = 0; i < records->count && status == LADLE_OK; i++) {
        ladle_cursor record = records_at(records, i);
        status = ladle_writer_append(writer, record.next, ladle_cursor_left(&record), error);
        if (status == LADLE_OK && i % 25 == 24) {
            status =
                i % 50 == 49 ? ladle_writer_sync(writer, error) : ladle_writer_flush(writer, error);
        }
    }
    return status;
}

/*
 * The error says how many records are in the file; the writer does nothing any more.
 */
static void check_dead_writer(const struct records *records, ladle_writer *writer,
                              const struct fault_sink *fault, const ladle_error *first)
{
    ladle_error error;
    ladle_cursor record = records_at(records, 0);
    size_t len = ladle_cursor_left(&record);
    check_that(first->os_errno == ENOSPC, "%s", first->text);
    check_that(first->record == ladle_writer_written_count(writer), "record %" PRIu64,
               first->record);
    must_give(LADLE_E_STATE, ladle_writer_append(writer, record.next, len, &error));
    must_give(LADLE_E_STATE, ladle_writer_flush(writer, &error));
    must_give(LADLE_E_STATE, ladle_writer_sync(writer, &error));
    check_that(ladle_writer_written_count(writer) == first->record, "%s", error.text);
    must_give(LADLE_E_STATE, ladle_writer_close(writer, &error));
    check_that(error.record == first->record, "record %" PRIu64 ", %s", error.record, error.text);
    check_that(fault->failure_count == 1, "%u failures", fault->failure_count);
}

static void check_written(const struct records *records, const struct fault_sink *fault,
                          uint64_t count)
{
    struct outcome outcome = read_memory(fault->written.data, fault->written.len, NULL, records);
    check_that(outcome.status == LADLE_E_TRUNCATED, "%s", ladle_status_text(outcome.status));
    check_that(outcome.count == count, "%" PRIu64 " records, not %" PRIu64, outcome.count, count);
    check_that(fault->close_count == 1, "closed %u times", fault->close_count);
}

/*
 * Write to a sink with room for 'room' bytes. False when that was enough.
 */
static bool write_to_full_disk(const struct records *records, size_t room, unsigned threads,
                               bool in_pieces)
{
    ladle_writer_options options = small_blocks(threads);
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.record = 0};
    fault_sink_init(&sink, &fault);
    fault.fail_at = room;
    if (in_pieces) {
        fault_sink_in_pieces(&sink);
    }
    ladle_status status = ladle_writer_open(&writer, &sink, &options, &error);
    if (status == LADLE_OK) {
        status = write_until_error(records, writer, &error);
        if (status == LADLE_OK) {
            status = ladle_writer_close(writer, &error);
        } else {
            check_dead_writer(records, writer, &fault, &error);
        }
    }
    if (status != LADLE_OK) {
        must_give(LADLE_E_IO, status);
        check_that(error.os_errno == ENOSPC, "%s", error.text);
        check_written(records, &fault, error.record);
    } else {
        must_hold(fault.written.data, fault.written.len, records);
    }
    ladle_buffer_free(&fault.written);
    return status != LADLE_OK;
}

START_TEST(a_full_disk_is_reported_at_every_byte)
{
    struct records records = {0};
    size_t room = 0;
    generate(&records, _i);
    while (write_to_full_disk(&records, room, 0, false)) {
        room += test_step();
    }
    ck_assert_uint_gt(room, LADLE_HEADER_LEN);
    printf("check_io_faults: sink %d, %zu places\n", _i, room);
    for (room = 0; write_to_full_disk(&records, room, 1 + room % 3, false);) {
        room += 41 * test_step();
    }
    ck_assert_uint_gt(room, LADLE_HEADER_LEN);
    records_free(&records);
}
END_TEST

/*
 * Blocks with arrays that are written from where they are.
 */
START_TEST(a_full_disk_is_reported_in_each_piece)
{
    static char text[30000];
    struct records records = {0};
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < 6; i++) {
        must(ladle_value_put_container(&records.bytes, LADLE_TUPLE, 3));
        must(ladle_value_put_data(&records.bytes, LADLE_STR, text, 8191 + i));
        must(ladle_value_put_uint(&records.bytes, i));
        must(ladle_value_put_data(&records.bytes, LADLE_BYTES, text, sizeof text - i));
        records_end(&records);
    }
    size_t room = 0;
    while (write_to_full_disk(&records, room, 0, _i)) {
        room += 97 * test_step();
    }
    check_that(room > 6 * sizeof text, "%zu bytes", room);
    records_free(&records);
}
END_TEST

/*
 * Sinks whose flush, sync or close fails.
 */
START_TEST(flush_sync_and_close_are_reported)
{
    int which = _i % 3;
    struct records records = {0};
    ladle_writer_options options = small_blocks((unsigned)_i / 3);
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.record = 0};
    generate(&records, 0);
    fault_sink_init(&sink, &fault);
    fault.fails_flush = which == 0;
    fault.fails_sync = which == 1;
    fault.fails_close = which == 2;
    must(ladle_writer_open(&writer, &sink, &options, &error));
    ladle_status status = write_until_error(&records, writer, &error);
    ck_assert_int_eq(status, which == 2 ? LADLE_OK : LADLE_E_IO);
    if (which == 2) {
        must_give(LADLE_E_IO, ladle_writer_close(writer, &error));
        ck_assert_uint_eq(error.record, records.count);
        must_hold(fault.written.data, fault.written.len, &records);
    } else {
        /* What a sync could not write may be lost, though it can still be read. */
        ck_assert_uint_eq(error.record, which == 0 ? 25 : 0);
        check_dead_writer(&records, writer, &fault, &error);
        check_written(&records, &fault, which == 0 ? 25 : 50);
    }
    ck_assert_int_eq(error.os_errno, ENOSPC);
    ck_assert_uint_eq(fault.close_count, 1);
    ladle_buffer_free(&fault.written);
    records_free(&records);
}
END_TEST

START_TEST(a_failing_source_is_reported_at_every_byte)
{
    struct records records = {0};
    ladle_writer_options options = small_blocks(0);
    ladle_memory_sink file = {0};
    uint64_t count_before = 0;
    generate(&records, _i);
    write_file(&records, &options, &file);
    for (size_t place = 0; place <= file.len; place += test_step()) {
        struct fault_source fault;
        ladle_source source;
        fault_source_init(&source, &fault, file.data, file.len);
        fault.fail_at = place;
        fault.chunk_len = place % 100;
        struct outcome outcome = read_source(&source, NULL, &records);
        check_that(outcome.status == LADLE_E_IO && outcome.error.os_errno == EIO, "byte %zu: %s",
                   place, ladle_status_text(outcome.status));
        check_that(outcome.error.offset == place, "byte %zu: %s", place, outcome.error.text);
        check_that(outcome.is_open == (place >= LADLE_HEADER_LEN), "byte %zu", place);
        check_that(fault.failure_count == 1 && fault.close_count == 1, "byte %zu", place);
        check_that(outcome.count >= count_before, "byte %zu", place);
        count_before = outcome.count;
    }
    ck_assert_uint_eq(count_before, records.count);
    printf("check_io_faults: source %d, %zu places\n", _i, file.len + 1);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const struct {
        const char *text;
        ladle_status status;
    } others[] = {{"", LADLE_E_TRUNCATED},
                  {"\x89LDL", LADLE_E_TRUNCATED},
                  {"\x80\x04\x95\x10 a pickle", LADLE_E_FORMAT},
                  {"{\"json\": true}", LADLE_E_FORMAT}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct fault_source fault;
        ladle_source source;
        fault_source_init(&source, &fault, others[i].text, strlen(others[i].text));
        struct outcome outcome = read_source(&source, NULL, NULL);
        ck_assert_int_eq(outcome.status, others[i].status);
        ck_assert_int_eq(outcome.error.status, others[i].status);
        ck_assert(!outcome.is_open && fault.close_count == 1);
    }
}
END_TEST

START_TEST(paths_that_do_not_open)
{
    ladle_source source;
    ladle_sink sink;
    ladle_error error;
    must_give(LADLE_E_IO, ladle_source_open(&source, "/no/such/file", &error));
    ck_assert_int_eq(error.os_errno, ENOENT);
    must_give(LADLE_E_IO, ladle_sink_open(&sink, "/no/such/file", false, &error));
    ck_assert_int_eq(error.os_errno, ENOENT);
    must_give(LADLE_E_IO, ladle_sink_open(&sink, "/dev/null", true, &error));
    ck_assert_int_eq(error.os_errno, EEXIST);
}
END_TEST

START_TEST(a_full_device_is_reported)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error;
    must(ladle_sink_open(&sink, "/dev/full", false, &error));
    must_give(LADLE_E_IO, ladle_writer_open(&writer, &sink, NULL, &error));
    ck_assert_int_eq(error.os_errno, ENOSPC);
    ck_assert_ptr_null(writer);
}
END_TEST

Suite *io_faults_suite(void)
{
    Suite *suite = suite_create("io_faults");
    TCase *tcase = tcase_create("io_faults");
    tcase_add_loop_test(tcase, a_full_disk_is_reported_at_every_byte, 0, GEN_STYLE_COUNT);
    tcase_add_loop_test(tcase, a_full_disk_is_reported_in_each_piece, 0, 2);
    tcase_add_loop_test(tcase, flush_sync_and_close_are_reported, 0, 6);
    tcase_add_loop_test(tcase, a_failing_source_is_reported_at_every_byte, 0, GEN_STYLE_COUNT);
    tcase_add_test(tcase, other_files_are_refused);
    tcase_add_test(tcase, paths_that_do_not_open);
    tcase_add_test(tcase, a_full_device_is_reported);
    suite_add_tcase(suite, tcase);
    return suite;
}
