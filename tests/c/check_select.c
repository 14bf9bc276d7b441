/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_io.h"
#include "records.h"
#include "segments.h"
#include "test.h"

#include <stdlib.h>

/*
 * A choice of columns by their numbers.
 */
struct choice {
    uint64_t columns; /* bit i % 64: column i is wanted */
};

static bool wants(void *ctx, const ladle_view *parent, uint32_t child)
{
    const struct choice *choice = ctx;
    check_that(child < parent->child_count, "a child that is not there");
    return choice->columns >> child % 64 & 1;
}

static ladle_reader *open_bytes(ladle_memory_source *memory, const void *data, size_t len,
                                bool in_order)
{
    ladle_source source;
    ladle_reader *reader;
    *memory = (ladle_memory_source){.data = data, .len = len};
    ladle_source_from_memory(&source, memory);
    if (in_order) {
        ladle_source_from_pieces(&source, memory);
    }
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    return reader;
}

/*
 * The columns of a root, or of each of its alternatives, are those of another reader where they are
 * wanted, and empty elsewhere.
 */
static void compare(ladle_view *some, ladle_view *all, const struct choice *choice, bool is_root)
{
    ck_assert_uint_eq(some->kind, all->kind);
    ck_assert_uint_eq(some->count, all->count);
    if (is_root && all->kind == LADLE_UNION) {
        for (uint32_t i = 0; i < all->child_count; i++) {
            compare(&some->children[i], &all->children[i], choice, false);
        }
        return;
    }
    if (all->kind != LADLE_TUPLE && all->kind != LADLE_DICT && all->kind != LADLE_OBJECT) {
        return;
    }
    for (uint32_t i = 0; i < all->child_count; i++) {
        check_that(!all->names ||
                       (some->names[i].len == all->names[i].len &&
                        memcmp(some->names[i].data, all->names[i].data, all->names[i].len) == 0),
                   "column %u is called otherwise", i);
        ladle_view *one = &some->children[i];
        ladle_view *other = &all->children[i];
        ladle_buffer value = {0};
        ladle_buffer expected = {0};
        if (!(choice->columns >> i % 64 & 1)) {
            check_that(one->kind == LADLE_EMPTY && one->count == 0, "column %u is there", i);
            continue;
        }
        check_that(one->count == other->count, "column %u", i);
        for (uint64_t row = 0; row < other->count; row++) {
            value.len = 0;
            expected.len = 0;
            must(ladle_view_get_tagged(one, &value, 100, 100000));
            must(ladle_view_get_tagged(other, &expected, 100, 100000));
            check_that(values_equal(ladle_cursor_over(value.data, value.len),
                                    ladle_cursor_over(expected.data, expected.len)),
                       "column %u, row %" PRIu64, i, row);
        }
        ladle_buffer_free(&value);
        ladle_buffer_free(&expected);
    }
}

static void choose_columns(const struct records *records, const ladle_memory_sink *file)
{
    struct gen gen = gen_begin(11);
    for (int i = 0; i < 40; i++) {
        struct choice choice = {i == 0 ? 0 : i == 1 ? UINT64_MAX : gen_u64(&gen)};
        ladle_memory_source memory;
        ladle_memory_source other;
        ladle_reader *some = open_bytes(&memory, file->data, file->len, i % 2);
        ladle_reader *all = open_bytes(&other, file->data, file->len, false);
        ladle_view *root;
        ladle_view *expected;
        uint64_t first;
        ladle_status status;
        ladle_reader_select(some, wants, &choice);
        while ((status = ladle_reader_next_block(some, &root, &first, NULL)) == LADLE_OK) {
            must(ladle_reader_next_block(all, &expected, &first, NULL));
            compare(root, expected, &choice, true);
            if (gen_below(&gen, 4) == 0) {
                choice.columns = gen_u64(&gen);
                ladle_reader_select(some, wants, &choice);
            }
        }
        must_give(LADLE_END, status);
        if (i % 2 == 0) {
            /* Back again, with all columns: blocks that were kept are not taken for whole. */
            ladle_cursor value;
            must(ladle_reader_seek(some, 1, NULL));
            must(ladle_reader_next_block(some, &root, &first, NULL));
            ladle_reader_select(some, NULL, NULL);
            must(ladle_reader_seek(some, 1, NULL));
            must(ladle_reader_next(some, &value, NULL));
            check_that(values_equal(value, records_at(records, 1)), "the record is another one");
        }
        ladle_reader_close(some);
        ladle_reader_close(all);
    }
}

