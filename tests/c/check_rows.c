/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "records.h"
#include "test.h"

#include <stdlib.h>

struct point {
    double x;
    int16_t y;
};

static const ladle_field point_fields[] = {LADLE_FIELD(struct point, x),
                                           LADLE_FIELD(struct point, y)};
static const ladle_layout point_layout = LADLE_LAYOUT(struct point, point_fields);

struct everything {
    bool truth;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f;
    double d;
    char text[20];
    char short_text[3];
    unsigned char raw[5];
    ladle_string string;
    ladle_string blob;
    int32_t array[4];
    struct point point;
    struct point points[2];
};

static const ladle_field everything_fields[] = {
    LADLE_FIELD(struct everything, truth),
    LADLE_FIELD(struct everything, i8),
    LADLE_FIELD(struct everything, i16),
    LADLE_FIELD(struct everything, i32),
    LADLE_FIELD(struct everything, i64),
    LADLE_FIELD(struct everything, u8),
    LADLE_FIELD(struct everything, u16),
    LADLE_FIELD(struct everything, u32),
    LADLE_FIELD(struct everything, u64),
    LADLE_FIELD(struct everything, f),
    LADLE_FIELD(struct everything, d),
    LADLE_FIELD(struct everything, text),
    LADLE_FIELD(struct everything, short_text),
    LADLE_FIELD_AS(struct everything, raw, LADLE_FIELD_BYTES),
    LADLE_FIELD(struct everything, string),
    LADLE_FIELD_AS(struct everything, blob, LADLE_FIELD_BLOB),
    LADLE_FIELD(struct everything, array),
    LADLE_FIELD_STRUCT_AS(struct everything, point, &point_layout),
    LADLE_FIELD_STRUCT_AS(struct everything, points, &point_layout),
};
static const ladle_layout everything_layouts[] = {
    LADLE_LAYOUT(struct everything, everything_fields),
    {sizeof(struct everything), everything_fields, COUNT_OF(everything_fields), LADLE_TUPLE}};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz\xC3\xA4\xE2\x82\xAC";

/*
 * Text of letters, now and then with others; zeros and then rubbish behind it.
 */
static void fill_text(struct gen *gen, char *to, size_t capacity)
{
    size_t len = gen_below(gen, capacity + 1);
    memset(to, 0, capacity);
    for (size_t i = 0; i < len; i++) {
        to[i] = letters[gen_below(gen, 26)];
    }
    if (len >= 5 && gen_below(gen, 10) == 0) {
        memcpy(to, letters + 26, 5);
    }
    if (len + 1 < capacity && gen_below(gen, 2)) {
        to[capacity - 1] = '\xFF';
    }
}

static struct everything random_row(struct gen *gen)
{
    struct everything row;
    memset(&row, 0, sizeof row);
    row.truth = gen_below(gen, 2);
    row.i8 = (int8_t)gen_u64(gen);
    row.i16 = (int16_t)gen_u64(gen);
    row.i32 = (int32_t)gen_u64(gen);
    row.i64 = (int64_t)gen_u64(gen);
    row.u8 = (uint8_t)gen_u64(gen);
    row.u16 = (uint16_t)gen_u64(gen);
    row.u32 = (uint32_t)gen_u64(gen);
    row.u64 = gen_u64(gen) >> gen_below(gen, 64);
    uint32_t float_bits = (uint32_t)gen_u64(gen);
    uint64_t double_bits = gen_u64(gen);
    memcpy(&row.f, &float_bits, sizeof row.f);
    memcpy(&row.d, &double_bits, sizeof row.d);
    fill_text(gen, row.text, sizeof row.text);
    fill_text(gen, row.short_text, sizeof row.short_text);
    memcpy(row.raw, &double_bits, sizeof row.raw);
    row.string = (ladle_string){letters, gen_below(gen, 27)};
    row.blob = (ladle_string){letters, gen_below(gen, sizeof letters)};
    for (size_t i = 0; i < 4; i++) {
        row.array[i] = (int32_t)gen_below(gen, 100) - 50;
    }
    row.point = (struct point){.x = 0.5, .y = (int16_t)gen_below(gen, 9)};
    row.points[0] = (struct point){.x = -1.0, .y = -1};
    row.points[1] = (struct point){.x = (double)row.i16, .y = row.i16};
    return row;
}

static struct everything *random_rows(uint64_t seed, size_t count)
{
    struct gen gen = gen_begin(seed);
    struct everything *rows = malloc(count * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = random_row(&gen);
    }
    return rows;
}

static void must_be_string(const ladle_string *one, const ladle_string *other)
{
    check_that(one->len == other->len && memcmp(one->data, other->data, one->len) == 0, "string");
}

