/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_io.h"
#include "records.h"
#include "test.h"

/*
 * What a program may get wrong: NULL, structs whose size was not set or is of another version,
 * sources and sinks that lack a function.
 */

struct point {
    double x;
};

static const ladle_field fields[] = {LADLE_FIELD(struct point, x)};
static const ladle_layout layout = LADLE_LAYOUT(struct point, fields);
static const struct point points[] = {{1}, {2}, {3}};

static ladle_memory_sink file;

/*
 * The type of a NumPy scalar, as FORMAT.md has it.
 */
#define DOUBLE     "\3<f8\10"
#define DOUBLE_LEN 5

static void make_file(void)
{
    ladle_sink sink;
    ladle_writer *writer;
    file = (ladle_memory_sink){0};
    ladle_sink_from_memory(&sink, &file);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    must(ladle_writer_append_rows(writer, &layout, points, 3, NULL));
    must(ladle_writer_close(writer, NULL));
}

static void free_file(void)
{
    ladle_memory_sink_free(&file);
}

static void source_of_file(ladle_source *source, ladle_memory_source *memory)
{
    *memory = (ladle_memory_source){.data = file.data, .len = file.len};
    ladle_source_from_memory(source, memory);
}

/*
 * The call fails, says so in the error, and without one too.
 */
#define must_refuse(call)                                                                          \
    do {                                                                                           \
        ladle_error error_ = {.status = LADLE_OK};                                                 \
        ladle_error *error = &error_;                                                              \
        must_give(LADLE_E_ARGUMENT, call);                                                         \
        ck_assert_int_eq(error_.status, LADLE_E_ARGUMENT);                                         \
        ck_assert_uint_gt(strlen(error_.text), 10);                                                \
        error = NULL;                                                                              \
        must_give(LADLE_E_ARGUMENT, call);                                                         \
    } while (0)

START_TEST(null_is_refused_by_writers)
{
    ladle_memory_sink memory = {0};
    ladle_source source;
    ladle_memory_source bytes;
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, &memory);
    source_of_file(&source, &bytes);
    must_refuse(ladle_writer_open(NULL, &sink, NULL, error));
    must_refuse(ladle_writer_open(&writer, NULL, NULL, error));
    must_refuse(ladle_writer_open_append(NULL, &source, &sink, NULL, NULL, error));
    must_refuse(ladle_writer_open_append(&writer, NULL, &sink, NULL, NULL, error));
    must_refuse(ladle_writer_open_append(&writer, &source, NULL, NULL, NULL, error));
    must_refuse(ladle_writer_append(NULL, "\x01", 1, error));
    must_refuse(ladle_writer_append_rows(NULL, &layout, points, 3, error));
    must_refuse(
        ladle_writer_append_items(NULL, LADLE_SCALAR, DOUBLE, DOUBLE_LEN, 8, points, 3, error));
    must_refuse(ladle_writer_commit(NULL, error));
    must_refuse(ladle_writer_flush(NULL, error));
    must_refuse(ladle_writer_sync(NULL, error));
    must(ladle_writer_close(NULL, NULL));
    must(ladle_writer_abort(NULL, NULL));
    ck_assert_uint_eq(ladle_writer_count(NULL), 0);
    ck_assert_uint_eq(ladle_writer_written_count(NULL), 0);
    ck_assert_uint_eq(ladle_writer_written_len(NULL), 0);
    ck_assert_uint_eq(ladle_writer_memory_bound(NULL), 0);
    ck_assert_ptr_null(ladle_writer_shape(NULL));
    ladle_writer_rollback(NULL);

    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    must_refuse(ladle_writer_append(writer, NULL, 1, error));
    must_refuse(ladle_writer_append_rows(writer, NULL, points, 3, error));
    must_refuse(ladle_writer_append_rows(writer, &layout, NULL, 3, error));
    must_refuse(ladle_writer_append_items(writer, LADLE_SCALAR, NULL, 0, 8, points, 3, error));
    must_refuse(
        ladle_writer_append_items(writer, LADLE_SCALAR, DOUBLE, DOUBLE_LEN, 8, NULL, 3, error));
    must_refuse(
        ladle_writer_append_items(writer, LADLE_FLOAT, DOUBLE, DOUBLE_LEN, 8, points, 3, error));
    must(ladle_writer_append_rows(writer, &layout, NULL, 0, NULL));
    must_give(LADLE_E_CORRUPT, ladle_writer_append(writer, NULL, 0, NULL));
    ck_assert_uint_eq(ladle_writer_count(writer), 0);
    must(ladle_writer_close(writer, NULL));
    ladle_memory_sink_free(&memory);
}
END_TEST

