/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_io.h"
#include "frame.h"
#include "records.h"
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const codecs[] = {"none", "zlib", "zstd", "lz4"};
static const size_t block_lens[] = {0, 1024, 1500, 5000, 32768};

enum { SEEDS = 5, WAYS = (int)COUNT_OF(codecs) * (int)COUNT_OF(block_lens) };

static bool is_built_in(const char *codec)
{
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, &file);
    options.codec = codec;
    ladle_status status = ladle_writer_open(&writer, &sink, &options, NULL);
    ck_assert_int_eq(status, status == LADLE_OK ? LADLE_OK : LADLE_E_UNSUPPORTED);
    if (status == LADLE_OK) {
        must(ladle_writer_close(writer, NULL));
    } else {
        printf("check_file: %s is not built in\n", codec);
    }
    ladle_memory_sink_free(&file);
    return status == LADLE_OK;
}

START_TEST(files_hold_what_was_written)
{
    ladle_writer_options options = fixed_options();
    options.codec = codecs[_i / (int)COUNT_OF(block_lens)];
    options.block_len = block_lens[_i % (int)COUNT_OF(block_lens)];
    if (!is_built_in(options.codec)) {
        return;
    }
    for (uint64_t seed = 0; seed < SEEDS; seed += test_step()) {
        for (int style = 0; style < GEN_STYLE_COUNT; style++) {
            struct records records = {0};
            records_generate(&records, seed * WAYS + (uint64_t)_i, style, 400);
            options.threads = (unsigned)(seed + (uint64_t)style) % 4;
            round_trip(&records, &options);
            records_free(&records);
        }
    }
}
END_TEST

/*
 * Whatever comes, a writer refuses it and is as before, or the file holds it.
 */
START_TEST(spoiled_values_are_refused_or_kept)
{
    struct records records = {0};
    struct records kept = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    ladle_writer *writer;
    records_generate(&records, 50 + (uint64_t)_i, _i % GEN_STYLE_COUNT, 1000);
    struct gen gen = gen_begin(60 + (uint64_t)_i);
    options.block_len = 4000;
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        size_t start = kept.bytes.len;
        must(ladle_buffer_put(&kept.bytes, record.next, ladle_cursor_left(&record)));
        gen_mutate(&gen, kept.bytes.data + start, kept.bytes.len - start);
        if (ladle_writer_append(writer, kept.bytes.data + start, kept.bytes.len - start, NULL)) {
            kept.bytes.len = start;
        } else {
            records_end(&kept);
        }
        check_that(ladle_writer_count(writer) == kept.count, "record %zu", i);
    }
    must(ladle_writer_close(writer, NULL));
    must_hold(file.data, file.len, &kept);
    printf("check_file: %zu spoiled values, %zu of them kept\n", records.count, kept.count);
    ladle_memory_sink_free(&file);
    records_free(&records);
    records_free(&kept);
}
END_TEST

START_TEST(the_same_records_make_the_same_file)
{
    struct records records = {0};
    ladle_memory_sink one = {0};
    ladle_memory_sink two = {0};
    ladle_writer_options options = fixed_options();
    records_generate(&records, 1, GEN_WILD, 500);
    options.block_len = 4000;
    write_file(&records, &options, &one);
    write_file(&records, &options, &two);
    ck_assert_uint_eq(one.len, two.len);
    ck_assert_mem_eq(one.data, two.data, one.len);
    ladle_memory_sink_free(&two);
    options.uuid = NULL;
    write_file(&records, &options, &two);
    ck_assert_mem_ne((const uint8_t *)one.data + 16, (const uint8_t *)two.data + 16, 16);
    must_hold(two.data, two.len, &records);
    ladle_memory_sink_free(&one);
    ladle_memory_sink_free(&two);
    records_free(&records);
}
END_TEST

/*
 * However many threads there are.
 */
