/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "fault_io.h"
#include "frame.h"
#include "records.h"
#include "segments.h"
#include "spoil.h"
#include "test.h"

#include <stdlib.h>

static ladle_reader *open_memory(ladle_memory_source *memory, const void *data, size_t len,
                                 bool take_tail)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_source source;
    ladle_reader *reader;
    options.take_tail = take_tail;
    *memory = (ladle_memory_source){.data = data, .len = len};
    ladle_source_from_memory(&source, memory);
    return ladle_reader_open(&reader, &source, &options, NULL) == LADLE_OK ? reader : NULL;
}

/*
 * Read the record with a number. The test fails when another one comes.
 */
static ladle_status get(ladle_reader *reader, uint64_t number, const struct records *records)
{
    ladle_cursor value;
    ladle_status status = ladle_reader_seek(reader, number, NULL);
    if (status != LADLE_OK) {
        return status;
    }
    check_that(ladle_reader_position(reader) == number, "stands at another one");
    status = ladle_reader_next(reader, &value, NULL);
    if (status == LADLE_OK) {
        check_that(values_equal(value, records_at(records, number)),
                   "record %" PRIu64 " is another one", number);
        check_that(ladle_reader_position(reader) == number + 1, "position behind it");
    }
    return status;
}

START_TEST(every_record_is_found)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    uint64_t count;
    ladle_cursor value;
    write_segments(_i, &records, &file);
    must_hold(file.data, file.len, &records);
    struct gen gen = gen_begin(77);
    ladle_reader *reader = open_memory(&memory, file.data, file.len, false);
    must(ladle_reader_count(reader, &count, NULL));
    ck_assert_uint_eq(count, records.count);
    for (size_t i = 0; i < 1000; i++) {
        must(get(reader, gen_below(&gen, count), &records));
        if (gen_below(&gen, 3) == 0 && ladle_reader_position(reader) < count) {
            must(ladle_reader_next(reader, &value, NULL)); /* goes on from there */
            check_that(values_equal(value, records_at(&records, ladle_reader_position(reader) - 1)),
                       "the one behind it is another one");
        }
    }
    must(ladle_reader_seek(reader, count, NULL));
    must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
    must_give(LADLE_E_ARGUMENT, ladle_reader_seek(reader, count + 1, NULL));
    must(get(reader, 0, &records));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * The views of a block stand at the record asked for, however the block came.
 */
START_TEST(blocks_stand_at_the_record)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_buffer record = {0};
    write_segments(_i, &records, &file);
    ladle_reader *reader = open_memory(&memory, file.data, file.len, false);
    for (uint64_t i = 0; i < 3 * records.count; i++) {
        uint64_t number = i * 7 % records.count;
        ladle_view *root;
        uint64_t first;
        must(ladle_reader_seek(reader, number, NULL));
        must(ladle_reader_next_block(reader, &root, &first, NULL));
        ck_assert_uint_eq(first, number);
        for (; root->next < root->count; number++) {
            record.len = 0;
            must(ladle_view_get_tagged(root, &record, 100, 10000));
            check_that(values_equal(ladle_cursor_over(record.data, record.len),
                                    records_at(&records, number)),
                       "record %" PRIu64, number);
        }
        ck_assert_uint_eq(ladle_reader_position(reader), number);
    }
    ladle_reader_close(reader);
    ladle_buffer_free(&record);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Thousands of checkpoints, as they come of appending one record at a time.
 */
