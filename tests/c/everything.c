/* SPDX-License-Identifier: BSD-2-Clause */
#include "everything.h"

#include "gen.h"
#include "test.h"

#include <stdlib.h>

static const ladle_field point_fields[] = {LADLE_FIELD(struct point, x),
                                           LADLE_FIELD(struct point, y)};
const ladle_layout point_layout = LADLE_LAYOUT(struct point, point_fields);

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
const ladle_layout everything_layouts[] = {
    LADLE_LAYOUT(struct everything, everything_fields),
    {sizeof(struct everything), everything_fields, COUNT_OF(everything_fields), LADLE_TUPLE}};

const char everything_letters[] = "abcdefghijklmnopqrstuvwxyz\xC3\xA4\xE2\x82\xAC";

/*
 * Text of everything_letters, now and then with others; zeros and then rubbish behind it.
 */
static void fill_text(struct gen *gen, char *to, size_t capacity)
{
    size_t len = gen_below(gen, capacity + 1);
    memset(to, 0, capacity);
    for (size_t i = 0; i < len; i++) {
        to[i] = everything_letters[gen_below(gen, 26)];
    }
    if (len >= 5 && gen_below(gen, 10) == 0) {
        memcpy(to, everything_letters + 26, 5);
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
    row.string = (ladle_string){everything_letters, gen_below(gen, 27)};
    row.blob = (ladle_string){everything_letters, gen_below(gen, sizeof everything_letters)};
    for (size_t i = 0; i < 4; i++) {
        row.array[i] = (int32_t)gen_below(gen, 100) - 50;
    }
    row.point = (struct point){.x = 0.5, .y = (int16_t)gen_below(gen, 9)};
    row.points[0] = (struct point){.x = -1.0, .y = -1};
    row.points[1] = (struct point){.x = (double)row.i16, .y = row.i16};
    return row;
}

struct everything *random_rows(uint64_t seed, size_t count)
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

void must_be_points(const struct point *one, const struct point *other, size_t count)
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

void must_be_row(const struct everything *got, const struct everything *written)
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

ladle_writer *open_writer(ladle_memory_sink *file, const ladle_writer_options *options)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, options, NULL));
    return writer;
}

ladle_reader *open_reader(ladle_memory_source *source, const ladle_memory_sink *file)
{
    ladle_source from;
    ladle_reader *reader;
    *source = (ladle_memory_source){.data = file->data, .len = file->len};
    ladle_source_from_memory(&from, source);
    must(ladle_reader_open(&reader, &from, NULL, NULL));
    return reader;
}

void must_hold_rows(const ladle_memory_sink *file, const struct everything *rows, size_t count,
                    size_t capacity)
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
