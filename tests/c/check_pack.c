/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack.h"
#include "packed.h"
#include "test.h"
#include "views.h"

enum { COUNT_MAX = 1000 };

/*
 * Put an array behind a node of a kind that has it as its first, and read it as a reader does.
 */
static ladle_view *parse(struct ladle_views *views, uint8_t kind, const struct ladle_pack *pack,
                         ladle_buffer *bytes)
{
    static const uint8_t zeros[8];
    ladle_view *root = NULL;
    const char *why = "";
    must(ladle_buffer_put(bytes, &kind, 1));
    must(ladle_pack_describe(pack, bytes));
    size_t len = ladle_pack_len(pack);
    if (len) {
        must(ladle_buffer_put(bytes, zeros, (8 - bytes->len % 8) % 8));
        must(ladle_buffer_reserve(bytes, len));
        ladle_pack_store(pack, bytes->data + bytes->len);
        bytes->len += len;
    }
    struct ladle_stream stream = {bytes->data, bytes->len};
    for (int again = 0; again < 3; again++) { /* the shape is known by then */
        ladle_status status = ladle_views_read(views, &stream, 1, pack->count, NULL, &root, &why);
        check_that(status == LADLE_OK, "width code %u, %zu elements: %s", pack->width_code,
                   pack->count, why);
    }
    return root;
}

static void check_ints(const uint64_t *values, size_t count, bool is_unsigned, int bits,
                       bool is_differences)
{
    struct ladle_views views = {0};
    ladle_buffer bytes = {0};
    struct ladle_pack pack = ladle_pack_int(values, count, is_unsigned);
    check_that(bits < 0 || (1u << pack.width_code) / 2 == (unsigned)bits, "width code %u, not %d",
               pack.width_code, bits);
    check_that(bits < 0 || pack.is_differences == is_differences, "%zu elements", count);
    const ladle_view *view = parse(&views, LADLE_INT, &pack, &bytes);
    check_that(view->words.is_unsigned == is_unsigned, "%zu elements", count);
    for (size_t i = 0; i < count; i++) {
        check_that(ladle_packed_get(&view->words, i) == values[i], "element %zu of %zu, code %u", i,
                   count, pack.width_code);
    }
    ladle_buffer_free(&bytes);
    ladle_views_free(&views);
}

#define BIT_63 (UINT64_C(1) << 63)

/*
 * Columns of 'base' and a random number up to 'range' more, least and greatest among them.
 */
static const struct {
    uint64_t base;
    uint64_t range;
    bool is_unsigned;
    int bits;
} columns[] = {
    {0, 0, false, 0},
    {UINT64_MAX, 0, true, 0},
    {5, 1, false, 1},
    {UINT64_MAX - 5, 3, false, 2},
    {1000, 4, false, 4},
    {7, 15, false, 4},
    {0, 16, false, 8},
    {UINT64_MAX - 100, 255, false, 8},
    {70000, 256, false, 16},
    {0, 65535, false, 16},
    {BIT_63, 65536, false, 32},
    {UINT64_MAX - UINT32_MAX, UINT32_MAX, true, 32},
    {0, (uint64_t)UINT32_MAX + 1, false, 64},
    {BIT_63, UINT64_MAX, false, 64},
    {0, UINT64_MAX, true, 64},
};

START_TEST(integers_are_packed_to_their_range)
{
    static const size_t counts[] = {2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, COUNT_MAX};
    uint64_t values[COUNT_MAX];
    uint64_t range = columns[_i].range;
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        struct gen gen = gen_begin((uint64_t)_i * 100 + c);
        for (size_t i = 0; i < counts[c]; i++) {
            uint64_t more = range == UINT64_MAX ? gen_u64(&gen) : gen_below(&gen, range + 1);
            values[i] = columns[_i].base + (i == 0 ? range : i == 1 ? 0 : more);
        }
        bool rises_by_chance = counts[c] < 9;
        check_ints(values, counts[c], columns[_i].is_unsigned,
                   rises_by_chance ? -1 : columns[_i].bits, false);
    }
    check_ints(values, 1, columns[_i].is_unsigned, 0, false);
}
END_TEST

/*
 * Columns that rise by 'step' and up to 'range' more at each element.
 */