START_TEST(chosen_columns_are_the_same)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    choose_columns(&records, &file);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

static void put_key(ladle_buffer *to, const char *key)
{
    must(ladle_value_put_data(to, LADLE_STR, key, strlen(key)));
}

/*
 * A record like all others, but for every second one, which has a key more.
 */
static void put_even(struct records *records, struct gen *gen, int number)
{
    static const char *const words[] = {"one", "two", "six", "ten"};
    ladle_buffer *to = &records->bytes;
    must(ladle_value_put_container(to, LADLE_DICT, number % 2 ? 4 : 5));
    put_key(to, "float");
    must(ladle_value_put_float(to, (double)gen_u64(gen)));
    put_key(to, "few");
    put_key(to, words[gen_below(gen, COUNT_OF(words))]);
    put_key(to, "str");
    must(ladle_value_put_data(to, LADLE_STR, &(uint64_t){gen_u64(gen) & 0x7F7F7F7F7F7F}, 6));
    put_key(to, "list");
    must(ladle_value_put_container(to, LADLE_LIST, 2));
    must(ladle_value_put_float(to, (double)number));
    must(ladle_value_put_none(to));
    if (number % 2 == 0) {
        put_key(to, "more");
        must(ladle_value_put_float(to, (double)gen_u64(gen)));
    }
    records_end(records);
}

/*
 * Blocks whose shapes are the same, byte for byte, so that they are not parsed again.
 */
