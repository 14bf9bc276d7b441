/* SPDX-License-Identifier: BSD-2-Clause */
#include "checksum.h"
#include "test.h"

START_TEST(known_checksums)
{
    uint8_t zeros[32] = {0};
    uint8_t ones[32];
    uint8_t rising[32];
    uint8_t falling[32];
    memset(ones, 0xFF, sizeof ones);
    for (uint8_t i = 0; i < 32; i++) {
        rising[i] = i;
        falling[i] = (uint8_t)(31 - i);
    }
    const struct {
        const void *data;
        size_t len;
        uint32_t crc;
    } vectors[] = {{"", 0, 0},
                   {"123456789", 9, 0xE3069283},
                   {zeros, 32, 0x8A9136AA},
                   {ones, 32, 0x62A8AB43},
                   {rising, 32, 0x46DD794E},
                   {falling, 32, 0x113FDB5C}};
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        ck_assert_uint_eq(ladle_crc32c(0, vectors[i].data, vectors[i].len), vectors[i].crc);
        ck_assert_uint_eq(ladle_crc32c_portable(0, vectors[i].data, vectors[i].len),
                          vectors[i].crc);
    }
}
END_TEST

/*
 * The definition, bit by bit.
 */
static uint32_t crc_by_bits(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
        }
    }
    return ~crc;
}

static void check_equal(const uint8_t *data, size_t len, uint32_t before)
{
    uint32_t expected = crc_by_bits(before, data, len);
    check_that(ladle_crc32c(before, data, len) == expected, "length %zu", len);
    check_that(ladle_crc32c_portable(before, data, len) == expected, "length %zu, by table", len);
}

START_TEST(all_ways_give_the_same)
{
    static uint8_t data[100000];
    struct gen gen = gen_begin(1);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)gen_u64(&gen);
    }
    for (size_t len = 0; len <= 300; len++) {
        for (size_t offset = 0; offset < 9; offset++) {
            check_equal(data + offset, len, (uint32_t)gen_u64(&gen));
        }
    }
    for (size_t len = 1000; len <= 1300; len += test_step()) {
        for (size_t offset = 0; offset < 9; offset++) {
            check_equal(data + offset, len, (uint32_t)gen_u64(&gen));
        }
    }
    for (size_t len = 1000; len <= sizeof data - 8; len = len * 3 / 2 + 1) {
        check_equal(data + len % 8, len, 0);
    }
}
END_TEST

START_TEST(checksum_goes_on_where_it_was)
{
    static const char data[] = "a checksum of two parts is that of the whole, wherever they part";
    uint32_t whole = ladle_crc32c(0, data, sizeof data);
    for (size_t i = 0; i <= sizeof data; i++) {
        uint32_t first = ladle_crc32c(0, data, i);
        ck_assert_uint_eq(ladle_crc32c(first, data + i, sizeof data - i), whole);
    }
}
END_TEST

Suite *checksum_suite(void)
{
    Suite *suite = suite_create("checksum");
    TCase *tcase = tcase_create("checksum");
    tcase_add_test(tcase, known_checksums);
    tcase_add_test(tcase, all_ways_give_the_same);
    tcase_add_test(tcase, checksum_goes_on_where_it_was);
    suite_add_tcase(suite, tcase);
    return suite;
}
