/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"
#include "test.h"

enum { COUNT = 1000 };

/*
 * A file of one block of dicts, read to that block.
 */
struct file {
    ladle_memory_sink bytes;
    ladle_memory_source source;
    ladle_reader *reader;
    ladle_view *block;
    ladle_buffer copy;
};

static void must_read(struct file *file)
{
    ladle_source source;
    uint64_t first;
    file->source = (ladle_memory_source){.data = file->bytes.data, .len = file->bytes.len};
    ladle_source_from_memory(&source, &file->source);
    must(ladle_reader_open(&file->reader, &source, NULL, NULL));
    must(ladle_reader_next_block(file->reader, &file->block, &first, NULL));
}

static void must_write_rows(struct file *file, const ladle_layout *layout, const void *rows)
{
    ladle_sink sink;
    ladle_writer *writer;
    *file = (struct file){.reader = NULL};
    ladle_sink_from_memory(&sink, &file->bytes);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    must(ladle_writer_append_rows(writer, layout, rows, COUNT, NULL));
    must(ladle_writer_close(writer, NULL));
    must_read(file);
}

static void file_free(struct file *file)
{
    ladle_reader_close(file->reader);
    ladle_buffer_free(&file->copy);
    ladle_memory_sink_free(&file->bytes);
}

struct row {
    double score;
    int64_t large;
    uint64_t unsigned_large;
    int32_t small;
    bool flag;
    char name[8];
};

static struct row rows[COUNT];

static void make_rows(struct file *file, ladle_kind kind)
{
    static const ladle_field fields[] = {
        LADLE_FIELD(struct row, score),          LADLE_FIELD(struct row, large),
        LADLE_FIELD(struct row, unsigned_large), LADLE_FIELD(struct row, small),
        LADLE_FIELD(struct row, flag),           LADLE_FIELD(struct row, name)};
    ladle_layout layout = LADLE_LAYOUT(struct row, fields);
    struct gen gen = gen_begin(3);
    layout.kind = kind;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t number = gen_u64(&gen);
        rows[i] = (struct row){.score = (double)i / 3,
                               .large = (int64_t)number,
                               .unsigned_large = ~number,
                               .small = (int32_t)i - 5,
                               .flag = i % 3 == 0};
        snprintf(rows[i].name, sizeof rows[i].name, "n%zu", i * i % 1000);
    }
    must_write_rows(file, &layout, rows);
}

static void must_be_rows(struct file *file, ladle_view *columns[6])
{
    const double *scores;
    const int64_t *ints;
    const ladle_string *names;
    const void *values;
    ladle_buffer copy = {0};
    must(ladle_column_doubles(columns[0], NULL, &copy, &scores, NULL));
    must(ladle_column_ints(columns[1], NULL, &file->copy, &ints, NULL));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    ck_assert_ptr_null(copy.data); /* both are in the block as they are wanted */
    ck_assert_ptr_null(file->copy.data);
#endif
    for (size_t i = 0; i < COUNT; i++) {
        check_that(scores[i] == rows[i].score && ints[i] == rows[i].large, "row %zu", i);
    }
    ladle_buffer_free(&copy);
    must(ladle_column_get(columns[2], LADLE_FIELD_UINT64, NULL, &file->copy, &values, NULL));
    check_that(((const uint64_t *)values)[9] == rows[9].unsigned_large, "unsigned");
    must(ladle_column_get(columns[3], LADLE_FIELD_INT32, NULL, &file->copy, &values, NULL));
    check_that(((const int32_t *)values)[COUNT - 1] == COUNT - 6, "small");
    must(ladle_column_doubles(columns[3], NULL, &file->copy, &scores, NULL));
    check_that(scores[1] == -4, "ints as doubles");
    must(ladle_column_get(columns[4], LADLE_FIELD_BOOL, NULL, &file->copy, &values, NULL));
    check_that(((const bool *)values)[3] && !((const bool *)values)[4], "flag");
    for (int again = 0; again < 2; again++) {
        must(ladle_column_strings(columns[5], NULL, &file->copy, &names, NULL));
        for (size_t i = 0; i < COUNT; i++) {
            check_that(names[i].len == strlen(rows[i].name) &&
                           memcmp(names[i].data, rows[i].name, names[i].len) == 0,
                       "row %zu", i);
        }
    }
}