START_TEST(threads_do_not_change_the_file)
{
    ladle_writer_options options = fixed_options();
    options.codec = codecs[_i];
    options.block_len = 2000;
    if (!is_built_in(options.codec)) {
        return;
    }
    for (int style = 0; style < GEN_STYLE_COUNT; style++) {
        struct records records = {0};
        ladle_memory_sink one = {0};
        records_generate(&records, 70 + (uint64_t)style, style, 3000);
        options.threads = 0;
        write_file(&records, &options, &one);
        for (unsigned threads = 1; threads <= 5; threads += 2) {
            ladle_memory_sink other = {0};
            options.threads = threads;
            write_file(&records, &options, &other);
            check_that(one.len == other.len && memcmp(one.data, other.data, one.len) == 0,
                       "%u threads", threads);
            ladle_memory_sink_free(&other);
        }
        ladle_memory_sink_free(&one);
        records_free(&records);
    }
}
END_TEST

/*
 * Whether a writer that belongs to another process says so once a block is full.
 */
static bool fills_no_block(ladle_writer *writer, const struct records *records)
{
    ladle_status status = LADLE_OK;
    for (size_t i = 0; i < records->count && status == LADLE_OK; i++) {
        ladle_cursor record = records_at(records, i);
        status = ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL);
    }
    return status == LADLE_E_STATE;
}

/*
 * A child made by fork has no threads: its writer neither hangs nor writes, and the parent's goes
 * on.
 */
START_TEST(a_writer_is_dead_in_a_forked_child)
{
    struct records records = {0};
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_writer_options options = fixed_options();
    int status;
    options.threads = 2;
    options.codec = "zlib";
    options.block_len = 1024;
    records_generate(&records, 80, GEN_FLAT, 2000);
    fault_sink_init(&sink, &fault);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
        if (i % 200 == 100) {
            pid_t child = fork();
            if (child == 0) {
                size_t len = fault.written.len;
                bool is_dead = fills_no_block(writer, &records) &&
                               ladle_writer_flush(writer, NULL) == LADLE_E_STATE &&
                               ladle_writer_sync(writer, NULL) == LADLE_E_STATE &&
                               ladle_writer_close(writer, NULL) == LADLE_E_STATE &&
                               fault.written.len == len && fault.close_count == 1;
                _exit(is_dead ? 0 : 1);
            }
            ck_assert_int_eq(waitpid(child, &status, 0), child);
            ck_assert_int_eq(status, 0);
        }
    }
    must(ladle_writer_close(writer, NULL));
    must_hold(fault.written.data, fault.written.len, &records);
    ladle_buffer_free(&fault.written);
    records_free(&records);
}
END_TEST

START_TEST(sources_may_give_little_at_a_time)
{
    static const size_t chunk_lens[] = {1, 2, 3, 7, 4096};
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    records_generate(&records, 2, GEN_NESTED, 300);
    options.block_len = 3000;
    write_file(&records, &options, &file);
    write_file(&records, &options, &file);
    struct records twice = {0};
    records_generate(&twice, 2, GEN_NESTED, 300);
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_buffer_put(&twice.bytes, record.next, ladle_cursor_left(&record)));
        records_end(&twice);
    }
    for (size_t i = 0; i < COUNT_OF(chunk_lens); i++) {
        struct fault_source fault;
        ladle_source source;
        fault_source_init(&source, &fault, file.data, file.len);
        fault.chunk_len = chunk_lens[i];
        struct outcome outcome = read_source(&source, NULL, &twice);
        ck_assert_int_eq(outcome.status, LADLE_END);
        ck_assert_uint_eq(outcome.count, 600);
        ck_assert_uint_eq(fault.close_count, 1);
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
    records_free(&twice);
}
END_TEST

START_TEST(the_smallest_files)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_file(&records, NULL, &file);
    ck_assert_uint_eq(file.len, 176);
    must_hold(file.data, file.len, &records);
    write_file(&records, NULL, &file);
    must_hold(file.data, file.len, &records);
    records_generate(&records, 3, GEN_FLAT, 1);
    write_file(&records, NULL, &file);
    write_file(&(struct records){.count = 0}, NULL, &file);
    must_hold(file.data, file.len, &records);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * FORMAT.md section 13, without its listing.
 */
