/* SPDX-License-Identifier: BSD-2-Clause */
#include "checksum.h"
#include "frame.h"
#include "pool.h"
#include "records.h"
#include "spoil.h"
#include "test.h"
#include <ladle/wire.h>

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
 * Make what a block has compressed something that cannot be decompressed, under right checksums.
 */
static void garble(uint8_t *bytes, const struct crafted_item *item)
{
    uint32_t salt = ladle_load_u32(bytes + item->segment_offset + 16);
    uint8_t *block = bytes + item->offset;
    uint8_t *entry = block + LADLE_BLOCK_HEADER_LEN;
    struct ladle_block_header header;
    const char *why;
    must(ladle_block_header_load(block, salt, item->offset, &header, &why));
    size_t directory_len = (size_t)header.stream_count * LADLE_STREAM_ENTRY_LEN;
    uint8_t *data = entry + directory_len;
    for (; entry[12] == 0; entry += LADLE_STREAM_ENTRY_LEN) {
        data += ladle_align(ladle_load_u32(entry));
    }
    size_t len = ladle_align(ladle_load_u32(entry));
    memset(data, 255, len);
    ladle_store_u32(entry + 8, ladle_crc32c(0, data, len));
    header.directory_crc = ladle_crc32c(0, block + LADLE_BLOCK_HEADER_LEN, directory_len);
    ladle_block_header_store(&header, salt, item->offset, block);
}

/*
 * What a thread cannot decode is reported at its record, and is left out.
 */
START_TEST(a_bad_block_among_good_ones)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    struct crafted crafted;
    const struct crafted_item *bad;
    uint64_t before = 0;
    write_blocks(&records, "zlib", &file);
    crafted_copy(&crafted, "blocks", file.data, file.len);
    for (bad = crafted.items; bad->record_count == 0 || before < RECORD_COUNT / 2; bad++) {
        before += bad->record_count;
    }
    garble(file.data, bad);
    for (unsigned threads = 0; threads < 4; threads++) {
        ladle_memory_source memory;
        ladle_cursor value;
        ladle_error error;
        uint64_t lost;
        ladle_reader *reader = open_with(&memory, &file, threads, threads % 2);
        read_some(reader, &records, before);
        must_give(LADLE_E_CORRUPT, ladle_reader_next(reader, &value, &error));
        ck_assert_uint_eq(error.record, before);
        ck_assert_uint_eq(error.offset, bad->offset);
        must(ladle_reader_resume(reader, &lost, NULL));
        ck_assert_uint_eq(lost, bad->record_count);
        read_some(reader, &records, RECORD_COUNT - before - lost);
        must_give(LADLE_END, ladle_reader_next(reader, &value, NULL));
        ladle_reader_close(reader);
    }
    crafted_free(&crafted);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

struct task {
    struct ladle_job job; /* first */
    int wait_for;         /* a pipe, -1 for nothing */
    int times;
};

static void run_task(struct ladle_job *job, unsigned thread)
{
    struct task *task = (struct task *)(void *)job;
    char byte;
    (void)thread;
    if (task->wait_for < 0 || read(task->wait_for, &byte, 1) == 1) {
        task->times++;
    }
}

/*
 * Some of those behind a job that is at work, in any place of the queue; the others are done.
 */
START_TEST(jobs_that_nobody_began_can_be_taken_back)
{
    enum { COUNT = 4 };
    struct task tasks[COUNT];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    struct ladle_pool *pool = ladle_pool_new(1, NULL);
    ck_assert_ptr_nonnull(pool);
    struct task first = {.job.run = run_task, .wait_for = ends[0]};
    struct task last = {.job.run = run_task, .wait_for = -1};
    ladle_pool_start(pool, &first.job);
    for (int i = 0; i < COUNT; i++) {
        tasks[i] = (struct task){.job.run = run_task, .wait_for = -1};
        ladle_pool_start(pool, &tasks[i].job);
    }
    for (int i = COUNT; i-- > 0;) {
        ck_assert(!(_i >> i & 1) || ladle_pool_take_back(pool, &tasks[i].job));
    }
    ladle_pool_start(pool, &last.job);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ladle_pool_wait(pool, &last.job);
    ck_assert(!ladle_pool_take_back(pool, &first.job));
    ladle_pool_free(pool);
    ck_assert_int_eq(first.times, 1);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(tasks[i].times, !(_i >> i & 1));
    }
    close(ends[0]);
    close(ends[1]);
}
END_TEST

Suite *ahead_suite(void)
{
    Suite *suite = suite_create("ahead");
    TCase *tcase = tcase_create("ahead");
    tcase_add_loop_test(tcase, threads_give_the_same, 0, 4);
    tcase_add_test(tcase, seeking_with_threads);
    tcase_add_test(tcase, a_bad_block_among_good_ones);
    tcase_add_loop_test(tcase, jobs_that_nobody_began_can_be_taken_back, 0, 16);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("forks");
    tcase_set_tags(tcase, TAG_FORKS);
    tcase_add_test(tcase, a_child_reads_on);
    suite_add_tcase(suite, tcase);
    return suite;
}
