/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include "test.h"

static const size_t *ends_of(const struct records *records)
{
    return (const void *)records->ends.data;
}

void records_end(struct records *records)
{
    must(ladle_buffer_put(&records->ends, &records->bytes.len, sizeof records->bytes.len));
    records->count++;
}

void records_generate(struct records *records, uint64_t seed, enum gen_style style, size_t count)
{
    struct gen gen = gen_begin(seed);
    for (size_t i = 0; i < count; i++) {
        gen_record(&gen, style, records->count, &records->bytes);
        records_end(records);
    }
}

ladle_cursor records_at(const struct records *records, size_t index)
{
    const size_t *ends = ends_of(records);
    size_t start = index ? ends[index - 1] : 0;
    return ladle_cursor_over(records->bytes.data + start, ends[index] - start);
}

void records_free(struct records *records)
{
    ladle_buffer_free(&records->bytes);
    ladle_buffer_free(&records->ends);
    records->count = 0;
}

/*
 * A byte of an integer in two's complement, however long.
 */
static uint8_t integer_byte(const ladle_item *item, size_t index)
{
    bool is_big = item->kind == LADLE_BIGINT;
    size_t len = is_big ? item->data_len : 8;
    bool is_negative =
        is_big ? len && item->data[len - 1] >> 7 : !item->is_unsigned && item->integer >> 63;
    if (index >= len) {
        return is_negative ? 0xFF : 0;
    }
    return is_big ? item->data[index] : (uint8_t)(item->integer >> 8 * index);
}

static bool integers_equal(const ladle_item *one, const ladle_item *other)
{
    size_t len = 9;
    len = one->data_len > len ? one->data_len : len;
    len = other->data_len > len ? other->data_len : len;
    for (size_t i = 0; i < len; i++) {
        if (integer_byte(one, i) != integer_byte(other, i)) {
            return false;
        }
    }
    return true;
}

static bool is_integer(const ladle_item *item)
{
    return item->kind == LADLE_INT || item->kind == LADLE_BIGINT;
}

static bool bytes_equal(const void *one, size_t len, const void *other, size_t other_len)
{
    return len == other_len && (len == 0 || memcmp(one, other, len) == 0);
}

static bool items_equal(const ladle_item *one, const ladle_item *other)
{
    if (is_integer(one) && is_integer(other)) {
        return integers_equal(one, other);
    }
    size_t extents_len = one->extents ? (size_t)(one->data - one->extents) : 0;
    size_t other_extents_len = other->extents ? (size_t)(other->data - other->extents) : 0;
    return one->kind == other->kind && one->code == other->code && one->count == other->count &&
           one->integer == other->integer && one->dimensions == other->dimensions &&
           ladle_bits_from_double(one->real) == ladle_bits_from_double(other->real) &&
           ladle_bits_from_double(one->imaginary) == ladle_bits_from_double(other->imaginary) &&
           bytes_equal(one->data, one->data_len, other->data, other->data_len) &&
           bytes_equal(one->name, one->name_len, other->name, other->name_len) &&
           bytes_equal(one->extents, extents_len, other->extents, other_extents_len);
}

uint64_t values_in(const ladle_item *item)
{
    bool has_pairs = item->kind == LADLE_DICT || item->kind == LADLE_OBJECT;
    return has_pairs ? 2 * item->count : item->count + (item->kind == LADLE_EXTENSION);
}

static bool next_equal(ladle_cursor *one, ladle_cursor *other)
{
    ladle_item item;
    ladle_item other_item;
    if (ladle_value_next(one, &item) != LADLE_OK ||
        ladle_value_next(other, &other_item) != LADLE_OK || !items_equal(&item, &other_item)) {
        return false;
    }
    for (uint64_t i = 0; i < values_in(&item); i++) {
        if (!next_equal(one, other)) {
            return false;
        }
    }
    return true;
}

bool values_equal(ladle_cursor one, ladle_cursor other)
{
    size_t len = ladle_cursor_left(&one);
    if (bytes_equal(one.next, len, other.next, ladle_cursor_left(&other))) {
        return true;
    }
    return next_equal(&one, &other) && !ladle_cursor_left(&one) && !ladle_cursor_left(&other);
}

ladle_writer_options fixed_options(void)
{
    static const char uuid[] = "ladle says hello";
    ladle_writer_options options = LADLE_WRITER_OPTIONS_INIT;
    options.uuid = (const uint8_t *)uuid;
    return options;
}

void write_file(const struct records *records, const ladle_writer_options *options,
                ladle_memory_sink *file)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_error error = {.text = ""};
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, options, &error));
    for (size_t i = 0; i < records->count; i++) {
        ladle_cursor record = records_at(records, i);
        ladle_status status =
            ladle_writer_append(writer, record.next, ladle_cursor_left(&record), &error);
        check_that(status == LADLE_OK, "record %zu: %s", i, error.text);
    }
    must(ladle_writer_close(writer, &error));
}

static void check_record(ladle_cursor value, const struct records *expected, uint64_t number)
{
    if (expected) {
        check_that(number < expected->count, "there are only %zu records", expected->count);
        check_that(values_equal(value, records_at(expected, number)),
                   "record %" PRIu64 " of %zu is another one", number, expected->count);
    } else {
        must(ladle_value_skip(&value, 4096));
        check_that(ladle_cursor_left(&value) == 0, "record %" PRIu64, number);
    }
}

struct outcome read_source(const ladle_source *source, const ladle_reader_options *options,
                           const struct records *expected)
{
    struct outcome outcome = {.count = 0};
    ladle_reader *reader;
    ladle_cursor value;
    outcome.status = ladle_reader_open(&reader, source, options, &outcome.error);
    if (outcome.status != LADLE_OK) {
        check_that(!reader, "a reader that did not open");
        return outcome;
    }
    outcome.is_open = true;
    while ((outcome.status = ladle_reader_next(reader, &value, &outcome.error)) == LADLE_OK) {
        check_record(value, expected, outcome.count++);
    }
    ladle_error again = {.status = LADLE_OK};
    must_give(outcome.status, ladle_reader_next(reader, &value, &again));
    check_that(outcome.status == LADLE_END ||
                   (again.status == outcome.status && strcmp(again.text, outcome.error.text) == 0),
               "another error: %s", again.text);
    ladle_reader_close(reader);
    return outcome;
}

struct outcome read_memory(const void *data, size_t len, const ladle_reader_options *options,
                           const struct records *expected)
{
    ladle_memory_source memory = {.data = data, .len = len};
    ladle_source source;
    ladle_source_from_memory(&source, &memory);
    return read_source(&source, options, expected);
}

void must_hold(const void *data, size_t len, const struct records *expected)
{
    struct outcome outcome = read_memory(data, len, NULL, expected);
    check_that(outcome.status == LADLE_END, "%s", outcome.error.text);
    check_that(outcome.count == expected->count, "%" PRIu64 " records of %zu", outcome.count,
               expected->count);
}

void round_trip(const struct records *records, const ladle_writer_options *options)
{
    ladle_memory_sink file = {0};
    write_file(records, options, &file);
    must_hold(file.data, file.len, records);
    ladle_memory_sink_free(&file);
}
