/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"
#include "fault_alloc.h"
#include "test.h"

#include <stdlib.h>

#define LEN_MAX ((size_t)100000)

enum { GUARD_LEN = 16, GUARD = 0xA5 };

struct coder {
    const struct ladle_codec *codec;
    struct fault_alloc alloc;
    void *compressor;
    void *decompressor;
    uint8_t *plain;
    uint8_t *packed; /* with room for more than LEN_MAX */
    uint8_t *result; /* with a guard behind it */
};

/*
 * False when the codec is not built in; then it must say so.
 */
static bool coder_begin(struct coder *coder, int id, int level)
{
    ladle_status status = ladle_codec_by_id((uint8_t)id, &coder->codec);
    if (status != LADLE_OK) {
        ck_assert_int_eq(status, LADLE_E_UNSUPPORTED);
        ck_assert_ptr_null(coder->codec);
        printf("check_codec: %s is not built in\n", ladle_codec_name((uint8_t)id));
        return false;
    }
    fault_alloc_init(&coder->alloc);
    must(coder->codec->compressor_new(&coder->compressor, level, &coder->alloc.allocator));
    must(coder->codec->decompressor_new(&coder->decompressor, &coder->alloc.allocator));
    coder->plain = malloc(LEN_MAX);
    coder->packed = malloc(2 * LEN_MAX);
    coder->result = malloc(LEN_MAX + GUARD_LEN);
    return true;
}

static void coder_end(struct coder *coder)
{
    coder->codec->compressor_free(coder->compressor, &coder->alloc.allocator);
    coder->codec->decompressor_free(coder->decompressor, &coder->alloc.allocator);
    fault_alloc_end(&coder->alloc);
    free(coder->plain);
    free(coder->packed);
    free(coder->result);
}

/*
 * Random bytes below 'range': a small range compresses.
 */
static void fill(struct coder *coder, size_t len, unsigned range)
{
    struct gen gen = gen_begin(len + range);
    for (size_t i = 0; i < len; i++) {
        coder->plain[i] = (uint8_t)gen_below(&gen, range);
    }
}

/*
 * 0 when the codec cannot do it, which only bitpack may say.
 */
static size_t compress(struct coder *coder, size_t len)
{
    size_t packed_len = 0;
    ladle_status status = coder->codec->compress(coder->compressor, coder->packed, 2 * LEN_MAX,
                                                 &packed_len, coder->plain, len);
    if (coder->codec != &ladle_codec_bitpack) {
        must(status);
    }
    return status == LADLE_OK ? packed_len : 0;
}

/*
 * Decompress to 'len' bytes; nothing may be written behind them.
 */
static ladle_status decompress(struct coder *coder, size_t len, size_t packed_len)
{
    memset(coder->result + len, GUARD, GUARD_LEN);
    ladle_status status = coder->codec->decompress(coder->decompressor, coder->result, len,
                                                   coder->packed, packed_len);
    for (size_t i = 0; i < GUARD_LEN; i++) {
        check_that(coder->result[len + i] == GUARD, "byte %zu behind the end", i);
    }
    return status;
}

START_TEST(what_is_compressed_comes_back)
{
    static const size_t lengths[] = {1, 2, 7, 100, 4096, 65537, LEN_MAX};
    static const unsigned ranges[] = {1, 4, 16, 33, 64, 256};
    struct coder coder;
    if (!coder_begin(&coder, _i, 0)) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(lengths) * COUNT_OF(ranges); i++) {
        size_t len = lengths[i / COUNT_OF(ranges)];
        fill(&coder, len, ranges[i % COUNT_OF(ranges)]);
        size_t packed_len = compress(&coder, len);
        if (packed_len == 0) {
            ck_assert_uint_eq(ranges[i % COUNT_OF(ranges)], 256);
            continue;
        }
        must(decompress(&coder, len, packed_len));
        ck_assert_mem_eq(coder.result, coder.plain, len);
    }
    coder_end(&coder);
}
END_TEST

