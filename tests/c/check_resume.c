/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"
#include "records.h"
#include "segments.h"
#include "spoil.h"
#include "test.h"

#include <stdlib.h>

/*
 * What came of reading a file and going on behind each damage.
 */
struct skipped {
    ladle_status status; /* at the end */
    uint64_t read_count; /* records */
    uint64_t lost_count; /* records; of those whose number is known */
    uint64_t loss_count; /* times */
    bool has_unknown;    /* some loss has no number */
    uint64_t first_lost; /* record */
};

/*
 * Read all that is intact. The test fails when a record is not the one with its number.
 */
static struct skipped skip_through(const ladle_source *source, unsigned threads,
                                   const struct records *records)
{
    struct skipped skipped = {.first_lost = LADLE_UNKNOWN};
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_reader *reader;
    ladle_cursor value;
    ladle_error error;
    options.threads = threads;
    skipped.status = ladle_reader_open(&reader, source, &options, NULL);
    while (skipped.status == LADLE_OK) {
        uint64_t before = ladle_reader_position(reader);
        uint64_t lost;
        skipped.status = ladle_reader_next(reader, &value, &error);
        if (skipped.status == LADLE_OK) {
            check_that(before < records->count && values_equal(value, records_at(records, before)),
                       "record %" PRIu64 " is another one", before);
            skipped.read_count++;
        } else if (ladle_reader_resume(reader, &lost, NULL) == LADLE_OK) {
            check_that(skipped.status == LADLE_E_CORRUPT, "%s", error.text);
            check_that(error.record == before, "the loss begins at %" PRIu64 ", not %" PRIu64,
                       error.record, before);
            check_that(lost == LADLE_UNKNOWN || ladle_reader_position(reader) == before + lost,
                       "%" PRIu64 " lost, but from %" PRIu64 " to %" PRIu64, lost, before,
                       ladle_reader_position(reader));
            skipped.status = LADLE_OK;
            skipped.loss_count++;
            skipped.has_unknown = skipped.has_unknown || lost == LADLE_UNKNOWN;
            skipped.lost_count += lost == LADLE_UNKNOWN ? 0 : lost;
            skipped.first_lost = before < skipped.first_lost ? before : skipped.first_lost;
        }
    }
    ladle_reader_close(reader);
    return skipped;
}

static void check_same(const struct skipped *one, const struct skipped *other)
{
    check_that(one->status == other->status && one->read_count == other->read_count &&
                   one->lost_count == other->lost_count && one->loss_count == other->loss_count,
               "%s, %" PRIu64 " records; the other way %s, %" PRIu64,
               ladle_status_text(one->status), one->read_count, ladle_status_text(other->status),
               other->read_count);
}

/*
 * The same from a source that is read in order and from one that has places, and now and then with
 * threads: nothing may differ.
 */
static struct skipped skip_both(const void *data, size_t len, const struct records *records)
{
    static unsigned calls;
    ladle_memory_source memory = {.data = data, .len = len};
    ladle_source source;
    ladle_source_from_memory(&source, &memory);
    struct skipped skipped = skip_through(&source, 0, records);
    struct skipped threaded = skipped;
    if (++calls % 32 == 0) {
        threaded = skip_through(&source, 1 + calls / 32 % 3, records);
    }
    ladle_source_from_pieces(&source, &memory);
    struct skipped in_order = skip_through(&source, 0, records);
    check_same(&skipped, &threaded);
    check_same(&skipped, &in_order);
    return skipped;
}

/*
 * A flipped bit costs the block that it is in, or what stands behind the last intact item, and
 * nothing else.
 */