START_TEST(many_checkpoints)
{
    enum { COUNT = 3000 };
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    ladle_writer *writer;
    records_generate(&records, 88, GEN_FLAT, COUNT);
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    for (size_t i = 0; i < COUNT; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
        must(ladle_writer_sync(writer, NULL));
    }
    must(_i ? ladle_writer_abort(writer, NULL) : ladle_writer_close(writer, NULL));
    struct fault_source fault;
    ladle_source source;
    ladle_reader *reader;
    ladle_reader_options reading = LADLE_READER_OPTIONS_INIT;
    reading.take_tail = true;
    fault_source_init(&source, &fault, file.data, file.len);
    fault_source_at_places(&source, &fault);
    must(ladle_reader_open(&reader, &source, &reading, NULL));
    for (uint64_t i = 0; i < COUNT; i++) {
        must(get(reader, i * 1103 % COUNT, &records));
    }
    /* Each record costs a logarithmic number of checkpoints, and its block. */
    check_that(fault.call_count < COUNT * 20, "%u calls", fault.call_count);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * What remains of a file that was cut: exactly the records of its complete blocks, by number as
 * well as in order.
 */
START_TEST(every_truncation_by_number)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    uint64_t strict_count = 0;
    write_segments(_i, &records, &file);
    for (size_t len = LADLE_HEADER_LEN; len < file.len; len += test_step()) {
        uint64_t count;
        uint64_t before;
        uint8_t *copy = malloc(len); /* of exactly this length, for sanitizers */
        check_that(copy, "the test is out of memory");
        memcpy(copy, file.data, len);
        struct outcome outcome = read_memory(copy, len, NULL, &records);
        ladle_reader *reader = open_memory(&memory, copy, len, false);
        ladle_status status = ladle_reader_count(reader, &count, NULL);
        check_that(status == (outcome.status == LADLE_END ? LADLE_OK : LADLE_E_TRUNCATED),
                   "file %d cut at %zu: %s", _i, len, ladle_status_text(status));
        strict_count += status == LADLE_OK;
        ladle_reader_close(reader);
        reader = open_memory(&memory, copy, len, true);
        must(ladle_reader_count(reader, &count, NULL));
        check_that(count == outcome.count, "file %d cut at %zu: %" PRIu64 " records of %" PRIu64,
                   _i, len, count, outcome.count);
        for (before = count; before > 0; before -= before < 3 ? before : 3) {
            must(get(reader, before - 1, &records));
        }
        must(ladle_reader_seek(reader, count, NULL));
        ladle_cursor value;
        must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
        ladle_reader_close(reader);
        free(copy);
    }
    printf("check_seek: file %d, %zu truncations, %" PRIu64 " of them whole files\n", _i,
           file.len / test_step(), strict_count);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(every_flipped_bit_by_number)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    uint64_t read_count = 0;
    uint64_t lost_count = 0;
    write_segments(_i, &records, &file);
    uint8_t *bytes = file.data;
    for (size_t bit = 0; bit < 8 * file.len; bit += (1 + bit % 5) * test_step()) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ladle_reader *reader = open_memory(&memory, bytes, file.len, true);
        uint64_t count = 0;
        ladle_status status = reader ? ladle_reader_count(reader, &count, NULL) : LADLE_E_CORRUPT;
        check_that(status == LADLE_OK || status == LADLE_E_CORRUPT || bit / 8 < LADLE_HEADER_LEN,
                   "bit %zu: %s", bit, ladle_status_text(status));
        for (uint64_t i = 0; status == LADLE_OK && i < count; i += 2) {
            ladle_status got = get(reader, i, &records);
            check_that(got == LADLE_OK || got == LADLE_E_CORRUPT, "bit %zu, record %" PRIu64 ": %s",
                       bit, i, ladle_status_text(got));
            read_count += got == LADLE_OK;
            lost_count += got != LADLE_OK;
        }
        ladle_reader_close(reader);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_gt(read_count, 10 * lost_count / 2);
    printf("check_seek: file %d, %zu places, %" PRIu64 " records read, %" PRIu64 " lost\n", _i,
           file.len, read_count, lost_count);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Spoil the blocks of a type, or the trailers, but for those of the last segment.
 */
static void spoil_items(struct crafted *file, enum ladle_magic magic, uint8_t type)
{
    size_t last = file->items[file->item_count - 1].segment_offset;
    size_t count = 0;
    for (size_t i = 0; i < file->item_count; i++) {
        const struct crafted_item *item = &file->items[i];
        if (item->magic == magic && item->type == type && item->segment_offset != last) {
            file->data[item->offset + item->len - 9] ^= 0x10;
            count++;
        }
    }
    ck_assert_uint_gt(count, 1);
}

static void all_must_be_found(const struct crafted *file, const struct records *records,
                              bool take_tail)
{
    ladle_memory_source memory;
    uint64_t count;
    ladle_reader *reader = open_memory(&memory, file->data, file->len, take_tail);
    must(ladle_reader_count(reader, &count, NULL));
    ck_assert_uint_eq(count, records->count);
    for (uint64_t i = 0; i < count; i++) {
        must(get(reader, i * 17 % count, records));
    }
    ladle_reader_close(reader);
}

START_TEST(joined_files_without_their_inner_ends)
{
    struct records records = {0};
    ladle_memory_sink bytes = {0};
    ladle_memory_source memory;
    struct crafted file;
    ladle_error error;
    uint64_t count;
    const ladle_schema *schema;
    ladle_info info = {.struct_size = sizeof info};
    write_segments(1, &records, &bytes);
    crafted_copy(&file, "three segments", bytes.data, bytes.len);
    spoil_items(&file, LADLE_MAGIC_TRAILER, 0);
    ladle_reader *reader = open_memory(&memory, file.data, file.len, false);
    must_give(LADLE_E_CORRUPT, ladle_reader_count(reader, &count, &error));
    ck_assert_int_eq(error.status, LADLE_E_CORRUPT);
    must_give(LADLE_E_CORRUPT, ladle_reader_seek(reader, 1, &error));
    ladle_reader_close(reader);
    all_must_be_found(&file, &records, true);
    reader = open_memory(&memory, file.data, file.len, true);
    must(ladle_reader_schema(reader, &schema, NULL));
    ck_assert_uint_eq(schema->count, records.count);
    must(ladle_reader_info(reader, &info, NULL));
    ck_assert_uint_eq(info.segment_count, 3);
    ck_assert_uint_eq(info.record_count, records.count);
    ladle_reader_close(reader);
    crafted_free(&file);
    ladle_memory_sink_free(&bytes);
    records_free(&records);
}
END_TEST

/*
 * More files than are kept are not counted: they are to be repaired.
 */
START_TEST(too_many_joined_files_without_their_inner_ends)
{
    struct records records = {0};
    ladle_memory_sink bytes = {0};
    ladle_memory_source memory;
    ladle_writer_options options = fixed_options();
    ladle_error error;
    uint64_t count;
    records_generate(&records, 1, GEN_FLAT, 2);
    for (int i = 0; i < 300; i++) {
        write_file(&records, &options, &bytes);
    }
    uint8_t *data = bytes.data;
    data[bytes.len / 300 - 9] ^= 1;
    ladle_reader *reader = open_memory(&memory, bytes.data, bytes.len, true);
    must_give(LADLE_E_CORRUPT, ladle_reader_count(reader, &count, &error));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&bytes);
    records_free(&records);
}
END_TEST