static size_t bitpack_len(size_t len, unsigned bits)
{
    return 1 + ((size_t)1 << bits) + (len * bits + 7) / 8;
}

/*
 * As many kinds as fit into some bits and one more, of any bytes, the last kind only at the end.
 */
START_TEST(bitpack_takes_as_few_bits_as_it_can)
{
    struct coder coder;
    unsigned bits = (unsigned)_i / 2 + 1;
    unsigned kind_count = (1u << bits) + (unsigned)_i % 2;
    ck_assert(coder_begin(&coder, 4, 0));
    for (size_t len = (size_t)2 * kind_count; len < 9000; len += len < 200 ? 1 : 1000 + len % 7) {
        for (size_t i = 0; i < len; i++) {
            coder.plain[i] = (uint8_t)(251 * (i % (kind_count - 1)));
        }
        coder.plain[len - 1] = (uint8_t)(251 * (kind_count - 1));
        size_t expected = kind_count > 64 ? 0 : bitpack_len(len, bits + (unsigned)_i % 2);
        ck_assert_uint_eq(compress(&coder, len), expected);
        if (expected) {
            must(decompress(&coder, len, expected));
            ck_assert_mem_eq(coder.result, coder.plain, len);
        }
    }
    coder_end(&coder);
}
END_TEST

START_TEST(bitpack_refuses_what_breaks_the_rules)
{
    struct coder coder;
    ck_assert(coder_begin(&coder, 4, 0));
    fill(&coder, 1001, 30);
    size_t packed_len = compress(&coder, 1001);
    uint8_t *head = coder.packed;
    const uint8_t good = head[0];
    ck_assert_uint_eq(good, 5 | 1 << 3);
    for (unsigned byte = 0; byte < 256; byte++) {
        head[0] = (uint8_t)byte;
        must_give(byte == good ? LADLE_OK : LADLE_E_CORRUPT, decompress(&coder, 1001, packed_len));
    }
    head[0] = good;
    for (unsigned bit = 5; bit < 8; bit++) {
        head[packed_len - 1] ^= (uint8_t)(1u << bit);
        must_give(LADLE_E_CORRUPT, decompress(&coder, 1001, packed_len));
        head[packed_len - 1] ^= (uint8_t)(1u << bit);
    }
    must(decompress(&coder, 1001, packed_len));
    coder_end(&coder);
}
END_TEST

START_TEST(all_levels_work)
{
    const struct ladle_codec *codec;
    int level_min = ladle_codec_by_id((uint8_t)_i, &codec) == LADLE_OK ? codec->level_min : 1;
    int level_max = codec ? codec->level_max : 1;
    level_min = level_min < -3 ? -3 : level_min;
    for (int level = level_min; level <= level_max; level++) {
        struct coder coder;
        if (coder_begin(&coder, _i, level)) {
            fill(&coder, 3000, 4);
            size_t packed_len = compress(&coder, 3000);
            ck_assert_uint_lt(packed_len, 3000);
            must(decompress(&coder, 3000, packed_len));
            ck_assert_mem_eq(coder.result, coder.plain, 3000);
            coder_end(&coder);
        }
    }
}
END_TEST

START_TEST(what_does_not_fit_is_said_to)
{
    struct coder coder;
    if (!coder_begin(&coder, _i, 0)) {
        return;
    }
    fill(&coder, 5000, 4);
    size_t packed_len = compress(&coder, 5000);
    for (size_t capacity = 1; capacity < packed_len; capacity += 1 + capacity / 3) {
        size_t len = 0;
        memset(coder.packed + capacity, GUARD, GUARD_LEN);
        must_give(LADLE_END, coder.codec->compress(coder.compressor, coder.packed, capacity, &len,
                                                   coder.plain, 5000));
        ck_assert_uint_eq(coder.packed[capacity], GUARD);
    }
    fill(&coder, 5000, 256);
    must_give(LADLE_END, coder.codec->compress(coder.compressor, coder.packed, 4999, &packed_len,
                                               coder.plain, 5000));
    coder_end(&coder);
}
END_TEST