static void must_be_points(const struct point *one, const struct point *other, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_that(one[i].x == other[i].x && one[i].y == other[i].y, "point %zu", i);
    }
}

/*
 * Texts end at their first zero, and come back with zeros behind them.
 */
static void must_be_text(const char *got, const char *written, size_t capacity)
{
    const char *end = memchr(written, 0, capacity);
    size_t len = end ? (size_t)(end - written) : capacity;
    check_that(memcmp(got, written, len) == 0, "text");
    for (size_t i = len; i < capacity; i++) {
        check_that(got[i] == 0, "no zero behind a text");
    }
}

/*
 * By their bits: a NaN is itself, and 0 is not -0.
 */
static bool same_bytes(const void *one, const void *other, size_t len)
{
    return memcmp(one, other, len) == 0;
}

static void must_be_row(const struct everything *got, const struct everything *written)
{
    check_that(got->truth == written->truth, "bool");
    check_that(got->i8 == written->i8 && got->i16 == written->i16 && got->i32 == written->i32 &&
                   got->i64 == written->i64,
               "signed integers");
    check_that(got->u8 == written->u8 && got->u16 == written->u16 && got->u32 == written->u32 &&
                   got->u64 == written->u64,
               "unsigned integers");
    check_that(same_bytes(&got->f, &written->f, sizeof got->f), "float");
    check_that(same_bytes(&got->d, &written->d, sizeof got->d), "double");
    must_be_text(got->text, written->text, sizeof got->text);
    must_be_text(got->short_text, written->short_text, sizeof got->short_text);
    check_that(memcmp(got->raw, written->raw, sizeof got->raw) == 0, "bytes");
    must_be_string(&got->string, &written->string);
    must_be_string(&got->blob, &written->blob);
    check_that(memcmp(got->array, written->array, sizeof got->array) == 0, "array");
    must_be_points(&got->point, &written->point, 1);
    must_be_points(got->points, written->points, 2);
}

static ladle_writer *open_writer(ladle_memory_sink *file, const ladle_writer_options *options)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, options, NULL));
    return writer;
}

static ladle_reader *open_reader(ladle_memory_source *source, const ladle_memory_sink *file)
{
    ladle_source from;
    ladle_reader *reader;
    *source = (ladle_memory_source){.data = file->data, .len = file->len};
    ladle_source_from_memory(&from, source);
    must(ladle_reader_open(&reader, &from, NULL, NULL));
    return reader;
}

/*
 * Read a file of rows, so many at a time.
 */
static void must_hold_rows(const ladle_memory_sink *file, const struct everything *rows,
                           size_t count, size_t capacity)
{
    ladle_memory_source source;
    ladle_reader *reader = open_reader(&source, file);
    struct everything *got = calloc(capacity, sizeof *got);
    size_t read = 0;
    size_t step;
    ladle_status status;
    while ((status = ladle_reader_next_rows(reader, &everything_layouts[0], got, capacity, &step,
                                            NULL)) == LADLE_OK) {
        check_that(step >= 1 && step <= capacity && read + step <= count, "%zu rows", step);
        for (size_t i = 0; i < step; i++) {
            must_be_row(&got[i], &rows[read + i]);
        }
        read += step;
        check_that(ladle_reader_position(reader) == read, "row %zu", read);
    }
    check_that(status == LADLE_END && step == 0 && read == count, "%zu rows, then %s", read,
               ladle_status_text(status));
    free(got);
    ladle_reader_close(reader);
}

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
        must(ladle_value_put_data(&record, LADLE_STR, letters, (size_t)(i % 7)));
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
    tcase_add_loop_test(tcase, a_value_fits_or_is_refused, 0, COUNT_OF(fits));
    tcase_add_test(tcase, rows_and_records_mix);
    tcase_add_test(tcase, a_missing_key_has_a_stand_in);
    tcase_add_loop_test(tcase, a_wrong_layout_is_refused, 0, COUNT_OF(wrong_layouts));
    tcase_add_test(tcase, names_must_differ_and_be_text);
    tcase_add_loop_test(tcase, a_bad_row_stops_the_rows_behind_it, 0, 5);
    tcase_add_test(tcase, large_rows_have_blocks_of_their_own);
    tcase_add_loop_test(tcase, limits_hold_for_rows, 0, 2);
    tcase_add_test(tcase, other_records_do_not_keep_rows_out);
    tcase_add_test(tcase, rows_survive_failing_memory);
    tcase_add_loop_test(tcase, any_file_may_be_read_as_rows, 0, 3 * GEN_STYLE_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
