/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"
#include "segments.h"
#include "test.h"

#include <stdlib.h>

/*
 * A reader of a file that grows, and what it has read.
 */
struct follower {
    ladle_memory_source memory;
    ladle_reader *reader;
    uint64_t count;
    unsigned threads;
};

static ladle_status begin(struct follower *follower, bool in_pieces)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_source source;
    options.live = true;
    options.threads = follower->threads;
    ladle_source_from_memory(&source, &follower->memory);
    if (in_pieces) {
        ladle_source_from_pieces(&source, &follower->memory);
    }
    return ladle_reader_open(&follower->reader, &source, &options, NULL);
}

/*
 * Read what is there. Returns LADLE_WAIT or LADLE_END, or an error.
 */
static ladle_status drain(struct follower *follower, const struct records *records)
{
    ladle_cursor value;
    ladle_status status;
    while ((status = ladle_reader_next(follower->reader, &value, NULL)) == LADLE_OK) {
        check_that(values_equal(value, records_at(records, follower->count)),
                   "record %" PRIu64 " is another one", follower->count);
        follower->count++;
    }
    return status;
}

/*
 * Bytes that come in pieces of any length give all records, and each as soon as its block is there.
 */
START_TEST(pieces_of_any_length)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    for (size_t piece = 1; piece < file.len; piece += 1 + piece / 4) {
        struct follower follower = {.count = 0};
        ladle_status status = begin(&follower, true);
        must_give(LADLE_WAIT, status);
        for (size_t place = 0; place < file.len; place += piece) {
            size_t len = file.len - place < piece ? file.len - place : piece;
            uint8_t *copy = malloc(len); /* of exactly this length, for sanitizers */
            check_that(copy, "the test is out of memory");
            memcpy(copy, (uint8_t *)file.data + place, len);
            follower.memory = (ladle_memory_source){.data = copy, .len = len};
            status = drain(&follower, &records);
            check_that(status > 0, "pieces of %zu, at %zu: %s", piece, place,
                       ladle_status_text(status));
            check_that(follower.memory.position == len, "bytes were left");
            free(copy);
        }
        must_give(LADLE_END, status);
        check_that(follower.count == records.count, "pieces of %zu", piece);
        ladle_reader_close(follower.reader);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * A file with places that grows byte by byte.
 */
START_TEST(a_file_that_grows)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    struct follower follower = {.memory = {.data = file.data}};
    uint64_t count = 0;
    must_give(LADLE_WAIT, begin(&follower, false));
    for (size_t len = 1; len <= file.len; len++) {
        follower.memory.len = len;
        ladle_status status = drain(&follower, &records);
        check_that(status > 0, "%zu bytes: %s", len, ladle_status_text(status));
        if (len % 7 == 0 && len > 64) {
            struct outcome outcome = read_memory(file.data, len, NULL, NULL);
            check_that(follower.count == outcome.count, "%zu bytes", len);
            must(ladle_reader_count(follower.reader, &count, NULL));
            check_that(follower.count == count, "%zu bytes: count %" PRIu64, len, count);
        }
    }
    ck_assert_uint_eq(follower.count, records.count);
    ladle_reader_close(follower.reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * The end of a file that was torn, cut back and written on: what stood there first is forgotten.
 */
START_TEST(a_tail_that_is_written_anew)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    uint8_t *bytes = malloc(file.len);
    check_that(bytes, "the test is out of memory");
    struct gen gen = gen_begin(9);
    struct follower follower = {.memory = {.data = bytes}};
    memcpy(bytes, file.data, file.len);
    follower.memory.len = 64;
    must(begin(&follower, false));
    for (size_t len = 64; len < file.len; len += 1 + gen_below(&gen, 150)) {
        size_t torn = len + 1 + gen_below(&gen, 300);
        torn = torn < file.len ? torn : file.len;
        for (size_t i = len; i < torn; i++) {
            bytes[i] = (uint8_t)gen_u64(&gen);
        }
        follower.memory.len = torn;
        ladle_status status = drain(&follower, &records);
        check_that(status == LADLE_WAIT, "%zu bytes: %s", len, ladle_status_text(status));
        memcpy(bytes + len, (uint8_t *)file.data + len, torn - len);
    }
    follower.memory.len = file.len;
    must_give(LADLE_END, drain(&follower, &records));
    ck_assert_uint_eq(follower.count, records.count);
    ladle_reader_close(follower.reader);
    free(bytes);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * A follower that is slow: what it read of the torn end before that was written anew, or that
 * there was no more, is out of date when it gets there.
 */
START_TEST(what_was_read_ahead_is_out_of_date)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    uint8_t *bytes = malloc(file.len);
    check_that(bytes, "the test is out of memory");
    for (size_t len = 65; len < file.len; len += 7) {
        struct follower follower = {.threads = len % 3, .memory = {.data = bytes, .len = file.len}};
        ladle_cursor value;
        memcpy(bytes, file.data, file.len);
        memset(bytes + len, 0, file.len - len);
        must(begin(&follower, false));
        if (ladle_reader_next(follower.reader, &value, NULL) == LADLE_OK) {
            follower.count++;
        }
        memcpy(bytes, file.data, file.len);
        ladle_status status = drain(&follower, &records);
        check_that(status == LADLE_END && follower.count == records.count,
                   "zeros from %zu: %s, %" PRIu64 " records", len, ladle_status_text(status),
                   follower.count);
        ladle_reader_close(follower.reader);
    }
    free(bytes);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Damage among pieces is reported when something intact has come behind it.
 */
START_TEST(damage_among_pieces)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    for (size_t place = 64; place < file.len; place += 5) {
        struct follower follower = {.count = 0};
        uint64_t lost_count = 0;
        uint8_t *bytes = file.data;
        bytes[place] ^= 0x40;
        must_give(LADLE_WAIT, begin(&follower, true));
        ladle_status status = LADLE_WAIT;
        for (size_t begin = 0; begin < file.len; begin += 333) {
            size_t len = file.len - begin < 333 ? file.len - begin : 333;
            follower.memory = (ladle_memory_source){.data = bytes + begin, .len = len};
            while ((status = drain(&follower, &records)) < 0) {
                uint64_t lost;
                check_that(status == LADLE_E_CORRUPT, "%s", ladle_status_text(status));
                must(ladle_reader_resume(follower.reader, &lost, NULL));
                lost_count += lost;
                follower.count += lost;
            }
        }
        check_that(status == (place >= file.len - 32 ? LADLE_WAIT : LADLE_END), "byte %zu: %s",
                   place, ladle_status_text(status));
        check_that(follower.count == records.count, "byte %zu", place);
        check_that(lost_count <= segment_files[_i].block_each, "byte %zu", place);
        ladle_reader_close(follower.reader);
        bytes[place] ^= 0x40;
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *live_suite(void)
{
    Suite *suite = suite_create("live");
    TCase *tcase = tcase_create("live");
    tcase_add_loop_test(tcase, pieces_of_any_length, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, a_file_that_grows, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, a_tail_that_is_written_anew, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, what_was_read_ahead_is_out_of_date, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, damage_among_pieces, 0, SEGMENT_FILE_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