START_TEST(columns_of_dicts_and_tuples)
{
    static const char *const names[] = {"score", "large", "unsigned_large",
                                        "small", "flag",  "name"};
    struct file file;
    ladle_view *columns[6];
    make_rows(&file, _i ? LADLE_TUPLE : LADLE_DICT);
    for (uint32_t i = 0; i < 6; i++) {
        columns[i] = _i ? ladle_column_at(file.block, i) : ladle_column_named(file.block, names[i]);
        ck_assert_ptr_nonnull(columns[i]);
        ck_assert_uint_eq(ladle_column_count(columns[i]), COUNT);
    }
    ck_assert_ptr_null(ladle_column_named(file.block, "nothing"));
    ck_assert_ptr_null(ladle_column_at(file.block, _i ? 6 : 0));
    must_be_rows(&file, columns);
    file_free(&file);
}
END_TEST

START_TEST(a_column_is_checked_for_fit)
{
    const void *values;
    struct file file;
    ladle_error error;
    make_rows(&file, LADLE_DICT);
    ladle_view *column = ladle_column_named(file.block, "small");
    must_give(LADLE_E_VALUE,
              ladle_column_get(column, LADLE_FIELD_INT8, NULL, &file.copy, &values, &error));
    ck_assert_str_eq(error.text, "value 133 of the column is 128, which an int8 cannot hold");
    must_give(LADLE_E_VALUE,
              ladle_column_get(column, LADLE_FIELD_STRING, NULL, &file.copy, &values, &error));
    ck_assert_str_eq(error.text, "value 0 of the column is an int, not a str");
    static const ladle_field_type wrong[] = {LADLE_FIELD_NONE, LADLE_FIELD_CHARS, LADLE_FIELD_BYTES,
                                             LADLE_FIELD_STRUCT, (ladle_field_type)5};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        must_give(LADLE_E_ARGUMENT,
                  ladle_column_get(column, wrong[i], NULL, &file.copy, &values, &error));
    }
    file.copy.len_max = 100;
    ladle_buffer_free(&file.copy);
    must_give(LADLE_E_LIMIT,
              ladle_column_get(column, LADLE_FIELD_INT32, NULL, &file.copy, &values, &error));
    file_free(&file);
}
END_TEST

START_TEST(none_has_a_stand_in)
{
    struct file file = {.reader = NULL};
    ladle_sink sink;
    ladle_writer *writer;
    ladle_buffer record = {0};
    const double *values;
    const double missing = -7;
    ladle_error error;
    ladle_sink_from_memory(&sink, &file.bytes);
    must(ladle_writer_open(&writer, &sink, NULL, NULL));
    for (int i = 0; i < 9; i++) {
        record.len = 0;
        must(ladle_value_put_container(&record, LADLE_TUPLE, 1));
        must(i % 2 ? ladle_value_put_none(&record) : ladle_value_put_float(&record, i / 4.0));
        must(ladle_writer_append(writer, record.data, record.len, NULL));
    }
    must(ladle_writer_close(writer, NULL));
    must_read(&file);
    ladle_view *column = ladle_column_at(file.block, 0);
    must_give(LADLE_E_VALUE, ladle_column_doubles(column, NULL, &file.copy, &values, &error));
    ck_assert_str_eq(error.text, "value 1 of the column is None");
    must(ladle_column_doubles(column, &missing, &file.copy, &values, &error));
    for (int i = 0; i < 9; i++) {
        check_that(values[i] == (i % 2 ? -7 : i / 4.0), "value %d", i);
    }
    ladle_view_seek(file.block, 5);
    ck_assert_uint_eq(ladle_column_count(column), 4);
    must(ladle_column_doubles(column, &missing, &file.copy, &values, &error));
    check_that(values[0] == -7 && values[1] == 1.5, "behind a seek");
    ladle_buffer_free(&record);
    file_free(&file);
}
END_TEST

Suite *column_suite(void)
{
    Suite *suite = suite_create("column");
    TCase *tcase = tcase_create("column");
    tcase_add_loop_test(tcase, columns_of_dicts_and_tuples, 0, 2);
    tcase_add_test(tcase, a_column_is_checked_for_fit);
    tcase_add_test(tcase, none_has_a_stand_in);
    suite_add_tcase(suite, tcase);
    return suite;
}