START_TEST(null_is_refused_by_readers)
{
    ladle_source source;
    ladle_memory_source bytes;
    ladle_reader *reader;
    ladle_cursor value;
    ladle_view *root;
    const struct ladle_schema *schema;
    ladle_info info = {.struct_size = sizeof info};
    struct point rows[3];
    uint64_t number;
    size_t count;
    source_of_file(&source, &bytes);
    must_refuse(ladle_reader_open(NULL, &source, NULL, error));
    must_refuse(ladle_reader_open(&reader, NULL, NULL, error));
    must_refuse(ladle_reader_next(NULL, &value, error));
    must_refuse(ladle_reader_next_rows(NULL, &layout, rows, 3, &count, error));
    must_refuse(ladle_reader_next_block(NULL, &root, &number, error));
    must_refuse(ladle_reader_resume(NULL, &number, error));
    must_refuse(ladle_reader_count(NULL, &number, error));
    must_refuse(ladle_reader_seek(NULL, 0, error));
    must_refuse(ladle_reader_schema(NULL, &schema, error));
    must_refuse(ladle_reader_info(NULL, &info, error));
    ck_assert_uint_eq(ladle_reader_position(NULL), 0);
    ck_assert_uint_eq(ladle_reader_block_offset(NULL), 0);
    ck_assert_uint_eq(ladle_reader_memory_bound(NULL), 0);
    ck_assert_ptr_null(ladle_reader_metadata(NULL, &count));
    ladle_reader_select(NULL, NULL, NULL);
    ladle_reader_close(NULL);

    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must_refuse(ladle_reader_next(reader, NULL, error));
    must_refuse(ladle_reader_next_rows(reader, NULL, rows, 3, &count, error));
    must_refuse(ladle_reader_next_rows(reader, &layout, NULL, 3, &count, error));
    must_refuse(ladle_reader_next_rows(reader, &layout, rows, 0, &count, error));
    must_refuse(ladle_reader_next_rows(reader, &layout, rows, 3, NULL, error));
    must_refuse(ladle_reader_next_block(reader, NULL, &number, error));
    must_refuse(ladle_reader_next_block(reader, &root, NULL, error));
    must_refuse(ladle_reader_resume(reader, NULL, error));
    must_refuse(ladle_reader_count(reader, NULL, error));
    must_refuse(ladle_reader_schema(reader, NULL, error));
    must_refuse(ladle_reader_info(reader, NULL, error));
    must_refuse(ladle_reader_seek(reader, 4, error));
    must_give(LADLE_E_STATE, ladle_reader_resume(reader, &number, NULL));
    must(ladle_reader_next_rows(reader, &layout, rows, 3, &count, NULL));
    ck_assert_uint_eq(count, 3); /* nothing of this was in the way */
    ladle_reader_close(reader);
}
END_TEST

START_TEST(null_is_refused_elsewhere)
{
    ladle_source source;
    ladle_sink sink;
    ladle_buffer copy = {0};
    ladle_view view = {.kind = LADLE_NONE};
    const void *values;
    must_refuse(ladle_source_open(NULL, "x", error));
    must_refuse(ladle_source_open(&source, NULL, error));
    must_refuse(ladle_sink_open(NULL, "x", false, error));
    must_refuse(ladle_sink_open(&sink, NULL, false, error));
    must_refuse(ladle_sink_open_append(NULL, &source, "x", error));
    must_refuse(ladle_sink_open_append(&sink, NULL, "x", error));
    must_refuse(ladle_sink_open_append(&sink, &source, NULL, error));
    must_refuse(ladle_fd_is_locked(0, NULL, error));
    ck_assert_ptr_null(ladle_column_named(NULL, "x"));
    ck_assert_ptr_null(ladle_column_named(&view, NULL));
    ck_assert_ptr_null(ladle_column_at(NULL, 0));
    ck_assert_ptr_null(ladle_column_at(&view, 0));
    must_refuse(ladle_column_get(NULL, LADLE_FIELD_INT8, NULL, &copy, &values, error));
    must_refuse(ladle_column_get(&view, LADLE_FIELD_INT8, NULL, NULL, &values, error));
    must_refuse(ladle_column_get(&view, LADLE_FIELD_INT8, NULL, &copy, NULL, error));
    ladle_memory_sink memory = {0};
    ladle_memory_source bytes;
    ladle_sink_from_memory(&sink, &memory);
    source_of_file(&source, &bytes);
    must_refuse(ladle_verify(NULL, NULL, NULL, error));
    must_refuse(ladle_repair(NULL, &sink, NULL, NULL, error));
    must_refuse(ladle_repair(&source, NULL, NULL, NULL, error));
    must_refuse(ladle_concat(NULL, 1, &sink, NULL, NULL, error));
    must_refuse(ladle_concat(&source, 1, NULL, NULL, NULL, error));
    must_refuse(ladle_concat(&source, 0, &sink, NULL, NULL, error));
    ck_assert_ptr_null(memory.data);
    must_give(LADLE_E_IO, ladle_fd_lock(-1, NULL));
    must_give(LADLE_E_ARGUMENT, ladle_fd_write_some(1, NULL, NULL, NULL, NULL));
}
END_TEST