START_TEST(the_example_of_the_format)
{
    static const uint8_t expected[] = {0x10, 0x02, 0x04, 0x03, 0x00, 0x0C, 0x02, 0x06, 0x00,
                                       0x08, 0,    0,    0,    0,    0,    0,    0xA5};
    ladle_writer_options options = fixed_options();
    struct records records = {0};
    ladle_memory_sink file = {0};
    for (int i = 0; i < 2; i++) {
        must(ladle_value_put_container(&records.bytes, LADLE_TUPLE, 2));
        must(ladle_value_put_int(&records.bytes, i ? 10 : 5));
        must(ladle_value_put_data(&records.bytes, LADLE_STR, i ? "three" : "one", i ? 5 : 3));
        records_end(&records);
    }
    write_file(&records, &options, &file);
    ck_assert_uint_eq(file.len, 296);
    ck_assert_mem_eq((uint8_t *)file.data + 0x80, expected, sizeof expected);
    ck_assert_uint_eq(ladle_load_u32((uint8_t *)file.data + 0x124), 0xB5CE3ECE);
    must_hold(file.data, file.len, &records);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(a_million_records_of_nothing)
{
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    const uint8_t none = LADLE_NONE;
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (int i = 0; i < 1000000; i++) {
        must(ladle_writer_append(writer, &none, 1, NULL));
    }
    must(ladle_writer_close(writer, NULL));
    ck_assert_uint_lt(file.len, 3000);
    struct outcome outcome = read_memory(file.data, file.len, NULL, NULL);
    ck_assert_int_eq(outcome.status, LADLE_END);
    ck_assert_uint_eq(outcome.count, 1000000);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * More blocks than one checkpoint lists.
 */
START_TEST(thousands_of_blocks)
{
    struct records records = {0};
    ladle_writer_options options = fixed_options();
    options.block_len = 1024;
    records_generate(&records, 4, GEN_FLAT, 60000);
    round_trip(&records, &options);
    records_free(&records);
}
END_TEST

static ladle_reader *open_reader(ladle_memory_source *memory, const ladle_memory_sink *file)
{
    ladle_source source;
    ladle_reader *reader;
    *memory = (ladle_memory_source){.data = file->data, .len = file->len};
    ladle_source_from_memory(&source, memory);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    return reader;
}

START_TEST(a_large_record_has_a_block_of_its_own)
{
    static const uint64_t expected[] = {0, 10, 11};
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_view *root;
    uint64_t first_record;
    static char text[50000];
    ladle_writer_options options = fixed_options();
    options.block_len = 20000;
    records_generate(&records, 5, GEN_FLAT, 10);
    must(ladle_value_put_data(&records.bytes, LADLE_BYTES, text, sizeof text));
    records_end(&records);
    records_generate(&records, 6, GEN_FLAT, 10);
    write_file(&records, &options, &file);
    ladle_reader *reader = open_reader(&memory, &file);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        must(ladle_reader_next_block(reader, &root, &first_record, NULL));
        ck_assert_uint_eq(first_record, expected[i]);
        ck_assert_uint_eq(root->count, i == 1 ? 1 : 10);
    }
    must_give(LADLE_END, ladle_reader_next_block(reader, &root, &first_record, NULL));
    ladle_reader_close(reader);
    must_hold(file.data, file.len, &records);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(blocks_and_records_can_be_mixed)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_view *root;
    ladle_cursor value;
    uint64_t number = 0;
    uint64_t first_record;
    ladle_writer_options options = fixed_options();
    options.block_len = 2000;
    records_generate(&records, 7, GEN_OPTIONAL, 1000);
    write_file(&records, &options, &file);
    ladle_reader *reader = open_reader(&memory, &file);
    for (int i = 0; ladle_reader_next_block(reader, &root, &first_record, NULL) == LADLE_OK; i++) {
        ck_assert(first_record >= number && ladle_reader_block_offset(reader) >= LADLE_HEADER_LEN);
        number = first_record + root->count;
        for (int j = 0; j < i % 4 && number < records.count; j++, number++) {
            must(ladle_reader_next(reader, &value, NULL));
            ck_assert(values_equal(value, records_at(&records, number)));
        }
    }
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(a_flush_writes_all_so_far)
{
    struct records records = {0};
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    records_generate(&records, 8, GEN_DRIFT, 100);
    fault_sink_init(&sink, &fault);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
        must(i % 3 ? ladle_writer_flush(writer, NULL) : ladle_writer_sync(writer, NULL));
        ck_assert_uint_eq(ladle_writer_written_count(writer), i + 1);
        struct outcome outcome = read_memory(fault.written.data, fault.written.len, NULL, &records);
        ck_assert_int_eq(outcome.status, LADLE_E_TRUNCATED);
        ck_assert_uint_eq(outcome.count, i + 1);
    }
    ck_assert_uint_eq(fault.sync_count, 34);
    ck_assert_uint_ge(fault.flush_count, 100);
    must(ladle_writer_close(writer, NULL));
    ck_assert_uint_eq(fault.close_count, 1);
    must_hold(fault.written.data, fault.written.len, &records);
    ladle_buffer_free(&fault.written);
    records_free(&records);
}
END_TEST

START_TEST(an_aborted_file_is_truncated)
{
    struct records records = {0};
    struct fault_sink fault;
    ladle_sink sink;
    ladle_writer *writer;
    records_generate(&records, 9, GEN_FLAT, 10);
    fault_sink_init(&sink, &fault);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_abort(writer, NULL));
    ck_assert_uint_eq(fault.close_count, 1);
    struct outcome outcome = read_memory(fault.written.data, fault.written.len, NULL, &records);
    ck_assert_int_eq(outcome.status, LADLE_E_TRUNCATED);
    ck_assert_uint_eq(outcome.count, 10);
    ladle_buffer_free(&fault.written);
    records_free(&records);
}
END_TEST

