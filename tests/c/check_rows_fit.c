/* SPDX-License-Identifier: BSD-2-Clause */
#include "everything.h"
#include "records.h"
#include "test.h"

/*
 * Fields of all types, one of which is used at a time.
 */
struct cell {
    bool truth;
    int8_t i8;
    uint8_t u8;
    int64_t i64;
    uint64_t u64;
    float f;
    double d;
    char text[4];
    unsigned char raw[4];
    ladle_string string;
    ladle_string blob;
    int32_t array[2];
    struct point point;
};

static const ladle_field cells[] = {
    LADLE_FIELD(struct cell, truth),
    LADLE_FIELD(struct cell, i8),
    LADLE_FIELD(struct cell, u8),
    LADLE_FIELD(struct cell, i64),
    LADLE_FIELD(struct cell, u64),
    LADLE_FIELD(struct cell, f),
    LADLE_FIELD(struct cell, d),
    LADLE_FIELD(struct cell, text),
    LADLE_FIELD_AS(struct cell, raw, LADLE_FIELD_BYTES),
    LADLE_FIELD(struct cell, string),
    LADLE_FIELD_AS(struct cell, blob, LADLE_FIELD_BLOB),
    LADLE_FIELD(struct cell, array),
    LADLE_FIELD_STRUCT_AS(struct cell, point, &point_layout),
};

/*
 * What fits where: a tagged value, the field, and what is said when it does not fit.
 */