/*
 * Sizes that no struct has, and one of a newer version, which has set something at its end.
 */
static const size_t wrong_sizes[] = {0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX, 256};

/*
 * A struct with room behind it.
 */
union padded {
    size_t struct_size;
    ladle_source source;
    ladle_sink sink;
    ladle_reader_options reader;
    ladle_writer_options writer;
    ladle_limits limits;
    ladle_info info;
    ladle_recover_options recover;
    ladle_recover_report report;
    uint8_t bytes[256];
};

static void spoil(union padded *padded, size_t size)
{
    padded->struct_size = size;
    padded->bytes[sizeof padded->bytes - 1] = 1;
}

START_TEST(a_wrong_struct_size_is_refused)
{
    size_t size = wrong_sizes[_i];
    ladle_source source;
    ladle_memory_source bytes;
    ladle_memory_sink memory = {0};
    ladle_sink sink;
    ladle_reader *reader;
    ladle_writer *writer;
    union padded padded = {.bytes = {0}};
    ladle_reader_options reader_options = LADLE_READER_OPTIONS_INIT;
    ladle_writer_options writer_options = LADLE_WRITER_OPTIONS_INIT;
    ladle_sink_from_memory(&sink, &memory);
    source_of_file(&source, &bytes);

    spoil(&padded, size);
    must_refuse(ladle_reader_open(&reader, &source, &padded.reader, error));
    must_refuse(ladle_writer_open(&writer, &sink, &padded.writer, error));
    must_refuse(ladle_verify(&source, &padded.recover, NULL, error));
    must_refuse(ladle_verify(&source, NULL, &padded.report, error));
    must_refuse(ladle_repair(&source, &sink, &padded.recover, NULL, error));
    must_refuse(ladle_concat(&source, 1, &sink, &padded.recover, NULL, error));
    reader_options.limits = &padded.limits;
    must_refuse(ladle_reader_open(&reader, &source, &reader_options, error));
    writer_options.limits = &padded.limits;
    must_refuse(ladle_writer_open(&writer, &sink, &writer_options, error));
    padded.source = source;
    spoil(&padded, size);
    must_refuse(ladle_reader_open(&reader, &padded.source, NULL, error));
    must_refuse(ladle_writer_open_append(&writer, &padded.source, &sink, NULL, NULL, error));
    padded.sink = sink;
    spoil(&padded, size);
    must_refuse(ladle_writer_open(&writer, &padded.sink, NULL, error));
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must_refuse(ladle_reader_info(reader, &padded.info, error));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&memory);
}
END_TEST

/*
 * A program that was built with an older version, and one that knows more but does not use it.
 */
START_TEST(other_versions_of_structs_are_taken)
{
    ladle_source source;
    ladle_memory_source bytes;
    struct fault_source fault;
    union padded padded = {.bytes = {0}};
    ladle_reader *reader;
    uint64_t count;
    source_of_file(&source, &bytes);
    padded.reader = (ladle_reader_options)LADLE_READER_OPTIONS_INIT;
    padded.struct_size = sizeof padded.bytes;
    must(ladle_reader_open(&reader, &source, &padded.reader, NULL));
    ladle_reader_close(reader);
    memset(padded.bytes, 0xFF, sizeof padded.bytes);
    padded.struct_size = sizeof(size_t);
    must(ladle_reader_open(&reader, &source, &padded.reader, NULL));

    memset(padded.bytes, 0xFF, sizeof padded.bytes);
    padded.struct_size = offsetof(ladle_info, block_count);
    must(ladle_reader_info(reader, &padded.info, NULL));
    ck_assert_uint_eq(padded.info.record_count, 3);
    ck_assert_uint_eq(padded.info.struct_size, offsetof(ladle_info, block_count));
    ck_assert_uint_eq(padded.info.block_count, UINT64_MAX); /* it is not the library's to write */
    ladle_reader_close(reader);

    fault_source_init(&source, &fault, file.data, file.len);
    source.struct_size = offsetof(ladle_source, read_at);
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    must_give(LADLE_E_STATE, ladle_reader_count(reader, &count, NULL));
    ladle_reader_close(reader);
}
END_TEST