START_TEST(a_pipe_will_do)
{
    struct records records = {0};
    int ends[2];
    ladle_source source;
    ladle_sink sink;
    ladle_writer *writer;
    ck_assert_int_eq(pipe(ends), 0);
    records_generate(&records, 10, GEN_FLAT, 100);
    ladle_sink_from_fd(&sink, ends[1], true);
    ladle_source_from_fd(&source, ends[0], true);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_close(writer, NULL));
    ck_assert_int_ne(write(ends[1], "x", 1), 1);
    struct outcome outcome = read_source(&source, NULL, &records);
    ck_assert_int_eq(outcome.status, LADLE_END);
    ck_assert_uint_eq(outcome.count, 100);
    records_free(&records);
}
END_TEST

/*
 * Reads a pipe that its writer must not wait for, a little at a time.
 */
static void *drain(void *pipe)
{
    static ladle_buffer all;
    uint8_t bytes[777];
    ssize_t got;
    while ((got = read(*(int *)pipe, bytes, sizeof bytes)) > 0) {
        must(ladle_buffer_put(&all, bytes, (size_t)got));
    }
    return &all;
}

START_TEST(a_pipe_that_takes_parts_of_pieces)
{
    static char text[50000];
    struct records records = {0};
    int ends[2];
    pthread_t reader;
    void *read_by_it;
    ladle_sink sink;
    ladle_writer *writer;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < 40; i++) {
        must(ladle_value_put_container(&records.bytes, LADLE_TUPLE, 2));
        must(ladle_value_put_data(&records.bytes, LADLE_BYTES, text, sizeof text - 9 * i));
        must(ladle_value_put_data(&records.bytes, LADLE_STR, text, 100 * i));
        records_end(&records);
    }
    ck_assert_int_eq(pipe(ends), 0);
    ladle_sink_from_fd(&sink, ends[1], true);
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(pthread_create(&reader, NULL, drain, &ends[0]), 0);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (size_t i = 0; i < records.count; i++) {
        ladle_cursor record = records_at(&records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
    }
    must(ladle_writer_close(writer, NULL));
    ck_assert_int_eq(pthread_join(reader, &read_by_it), 0);
    ladle_buffer *all = read_by_it;
    must_hold(all->data, all->len, &records);
    ladle_buffer_free(all);
    close(ends[0]);
    records_free(&records);
}
END_TEST

/*
 * A filter that looks at none of the values.
 */
