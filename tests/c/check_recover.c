/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "fault_io.h"
#include "frame.h"
#include "records.h"
#include "segments.h"
#include "test.h"

#include <stdlib.h>

/*
 * What was reported as lost.
 */
struct losses {
    ladle_buffer is_lost; /* u8 for each record */
    uint64_t count;
    bool has_unknown;
    uint64_t progress_count;
    uint64_t stop_at; /* progress says stop when it is called so often; 0: never */
};

static void note_loss(void *ctx, const ladle_loss *loss)
{
    struct losses *losses = ctx;
    losses->has_unknown = losses->has_unknown || loss->count == LADLE_UNKNOWN;
    check_that(loss->why && loss->why[0], "a loss without a reason");
    for (uint64_t i = 0; loss->count != LADLE_UNKNOWN && i < loss->count; i++) {
        uint64_t number = loss->first_record + i;
        check_that(number < losses->is_lost.len && !losses->is_lost.data[number],
                   "record %" PRIu64 " is lost twice, or not there", number);
        losses->is_lost.data[number] = 1;
        losses->count++;
    }
}

static bool note_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct losses *losses = ctx;
    check_that(total == LADLE_UNKNOWN || done <= total, "%" PRIu64 " of %" PRIu64, done, total);
    return ++losses->progress_count != losses->stop_at;
}

static ladle_recover_options options_for(struct losses *losses, const struct records *records)
{
    ladle_recover_options options = LADLE_RECOVER_OPTIONS_INIT;
    *losses = (struct losses){.count = 0};
    must(ladle_buffer_reserve(&losses->is_lost, records->count + 1));
    if (losses->is_lost.data) {
        memset(losses->is_lost.data, 0, records->count);
    }
    losses->is_lost.len = records->count;
    options.progress = note_progress;
    options.lost = note_loss;
    options.ctx = losses;
    return options;
}

static ladle_source source_of(ladle_memory_source *memory, const void *data, size_t len,
                              bool in_order)
{
    ladle_source source;
    *memory = (ladle_memory_source){.data = data, .len = len};
    ladle_source_from_memory(&source, memory);
    if (in_order) {
        ladle_source_from_pieces(&source, memory);
    }
    return source;
}

/*
 * The repaired file holds the records that were not lost, and is whole.
 */
static void check_repaired(const ladle_memory_sink *repaired, const struct losses *losses,
                           uint64_t count, const struct records *records)
{
    ladle_memory_source memory;
    ladle_source source = source_of(&memory, repaired->data, repaired->len, false);
    ladle_reader *reader;
    ladle_cursor value;
    uint64_t read_count = 0;
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    for (uint64_t i = 0; i < records->count && read_count < count; i++) {
        if (losses->is_lost.data[i]) {
            continue;
        }
        must(ladle_reader_next(reader, &value, NULL));
        check_that(values_equal(value, records_at(records, i)), "record %" PRIu64, i);
        read_count++;
    }
    check_that(read_count == count, "%" PRIu64 " records, not %" PRIu64, read_count, count);
    must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
    uint64_t index_count;
    must(ladle_reader_count(reader, &index_count, NULL));
    ck_assert_uint_eq(index_count, count);
    ladle_reader_close(reader);
}

static void check_damaged(const void *data, size_t len, const struct records *records,
                          const char *what, size_t place)
{
    bool in_order = place % 2;
    struct losses losses;
    struct losses verified;
    ladle_memory_source memory;
    ladle_memory_sink repaired = {0};
    ladle_sink sink;
    ladle_recover_report report = {.struct_size = sizeof(ladle_recover_report)};
    ladle_recover_report verify_report = {.struct_size = sizeof(ladle_recover_report)};
    ladle_recover_options options = options_for(&losses, records);
    ladle_source source = source_of(&memory, data, len, in_order);
    ladle_sink_from_memory(&sink, &repaired);
    ladle_error error;
    ladle_status status = ladle_repair(&source, &sink, &options, &report, &error);
    check_that(status == LADLE_OK, "%s %zu: %s", what, place, error.text);
    check_that(report.lost_count == losses.count || losses.has_unknown, "%s %zu", what, place);
    check_repaired(&repaired, &losses, report.record_count, records);
    options = options_for(&verified, records);
    source = source_of(&memory, data, len, !in_order);
    status = ladle_verify(&source, &options, &verify_report, NULL);
    if (status != LADLE_E_FORMAT && place >= LADLE_HEADER_LEN) {
        check_that(status == LADLE_OK || status == LADLE_E_CORRUPT || status == LADLE_E_TRUNCATED,
                   "%s %zu: %s", what, place, ladle_status_text(status));
        check_that(verify_report.record_count == report.record_count &&
                       verify_report.lost_count == report.lost_count &&
                       verify_report.tail_len == report.tail_len,
                   "%s %zu: verify and repair differ", what, place);
        check_that((status == LADLE_OK) == (report.is_complete && report.loss_count == 0), "%s %zu",
                   what, place);
    }
    ladle_buffer_free(&losses.is_lost);
    ladle_buffer_free(&verified.is_lost);
    ladle_memory_sink_free(&repaired);
}