START_TEST(a_flipped_bit_costs_one_block)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    uint64_t lost_count = 0;
    uint64_t tail_count = 0;
    write_segments(_i, &records, &file);
    uint8_t *bytes = file.data;
    size_t block_each = segment_files[_i].block_each;
    for (size_t bit = 8 * (size_t)LADLE_HEADER_LEN; bit < 8 * file.len; bit += test_step()) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct skipped skipped = skip_both(bytes, file.len, &records);
        uint64_t missing = records.count - skipped.read_count;
        check_that(missing <= block_each, "file %d, bit %zu: %" PRIu64 " records missing", _i, bit,
                   missing);
        check_that(!skipped.has_unknown && skipped.lost_count == missing,
                   "file %d, bit %zu: %" PRIu64 " missing, but %" PRIu64 " lost", _i, bit, missing,
                   skipped.lost_count);
        check_that(skipped.status == LADLE_END ? skipped.loss_count == 1
                                               : skipped.status == LADLE_E_TRUNCATED,
                   "file %d, bit %zu: %s", _i, bit, ladle_status_text(skipped.status));
        lost_count += skipped.lost_count;
        tail_count += skipped.status == LADLE_E_TRUNCATED;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    printf("check_resume: file %d, %zu flipped bits, %" PRIu64 " records lost, %" PRIu64
           " in the last trailer\n",
           _i, 8 * file.len / test_step(), lost_count, tail_count);
    uint64_t tail_bits = (uint64_t)8 * LADLE_TRAILER_LEN / test_step();
    ck_assert_uint_ge(tail_count, tail_bits);
    ck_assert_uint_le(tail_count, tail_bits + (test_step() > 1));
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(zeroed_ranges_are_counted)
{
    enum { TIMES = 1500 };
    struct records records = {0};
    ladle_memory_sink file = {0};
    uint64_t lost_count = 0;
    uint64_t loss_count = 0;
    write_segments(_i, &records, &file);
    struct gen gen = gen_begin(7000 + (uint64_t)_i);
    uint8_t *copy = malloc(file.len);
    check_that(copy, "the test is out of memory");
    for (size_t i = 0; i < TIMES; i += test_step()) {
        memcpy(copy, file.data, file.len);
        for (uint64_t holes = 1 + gen_below(&gen, 3); holes; holes--) {
            size_t start = LADLE_HEADER_LEN + gen_below(&gen, file.len - LADLE_HEADER_LEN);
            size_t len = 1 + gen_below(&gen, 1 + gen_below(&gen, file.len - start));
            memset(copy + start, (int)gen_below(&gen, 2) * 255, len);
        }
        struct skipped skipped = skip_both(copy, file.len, &records);
        check_that(skipped.has_unknown || skipped.status != LADLE_END ||
                       skipped.read_count + skipped.lost_count == records.count,
                   "file %d, damage %zu: %" PRIu64 " and %" PRIu64, _i, i, skipped.read_count,
                   skipped.lost_count);
        lost_count += skipped.lost_count;
        loss_count += skipped.loss_count;
    }
    printf("check_resume: file %d, %zu damages, %" PRIu64 " records lost in %" PRIu64 " places\n",
           _i, TIMES / test_step(), lost_count, loss_count);
    free(copy);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * The last two blocks with records have payloads that are bad. A checkpoint and a trailer behind
 * them tell that the file is corrupt and what is lost; without those it is a torn tail.
 */
START_TEST(last_two_blocks_are_bad)
{
    struct records records = {0};
    ladle_memory_sink bytes = {0};
    struct crafted file;
    write_segments(0, &records, &bytes);
    crafted_copy(&file, "one segment", bytes.data, bytes.len);
    const struct crafted_item *items = &file.items[file.item_count - 4];
    ck_assert_uint_gt(items[0].record_count, 0);
    ck_assert_uint_gt(items[1].record_count, 0);
    file.data[items[0].offset + items[0].len - 1] ^= 1;
    file.data[items[1].offset + LADLE_BLOCK_HEADER_LEN + LADLE_STREAM_ENTRY_LEN] ^= 1;
    uint64_t bad_count = (uint64_t)items[0].record_count + items[1].record_count;
    struct skipped whole = skip_both(file.data, file.len, &records);
    ck_assert_int_eq(whole.status, LADLE_END);
    ck_assert_uint_eq(whole.lost_count, bad_count);
    ck_assert_uint_eq(whole.read_count, records.count - bad_count);
    struct skipped torn = skip_both(file.data, items[2].offset, &records);
    ck_assert_int_eq(torn.status, LADLE_E_TRUNCATED);
    ck_assert_uint_eq(torn.loss_count, 0);
    ck_assert_uint_eq(torn.read_count, records.count - bad_count);
    struct outcome outcome = read_memory(file.data, file.len, NULL, &records);
    must_give(LADLE_E_CORRUPT, outcome.status);
    outcome = read_memory(file.data, items[2].offset, NULL, &records);
    must_give(LADLE_E_TRUNCATED, outcome.status);
    ck_assert_uint_eq(outcome.error.offset, items[0].offset);
    ck_assert_uint_eq(outcome.error.record, records.count - bad_count);
    crafted_free(&file);
    ladle_memory_sink_free(&bytes);
    records_free(&records);
}
END_TEST

/*
 * A ladle file in a record, the block of which is damaged: nothing of it may pass for a record.
 */
START_TEST(files_in_records_stay_there)
{
    struct records inner = {0};
    struct records records = {0};
    ladle_memory_sink inner_file = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options(); /* the same salt, too */
    records_generate(&inner, 1, GEN_FLAT, 30);
    write_file(&inner, &options, &inner_file);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 9 + i; j++) {
            must(
                ladle_value_put_data(&records.bytes, LADLE_BYTES, inner_file.data, inner_file.len));
            records_end(&records);
        }
    }
    options.block_len = 20000;
    write_file(&records, &options, &file);
    uint8_t *bytes = file.data;
    for (size_t place = LADLE_HEADER_LEN; place < file.len; place += 97 * test_step()) {
        bytes[place] ^= 0x10;
        struct skipped skipped = skip_both(bytes, file.len, &records);
        check_that(skipped.read_count + skipped.lost_count == records.count, "byte %zu", place);
        bytes[place] ^= 0x10;
    }
    for (size_t len = LADLE_HEADER_LEN; len < file.len; len += 8 * test_step()) {
        ladle_memory_source memory = {.data = bytes, .len = len};
        ladle_reader_options tail = LADLE_READER_OPTIONS_INIT;
        ladle_source source;
        ladle_reader *reader;
        uint64_t count;
        tail.take_tail = true;
        ladle_source_from_memory(&source, &memory);
        must(ladle_reader_open(&reader, &source, &tail, NULL));
        must(ladle_reader_count(reader, &count, NULL));
        struct outcome outcome = read_memory(bytes, len, NULL, &records);
        check_that(count == outcome.count, "cut at %zu: %" PRIu64 ", not %" PRIu64, len, count,
                   outcome.count);
        ladle_reader_close(reader);
    }
    ladle_memory_sink_free(&inner_file);
    ladle_memory_sink_free(&file);
    records_free(&inner);
    records_free(&records);
}
END_TEST