START_TEST(a_source_must_read_and_a_sink_must_write)
{
    struct fault_source fault_source;
    struct fault_sink fault_sink;
    ladle_source source;
    ladle_sink sink;
    ladle_reader *reader;
    ladle_writer *writer;
    fault_source_init(&source, &fault_source, "", 0);
    fault_sink_init(&sink, &fault_sink);
    source.read = NULL;
    source.read_at = NULL;
    sink.write = NULL;
    must_give(LADLE_E_ARGUMENT, ladle_reader_open(&reader, &source, NULL, NULL));
    ck_assert_ptr_null(reader);
    ck_assert_uint_eq(fault_source.close_count, 1);
    must_give(LADLE_E_ARGUMENT, ladle_writer_open(&writer, &sink, NULL, NULL));
    ck_assert_ptr_null(writer);
    ck_assert_uint_eq(fault_sink.close_count, 1);
    must_give(LADLE_E_ARGUMENT,
              ladle_writer_open_append(&writer, &source, &sink, NULL, NULL, NULL));
    ck_assert_uint_eq(fault_source.close_count, 2);
    ck_assert_uint_eq(fault_sink.close_count, 2);
    ladle_buffer_free(&fault_sink.written);
}
END_TEST

/*
 * Options out of their ranges; the sink is closed each time.
 */
START_TEST(options_out_of_range_are_refused)
{
    static const ladle_limits deep = {.struct_size = sizeof deep, .max_depth = 4097};
    static const ladle_limits large = {.struct_size = sizeof large, .max_record = UINT64_MAX};
    const ladle_writer_options wrong[] = {
        {.struct_size = sizeof wrong[0], .block_len = 1},
        {.struct_size = sizeof wrong[0], .block_len = SIZE_MAX},
        {.struct_size = sizeof wrong[0], .codec = "zlib", .level = 99},
        {.struct_size = sizeof wrong[0], .metadata = "\x41", .metadata_len = 1},
        {.struct_size = sizeof wrong[0], .metadata = "\xE1\x41\x41", .metadata_len = 3},
        {.struct_size = sizeof wrong[0], .metadata = "\xE1", .metadata_len = 1},
        {.struct_size = sizeof wrong[0], .limits = &deep},
        {.struct_size = sizeof wrong[0], .limits = &large},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct fault_sink fault;
        ladle_sink sink;
        ladle_writer *writer;
        ladle_error error = {.status = LADLE_OK};
        fault_sink_init(&sink, &fault);
        must_give(LADLE_E_ARGUMENT, ladle_writer_open(&writer, &sink, &wrong[i], &error));
        ck_assert_int_eq(error.status, LADLE_E_ARGUMENT);
        ck_assert_ptr_null(writer);
        ck_assert_uint_eq(fault.close_count, 1);
        ladle_buffer_free(&fault.written);
    }
}
END_TEST

/*
 * What may be asked before opening, and while the file grows.
 */
static unsigned source_close_count;
static unsigned sink_close_count;

static void count_source_close(void *ctx)
{
    (void)ctx;
    source_close_count++;
}

static ladle_status count_sink_close(void *ctx, int *os_errno)
{
    (void)ctx;
    *os_errno = 0;
    sink_close_count++;
    return LADLE_OK;
}

/*
 * A call is refused, twice, and closes so many sources and sinks.
 */
#define must_refuse_and_close(sources, sinks, call)                                                \
    do {                                                                                           \
        source_close_count = sink_close_count = 0;                                                 \
        must_refuse(call);                                                                         \
        ck_assert_uint_eq(source_close_count, (sources) + (sources));                              \
        ck_assert_uint_eq(sink_close_count, (sinks) + (sinks));                                    \
    } while (0)

