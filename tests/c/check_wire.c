/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

static const struct {
    uint64_t value;
    uint8_t bytes[LADLE_VARINT_LEN_MAX];
    size_t len;
} varints[] = {
    {0, {0x00}, 1},
    {1, {0x01}, 1},
    {127, {0x7F}, 1},
    {128, {0x80, 0x01}, 2},
    {300, {0xAC, 0x02}, 2},
    {16383, {0xFF, 0x7F}, 2},
    {16384, {0x80, 0x80, 0x01}, 3},
    {UINT64_C(1) << 63, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 10},
    {UINT64_MAX, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}, 10},
};

START_TEST(varint_is_written_and_read)
{
    uint8_t bytes[LADLE_VARINT_LEN_MAX];
    ck_assert_uint_eq(ladle_varint_put(bytes, varints[_i].value), varints[_i].len);
    ck_assert_mem_eq(bytes, varints[_i].bytes, varints[_i].len);
    ladle_cursor cursor = ladle_cursor_over(bytes, varints[_i].len);
    ck_assert_uint_eq(ladle_cursor_varint(&cursor), varints[_i].value);
    ck_assert(!cursor.failed && ladle_cursor_left(&cursor) == 0);
}
END_TEST

START_TEST(cut_varint_is_refused)
{
    for (size_t len = 0; len < varints[_i].len; len++) {
        ladle_cursor cursor = ladle_cursor_over(varints[_i].bytes, len);
        ladle_cursor_varint(&cursor);
        ck_assert(cursor.failed);
    }
}
END_TEST

static const struct {
    const char *name;
    uint8_t last;
    size_t len;
    bool is_good;
} long_varints[] = {
    {"zero in ten bytes", 0x00, 10, true},
    {"2^63 in the tenth byte", 0x01, 10, true},
    {"2^64 in the tenth byte", 0x02, 10, false},
    {"an eleventh byte", 0x80, 11, false},
};

START_TEST(varint_has_at_most_64_bits)
{
    uint8_t bytes[11];
    memset(bytes, 0x80, sizeof bytes);
    bytes[9] = long_varints[_i].last;
    bytes[10] = 0;
    ladle_cursor cursor = ladle_cursor_over(bytes, long_varints[_i].len);
    ladle_cursor_varint(&cursor);
    ck_assert_msg(cursor.failed != long_varints[_i].is_good, "%s", long_varints[_i].name);
}
END_TEST

START_TEST(zigzag_keeps_small_numbers_small)
{
    static const int64_t values[] = {0, -1, 1, -2, 2, INT64_MAX, INT64_MIN};
    static const uint64_t expected[] = {0, 1, 2, 3, 4, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        ck_assert_uint_eq(ladle_zigzag((uint64_t)values[i]), expected[i]);
        ck_assert_uint_eq(ladle_unzigzag(expected[i]), (uint64_t)values[i]);
    }
}
END_TEST

START_TEST(integers_are_little_endian)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t stored[8];
    ck_assert_uint_eq(ladle_load_u16(bytes), 0x0201);
    ck_assert_uint_eq(ladle_load_u32(bytes), 0x04030201);
    ck_assert_uint_eq(ladle_load_u64(bytes), UINT64_C(0x0807060504030201));
    ladle_store_u64(stored, UINT64_C(0x0807060504030201));
    ck_assert_mem_eq(stored, bytes, sizeof bytes);
    ck_assert_uint_eq(ladle_bits_from_double(ladle_double_from_bits(UINT64_C(0x7FF4000000000001))),
                      UINT64_C(0x7FF4000000000001));
}
END_TEST

START_TEST(failed_cursor_gives_zeros_and_stays_failed)
{
    static const uint8_t bytes[] = {9, 9, 9, 9};
    ladle_cursor cursor = ladle_cursor_over(bytes, sizeof bytes);
    ck_assert_uint_eq(ladle_cursor_u8(&cursor), 9);
    ck_assert_uint_eq(ladle_cursor_u64(&cursor), 0);
    ck_assert(cursor.failed && ladle_cursor_left(&cursor) == 0);
    ck_assert_ptr_null(ladle_cursor_bytes(&cursor, UINT64_MAX));
    ck_assert_uint_eq(ladle_cursor_u8(&cursor), 0);
    ck_assert(cursor.failed);
}
END_TEST

Suite *wire_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");
    tcase_add_loop_test(tcase, varint_is_written_and_read, 0, COUNT_OF(varints));
    tcase_add_loop_test(tcase, cut_varint_is_refused, 0, COUNT_OF(varints));
    tcase_add_loop_test(tcase, varint_has_at_most_64_bits, 0, COUNT_OF(long_varints));
    tcase_add_test(tcase, zigzag_keeps_small_numbers_small);
    tcase_add_test(tcase, integers_are_little_endian);
    tcase_add_test(tcase, failed_cursor_gives_zeros_and_stays_failed);
    suite_add_tcase(suite, tcase);
    return suite;
}