/*
 * Without checkpoints records are found by the headers of the blocks.
 */
START_TEST(damaged_checkpoints_cost_no_record)
{
    struct records records = {0};
    ladle_memory_sink bytes = {0};
    struct crafted file;
    write_segments(1, &records, &bytes);
    crafted_copy(&file, "three segments", bytes.data, bytes.len);
    spoil_items(&file, LADLE_MAGIC_BLOCK, LADLE_BLOCK_CHECKPOINT);
    all_must_be_found(&file, &records, false);
    all_must_be_found(&file, &records, true);
    crafted_free(&file);
    ladle_memory_sink_free(&bytes);
    records_free(&records);
}
END_TEST

/*
 * Read by number with faults in reading or in memory.
 */
static ladle_status read_all(ladle_reader *reader, const struct records *records)
{
    uint64_t count;
    ladle_status status = ladle_reader_count(reader, &count, NULL);
    for (uint64_t i = 0; status == LADLE_OK && i < count; i++) {
        status = get(reader, i * 17 % count, records);
    }
    return status;
}

START_TEST(faults_of_reading_by_number)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    unsigned fail_at = 0;
    unsigned failure_count = 1;
    write_segments(_i, &records, &file);
    for (; failure_count; fail_at += (unsigned)test_step()) {
        struct fault_source fault;
        ladle_source source;
        ladle_reader *reader;
        fault_source_init(&source, &fault, file.data, file.len);
        fault_source_at_places(&source, &fault);
        fault.fail_call = fail_at;
        fault.chunk_len = (size_t)fail_at % 3 * 100;
        ladle_status status = ladle_reader_open(&reader, &source, NULL, NULL);
        if (status == LADLE_OK) {
            status = read_all(reader, &records);
            ladle_reader_close(reader);
        }
        failure_count = fault.failure_count;
        /* A failure to look for metadata is forgotten when the reader is sent elsewhere. */
        check_that(status == (failure_count && fail_at != 1 ? LADLE_E_IO : LADLE_OK), "call %u: %s",
                   fail_at, ladle_status_text(status));
        check_that(fault.close_count == 1, "closed %u times", fault.close_count);
    }
    printf("check_seek: file %d, %u calls fail\n", _i, fail_at);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(failing_memory_by_number)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_status status = LADLE_E_MEMORY;
    uint64_t fail_at = 0;
    write_segments(_i, &records, &file);
    for (; status != LADLE_OK; fail_at += test_step()) {
        ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
        ladle_memory_source memory = {.data = file.data, .len = file.len};
        struct fault_alloc alloc;
        ladle_source source;
        ladle_reader *reader;
        fault_alloc_init(&alloc);
        alloc.fail_at = fail_at;
        options.allocator = &alloc.allocator;
        ladle_source_from_memory(&source, &memory);
        status = ladle_reader_open(&reader, &source, &options, NULL);
        if (status == LADLE_OK) {
            status = read_all(reader, &records);
            ladle_reader_close(reader);
        }
        check_that(status == (alloc.calls > fail_at ? LADLE_E_MEMORY : LADLE_OK),
                   "allocation %" PRIu64 ": %s", fail_at, ladle_status_text(status));
        fault_alloc_end(&alloc);
    }
    printf("check_seek: file %d, %" PRIu64 " allocations fail\n", _i, fail_at);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(pipes_have_no_places)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_reader *reader;
    ladle_error error;
    uint64_t count;
    write_segments(0, &records, &file);
    memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_pieces(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must_give(LADLE_E_STATE, ladle_reader_count(reader, &count, &error));
    must_give(LADLE_E_STATE, ladle_reader_seek(reader, 0, &error));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *seek_suite(void)
{
    Suite *suite = suite_create("seek");
    TCase *tcase = tcase_create("seek");
    tcase_add_loop_test(tcase, every_record_is_found, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, blocks_stand_at_the_record, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, many_checkpoints, 0, 2);
    tcase_add_loop_test(tcase, every_truncation_by_number, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, every_flipped_bit_by_number, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, joined_files_without_their_inner_ends);
    tcase_add_test(tcase, too_many_joined_files_without_their_inner_ends);
    tcase_add_test(tcase, damaged_checkpoints_cost_no_record);
    tcase_add_loop_test(tcase, faults_of_reading_by_number, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, failing_memory_by_number, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, pipes_have_no_places);
    suite_add_tcase(suite, tcase);
    return suite;
}
