/* SPDX-License-Identifier: BSD-2-Clause */
#include "builder.h"
#include "records.h"
#include "test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORD_COUNT = 3000 };

static void write_blocks(struct records *records, const char *codec, ladle_memory_sink *file)
{
    ladle_writer_options options = fixed_options();
    options.block_len = 4096;
    options.codec = codec;
    records_generate(records, 4711, GEN_OPTIONAL, RECORD_COUNT);
    write_file(records, &options, file);
}

static ladle_reader *open_with(ladle_memory_source *memory, const ladle_memory_sink *file,
                               unsigned threads, bool in_order)
{
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    ladle_source source;
    ladle_reader *reader;
    options.threads = threads;
    *memory = (ladle_memory_source){.data = file->data, .len = file->len};
    ladle_source_from_memory(&source, memory);
    if (in_order) {
        ladle_source_from_pieces(&source, memory);
    }
    must(ladle_reader_open(&reader, &source, &options, NULL));
    return reader;
}

static void read_some(ladle_reader *reader, const struct records *records, uint64_t count)
{
    ladle_cursor value;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = ladle_reader_position(reader);
        must(ladle_reader_next(reader, &value, NULL));
        check_that(values_equal(value, records_at(records, number)), "record %" PRIu64, number);
    }
}

START_TEST(threads_give_the_same)
{
    static const char *const codecs[] = {"none", "zlib"};
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_cursor value;
    write_blocks(&records, codecs[_i % 2], &file);
    for (unsigned threads = 0; threads < 70; threads = 2 * threads + 1) {
        ladle_reader *reader = open_with(&memory, &file, threads, _i / 2);
        read_some(reader, &records, RECORD_COUNT);
        must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
        must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
        ladle_reader_close(reader);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Seeking drops what was read ahead; closing waits for it.
 */
START_TEST(seeking_with_threads)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    write_blocks(&records, "zlib", &file);
    struct gen gen = gen_begin(1);
    for (unsigned threads = 1; threads < 4; threads++) {
        ladle_reader *reader = open_with(&memory, &file, threads, false);
        for (int i = 0; i < 300; i++) {
            uint64_t number = gen_below(&gen, RECORD_COUNT);
            must(ladle_reader_seek(reader, number, NULL));
            uint64_t most = gen_below(&gen, 200);
            read_some(reader, &records,
                      most < RECORD_COUNT - number ? most : RECORD_COUNT - number);
        }
        ladle_reader_close(reader);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * A child goes on without threads, and the parent with them.
 */
START_TEST(a_child_reads_on)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    write_blocks(&records, "zlib", &file);
    for (uint64_t count = 0; count < RECORD_COUNT; count += 200) {
        int result = -1;
        ladle_reader *reader = open_with(&memory, &file, 2, count % 400 == 0);
        read_some(reader, &records, count);
        pid_t child = fork();
        read_some(reader, &records, RECORD_COUNT - count);
        ladle_reader_close(reader);
        if (child == 0) {
            _exit(42);
        }
        ck_assert_int_eq(waitpid(child, &result, 0), child);
        ck_assert(WIFEXITED(result) && WEXITSTATUS(result) == 42);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * What a thread cannot decode is reported at its record, and is left out.
 */
START_TEST(a_bad_block_among_good_ones)
{
    static const uint8_t none = LADLE_NONE;
    static const uint8_t other = 200;
    static const uint32_t counts[] = {7, 3, 5};
    ladle_buffer bytes = {0};
    uint64_t before = 0;
    build_header(&bytes);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct ladle_block_header header = {
            .type = LADLE_BLOCK_DATA, .record_count = counts[i], .first_record = before};
        struct ladle_stream stream = {i == 1 ? &other : &none, 1};
        build_block(&bytes, header, &stream, 1);
        before += counts[i];
    }
    for (unsigned threads = 0; threads < 3; threads++) {
        ladle_memory_sink file = {.data = bytes.data, .len = bytes.len};
        ladle_memory_source memory;
        ladle_cursor value;
        ladle_error error;
        uint64_t lost;
        ladle_reader *reader = open_with(&memory, &file, threads, false);
        for (uint64_t i = 0; i < 15; i += i == 7 ? 3 : 1) {
            if (i == 7) {
                must_give(LADLE_E_UNSUPPORTED, ladle_reader_next(reader, &value, &error));
                ck_assert_uint_eq(error.record, 7);
                must(ladle_reader_resume(reader, &lost, NULL));
                ck_assert_uint_eq(lost, 3);
                continue;
            }
            ck_assert_uint_eq(ladle_reader_position(reader), i);
            must(ladle_reader_next(reader, &value, NULL));
        }
        must_give(LADLE_E_TRUNCATED, ladle_reader_next(reader, &value, NULL));
        ladle_reader_close(reader);
    }
    ladle_buffer_free(&bytes);
}
END_TEST

Suite *ahead_suite(void)
{
    Suite *suite = suite_create("ahead");
    TCase *tcase = tcase_create("ahead");
    tcase_add_loop_test(tcase, threads_give_the_same, 0, 4);
    tcase_add_test(tcase, seeking_with_threads);
    tcase_add_test(tcase, a_bad_block_among_good_ones);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("forks");
    tcase_set_tags(tcase, TAG_FORKS);
    tcase_add_test(tcase, a_child_reads_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