static const struct {
    const char *field;
    const char *value;
    size_t value_len;
    const char *why; /* NULL: it fits */
} fits[] = {
#define VALUE(bytes) bytes, sizeof(bytes) - 1
    {"truth", VALUE("\x03"), NULL},
    {"truth", VALUE("\x41"), "is an int, not a bool"},
    {"truth", VALUE("\x01"), "is None"},
    {"i8", VALUE("\x03"), NULL},
    {"i8", VALUE("\x05\x7F\x00"), NULL},
    {"i8", VALUE("\x05\x80\x00"), "is 128, which an int8 cannot hold"},
    {"i8", VALUE("\x04\x80"), NULL},
    {"i8", VALUE("\x05\x7F\xFF"), "is -129, which an int8 cannot hold"},
    {"i8", VALUE("\x0A\0\0\0\0\0\0\0\0"), "is a float, not an int"},
    {"i8", VALUE("\x81x"), "is a str, not an int"},
    {"u8", VALUE("\x05\xFF\x00"), NULL},
    {"u8", VALUE("\x05\x00\x01"), "is 256, which a uint8 cannot hold"},
    {"u8", VALUE("\x04\xFF"), "is -1, which a uint8 cannot hold"},
    {"i64", VALUE("\x07\0\0\0\0\0\0\0\x80"), NULL},
    {"i64", VALUE("\x08\0\0\0\0\0\0\0\x80"), "is 9223372036854775808, which an int64 cannot hold"},
    {"i64", VALUE("\x09\x02\x80\xFF"), NULL},
    {"i64", VALUE("\x09\x09\0\0\0\0\0\0\0\0\x01"), "is an int of more than 64 bits"},
    {"u64", VALUE("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), NULL},
    {"u64", VALUE("\x07\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "is -1, which a uint64 cannot hold"},
    {"u64", VALUE("\x09\x09\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00"), NULL},
    {"f", VALUE("\x0A\0\0\0\0\0\0\xF0\x3F"), NULL},
    {"f", VALUE("\x0A\0\0\0\0\0\0\xF0\x7F"), NULL},
    {"f", VALUE("\x0A\0\0\0\0\0\0\xF0\x7E"), "is 2.74306e+303, which a float cannot hold"},
    {"f", VALUE("\x06\x00\x00\x00\x01"), NULL},
    {"f", VALUE("\x06\x01\x00\x00\x01"), "is 16777217, which a float cannot hold"},
    {"d", VALUE("\x06\x01\x00\x00\x01"), NULL},
    {"d", VALUE("\x07\0\0\0\0\0\0\0\x80"), NULL},
    {"d", VALUE("\x08\0\0\0\0\0\0\0\x80"), NULL},
    {"d", VALUE("\x07\x01\0\0\0\0\0\x20\0"), "is 9007199254740993, which a double cannot hold"},
    {"d", VALUE("\x0B\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\xF0\x3F"),
     "is of another kind, not a number"},
    {"text", VALUE("\x84wxyz"), NULL},
    {"text", VALUE("\x80"), NULL},
    {"text", VALUE("\x85vwxyz"), "has 5 bytes, not at most 4"},
    {"text", VALUE("\x83x\0z"), "has a zero byte in it"},
    {"text", VALUE("\x84w\0yz"), "has a zero byte in it"},
    {"text", VALUE("\x0E\x01x"), "is a bytes, not a str"},
    {"raw", VALUE("\x0E\x04wxyz"), NULL},
    {"raw", VALUE("\x0F\x04wxyz"), NULL},
    {"raw", VALUE("\x0E\x03wxy"), "has 3 bytes, not 4"},
    {"raw", VALUE("\x84wxyz"), "is a str, not a bytes"},
    {"string", VALUE("\x83x\0z"), NULL},
    {"string", VALUE("\x0E\x01x"), "is a bytes, not a str"},
    {"blob", VALUE("\x0F\x01x"), NULL},
    {"blob", VALUE("\x80"), "is a str, not a bytes"},
    {"array", VALUE("\xD2\x41\x42"), NULL},
    {"array", VALUE("\xC2\x41\x42"), NULL},
    {"array", VALUE("\xD1\x41"), "has 1 items, not 2"},
    {"array", VALUE("\xC3\x41\x42\x43"), "has 3 items, not 2"},
    {"array", VALUE("\xD2\x41\x01"), "is None"},
    {"array", VALUE("\xD2\x41\x08\0\0\0\0\0\0\0\x80"),
     "is 9223372036854775808, which an int32 cannot hold"},
    {"array", VALUE("\x41"), "is an int, not a list"},
    {"point", VALUE("\xE2\x81y\x41\x81x\x42"), NULL},
    {"point", VALUE("\xE3\x81y\x41\x81z\x42\x81x\x42"), NULL},
    {"point", VALUE("\xC2\x41\x42"), NULL},
    {"point", VALUE("\x15\x01n\x02\x81x\x41\x81y\x41"), NULL},
    {"point", VALUE("\xC1\x41"), "has 1 items, not 2"},
    {"point", VALUE("\x40"), "is an int, not a dict or a tuple"},
    {"point.y", VALUE("\xE1\x81x\x41"), "is missing"},
    {"point.y", VALUE("\xE2\x81y\x81z\x81x\x42"), "is a str, not an int"},
#undef VALUE
};

static ladle_field field_called(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        size_t len = strlen(cells[i].name);
        if (strncmp(cells[i].name, name, len) == 0 && (!name[len] || name[len] == '.')) {
            return cells[i];
        }
    }
    ck_abort_msg("no field is called %s", name);
}

/*
 * A file of dicts {name: value}: the first one of None, so that the column is a union, unless
 * 'alone'.
 */
static void write_values(ladle_memory_sink *file, const char *name, const char *value, size_t len,
                         bool alone)
{
    ladle_writer *writer = open_writer(file, NULL);
    ladle_buffer record = {0};
    for (int i = alone ? 1 : 0; i < 2; i++) {
        record.len = 0;
        must(ladle_value_put_container(&record, LADLE_DICT, 1));
        must(ladle_value_put_data(&record, LADLE_STR, name, strlen(name)));
        if (i == 0) {
            must(ladle_value_put_none(&record));
        } else {
            must(ladle_buffer_put(&record, value, len));
        }
        must(ladle_writer_append(writer, record.data, record.len, NULL));
    }
    must(ladle_writer_close(writer, NULL));
    ladle_buffer_free(&record);
}

START_TEST(a_value_fits_or_is_refused)
{
    for (int alone = 0; alone < 2; alone++) {
        struct cell rows[3];
        static const uint8_t zeros[sizeof rows];
        ladle_field field = field_called(fits[_i].field);
        const ladle_layout layout = {sizeof(struct cell), &field, 1, LADLE_DICT};
        ladle_memory_sink file = {0};
        ladle_memory_source source;
        ladle_error error = {.record = 99};
        size_t count;
        char text[160];
        field.missing = zeros;
        write_values(&file, field.name, fits[_i].value, fits[_i].value_len, alone);
        ladle_reader *reader = open_reader(&source, &file);
        if (strcmp(fits[_i].value, "\x01") == 0) {
            field.missing = NULL;
            must_give(LADLE_E_VALUE,
                      ladle_reader_next_rows(reader, &layout, rows, 3, &count, &error));
            field.missing = zeros;
            must(ladle_reader_next_rows(reader, &layout, rows, 3, &count, &error));
        } else if (!fits[_i].why) {
            must(ladle_reader_next_rows(reader, &layout, rows, 3, &count, &error));
            ck_assert_uint_eq(count, alone ? 1 : 2);
        } else {
            must_give(LADLE_E_VALUE,
                      ladle_reader_next_rows(reader, &layout, rows, 3, &count, &error));
            ck_assert_uint_eq(count, alone ? 0 : 1);
            ck_assert_uint_eq(error.record, alone ? 0 : 1);
            ck_assert_uint_eq(ladle_reader_position(reader), error.record);
            snprintf(text, sizeof text, "field %s %s", fits[_i].field, fits[_i].why);
            ck_assert_str_eq(error.text, text);
            ladle_cursor value;
            must(ladle_reader_next(reader, &value, &error));
            must_give(LADLE_END, ladle_reader_next_rows(reader, &layout, rows, 3, &count, &error));
        }
        ladle_reader_close(reader);
        ladle_memory_sink_free(&file);
    }
}
END_TEST

/*
 * Wrong layouts, and what is said about them.
 */
struct loop {
    int32_t number;
    int32_t *pointer;
    int32_t square[2][2];
};
static ladle_layout loop_layout;
static const ladle_field loop_fields[] = {
    {"loop", LADLE_FIELD_STRUCT, 0, sizeof(struct loop), &loop_layout, NULL}};
static ladle_layout loop_layout = LADLE_LAYOUT(struct loop, loop_fields);
static const ladle_layout empty_layout = {0, loop_fields, 1, LADLE_DICT};

#define NUMBER                                                                                     \
    {                                                                                              \
        "number", LADLE_FIELD_INT32, 0, 4, NULL, NULL                                              \
    }
static const struct {
    ladle_field fields[2];
    size_t count;
    ladle_kind kind;
    const char *text;
} wrong_layouts[] = {
    {{NUMBER}, 0, LADLE_DICT, "the struct has a layout without fields, or with more than 256"},
    {{NUMBER}, 257, LADLE_DICT, "the struct has a layout without fields, or with more than 256"},
    {{NUMBER}, 1, LADLE_LIST, "the struct has a layout that is neither a dict nor a tuple"},
    {{{NULL, LADLE_FIELD_INT32, 0, 4, NULL, NULL}},
     1,
     LADLE_DICT,
     "the struct a field has no name"},
    {{LADLE_FIELD(struct loop, pointer)},
     1,
     LADLE_DICT,
     "field pointer is of a type that a field cannot have"},
    {{LADLE_FIELD(struct loop, square)},
     1,
     LADLE_DICT,
     "field square is of a type that a field cannot have"},
    {{{"a", (ladle_field_type)77, 0, 4, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a is of a type that a field cannot have"},
    {{{"a", LADLE_FIELD_INT32, sizeof(struct loop) - 3, 4, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a reaches beyond the end of the struct"},
    {{{"a", LADLE_FIELD_INT32, 0, 0, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a reaches beyond the end of the struct"},
    {{{"a", LADLE_FIELD_INT32, SIZE_MAX, 4, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a reaches beyond the end of the struct"},
    {{{"a", LADLE_FIELD_INT32, 0, 6, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a is not a whole number of elements long"},
    {{{"a", LADLE_FIELD_STRUCT, 0, 4, NULL, NULL}},
     1,
     LADLE_DICT,
     "field a is a struct without a layout"},
    {{{"a", LADLE_FIELD_INT8, 0, 4, &point_layout, NULL}},
     1,
     LADLE_DICT,
     "field a has a layout but is no struct"},
    {{{"a", LADLE_FIELD_STRUCT, 0, 4, &empty_layout, NULL}},
     1,
     LADLE_DICT,
     "field a is a struct of no bytes"},
    {{{"a", LADLE_FIELD_STRUCT, 0, sizeof(struct loop), &loop_layout, NULL}},
     1,
     LADLE_DICT,
     "field a.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop.loop "
     "has structs nested too deep"},
};

START_TEST(a_wrong_layout_is_refused)
{
    struct loop rows[2] = {{.number = 1}};
    const ladle_layout layout = {sizeof rows[0], wrong_layouts[_i].fields, wrong_layouts[_i].count,
                                 wrong_layouts[_i].kind};
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_error error;
    size_t count = 9;
    ladle_writer *writer = open_writer(&file, NULL);
    must_give(LADLE_E_ARGUMENT, ladle_writer_append_rows(writer, &layout, rows, 2, &error));
    ck_assert_str_eq(error.text, wrong_layouts[_i].text);
    ck_assert_uint_eq(ladle_writer_count(writer), 0);
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    must_give(LADLE_E_ARGUMENT, ladle_reader_next_rows(reader, &layout, rows, 2, &count, &error));
    ck_assert_str_eq(error.text, wrong_layouts[_i].text);
    ck_assert_uint_eq(count, 0);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

START_TEST(names_must_differ_and_be_text)
{
    static const ladle_field twice[] = {{"a", LADLE_FIELD_INT8, 0, 1, NULL, NULL},
                                        {"a", LADLE_FIELD_INT8, 1, 1, NULL, NULL}};
    static const ladle_field no_text[] = {{"\xFF", LADLE_FIELD_INT8, 0, 1, NULL, NULL}};
    const ladle_layout layouts[] = {{2, twice, 2, LADLE_DICT}, {2, no_text, 1, LADLE_DICT}};
    const ladle_layout one = {2, twice, 1, LADLE_DICT};
    int8_t rows[4] = {1, 2, 3, 4};
    ladle_memory_sink file = {0};
    ladle_memory_source source;
    ladle_error error;
    size_t count;
    ladle_writer *writer = open_writer(&file, NULL);
    must_give(LADLE_E_ARGUMENT, ladle_writer_append_rows(writer, &layouts[0], rows, 2, &error));
    ck_assert_str_eq(error.text, "field a has the name of another field");
    must_give(LADLE_E_ARGUMENT, ladle_writer_append_rows(writer, &layouts[1], rows, 2, &error));
    ck_assert_str_eq(error.text, "field \xFF has a name that is not UTF-8");
    must(ladle_writer_append_rows(writer, &one, rows, 2, &error));
    ck_assert_uint_eq(ladle_writer_count(writer), 2);
    must(ladle_writer_close(writer, NULL));
    ladle_reader *reader = open_reader(&source, &file);
    must_give(LADLE_E_ARGUMENT,
              ladle_reader_next_rows(reader, &layouts[0], rows, 2, &count, &error));
    ck_assert_str_eq(error.text, "field a has the name of another field");
    must_give(LADLE_E_ARGUMENT, ladle_reader_next_rows(reader, &one, rows, 0, &count, &error));
    must(ladle_reader_next_rows(reader, &one, rows, 2, &count, &error));
    ck_assert(rows[0] == 1 && rows[2] == 3);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

Suite *rows_fit_suite(void)
{
    Suite *suite = suite_create("rows_fit");
    TCase *tcase = tcase_create("rows_fit");
    tcase_add_loop_test(tcase, a_value_fits_or_is_refused, 0, COUNT_OF(fits));
    tcase_add_loop_test(tcase, a_wrong_layout_is_refused, 0, COUNT_OF(wrong_layouts));
    tcase_add_test(tcase, names_must_differ_and_be_text);
    suite_add_tcase(suite, tcase);
    return suite;
}