START_TEST(records_are_passed_on_unseen)
{
    struct records records = {0};
    struct records kept = {0};
    ladle_memory_sink file = {0};
    ladle_memory_sink passed = {0};
    ladle_source source;
    ladle_sink sink;
    ladle_reader *reader;
    ladle_writer *writer;
    ladle_cursor value;
    records_generate(&records, 9, _i, 500);
    write_file(&records, NULL, &file);
    ladle_memory_source memory = {.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    ladle_sink_from_memory(&sink, &passed);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    while (ladle_reader_next(reader, &value, NULL) == LADLE_OK) {
        if (ladle_reader_position(reader) % 3) {
            must(ladle_writer_append(writer, value.next, ladle_cursor_left(&value), NULL));
            must(ladle_buffer_put(&kept.bytes, value.next, ladle_cursor_left(&value)));
            records_end(&kept);
        }
    }
    must(ladle_writer_close(writer, NULL));
    ck_assert_uint_eq(kept.count, 334);
    must_hold(passed.data, passed.len, &kept);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    ladle_memory_sink_free(&passed);
    records_free(&records);
    records_free(&kept);
}
END_TEST

/*
 * What was told of progress.
 */
struct told {
    uint64_t calls;
    uint64_t done;
    uint64_t total;
};

static void note_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct told *told = ctx;
    check_that(done > told->done, "from %" PRIu64 " to %" PRIu64, told->done, done);
    *told = (struct told){told->calls + 1, done, total};
}

static struct told read_with_progress(const ladle_source *source, unsigned threads,
                                      const struct records *records)
{
    struct told told = {0};
    ladle_reader_options options = LADLE_READER_OPTIONS_INIT;
    options.progress = note_progress;
    options.progress_ctx = &told;
    options.threads = threads;
    struct outcome outcome = read_source(source, &options, records);
    must_give(LADLE_END, outcome.status);
    return told;
}

START_TEST(progress_is_told)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    struct told told = {0};
    ladle_source source;
    ladle_writer_options options = fixed_options();
    options.block_len = 2000;
    options.threads = (unsigned)_i;
    options.progress = note_progress;
    options.progress_ctx = &told;
    records_generate(&records, 5, GEN_FLAT, 1000);
    write_file(&records, &options, &file);
    uint64_t block_count = told.calls - 1; /* the last one is the checkpoint */
    ck_assert_uint_gt(block_count, 10);
    ck_assert_uint_eq(told.done, file.len - LADLE_TRAILER_LEN);
    ck_assert_uint_eq(told.total, LADLE_UNKNOWN);
    ladle_memory_source memory = {.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    told = read_with_progress(&source, options.threads, &records);
    ck_assert_uint_eq(told.calls, block_count);
    ck_assert_uint_eq(told.total, file.len);
    ck_assert_uint_lt(told.done, file.len);
    ladle_source_from_pieces(&source, &memory);
    told = read_with_progress(&source, options.threads, &records);
    ck_assert_uint_eq(told.calls, block_count);
    ck_assert_uint_eq(told.total, LADLE_UNKNOWN);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    tcase_add_loop_test(tcase, files_hold_what_was_written, 0, WAYS);
    tcase_add_loop_test(tcase, spoiled_values_are_refused_or_kept, 0, 4 * GEN_STYLE_COUNT);
    tcase_add_test(tcase, the_same_records_make_the_same_file);
    tcase_add_loop_test(tcase, threads_do_not_change_the_file, 0, COUNT_OF(codecs));
    tcase_add_test(tcase, sources_may_give_little_at_a_time);
    tcase_add_test(tcase, the_smallest_files);
    tcase_add_test(tcase, the_example_of_the_format);
    tcase_add_test(tcase, a_million_records_of_nothing);
    tcase_add_test(tcase, thousands_of_blocks);
    tcase_add_test(tcase, a_large_record_has_a_block_of_its_own);
    tcase_add_test(tcase, blocks_and_records_can_be_mixed);
    tcase_add_test(tcase, a_flush_writes_all_so_far);
    tcase_add_test(tcase, an_aborted_file_is_truncated);
    tcase_add_test(tcase, a_pipe_will_do);
    tcase_add_test(tcase, a_pipe_that_takes_parts_of_pieces);
    tcase_add_loop_test(tcase, records_are_passed_on_unseen, 0, GEN_STYLE_COUNT);
    tcase_add_loop_test(tcase, progress_is_told, 0, 3);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("forks");
    tcase_set_tags(tcase, TAG_FORKS);
    tcase_add_test(tcase, a_writer_is_dead_in_a_forked_child);
    suite_add_tcase(suite, tcase);
    return suite;
}