/*
 * A file whose parts were not all complete when they were joined.
 */
START_TEST(a_part_that_was_not_completed)
{
    struct records records = {0};
    struct records second = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    records_generate(&records, 3, GEN_FLAT, 20);
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_abort(writer, NULL));
    records_generate(&second, 4, GEN_FLAT, 5);
    write_file(&second, &options, &file);
    for (size_t i = 0; i < second.count; i++) {
        ladle_cursor record = records_at(&second, i);
        must(ladle_buffer_put(&records.bytes, record.next, ladle_cursor_left(&record)));
        records_end(&records);
    }
    struct skipped skipped = skip_both(file.data, file.len, &records);
    ck_assert_int_eq(skipped.status, LADLE_END);
    ck_assert_uint_eq(skipped.read_count, 25);
    ck_assert(skipped.loss_count == 1 && skipped.has_unknown);
    ladle_memory_sink_free(&file);
    records_free(&records);
    records_free(&second);
}
END_TEST

/*
 * The header of a further segment is damaged: its blocks are found without it.
 */
START_TEST(a_segment_without_header)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    records_generate(&records, 3, GEN_FLAT, 20);
    write_file(&records, &options, &file);
    size_t first_len = file.len;
    options.uuid = (const uint8_t *)"another segment.";
    write_file(&records, &options, &file);
    must(ladle_buffer_reserve(&records.bytes, records.bytes.len)); /* so that none moves */
    for (size_t i = 0; i < 20; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_buffer_put(&records.bytes, record.next, ladle_cursor_left(&record)));
        records_end(&records);
    }
    memset((uint8_t *)file.data + first_len, 0, LADLE_HEADER_LEN);
    struct skipped skipped = skip_both(file.data, file.len, &records);
    ck_assert_int_eq(skipped.status, LADLE_END);
    ck_assert_uint_eq(skipped.read_count, 40);
    ck_assert(skipped.loss_count == 1 && skipped.lost_count == 0);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(nothing_to_leave_out)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_source source;
    ladle_reader *reader;
    ladle_cursor value;
    uint64_t lost;
    write_segments(0, &records, &file);
    memory = (ladle_memory_source){.data = file.data, .len = file.len - 1};
    ladle_source_from_memory(&source, &memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must_give(LADLE_E_STATE, ladle_reader_resume(reader, &lost, NULL));
    while (ladle_reader_next(reader, &value, NULL) == LADLE_OK) {
    }
    must_give(LADLE_E_TRUNCATED, ladle_reader_next(reader, &value, NULL));
    must_give(LADLE_E_STATE, ladle_reader_resume(reader, &lost, NULL));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Blocks above a limit are left out one by one.
 */
START_TEST(large_blocks_are_left_out)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    ladle_limits limits = LADLE_LIMITS_INIT;
    ladle_reader_options reading = LADLE_READER_OPTIONS_INIT;
    char *text = calloc(1, 3 << 20);
    check_that(text, "the test is out of memory");
    for (size_t i = 0; i < 9; i++) {
        must(ladle_value_put_data(&records.bytes, LADLE_STR, text, i % 3 == 1 ? 3 << 20 : 10));
        records_end(&records);
    }
    options.block_len = 1024;
    write_file(&records, &options, &file);
    limits.max_record = 1 << 20;
    reading.limits = &limits;
    for (int in_order = 0; in_order < 2; in_order++) {
        ladle_memory_source memory = {.data = file.data, .len = file.len};
        ladle_source source;
        ladle_reader *reader;
        ladle_cursor value;
        uint64_t lost;
        uint64_t number = 0;
        ladle_source_from_memory(&source, &memory);
        if (in_order) {
            ladle_source_from_pieces(&source, &memory);
        }
        must(ladle_reader_open(&reader, &source, &reading, NULL));
        for (;; number++) {
            ladle_status status = ladle_reader_next(reader, &value, NULL);
            if (status == LADLE_END) {
                break;
            }
            must_give(number % 3 == 1 ? LADLE_E_LIMIT : LADLE_OK, status);
            if (status == LADLE_E_LIMIT) {
                must(ladle_reader_resume(reader, &lost, NULL));
                ck_assert_uint_eq(lost, 1);
            } else {
                check_that(values_equal(value, records_at(&records, number)), "another record");
            }
        }
        ck_assert_uint_eq(number, 9);
        ladle_reader_close(reader);
    }
    free(text);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *resume_suite(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = tcase_create("resume");
    tcase_add_loop_test(tcase, a_flipped_bit_costs_one_block, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, last_two_blocks_are_bad);
    tcase_add_loop_test(tcase, zeroed_ranges_are_counted, 0, SEGMENT_FILE_COUNT);
    tcase_add_test(tcase, files_in_records_stay_there);
    tcase_add_test(tcase, a_part_that_was_not_completed);
    tcase_add_test(tcase, a_segment_without_header);
    tcase_add_test(tcase, nothing_to_leave_out);
    tcase_add_test(tcase, large_blocks_are_left_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