START_TEST(flipped_bits_are_repaired)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    size_t tries = 0;
    write_segments(_i, &records, &file);
    uint8_t *bytes = file.data;
    check_damaged(bytes, file.len, &records, "whole", file.len);
    for (size_t bit = 0; bit < 8 * file.len; bit += (3 + bit % 11) * test_step(), tries++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        check_damaged(bytes, file.len, &records, "byte", bit / 8);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    printf("check_recover: file %d, %zu flipped bits\n", _i, tries);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(cut_files_are_repaired)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    for (size_t len = LADLE_HEADER_LEN; len < file.len; len += (1 + len % 5) * test_step()) {
        check_damaged(file.data, len, &records, "cut at", len);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Join files and read the result.
 */
START_TEST(files_are_joined)
{
    struct records records = {0};
    ladle_memory_sink files[3] = {{0}};
    ladle_memory_sink joined = {0};
    ladle_memory_source memories[3];
    ladle_source sources[3];
    ladle_sink sink;
    size_t failed;
    for (size_t i = 0; i < 3; i++) {
        struct records one = {0};
        write_segments((_i + (int)i) % SEGMENT_FILE_COUNT, &one, &files[i]);
        for (size_t j = 0; j < one.count; j++) {
            ladle_cursor record = records_at(&one, j);
            must(ladle_buffer_put(&records.bytes, record.next, ladle_cursor_left(&record)));
            records_end(&records);
        }
        records_free(&one);
        sources[i] = source_of(&memories[i], files[i].data, files[i].len, i == 1);
    }
    ladle_sink_from_memory(&sink, &joined);
    must(ladle_concat(sources, 3, &sink, NULL, &failed, NULL));
    ck_assert_uint_eq(failed, 3);
    ck_assert_uint_eq(joined.len, files[0].len + files[1].len + files[2].len);
    must_hold(joined.data, joined.len, &records);
    ladle_memory_sink_free(&joined);
    /* One that is not whole is told. */
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            sources[j] = source_of(&memories[j], files[j].data, files[j].len - (i == j), j == 1);
        }
        ladle_sink_from_memory(&sink, &joined);
        must_give(LADLE_E_TRUNCATED, ladle_concat(sources, 3, &sink, NULL, &failed, NULL));
        ck_assert_uint_eq(failed, i);
        ladle_memory_sink_free(&joined);
    }
    /* A failed write is about none of them. */
    struct fault_sink fault;
    fault_sink_init(&sink, &fault);
    fault.fail_at = files[0].len + 1;
    sources[0] = source_of(&memories[0], files[0].data, files[0].len, false);
    sources[1] = source_of(&memories[1], files[1].data, files[1].len, true);
    must_give(LADLE_E_IO, ladle_concat(sources, 2, &sink, NULL, &failed, NULL));
    ck_assert_uint_eq(failed, 2);
    ladle_buffer_free(&fault.written);
    ladle_sink_from_memory(&sink, &joined);
    must_give(LADLE_E_ARGUMENT, ladle_concat(NULL, 0, &sink, NULL, &failed, NULL));
    for (size_t i = 0; i < 3; i++) {
        ladle_memory_sink_free(&files[i]);
    }
    records_free(&records);
}
END_TEST

/*
 * A source or a sink that fails at any place ends the work, and both are closed.
 */
