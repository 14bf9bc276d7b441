/* SPDX-License-Identifier: BSD-2-Clause */
#include "everything.h"
#include "fault_alloc.h"
#include "records.h"
#include "test.h"

#include <stdlib.h>

START_TEST(rows_come_back)
{
    static const size_t steps[] = {1, 3, 700, 5000};
    enum { COUNT = 3000 };
    struct everything *rows = random_rows(77 + (uint64_t)_i, COUNT);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        ladle_memory_sink file = {0};
        ladle_writer_options options = fixed_options();
        options.block_len = i % 2 ? 0 : 4096;
        ladle_writer *writer = open_writer(&file, &options);
        for (size_t done = 0; done < COUNT;) {
            size_t step = steps[i] < COUNT - done ? steps[i] : COUNT - done;
            must(
                ladle_writer_append_rows(writer, &everything_layouts[_i], rows + done, step, NULL));
            done += step;
            ck_assert_uint_eq(ladle_writer_count(writer), done);
        }
        must(ladle_writer_close(writer, NULL));
        for (size_t j = 0; j < COUNT_OF(steps); j++) {
            must_hold_rows(&file, rows, COUNT, steps[j]);
        }
        ladle_memory_sink_free(&file);
    }
    free(rows);
}
END_TEST

/*
 * Bytes that come in pieces of any length: each row comes as soon as its block is there, once.
 */
START_TEST(rows_come_in_pieces)
{
    enum { COUNT = 200 };
    struct everything *rows = random_rows(99, COUNT);
    ladle_memory_sink file = {0};
    ladle_writer_options options = fixed_options();
    options.block_len = 4096;
    ladle_writer *writer = open_writer(&file, &options);
    must(ladle_writer_append_rows(writer, &everything_layouts[_i], rows, COUNT, NULL));
    must(ladle_writer_close(writer, NULL));
    for (size_t piece = 1; piece <= file.len; piece += 1 + piece / 3) {
        ladle_memory_source bytes = {.data = NULL};
        ladle_source source;
        ladle_reader *reader = NULL;
        ladle_reader_options live = LADLE_READER_OPTIONS_INIT;
        ladle_status status = LADLE_WAIT;
        size_t read = 0;
        live.live = true;
        ladle_source_from_pieces(&source, &bytes);
        must_give(LADLE_WAIT, ladle_reader_open(&reader, &source, &live, NULL));
        for (size_t place = 0; place < file.len; place += piece) {
            size_t left = file.len - place;
            struct everything got[7];
            size_t count;
            must_give(LADLE_WAIT, status);
            bytes = (ladle_memory_source){.data = (uint8_t *)file.data + place,
                                          .len = left < piece ? left : piece};
            while ((status = ladle_reader_next_rows(reader, &everything_layouts[0], got, 7, &count,
                                                    NULL)) == LADLE_OK) {
                for (size_t i = 0; i < count; i++) {
                    must_be_row(&got[i], &rows[read + i]);
                }
                read += count;
            }
        }
        check_that(status == LADLE_END && read == COUNT, "%zu rows, then %s", read,
                   ladle_status_text(status));
        ladle_reader_close(reader);
    }
    ladle_memory_sink_free(&file);
    free(rows);
}
END_TEST

/*
 * A column has one kind in all blocks, and unsigned integers say so in all of them.
 */
