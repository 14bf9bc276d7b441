/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* mkstemp */
#include "checkpoint.h"
#include "fault_alloc.h"
#include "fault_io.h"
#include "frame.h"
#include "records.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static ladle_writer_options small_blocks(void)
{
    ladle_writer_options options = fixed_options();
    options.block_len = 1024;
    return options;
}

/*
 * Open what is in memory to be gone on with.
 */
static ladle_status reopen(ladle_memory_sink *file, const ladle_writer_options *options,
                           ladle_writer **writer, ladle_recovered *recovered, ladle_error *error)
{
    ladle_memory_source memory = {.data = file->data, .len = file->len};
    ladle_source source;
    ladle_sink sink;
    ladle_source_from_memory(&source, &memory);
    ladle_sink_from_memory(&sink, file);
    return ladle_writer_open_append(writer, &source, &sink, options, recovered, error);
}

static void append_records(ladle_writer *writer, const struct records *records, size_t first,
                           size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        ladle_cursor record = records_at(records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
}

/*
 * A file that went through all that a file goes through: flushes, checkpoints, an end and a
 * beginning anew. The records are twice those of the first half.
 */
static void write_eventful(const struct records *records, ladle_memory_sink *file)
{
    ladle_writer_options options = small_blocks();
    ladle_sink sink;
    ladle_writer *writer;
    size_t quarter = records->count / 4;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    append_records(writer, records, 0, quarter);
    must(ladle_writer_sync(writer, NULL));
    append_records(writer, records, quarter, quarter);
    must(ladle_writer_close(writer, NULL));
    must(reopen(file, &options, &writer, NULL, NULL));
    append_records(writer, records, 2 * quarter, quarter);
    must(ladle_writer_flush(writer, NULL));
    append_records(writer, records, 3 * quarter, records->count - 3 * quarter);
    must(ladle_writer_close(writer, NULL));
}

static void generate(struct records *records, int style, size_t count)
{
    records_generate(records, 8000 + (uint64_t)style, style, count);
}

/*
 * The merged shape that a file has in its index is that of its blocks.
 */
static void check_shape(const ladle_memory_sink *file)
{
    ladle_memory_source memory = {.data = file->data, .len = file->len};
    const ladle_schema *schema;
    ladle_merged *merged = ladle_merged_new(NULL);
    ladle_buffer stored = {0};
    ladle_buffer found = {0};
    ladle_source source;
    ladle_reader *reader;
    ladle_view *root;
    uint64_t first_record;
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    while (ladle_reader_next_block(reader, &root, &first_record, NULL) == LADLE_OK) {
        must(ladle_merged_add_view(merged, root));
    }
    must(ladle_reader_schema(reader, &schema, NULL));
    must(ladle_schema_put(&stored, schema));
    must(ladle_schema_put(&found, ladle_merged_schema(merged)));
    check_that(stored.len == found.len && memcmp(stored.data, found.data, found.len) == 0,
               "the shape of %" PRIu64 " records is another one", schema->count);
    ladle_buffer_free(&stored);
    ladle_buffer_free(&found);
    ladle_reader_close(reader);
    ladle_merged_free(merged);
}

/*
 * The records before and those appended.
 */
static void expect(struct records *expected, const struct records *records, size_t kept,
                   const struct records *more)
{
    for (size_t i = 0; i < kept + more->count; i++) {
        ladle_cursor record = i < kept ? records_at(records, i) : records_at(more, i - kept);
        must(ladle_buffer_put(&expected->bytes, record.next, ladle_cursor_left(&record)));
        records_end(expected);
    }
}

/*
 * Cut a file, go on with it, and see that all is there that was complete.
 */
static void append_after_cut(const ladle_memory_sink *whole, size_t len,
                             const struct records *records, const struct records *more)
{
    ladle_writer_options options = small_blocks();
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    ladle_recovered recovered;
    ladle_error error = {.text = ""};
    struct records expected = {0};
    int ignored;
    ladle_sink_from_memory(&sink, &file);
    must(sink.write(sink.ctx, whole->data, len, &ignored));
    struct outcome before = read_memory(file.data, file.len, NULL, records);
    ladle_status status = reopen(&file, &options, &writer, &recovered, &error);
    check_that(status == LADLE_OK, "cut at %zu: %s", len, error.text);
    check_that(recovered.record_count == before.count && ladle_writer_count(writer) == before.count,
               "cut at %zu: %" PRIu64 " records, not %" PRIu64, len, recovered.record_count,
               before.count);
    check_that(recovered.was_complete == (before.status == LADLE_END), "cut at %zu", len);
    check_that(recovered.was_complete == false || recovered.cut_len == 0, "cut at %zu", len);
    size_t kept_len = len - recovered.cut_len;
    check_that(kept_len == 0 ? len < LADLE_HEADER_LEN : file.len == kept_len, "cut at %zu", len);
    append_records(writer, more, 0, more->count);
    must(ladle_writer_close(writer, NULL));
    check_that(file.len >= kept_len && memcmp(file.data, whole->data, kept_len) == 0,
               "cut at %zu: the beginning is another one", len);
    expect(&expected, records, before.count, more);
    must_hold(file.data, file.len, &expected);
    check_shape(&file);
    records_free(&expected);
    ladle_memory_sink_free(&file);
}

START_TEST(a_file_goes_on_after_any_cut)
{
    struct records records = {0};
    struct records more = {0};
    ladle_memory_sink file = {0};
    generate(&records, _i, 40);
    generate(&more, (_i + 1) % GEN_STYLE_COUNT, 3);
    write_eventful(&records, &file);
    must_hold(file.data, file.len, &records);
    check_shape(&file);
    for (size_t len = 0; len <= file.len; len += (len < 1000 || _i == 0 ? 1 : 7) * test_step()) {
        append_after_cut(&file, len, &records, &more);
    }
    printf("check_append: style %d, cuts of %zu bytes\n", _i, file.len);
    ladle_memory_sink_free(&file);
    records_free(&records);
    records_free(&more);
}
END_TEST

/*
 * What stands behind the end and is no part of the file, as after a loss of power.
 */
START_TEST(tails_without_sense_are_cut)
{
    struct records records = {0};
    struct records none = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = small_blocks();
    ladle_sink sink;
    ladle_writer *writer;
    ladle_recovered recovered;
    ladle_error error = {.text = ""};
    int ignored;
    struct gen gen = gen_begin(81);
    static uint8_t tail[300000];
    generate(&records, GEN_FLAT, 40);
    write_eventful(&records, &file);
    size_t len = file.len;
    for (int round = 0; round < 4; round++) {
        size_t tail_len = round == 0 ? 8 : gen_below(&gen, sizeof tail);
        memset(tail, 0, sizeof tail);
        for (size_t i = 0; round == 2 && i < tail_len; i++) {
            tail[i] = (uint8_t)gen_u64(&gen);
        }
        if (round == 3) { /* the file itself, without its end: stale blocks in other places */
            tail_len = len - LADLE_TRAILER_LEN;
            memcpy(tail, file.data, tail_len);
        }
        ladle_sink_from_memory(&sink, &file);
        must(sink.write(sink.ctx, tail + (round == 3 ? 8 : 0), tail_len, &ignored));
        must(reopen(&file, &options, &writer, &recovered, &error));
        ck_assert_uint_eq(recovered.cut_len, tail_len);
        ck_assert_uint_eq(recovered.record_count, records.count);
        must(ladle_writer_close(writer, NULL));
        ck_assert_uint_eq(file.len, len);
        must_hold(file.data, file.len, &records);
    }
    records_free(&none);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(damage_is_no_end)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = small_blocks();
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.text = ""};
    generate(&records, GEN_FLAT, 100);
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    append_records(writer, &records, 0, records.count);
    must(ladle_writer_abort(writer, NULL));
    uint8_t *byte = (uint8_t *)file.data + LADLE_HEADER_LEN + 60;
    size_t len = file.len;
    *byte ^= 1;
    must_give(LADLE_E_CORRUPT, reopen(&file, &options, &writer, NULL, &error));
    ck_assert_ptr_null(writer);
    ck_assert_uint_eq(error.offset, LADLE_HEADER_LEN);
    ck_assert_ptr_nonnull(strstr(error.text, "repair"));
    ck_assert_uint_eq(file.len, len);
    *byte ^= 1;
    ((uint8_t *)file.data)[20] ^= 1;
    must_give(LADLE_E_CORRUPT, reopen(&file, &options, &writer, NULL, &error));
    ck_assert_uint_eq(file.len, len);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(what_cannot_be_appended_to)
{
    static const struct {
        const char *text;
        ladle_status status;
    } others[] = {
        {"", LADLE_OK},
        {"\x89LDL", LADLE_OK},
        {"\x80\x04\x95\x10 a pickle", LADLE_E_FORMAT},
        {"{\"json\": true, \"and\": \"more than the sixty-four bytes of a header, all in all\"}",
         LADLE_E_FORMAT}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ladle_memory_sink file = {0};
        ladle_sink sink;
        ladle_writer *writer;
        ladle_recovered recovered;
        size_t len = strlen(others[i].text);
        int ignored;
        ladle_sink_from_memory(&sink, &file);
        must(sink.write(sink.ctx, others[i].text, len, &ignored));
        must_give(others[i].status, reopen(&file, NULL, &writer, &recovered, NULL));
        if (writer) {
            ck_assert_uint_eq(recovered.cut_len, len);
            must(ladle_writer_close(writer, NULL));
            must_hold(file.data, file.len, &(struct records){.count = 0});
        } else {
            ck_assert_uint_eq(file.len, len);
        }
        ladle_memory_sink_free(&file);
    }
}
END_TEST

/*
 * A block of a version to come stands whole at the end: it is not cut.
 */
START_TEST(newer_blocks_are_not_cut)
{
    struct records none = {0};
    ladle_memory_sink file = {0};
    ladle_writer *writer;
    ladle_sink sink;
    uint8_t bytes[LADLE_BLOCK_HEADER_LEN];
    int ignored;
    ladle_writer_options options = fixed_options();
    write_file(&none, &options, &file);
    size_t len = file.len;
    struct ladle_block_header header = {.type = 77, .checkpoint_distance = len - 64};
    ladle_block_header_store(&header, ladle_salt(options.uuid), len, bytes);
    ladle_sink_from_memory(&sink, &file);
    must(sink.write(sink.ctx, bytes, sizeof bytes, &ignored));
    must_give(LADLE_E_UNSUPPORTED, reopen(&file, &options, &writer, NULL, NULL));
    ck_assert_uint_eq(file.len, len + sizeof bytes);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * One record at a time, ten thousand times: the file stays small, and its end is found at once.
 */
START_TEST(many_appends_of_one_record)
{
    enum { TIMES = 10000 };
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer *writer;
    ladle_writer_options options = fixed_options();
    generate(&records, _i ? GEN_OPTIONAL : GEN_FLAT, TIMES);
    for (size_t i = 0; i < TIMES; i++) {
        must(reopen(&file, &options, &writer, NULL, NULL));
        append_records(writer, &records, i, 1);
        must(ladle_writer_close(writer, NULL));
    }
    printf("check_append: %zu bytes an append\n", file.len / TIMES);
    ck_assert_uint_le(file.len / TIMES, 400);
    must_hold(file.data, file.len, &records);
    check_shape(&file);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Metadata that are given with an append begin a further segment.
 */
START_TEST(metadata_begin_a_segment)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_reader *reader;
    ladle_recovered recovered;
    ladle_writer_options options = small_blocks();
    generate(&records, GEN_FLAT, 90);
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    append_records(writer, &records, 0, 30);
    must((_i ? ladle_writer_abort : ladle_writer_close)(writer, NULL));
    options.metadata = "\xE1\x81\x61\x01";
    options.metadata_len = 4;
    must(reopen(&file, &options, &writer, &recovered, NULL));
    ck_assert_uint_eq(recovered.record_count, 30);
    append_records(writer, &records, 30, 30);
    ck_assert_uint_eq(ladle_writer_count(writer), 60);
    must((_i ? ladle_writer_abort : ladle_writer_close)(writer, NULL));
    options.metadata = NULL;
    must(reopen(&file, &options, &writer, &recovered, NULL));
    ck_assert_uint_eq(recovered.record_count, 60);
    append_records(writer, &records, 60, 30);
    must(ladle_writer_close(writer, NULL));
    must_hold(file.data, file.len, &records);
    memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    ladle_info info = {.struct_size = sizeof info};
    must(ladle_reader_info(reader, &info, NULL));
    ck_assert_uint_eq(info.segment_count, 2);
    ck_assert_uint_eq(info.record_count, 90);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

static void write_unfinished(const struct records *records, ladle_memory_sink *file)
{
    ladle_writer_options options = small_blocks();
    ladle_sink sink;
    ladle_writer *writer;
    options.metadata = "\xE0";
    options.metadata_len = 1;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    append_records(writer, records, 0, records->count / 2);
    must(ladle_writer_sync(writer, NULL));
    append_records(writer, records, records->count / 2, records->count - records->count / 2);
    must(ladle_writer_abort(writer, NULL));
}

/*
 * Append with an allocation failing. False when there was none such.
 */
static bool append_failing_at(const ladle_memory_sink *whole, const struct records *records,
                              uint64_t fail_at)
{
    ladle_writer_options options = small_blocks();
    struct fault_alloc alloc;
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    int ignored;
    ladle_sink_from_memory(&sink, &file);
    must(sink.write(sink.ctx, whole->data, whole->len, &ignored));
    fault_alloc_init(&alloc);
    alloc.fail_at = fail_at;
    options.allocator = &alloc.allocator;
    ladle_status status = reopen(&file, &options, &writer, NULL, NULL);
    bool failed = alloc.calls > fail_at;
    check_that(status == (failed ? LADLE_E_MEMORY : LADLE_OK), "allocation %" PRIu64 ": %s",
               fail_at, ladle_status_text(status));
    check_that(file.len == whole->len && memcmp(file.data, whole->data, file.len) == 0,
               "the file is another one");
    if (writer) {
        alloc.fail_at = UINT64_MAX;
        must(ladle_writer_close(writer, NULL));
        must_hold(file.data, file.len, records);
    }
    fault_alloc_end(&alloc);
    ladle_memory_sink_free(&file);
    return failed;
}

START_TEST(appending_survives_failing_memory)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    uint64_t fail_at = 0;
    generate(&records, _i, 60);
    write_unfinished(&records, &file);
    while (append_failing_at(&file, &records, fail_at)) {
        fail_at++;
    }
    printf("check_append: style %d, %" PRIu64 " failures of memory\n", _i, fail_at);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Append while the call of the source with this number fails. False when there was none such.
 */
static bool append_unread(const ladle_memory_sink *file, unsigned fail_call)
{
    ladle_writer_options options = small_blocks();
    struct fault_source fault;
    struct fault_sink fault_sink;
    ladle_source source;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.os_errno = 0};
    fault_source_init(&source, &fault, file->data, file->len);
    fault_source_at_places(&source, &fault);
    fault.fail_call = fail_call;
    fault.chunk_len = 100;
    fault_sink_init(&sink, &fault_sink);
    must(ladle_buffer_put(&fault_sink.written, file->data, file->len));
    ladle_status status = ladle_writer_open_append(&writer, &source, &sink, &options, NULL, &error);
    check_that(fault.close_count == 1, "closed %u times", fault.close_count);
    if (fault.failure_count) {
        must_give(LADLE_E_IO, status);
        check_that(error.os_errno == EIO, "%s", error.text);
        check_that(fault_sink.close_count == 1, "closed %u times", fault_sink.close_count);
    } else {
        must(status);
        must(ladle_writer_abort(writer, NULL));
    }
    check_that((fault_sink.written.len == file->len || !fault.failure_count) &&
                   memcmp(fault_sink.written.data, file->data, fault_sink.written.len) == 0,
               "call %u: the file is another one", fail_call);
    ladle_buffer_free(&fault_sink.written);
    return fault.failure_count;
}

START_TEST(what_cannot_be_read_is_left_alone)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    unsigned fail_call = 0;
    generate(&records, GEN_NESTED, 60);
    write_unfinished(&records, &file);
    file.len -= 50;
    while (append_unread(&file, fail_call)) {
        fail_call++;
    }
    ck_assert_uint_gt(fail_call, 10);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * A sink that has the file already, and room for some bytes more.
 */
static bool append_to_full_disk(const ladle_memory_sink *whole, const struct records *records,
                                size_t room)
{
    ladle_writer_options options = small_blocks();
    ladle_memory_source memory = {.data = whole->data, .len = whole->len};
    struct fault_sink fault;
    ladle_source source;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.record = 0};
    fault_sink_init(&sink, &fault);
    must(ladle_buffer_put(&fault.written, whole->data, whole->len));
    ladle_source_from_memory(&source, &memory);
    fault.fail_at = whole->len + room;
    fault.fails_truncate = room == 0;
    ladle_status status = ladle_writer_open_append(&writer, &source, &sink, &options, NULL, &error);
    check_that(status == (room ? LADLE_OK : LADLE_E_IO), "room %zu", room);
    uint64_t count = records->count;
    for (size_t i = 0; i < records->count && status == LADLE_OK; i++) {
        ladle_cursor record = records_at(records, i);
        status = ladle_writer_append(writer, record.next, ladle_cursor_left(&record), &error);
    }
    if (writer) {
        ladle_status close_status = ladle_writer_close(writer, &error);
        status = status == LADLE_OK ? close_status : status;
        count = error.status ? error.record : 2 * count;
    }
    if (status != LADLE_OK) {
        must_give(LADLE_E_IO, status);
        struct outcome outcome = read_memory(fault.written.data, fault.written.len, NULL, NULL);
        check_that(outcome.count == count, "room %zu: %" PRIu64 " records, not %" PRIu64, room,
                   outcome.count, count);
        check_that(memcmp(fault.written.data, whole->data, whole->len) == 0, "room %zu", room);
    }
    check_that(fault.close_count == 1, "closed %u times", fault.close_count);
    ladle_buffer_free(&fault.written);
    return status != LADLE_OK;
}

START_TEST(a_full_disk_spoils_nothing)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    size_t room = 0;
    generate(&records, GEN_FLAT, 60);
    write_unfinished(&records, &file);
    while (append_to_full_disk(&file, &records, room)) {
        room++;
    }
    ck_assert_uint_gt(room, 1000);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

static void append_to_path(const char *path, const struct records *records, size_t first,
                           size_t count)
{
    ladle_sink sink;
    ladle_source source;
    ladle_writer *writer;
    must(ladle_sink_open_append(&sink, &source, path, NULL));
    must(ladle_writer_open_append(&writer, &source, &sink, NULL, NULL, NULL));
    append_records(writer, records, first, count);
    must(ladle_writer_sync(writer, NULL));
    must(ladle_writer_close(writer, NULL));
}

START_TEST(files_by_path_are_locked_and_synced)
{
    char path[] = "ladle-append-XXXXXX";
    struct records records = {0};
    ladle_source source;
    ladle_source second_source;
    ladle_sink sink;
    ladle_sink second;
    ladle_error error;
    int ignored;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(path);
    generate(&records, GEN_NESTED, 30);
    append_to_path(path, &records, 0, 10);
    append_to_path(path, &records, 10, 20);
    must(ladle_source_open(&source, path, NULL));
    struct outcome outcome = read_source(&source, NULL, &records);
    ck_assert_int_eq(outcome.status, LADLE_END);
    ck_assert_uint_eq(outcome.count, 30);
    must(ladle_sink_open_append(&sink, &source, path, NULL));
    must_give(LADLE_E_STATE, ladle_sink_open_append(&second, &second_source, path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "another writer"));
    must_give(LADLE_E_STATE, ladle_sink_open(&second, path, false, &error));
    must(sink.close(sink.ctx, &ignored));
    must(ladle_source_open(&source, path, NULL));
    outcome = read_source(&source, NULL, &records);
    ck_assert_uint_eq(outcome.count, 30);
    must(ladle_sink_open(&sink, path, false, &error));
    must(sink.close(sink.ctx, &ignored));
    must_give(LADLE_E_IO, ladle_sink_open_append(&sink, &source, "/dev/null", &error));
    ck_assert_int_eq(error.os_errno, ESPIPE);
    must_give(LADLE_E_IO, ladle_sink_open_append(&sink, &source, "/no/such/file", &error));
    unlink(path);
    records_free(&records);
}
END_TEST

Suite *append_suite(void)
{
    Suite *suite = suite_create("append");
    TCase *tcase = tcase_create("append");
    tcase_add_loop_test(tcase, a_file_goes_on_after_any_cut, 0, GEN_STYLE_COUNT);
    tcase_add_test(tcase, tails_without_sense_are_cut);
    tcase_add_test(tcase, damage_is_no_end);
    tcase_add_test(tcase, what_cannot_be_appended_to);
    tcase_add_test(tcase, newer_blocks_are_not_cut);
    tcase_add_loop_test(tcase, many_appends_of_one_record, 0, 2);
    tcase_add_loop_test(tcase, metadata_begin_a_segment, 0, 2);
    tcase_add_loop_test(tcase, appending_survives_failing_memory, 0, GEN_STYLE_COUNT);
    tcase_add_test(tcase, what_cannot_be_read_is_left_alone);
    tcase_add_test(tcase, a_full_disk_spoils_nothing);
    tcase_add_test(tcase, files_by_path_are_locked_and_synced);
    suite_add_tcase(suite, tcase);
    return suite;
}