START_TEST(wrong_lengths_are_corrupt)
{
    struct coder coder;
    if (!coder_begin(&coder, _i, 0)) {
        return;
    }
    fill(&coder, 1000, 4);
    size_t packed_len = compress(&coder, 1000);
    static const size_t lengths[] = {0, 1, 999, 1001, 5000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        must_give(LADLE_E_CORRUPT, decompress(&coder, lengths[i], packed_len));
    }
    for (size_t len = 0; len < packed_len; len++) {
        must_give(LADLE_E_CORRUPT, decompress(&coder, 1000, len));
    }
    coder.packed[packed_len] = 0;
    must_give(LADLE_E_CORRUPT, decompress(&coder, 1000, packed_len + 1));
    must(decompress(&coder, 1000, packed_len));
    ck_assert_mem_eq(coder.result, coder.plain, 1000);
    coder_end(&coder);
}
END_TEST

START_TEST(damaged_input_does_no_harm)
{
    struct coder coder;
    if (!coder_begin(&coder, _i, 0)) {
        return;
    }
    fill(&coder, 600, 4);
    size_t packed_len = compress(&coder, 600);
    for (size_t bit = 0; bit < 8 * packed_len; bit++) {
        coder.packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ladle_status status = decompress(&coder, 600, packed_len);
        check_that(status == LADLE_OK || status == LADLE_E_CORRUPT, "bit %zu: %s", bit,
                   ladle_status_text(status));
        coder.packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    must(decompress(&coder, 600, packed_len));
    ck_assert_mem_eq(coder.result, coder.plain, 600);
    coder_end(&coder);
}
END_TEST

START_TEST(names_and_ids_agree)
{
    const struct ladle_codec *by_name;
    const struct ladle_codec *by_id;
    for (uint8_t id = 0; id <= LADLE_CODEC_ID_MAX; id++) {
        ladle_status status = ladle_codec_by_name(ladle_codec_name(id), &by_name);
        ladle_status status_by_id = ladle_codec_by_id(id, &by_id);
        bool may_be_named = by_id != &ladle_codec_bitpack;
        ck_assert_int_eq(status, may_be_named ? status_by_id : LADLE_E_UNSUPPORTED);
        ck_assert_ptr_eq(by_name, may_be_named ? by_id : NULL);
        ck_assert(!by_id || by_id->id == id);
    }
    ck_assert_str_eq(ladle_codec_name(LADLE_CODEC_ID_MAX + 1), "unknown");
    must_give(LADLE_E_UNSUPPORTED, ladle_codec_by_id(LADLE_CODEC_ID_MAX + 1, &by_id));
    must_give(LADLE_E_UNSUPPORTED, ladle_codec_by_name("brotli", &by_name));
}
END_TEST

Suite *codec_suite(void)
{
    Suite *suite = suite_create("codec");
    TCase *tcase = tcase_create("codec");
    tcase_add_test(tcase, names_and_ids_agree);
    tcase_add_loop_test(tcase, what_is_compressed_comes_back, 1, LADLE_CODEC_ID_MAX + 1);
    tcase_add_loop_test(tcase, bitpack_takes_as_few_bits_as_it_can, 0, 12);
    tcase_add_test(tcase, bitpack_refuses_what_breaks_the_rules);
    tcase_add_loop_test(tcase, all_levels_work, 1, LADLE_CODEC_ID_MAX + 1);
    tcase_add_loop_test(tcase, what_does_not_fit_is_said_to, 1, LADLE_CODEC_ID_MAX + 1);
    tcase_add_loop_test(tcase, wrong_lengths_are_corrupt, 1, LADLE_CODEC_ID_MAX + 1);
    tcase_add_loop_test(tcase, damaged_input_does_no_harm, 1, LADLE_CODEC_ID_MAX + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}