START_TEST(faults_end_the_work)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(1, &records, &file);
    for (size_t place = 0; place < file.len / 2; place += 11 * test_step()) {
        for (int what = 0; what < 4; what++) {
            struct fault_source source_fault;
            struct fault_sink sink_fault;
            ladle_source source;
            ladle_sink sink;
            ladle_error error = {.os_errno = 0};
            fault_source_init(&source, &source_fault, file.data, file.len);
            fault_sink_init(&sink, &sink_fault);
            source_fault.chunk_len = place % 50;
            if (what % 2) {
                source_fault.fail_at = place;
            } else {
                sink_fault.fail_at = place;
            }
            ladle_status status = what < 2 ? ladle_repair(&source, &sink, NULL, NULL, &error)
                                           : ladle_concat(&source, 1, &sink, NULL, NULL, &error);
            check_that(status == LADLE_E_IO && error.os_errno, "%d, byte %zu: %s", what, place,
                       ladle_status_text(status));
            check_that(source_fault.close_count == 1 && sink_fault.close_count == 1, "byte %zu",
                       place);
            ladle_buffer_free(&sink_fault.written);
        }
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(failing_memory_ends_the_work)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    ((uint8_t *)file.data)[file.len / 2] ^= 1;
    for (int what = 0; what < 2; what++) {
        uint64_t fail_at = 0;
        bool failed = true;
        for (; failed; fail_at += test_step()) {
            struct fault_alloc alloc;
            struct fault_sink fault;
            ladle_memory_source memory;
            ladle_recover_options options = LADLE_RECOVER_OPTIONS_INIT;
            ladle_source source = source_of(&memory, file.data, file.len, true);
            ladle_sink sink;
            fault_alloc_init(&alloc);
            fault_sink_init(&sink, &fault);
            alloc.fail_at = fail_at;
            options.allocator = &alloc.allocator;
            ladle_status status = what ? ladle_repair(&source, &sink, &options, NULL, NULL)
                                       : ladle_verify(&source, &options, NULL, NULL);
            failed = alloc.calls > fail_at;
            check_that(status == (failed ? LADLE_E_MEMORY
                                  : what ? LADLE_OK
                                         : LADLE_E_CORRUPT),
                       "allocation %" PRIu64 ": %s", fail_at, ladle_status_text(status));
            fault_alloc_end(&alloc);
            ladle_buffer_free(&fault.written);
        }
        printf("check_recover: %s, %" PRIu64 " allocations fail\n", what ? "repair" : "verify",
               fail_at);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(progress_stops_the_work)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    struct losses losses;
    write_segments(1, &records, &file);
    ladle_recover_options options = options_for(&losses, &records);
    ladle_source source = source_of(&memory, file.data, file.len, false);
    must(ladle_verify(&source, &options, NULL, NULL));
    uint64_t calls = losses.progress_count;
    ck_assert_uint_gt(calls, 10);
    for (uint64_t i = 1; i <= calls; i += test_step()) {
        losses.progress_count = 0;
        losses.stop_at = i;
        source = source_of(&memory, file.data, file.len, false);
        must_give(LADLE_E_STATE, ladle_verify(&source, &options, NULL, NULL));
    }
    ladle_buffer_free(&losses.is_lost);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(other_files_are_not_repaired)
{
    static const struct {
        const char *text;
        ladle_status status;
    } others[] = {{"", LADLE_E_TRUNCATED},
                  {"\x89LDL", LADLE_E_TRUNCATED},
                  {"{\"json\": true}", LADLE_E_FORMAT}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ladle_memory_source memory;
        ladle_memory_sink written = {0};
        ladle_sink sink;
        ladle_error error;
        ladle_source source = source_of(&memory, others[i].text, strlen(others[i].text), false);
        ladle_sink_from_memory(&sink, &written);
        must_give(others[i].status, ladle_repair(&source, &sink, NULL, NULL, &error));
        ck_assert_int_eq(error.status, others[i].status);
        source = source_of(&memory, others[i].text, strlen(others[i].text), false);
        must_give(others[i].status, ladle_verify(&source, NULL, NULL, NULL));
        ladle_memory_sink_free(&written);
    }
}
END_TEST

Suite *recover_suite(void)
{
    Suite *suite = suite_create("recover");
    TCase *tcase = tcase_create("recover");
    tcase_add_loop_test(tcase, flipped_bits_are_repaired, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, cut_files_are_repaired, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, files_are_joined, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, faults_end_the_work);
    tcase_add_loop_test(tcase, failing_memory_ends_the_work, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, progress_stops_the_work);
    tcase_add_test(tcase, other_files_are_not_repaired);
    suite_add_tcase(suite, tcase);
    return suite;
}