START_TEST(chosen_columns_of_even_blocks_are_the_same)
{
    ladle_writer_options options = fixed_options();
    struct records records = {0};
    ladle_memory_sink file = {0};
    struct gen gen = gen_begin(5);
    options.block_len = 4096;
    options.codec = _i ? "zlib" : "none";
    for (int i = 0; i < 1000; i++) {
        put_even(&records, &gen, i);
    }
    write_file(&records, &options, &file);
    choose_columns(&records, &file);
    struct outcome outcome = read_memory(file.data, file.len, NULL, &records);
    must_give(LADLE_END, outcome.status);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

enum { COLUMNS = 5, ROWS = 4000 };

static void write_columns(const char *codec, ladle_memory_sink *file)
{
    ladle_writer_options options = fixed_options();
    struct records records = {0};
    struct gen gen = gen_begin(3);
    options.codec = codec;
    options.block_len = 1 << 20;
    for (int i = 0; i < ROWS; i++) {
        must(ladle_value_put_container(&records.bytes, LADLE_TUPLE, COLUMNS));
        for (int j = 0; j < COLUMNS; j++) {
            must(ladle_value_put_float(&records.bytes, (double)(gen_u64(&gen) >> 40)));
        }
        records_end(&records);
    }
    write_file(&records, &options, file);
    records_free(&records);
}

/*
 * Damage in a column matters to whoever reads the column, and to nobody else; and nobody else reads
 * it.
 */
START_TEST(other_columns_are_not_read)
{
    ladle_memory_sink file = {0};
    size_t fine_count = 0;
    write_columns(_i ? "zlib" : "none", &file);
    uint8_t *bytes = file.data;
    for (size_t place = 1000; place < file.len - 300; place += 997) {
        size_t bad_count = 0;
        bytes[place] ^= 8;
        for (uint32_t column = 0; column < COLUMNS; column++) {
            struct choice choice = {(uint64_t)1 << column};
            ladle_memory_source memory;
            ladle_reader *reader = open_bytes(&memory, bytes, file.len, place % 2);
            ladle_view *root;
            uint64_t first;
            ladle_reader_select(reader, wants, &choice);
            ladle_status status = ladle_reader_next_block(reader, &root, &first, NULL);
            check_that(status == LADLE_OK || status == LADLE_E_CORRUPT, "byte %zu: %s", place,
                       ladle_status_text(status));
            bad_count += status != LADLE_OK;
            ladle_reader_close(reader);
        }
        /* The first stream has the shape, so that all need it. */
        check_that(bad_count == 1 || bad_count == COLUMNS, "byte %zu: %zu columns", place,
                   bad_count);
        fine_count += bad_count == 1;
        bytes[place] ^= 8;
    }
    ck_assert_uint_gt(fine_count, 50);
    ladle_memory_sink_free(&file);
}
END_TEST

static uint64_t bytes_read;

static ladle_status counting_read_at(void *ctx, void *buffer, size_t capacity, uint64_t offset,
                                     size_t *len, int *os_errno)
{
    ladle_source inner;
    ladle_source_from_memory(&inner, ctx);
    ladle_status status = inner.read_at(ctx, buffer, capacity, offset, len, os_errno);
    bytes_read += *len;
    return status;
}

START_TEST(two_columns_of_many_are_cheap)
{
    ladle_memory_sink file = {0};
    ladle_source source;
    ladle_reader *reader;
    ladle_view *root;
    uint64_t first;
    struct choice choice = {1 << 3};
    write_columns("none", &file);
    ladle_memory_source memory = {.data = file.data, .len = file.len};
    ladle_source_from_memory(&source, &memory);
    source.read_at = counting_read_at;
    bytes_read = 0;
    must(ladle_reader_open(&reader, &source, NULL, NULL));
    ladle_reader_select(reader, wants, &choice);
    must(ladle_reader_next_block(reader, &root, &first, NULL));
    ck_assert_uint_eq(root->count, ROWS);
    ck_assert_uint_lt(bytes_read, file.len / COLUMNS * 5 / 2);
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
}
END_TEST

/*
 * Records are refused where columns are missing, until their block is read anew.
 */
START_TEST(records_of_some_columns_are_refused)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    ladle_memory_source memory;
    ladle_view *root;
    ladle_cursor value;
    struct choice choice = {1};
    uint64_t first;
    write_segments(1, &records, &file);
    ladle_reader *reader = open_bytes(&memory, file.data, file.len, false);
    ladle_reader_select(reader, wants, &choice);
    must_give(LADLE_E_STATE, ladle_reader_next(reader, &value, NULL));
    ladle_reader_select(reader, NULL, NULL);
    must_give(LADLE_E_STATE, ladle_reader_next(reader, &value, NULL));
    ck_assert_uint_eq(ladle_reader_position(reader), 0);
    must(ladle_reader_seek(reader, 0, NULL));
    for (size_t i = 0; i < records.count; i++) {
        must(ladle_reader_next(reader, &value, NULL));
        check_that(values_equal(value, records_at(&records, i)), "record %zu", i);
    }
    ladle_reader_select(reader, wants, &choice);
    must(ladle_reader_seek(reader, 0, NULL));
    must(ladle_reader_next_block(reader, &root, &first, NULL));
    ladle_reader_select(reader, NULL, NULL);
    must(ladle_reader_next(reader, &value, NULL)); /* of the next block, which is whole */
    check_that(values_equal(value, records_at(&records, root->count)), "behind the block");
    ladle_reader_close(reader);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(damage_is_left_out_with_a_choice)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_segments(_i, &records, &file);
    uint8_t *bytes = file.data;
    for (size_t place = 64; place < file.len; place += 3) {
        struct choice choice = {1};
        ladle_memory_source memory;
        ladle_reader *reader = open_bytes(&memory, bytes, file.len, place % 2);
        ladle_status status = LADLE_OK;
        uint64_t count = 0;
        bytes[place] ^= 1;
        ladle_reader_select(reader, wants, &choice);
        while (status == LADLE_OK) {
            ladle_view *root;
            uint64_t first;
            uint64_t lost = 0;
            status = ladle_reader_next_block(reader, &root, &first, NULL);
            if (status == LADLE_OK) {
                check_that(first == count, "byte %zu", place);
                count += root->count;
            } else if (ladle_reader_resume(reader, &lost, NULL) == LADLE_OK) {
                status = LADLE_OK;
                count += lost;
            }
        }
        check_that(status == LADLE_END || place >= file.len - 32, "byte %zu: %s", place,
                   ladle_status_text(status));
        check_that(count == records.count, "byte %zu: %" PRIu64 " records", place, count);
        ladle_reader_close(reader);
        bytes[place] ^= 1;
    }
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *select_suite(void)
{
    Suite *suite = suite_create("select");
    TCase *tcase = tcase_create("select");
    tcase_add_loop_test(tcase, chosen_columns_are_the_same, 0, SEGMENT_FILE_COUNT);
    tcase_add_loop_test(tcase, chosen_columns_of_even_blocks_are_the_same, 0, 2);
    tcase_add_loop_test(tcase, other_columns_are_not_read, 0, 2);
    tcase_add_test(tcase, two_columns_of_many_are_cheap);
    tcase_add_test(tcase, records_of_some_columns_are_refused);
    tcase_add_loop_test(tcase, damage_is_left_out_with_a_choice, 0, SEGMENT_FILE_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