static const struct {
    uint64_t first;
    uint64_t step;
    uint64_t range;
    bool is_unsigned;
    int bits;
} rising[] = {
    {0, 1, 0, false, 0},
    {0, UINT64_MAX - 999, 0, false, 0},
    {UINT64_MAX, UINT64_MAX - 6, 0, true, 0},
    {0, 1000000, 255, false, 8},
    {0, UINT64_MAX - 1000000, 100, false, 8},
    {1000, UINT64_C(1) << 30, 65535, false, 16},
    {0, UINT64_C(1) << 40, UINT32_MAX, false, 32},
};

START_TEST(rising_integers_are_packed_as_differences)
{
    uint64_t values[COUNT_MAX];
    struct gen gen = gen_begin((uint64_t)_i);
    uint64_t value = rising[_i].first;
    for (size_t i = 0; i < COUNT_MAX; i++) {
        values[i] = value;
        uint64_t more = i == 0   ? rising[_i].range
                        : i == 1 ? 0
                                 : gen_below(&gen, rising[_i].range + 1);
        value += rising[_i].step + more;
    }
    check_ints(values, COUNT_MAX, rising[_i].is_unsigned, rising[_i].bits, true);
    values[COUNT_MAX - 1] ^= BIT_63;
    check_ints(values, COUNT_MAX, rising[_i].is_unsigned, -1, false);
}
END_TEST

START_TEST(random_integers_come_back)
{
    uint64_t values[COUNT_MAX];
    struct gen gen = gen_begin(1000 + (uint64_t)_i);
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + gen_below(&gen, 100);
        uint64_t shift = gen_below(&gen, 64);
        uint64_t base = gen_u64(&gen);
        uint64_t step = gen_below(&gen, 2) * (gen_u64(&gen) >> gen_below(&gen, 64));
        for (size_t i = 0; i < count; i++) {
            values[i] = base + i * step + (gen_u64(&gen) >> shift);
        }
        check_ints(values, count, round % 2, -1, false);
    }
}
END_TEST

START_TEST(lengths_are_packed_to_their_range)
{
    static const uint32_t greatest[] = {0, 1, 3, 15, 255, 65535, UINT32_MAX};
    uint32_t values[COUNT_MAX];
    struct gen gen = gen_begin((uint64_t)_i);
    for (uint32_t base = 0; base < 100; base += 99) {
        uint32_t range = greatest[_i] > UINT32_MAX - base ? greatest[_i] - base : greatest[_i];
        for (size_t i = 0; i < COUNT_MAX; i++) {
            uint32_t more = (uint32_t)gen_below(&gen, (uint64_t)range + 1);
            values[i] = base + (i == 0 ? range : i == 1 ? 0 : more);
        }
        struct ladle_pack pack = ladle_pack_u32(values, COUNT_MAX);
        ck_assert_int_eq(pack.width_code, _i);
        struct ladle_views views = {0};
        ladle_buffer bytes = {0};
        const ladle_view *view = parse(&views, LADLE_INT, &pack, &bytes);
        for (size_t i = 0; i < COUNT_MAX; i++) {
            check_that(ladle_packed_get(&view->words, i) == values[i], "element %zu", i);
        }
        ladle_buffer_free(&bytes);
        ladle_views_free(&views);
    }
}
END_TEST

START_TEST(small_words_are_packed_by_their_greatest)
{
    static const struct {
        uint8_t greatest;
        uint8_t width_code;
    } cases[] = {{1, 1}, {2, 2}, {3, 2}, {4, 3}, {15, 3}, {16, 4}, {254, 4}};
    uint8_t values[COUNT_MAX];
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        for (size_t count = 2; count < 40; count++) {
            struct ladle_views views = {0};
            ladle_buffer bytes = {0};
            for (size_t i = 0; i < count; i++) {
                values[i] = (uint8_t)(i * 7 % (cases[c].greatest + 1u));
            }
            struct ladle_pack pack = ladle_pack_u8(values, count, cases[c].greatest);
            ck_assert_uint_eq(pack.width_code, cases[c].width_code);
            const ladle_view *view = parse(&views, LADLE_INT, &pack, &bytes);
            for (size_t i = 0; i < count; i++) {
                check_that(ladle_packed_get(&view->words, i) == values[i], "element %zu", i);
            }
            ladle_buffer_free(&bytes);
            ladle_views_free(&views);
        }
    }
    memset(values, 9, sizeof values);
    ck_assert_uint_eq(ladle_pack_u8(values, COUNT_MAX, 15).width_code, 0);
}
END_TEST