START_TEST(kinds_are_the_same_in_every_block)
{
    struct {
        uint64_t number;
        int32_t other;
        char text[8];
        float f;
    } rows[4000];
    typedef __typeof__(rows[0]) row;
    const ladle_field fields[] = {LADLE_FIELD(row, number), LADLE_FIELD(row, other),
                                  LADLE_FIELD(row, text), LADLE_FIELD(row, f)};
    const ladle_layout layout = LADLE_LAYOUT(row, fields);
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_writer_options options = fixed_options();
    options.block_len = 4096;
    ladle_writer *writer = open_writer(&file, &options);
    memset(rows, 0, sizeof rows);
    rows[3000].number = UINT64_MAX;
    rows[1000].other = INT32_MIN;
    must(ladle_writer_append_rows(writer, &layout, rows, COUNT_OF(rows), NULL));
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    ladle_view *root;
    uint64_t first;
    size_t blocks = 0;
    while (ladle_reader_next_block(reader, &root, &first, NULL) == LADLE_OK) {
        blocks++;
        ck_assert_int_eq(root->kind, LADLE_DICT);
        ck_assert_int_eq(root->child_count, 4);
        ck_assert_int_eq(root->children[0].kind, LADLE_INT);
        ck_assert(root->children[0].words.is_unsigned);
        ck_assert_int_eq(root->children[1].kind, LADLE_INT);
        ck_assert(!root->children[1].words.is_unsigned);
        ck_assert(root->children[2].kind == LADLE_STR ||
                  root->children[2].children[0].kind == LADLE_STR);
        ck_assert_int_eq(root->children[3].kind, LADLE_FLOAT);
    }
    ck_assert_uint_gt(blocks, 5);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * Rows among other records, of which some have what the fields ask for.
 */
START_TEST(rows_and_records_mix)
{
    struct point points[500];
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_writer *writer = open_writer(&file, NULL);
    ladle_buffer record = {0};
    for (int i = 0; i < 500; i++) {
        points[i] = (struct point){.x = i / 3.0, .y = (int16_t)i};
        if (i % 3) {
            must(ladle_writer_append_rows(writer, &point_layout, &points[i], 1, NULL));
            continue;
        }
        record.len = 0;
        must(ladle_value_put_container(&record, LADLE_DICT, 3));
        must(ladle_value_put_data(&record, LADLE_STR, "y", 1));
        must(ladle_value_put_int(&record, i));
        must(ladle_value_put_data(&record, LADLE_STR, "more", 4));
        must(ladle_value_put_data(&record, LADLE_STR, everything_letters, (size_t)(i % 7)));
        must(ladle_value_put_data(&record, LADLE_STR, "x", 1));
        must(ladle_value_put_float(&record, points[i].x));
        must(ladle_writer_append(writer, record.data, record.len, NULL));
    }
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    for (size_t i = 0; i < 500;) {
        struct point got[8];
        size_t count = 1;
        if (i % 5 == 4) {
            ladle_cursor value;
            ladle_item item;
            must(ladle_reader_next(reader, &value, NULL));
            must(ladle_value_next(&value, &item));
            ck_assert_uint_eq(item.count, i % 3 ? 2 : 3);
        } else {
            must(ladle_reader_next_rows(reader, &point_layout, got, 1 + i % 8, &count, NULL));
            must_be_points(got, points + i, count);
        }
        i += count;
    }
    ladle_reader_close(reader);
    ladle_buffer_free(&record);
    ladle_memory_sink_free(&file);
}
END_TEST

START_TEST(a_missing_key_has_a_stand_in)
{
    static const double minus_one = -1;
    struct point got[2];
    ladle_field fields[] = {LADLE_FIELD(struct point, x), LADLE_FIELD(struct point, y)};
    const ladle_layout layout = LADLE_LAYOUT(struct point, fields);
    const ladle_layout only_y = {sizeof(struct point), fields + 1, 1, LADLE_DICT};
    const struct point points[] = {{.y = 1}, {.x = 2, .y = 2}};
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_error error;
    size_t count;
    ladle_writer *writer = open_writer(&file, NULL);
    must(ladle_writer_append_rows(writer, &only_y, points, 1, NULL));
    must(ladle_writer_append_rows(writer, &layout, points + 1, 1, NULL));
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    must_give(LADLE_E_VALUE, ladle_reader_next_rows(reader, &layout, got, 2, &count, &error));
    ck_assert_str_eq(error.text, "field x is missing");
    fields[0].missing = &minus_one;
    must(ladle_reader_next_rows(reader, &layout, got, 2, &count, NULL));
    ck_assert_uint_eq(count, 2);
    ck_assert(got[0].x == -1 && got[0].y == 1 && got[1].x == 2 && got[1].y == 2);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * The rows before one that cannot be written are records.
 */
START_TEST(a_bad_row_stops_the_rows_behind_it)
{
    enum { COUNT = 2000 };
    struct everything *rows = random_rows(5, COUNT);
    size_t bad = (size_t)_i * 499;
    ladle_memory_sink file = {0};
    ladle_error error;
    ladle_writer_options options = fixed_options();
    options.block_len = 50000;
    ladle_writer *writer = open_writer(&file, &options);
    rows[bad].string = (ladle_string){NULL, 1};
    rows[bad + 1].text[0] = '\xFF';
    must_give(LADLE_E_VALUE,
              ladle_writer_append_rows(writer, &everything_layouts[0], rows, COUNT, &error));
    ck_assert_uint_eq(error.record, bad);
    ck_assert_str_eq(error.text, "field string is NULL but not empty");
    ck_assert_uint_eq(ladle_writer_count(writer), bad);
    must_give(LADLE_E_VALUE, ladle_writer_append_rows(writer, &everything_layouts[0],
                                                      rows + bad + 1, COUNT - bad - 1, &error));
    ck_assert_str_eq(error.text, "field text is not UTF-8");
    must(ladle_writer_close(writer, NULL));
    must_hold_rows(&file, rows, bad, 100);
    ladle_memory_sink_free(&file);
    free(rows);
}
END_TEST

/*
 * Texts that fill their members are looked at together; what one of them has is found nevertheless.
 */
START_TEST(texts_without_a_zero_behind_them)
{
    struct row {
        char text[9];
    };
    static const ladle_field fields[] = {LADLE_FIELD(struct row, text)};
    static const ladle_layout layout = LADLE_LAYOUT(struct row, fields);
    static const char texts[][sizeof(struct row) + 1] = {"ladle----", "says-\xC3\xA4--",
                                                         "hello\0---", "to all \xFF-", "of them--"};
    struct row rows[COUNT_OF(texts)];
    struct row got[COUNT_OF(rows)];
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_error error;
    size_t count;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memcpy(rows[i].text, texts[i], sizeof rows[i].text);
    }
    ladle_writer *writer = open_writer(&file, NULL);
    must_give(LADLE_E_VALUE, ladle_writer_append_rows(writer, &layout, rows + 3, 2, &error));
    must(ladle_writer_append_rows(writer, &layout, rows, 2, &error));
    must_give(LADLE_E_VALUE, ladle_writer_append_rows(writer, &layout, rows + 2, 3, &error));
    ck_assert_uint_eq(error.record, 3);
    ck_assert_str_eq(error.text, "field text is not UTF-8");
    must(ladle_writer_append_rows(writer, &layout, rows + 4, 1, &error));
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    must(ladle_reader_next_rows(reader, &layout, got, COUNT_OF(rows), &count, NULL));
    ck_assert_uint_eq(count, 4);
    memset(rows[2].text + 5, 0, 4);
    rows[3] = rows[4];
    ck_assert_mem_eq(got, rows, 4 * sizeof rows[0]);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * Write three texts of one length, of which the second one is given, and look whether they come back.
 */
static void must_come_back(const char *text, size_t len)
{
    char rows[3 * 50];
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_cursor record;
    ladle_string got;
    const ladle_field field = {.name = "text", .type = LADLE_FIELD_CHARS, .len = len};
    const ladle_layout layout = {len, &field, 1, LADLE_TUPLE};
    memset(rows, 'x', sizeof rows);
    memcpy(rows + len, text, len);
    ladle_writer *writer = open_writer(&file, NULL);
    bool is_utf8 = !memchr(text, 0xFF, len);
    must_give(is_utf8 ? LADLE_OK : LADLE_E_VALUE,
              ladle_writer_append_rows(writer, &layout, rows, 3, NULL));
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    for (size_t i = 0; i < (is_utf8 ? 3 : 1); i++) {
        const char *expected = rows + i * len;
        const char *end = memchr(expected, 0, len);
        must(ladle_reader_next(reader, &record, NULL));
        must(ladle_value_get_container(&record, LADLE_TUPLE, 1));
        must(ladle_value_get_str(&record, &got));
        ck_assert_uint_eq(got.len, end ? (size_t)(end - expected) : len);
        ck_assert(memcmp(got.data, expected, got.len) == 0);
    }
    must_give(LADLE_END, ladle_reader_next(reader, &record, NULL));
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}

START_TEST(a_byte_of_a_text_is_seen_wherever_it_is)
{
    static const char bytes[] = {'y', '\0', '\xFF'};
    for (size_t len = 1; len <= 50; len += test_step()) {
        for (size_t place = 0; place < len; place++) {
            for (size_t i = 0; i < sizeof bytes; i++) {
                char text[50];
                memset(text, 'a' + (char)(place % 26), len);
                text[place] = bytes[i];
                must_come_back(text, len);
            }
        }
    }
}
END_TEST

/*
 * Strings larger than a block, between small ones.
 */
START_TEST(large_rows_have_blocks_of_their_own)
{
    enum { COUNT = 60, LARGE = 300000 };
    struct everything *rows = random_rows(6, COUNT);
    char *large = malloc(LARGE);
    ladle_limits limits = LADLE_LIMITS_INIT;
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_error error;
    memset(large, 'x', LARGE);
    for (size_t i = 10; i < COUNT; i += 10) {
        rows[i].string = (ladle_string){large, LARGE - i};
    }
    options.block_len = 20000;
    ladle_writer *writer = open_writer(&file, &options);
    must(ladle_writer_append_rows(writer, &everything_layouts[0], rows, COUNT, NULL));
    must(ladle_writer_close(writer, NULL));
    must_hold_rows(&file, rows, COUNT, COUNT);
    ladle_memory_sink_free(&file);

    limits.max_record = LARGE - 100;
    options.limits = &limits;
    writer = open_writer(&file, &options);
    must_give(LADLE_E_LIMIT,
              ladle_writer_append_rows(writer, &everything_layouts[0], rows, COUNT, &error));
    ck_assert_str_eq(error.limit, "max_record");
    ck_assert_uint_eq(error.record, 10);
    ck_assert_uint_eq(ladle_writer_count(writer), 10);
    must(ladle_writer_append_rows(writer, &everything_layouts[0], rows + 11, 9, NULL));
    must(ladle_writer_close(writer, NULL));
    memmove(rows + 10, rows + 11, 9 * sizeof *rows);
    must_hold_rows(&file, rows, 19, 3);
    ladle_memory_sink_free(&file);
    free(large);
    free(rows);
}
END_TEST

START_TEST(limits_hold_for_rows)
{
    struct everything *rows = random_rows(7, 1);
    ladle_limits limits = LADLE_LIMITS_INIT;
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_error error;
    options.limits = &limits;
    limits.max_items = _i ? 31 : 30; /* 19 fields, 4 and 2 elements, 3 points of 2 */
    limits.max_depth = _i ? 2 : 0;
    ladle_writer *writer = open_writer(&file, &options);
    must_give(LADLE_E_LIMIT,
              ladle_writer_append_rows(writer, &everything_layouts[0], rows, 1, &error));
    ck_assert_str_eq(error.limit, _i ? "max_depth" : "max_items");
    ck_assert_uint_eq(error.needed, _i ? 3 : 31);
    ck_assert_uint_eq(ladle_writer_count(writer), 0);
    must(ladle_writer_close(writer, NULL));
    ladle_memory_sink_free(&file);
    free(rows);
}
END_TEST

/*
 * Rows do not fit the shape of the block at hand: they begin a new one.
 */
START_TEST(other_records_do_not_keep_rows_out)
{
    const struct {
        uint64_t x;
    } row = {UINT64_MAX};
    const ladle_field fields[] = {{"x", LADLE_FIELD_UINT64, 0, 8, NULL, NULL}};
    const ladle_layout layout = LADLE_LAYOUT(row, fields);
    const ladle_field negative_fields[] = {{"x", LADLE_FIELD_INT64, 0, 8, NULL, NULL}};
    const ladle_layout negative = LADLE_LAYOUT(row, negative_fields);
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    size_t count;
    uint64_t got[3] = {0};
    ladle_error error;
    ladle_writer *writer = open_writer(&file, NULL);
    must(ladle_writer_append_rows(writer, &negative, &row, 1, NULL));
    must(ladle_writer_append_rows(writer, &layout, &row, 1, NULL));
    must(ladle_writer_append_rows(writer, &layout, &row, 1, NULL));
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    must(ladle_reader_next_rows(reader, &negative, got, 1, &count, NULL));
    must(ladle_reader_next_rows(reader, &layout, got + 1, 2, &count, &error));
    ck_assert_uint_eq(count, 2);
    ck_assert(got[0] == UINT64_MAX && got[1] == UINT64_MAX && got[2] == UINT64_MAX);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * Write and read with the allocation 'fail_at' failing. False when there was none such.
 */
static bool rows_failing_at(const struct everything *rows, size_t count, uint64_t fail_at)
{
    struct fault_alloc alloc;
    ladle_writer_options options = fixed_options();
    ladle_memory_sink file = {0};
    ladle_sink sink;
    ladle_writer *writer;
    fault_alloc_init(&alloc);
    alloc.fail_at = fail_at;
    options.allocator = &alloc.allocator;
    options.block_len = 4096;
    ladle_sink_from_memory(&sink, &file);
    ladle_status status = ladle_writer_open(&writer, &sink, &options, NULL);
    while (status == LADLE_OK && ladle_writer_count(writer) < count) {
        size_t done = (size_t)ladle_writer_count(writer);
        status = ladle_writer_append_rows(writer, &everything_layouts[0], rows + done, count - done,
                                          NULL);
        if (status == LADLE_E_MEMORY) {
            check_that(alloc.calls > fail_at, "no memory though there was");
            status = LADLE_OK; /* once more: the rows that are in are counted */
        }
    }
    if (status == LADLE_OK) {
        status = ladle_writer_close(writer, NULL);
    }
    if (status == LADLE_OK) {
        must_hold_rows(&file, rows, count, 64);
    } else {
        must_give(LADLE_E_MEMORY, status);
    }
    fault_alloc_end(&alloc);
    ladle_memory_sink_free(&file);
    return alloc.calls > fail_at;
}

START_TEST(rows_survive_failing_memory)
{
    enum { COUNT = 150 };
    struct everything *rows = random_rows(8, COUNT);
    uint64_t fail_at = 0;
    while (rows_failing_at(rows, COUNT, fail_at)) {
        fail_at++;
    }
    ck_assert_uint_gt(fail_at, 50);
    free(rows);
}
END_TEST

/*
 * Any records, read as rows: well or refused, never beyond the columns (for the sanitizers).
 */
START_TEST(any_file_may_be_read_as_rows)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    records_generate(&records, 900 + (uint64_t)_i, _i % GEN_STYLE_COUNT, 300);
    write_file(&records, NULL, &file);
    ladle_reader *reader = open_reader(&source, &file);
    struct everything got[7];
    size_t count;
    ladle_status status = LADLE_OK;
    while (status != LADLE_END) {
        ladle_cursor value;
        status = ladle_reader_next_rows(reader, &everything_layouts[0], got, 7, &count, NULL);
        check_that(status >= 0 || status == LADLE_E_VALUE, "%s", ladle_status_text(status));
        if (status == LADLE_E_VALUE) {
            must(ladle_reader_next(reader, &value, NULL));
        }
    }
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *rows_suite(void)
{
    Suite *suite = suite_create("rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_loop_test(tcase, rows_come_back, 0, 2);
    tcase_add_loop_test(tcase, rows_come_in_pieces, 0, 2);
    tcase_add_test(tcase, kinds_are_the_same_in_every_block);
    tcase_add_test(tcase, rows_and_records_mix);
    tcase_add_test(tcase, a_missing_key_has_a_stand_in);
    tcase_add_loop_test(tcase, a_bad_row_stops_the_rows_behind_it, 0, 5);
    tcase_add_test(tcase, texts_without_a_zero_behind_them);
    tcase_add_test(tcase, a_byte_of_a_text_is_seen_wherever_it_is);
    tcase_add_test(tcase, large_rows_have_blocks_of_their_own);
    tcase_add_loop_test(tcase, limits_hold_for_rows, 0, 2);
    tcase_add_test(tcase, other_records_do_not_keep_rows_out);
    tcase_add_test(tcase, rows_survive_failing_memory);
    tcase_add_loop_test(tcase, any_file_may_be_read_as_rows, 0, 3 * GEN_STYLE_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