START_TEST(what_is_refused_is_closed)
{
    ladle_memory_source bytes;
    ladle_memory_sink memory = {0};
    ladle_source good;
    ladle_sink sink;
    ladle_reader *reader;
    ladle_writer *writer;
    source_of_file(&good, &bytes);
    good.close = count_source_close;
    ladle_sink_from_memory(&sink, &memory);
    sink.close = count_sink_close;
    const ladle_sink no_write = {.struct_size = sizeof no_write, .close = count_sink_close};
    const ladle_source no_size = {.struct_size = 0};
    const ladle_source two[] = {good, good}, one_of_two[] = {good, no_size};
    const ladle_limits no_limits = {.struct_size = 0};
    const ladle_reader_options reading = {.struct_size = 0};
    const ladle_writer_options writing = {.struct_size = 0};
    const ladle_recover_options wrong = {.struct_size = 0};
    const ladle_recover_options limited = {.struct_size = sizeof limited, .limits = &no_limits};
    ladle_recover_report report = {.struct_size = 0};
    must_refuse_and_close(1, 0, ladle_reader_open(&reader, &good, &reading, error));
    must_refuse_and_close(0, 1, ladle_writer_open(&writer, &sink, &writing, error));
    must_refuse_and_close(0, 1, ladle_writer_open(&writer, &no_write, NULL, error));
    must_refuse_and_close(1, 1,
                          ladle_writer_open_append(&writer, &good, &sink, &writing, NULL, error));
    must_refuse_and_close(1, 1,
                          ladle_writer_open_append(&writer, &good, &no_write, NULL, NULL, error));
    must_refuse_and_close(0, 1,
                          ladle_writer_open_append(&writer, &no_size, &sink, NULL, NULL, error));
    must_refuse_and_close(1, 0, ladle_verify(&good, &wrong, NULL, error));
    must_refuse_and_close(1, 0, ladle_verify(&good, &limited, NULL, error));
    must_refuse_and_close(1, 0, ladle_verify(&good, NULL, &report, error));
    must_refuse_and_close(1, 1, ladle_repair(&good, &sink, &wrong, NULL, error));
    must_refuse_and_close(1, 1, ladle_repair(&good, &sink, &limited, NULL, error));
    must_refuse_and_close(1, 1, ladle_repair(&good, &sink, NULL, &report, error));
    must_refuse_and_close(1, 1, ladle_repair(&good, &no_write, NULL, NULL, error));
    must_refuse_and_close(0, 1, ladle_repair(&no_size, &sink, NULL, NULL, error));
    must_refuse_and_close(2, 1, ladle_concat(two, 2, &sink, &wrong, NULL, error));
    must_refuse_and_close(2, 1, ladle_concat(two, 2, &sink, &limited, NULL, error));
    must_refuse_and_close(2, 1, ladle_concat(two, 2, &no_write, NULL, NULL, error));
    must_refuse_and_close(1, 1, ladle_concat(one_of_two, 2, &sink, NULL, NULL, error));
    ladle_memory_sink_free(&memory);
}
END_TEST

START_TEST(memory_and_length_can_be_asked_for)
{
    ladle_writer_options options = LADLE_WRITER_OPTIONS_INIT;
    ladle_memory_sink memory = {0};
    ladle_sink sink;
    ladle_writer *writer;
    options.codec = "zlib";
    options.block_len = 65536;
    ck_assert_uint_gt(ladle_writer_options_bound(NULL), 132000);
    ck_assert_uint_gt(ladle_writer_options_bound(&options), 65536);
    ladle_sink_from_memory(&sink, &memory);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    ck_assert_uint_eq(ladle_writer_memory_bound(writer), ladle_writer_options_bound(&options));
    must(ladle_writer_append_rows(writer, &layout, points, 3, NULL));
    ck_assert_uint_eq(ladle_writer_written_len(writer), memory.len);
    must(ladle_writer_flush(writer, NULL));
    ck_assert_uint_eq(ladle_writer_written_len(writer), memory.len);
    must(ladle_writer_close(writer, NULL));
    ladle_memory_sink_free(&memory);
    options.codec = "none such";
    ck_assert_uint_eq(ladle_writer_options_bound(&options), 0);
    options.struct_size = 0;
    ck_assert_uint_eq(ladle_writer_options_bound(&options), 0);
}
END_TEST

Suite *misuse_suite(void)
{
    Suite *suite = suite_create("misuse");
    TCase *tcase = tcase_create("misuse");
    tcase_add_checked_fixture(tcase, make_file, free_file);
    tcase_add_test(tcase, null_is_refused_by_writers);
    tcase_add_test(tcase, null_is_refused_by_readers);
    tcase_add_test(tcase, null_is_refused_elsewhere);
    tcase_add_loop_test(tcase, a_wrong_struct_size_is_refused, 0, COUNT_OF(wrong_sizes));
    tcase_add_test(tcase, other_versions_of_structs_are_taken);
    tcase_add_test(tcase, a_source_must_read_and_a_sink_must_write);
    tcase_add_test(tcase, what_is_refused_is_closed);
    tcase_add_test(tcase, memory_and_length_can_be_asked_for);
    tcase_add_test(tcase, options_out_of_range_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