START_TEST(floats_keep_their_bits)
{
    static const uint64_t bits[] = {0, BIT_63, UINT64_C(0x7FF8000000000001), 1};
    for (uint8_t stride = 1; stride <= 2; stride++) {
        for (size_t same = 0; same < 2; same++) {
            uint64_t words[20];
            struct ladle_views views = {0};
            ladle_buffer bytes = {0};
            for (size_t i = 0; i < 20; i++) {
                words[i] = bits[same ? 2 : i % COUNT_OF(bits)];
            }
            struct ladle_pack pack = ladle_pack_float(words, 20u / stride, stride);
            ck_assert_uint_eq(pack.width_code, same ? 0 : 7);
            const ladle_view *view = parse(&views, LADLE_FLOAT, &pack, &bytes);
            for (size_t i = 0; i < 20u / stride; i++) {
                ck_assert_uint_eq(ladle_packed_get(&view->words, i), words[i * stride]);
            }
            ladle_buffer_free(&bytes);
            ladle_views_free(&views);
        }
    }
}
END_TEST

/*
 * What is found of many words at a time, beside the same word by word.
 */
static void check_words(const ladle_packed *packed, uint64_t count)
{
    uint64_t sum = 0;
    uint64_t greatest = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t word = ladle_packed_get(packed, i);
        sum += word;
        greatest = word > greatest ? word : greatest;
    }
    check_that(ladle_packed_sum(packed, count) == sum, "%u bits, %llu words", packed->bits,
               (unsigned long long)count);
    for (uint64_t limit = greatest ? greatest - 1 : 0; limit <= greatest + 2 && count; limit++) {
        check_that(ladle_packed_is_below(packed, count, limit) == (greatest < limit),
                   "%u bits, %llu words below %llu", packed->bits, (unsigned long long)count,
                   (unsigned long long)limit);
    }
    ck_assert(count || ladle_packed_is_below(packed, 0, 0));
}

START_TEST(words_are_summed_and_compared)
{
    static const uint8_t bits[] = {0, 1, 2, 4, 8, 16, 32, 64};
    enum { COUNT = 150 };
    uint8_t data[COUNT * 8 + 8];
    struct gen gen = gen_begin((uint64_t)_i);
    for (size_t round = 0; round < 40; round++) {
        bool is_full = round % 4 == 0; /* all bits are set */
        uint8_t mask = (uint8_t)(is_full ? 255 : gen_below(&gen, 256));
        for (size_t i = 0; i < sizeof data; i++) {
            data[i] = is_full ? 255 : (uint8_t)(gen_u64(&gen) & mask);
        }
        ladle_packed packed = {.data = data + round % 8,
                               .base = round % 3 ? 0 : gen_below(&gen, 1000),
                               .bits = bits[_i]};
        for (uint64_t count = 0; count <= COUNT; count++) {
            check_words(&packed, count);
        }
    }
}
END_TEST

/*
 * One word that is not below a limit is found wherever it stands.
 */
START_TEST(a_word_that_is_not_below_is_found)
{
    static const uint8_t bits[] = {1, 2, 4, 8, 16, 32};
    enum { COUNT = 130 };
    unsigned width = bits[_i];
    for (size_t place = 0; place < COUNT; place++) {
        uint8_t data[COUNT * 4 + 8] = {0};
        ladle_packed packed = {.data = data, .bits = (uint8_t)width};
        data[place * width / 8] = (uint8_t)(1U << place * width % 8);
        ck_assert(!ladle_packed_is_below(&packed, COUNT, 1));
        ck_assert(ladle_packed_is_below(&packed, place, 1));
        ck_assert(ladle_packed_is_below(&packed, COUNT, 2));
    }
}
END_TEST

Suite *pack_suite(void)
{
    Suite *suite = suite_create("pack");
    TCase *tcase = tcase_create("pack");
    tcase_add_loop_test(tcase, integers_are_packed_to_their_range, 0, COUNT_OF(columns));
    tcase_add_loop_test(tcase, rising_integers_are_packed_as_differences, 0, COUNT_OF(rising));
    tcase_add_loop_test(tcase, random_integers_come_back, 0, 10);
    tcase_add_loop_test(tcase, lengths_are_packed_to_their_range, 0, 7);
    tcase_add_test(tcase, small_words_are_packed_by_their_greatest);
    tcase_add_test(tcase, floats_keep_their_bits);
    tcase_add_loop_test(tcase, words_are_summed_and_compared, 0, 8);
    tcase_add_loop_test(tcase, a_word_that_is_not_below_is_found, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
