/* SPDX-License-Identifier: BSD-2-Clause */
#include "checksum.h"

#include <ladle/wire.h>

/*
 * A checksum is linear: that of a sum (xor) is the sum of the checksums. So a table of
 * 256 follows from its entries for 1, 2, 4 ... 128, and the preprocessor can spell it
 * out: SPAN_n lists the sums of 'sum' and any of n entries.
 */
#define SPAN_1(sum, a)                (sum), (sum) ^ (a)
#define SPAN_2(sum, a, b)             SPAN_1(sum, a), SPAN_1((sum) ^ (b), a)
#define SPAN_3(sum, a, b, c)          SPAN_2(sum, a, b), SPAN_2((sum) ^ (c), a, b)
#define SPAN_4(sum, a, b, c, d)       SPAN_3(sum, a, b, c), SPAN_3((sum) ^ (d), a, b, c)
#define SPAN_5(sum, a, b, c, d, e)    SPAN_4(sum, a, b, c, d), SPAN_4((sum) ^ (e), a, b, c, d)
#define SPAN_6(sum, a, b, c, d, e, f) SPAN_5(sum, a, b, c, d, e), SPAN_5((sum) ^ (f), a, b, c, d, e)
#define SPAN_7(sum, a, b, c, d, e, f, g)                                                           \
    SPAN_6(sum, a, b, c, d, e, f), SPAN_6((sum) ^ (g), a, b, c, d, e, f)
#define SPAN_8(a, b, c, d, e, f, g, h)                                                             \
    SPAN_7(0U, a, b, c, d, e, f, g), SPAN_7(h, a, b, c, d, e, f, g)

/*
 * table[k][b] is the checksum of byte b and k zeros behind it. Read from right to left,
 * row by row, the entries are x^32, x^33 ... x^95 modulo the polynomial (lowest bit:
 * x^31), each of them the one before shifted right by one bit, xor 0x82F63B78 when that
 * bit was set.
 */
static const uint32_t table[8][256] = {
    {SPAN_8(0xF26B8303, 0xE13B70F7, 0xC79A971F, 0x8AD958CF, 0x105EC76F, 0x20BD8EDE, 0x417B1DBC,
            0x82F63B78)},
    {SPAN_8(0x13A29877, 0x274530EE, 0x4E8A61DC, 0x9D14C3B8, 0x3FC5F181, 0x7F8BE302, 0xFF17C604,
            0xFBC3FAF9)},
    {SPAN_8(0xA541927E, 0x4F6F520D, 0x9EDEA41A, 0x38513EC5, 0x70A27D8A, 0xE144FB14, 0xC76580D9,
            0x8B277743)},
    {SPAN_8(0xDD45AAB8, 0xBF672381, 0x7B2231F3, 0xF64463E6, 0xE964B13D, 0xD725148B, 0xABA65FE7,
            0x52A0C93F)},
    {SPAN_8(0x38116FAC, 0x7022DF58, 0xE045BEB0, 0xC5670B91, 0x8F2261D3, 0x1BA8B557, 0x37516AAE,
            0x6EA2D55C)},
    {SPAN_8(0xEF306B19, 0xDB8CA0C3, 0xB2F53777, 0x6006181F, 0xC00C303E, 0x85F4168D, 0x0E045BEB,
            0x1C08B7D6)},
    {SPAN_8(0x68032CC8, 0xD0065990, 0xA5E0C5D1, 0x4E2DFD53, 0x9C5BFAA6, 0x3D5B83BD, 0x7AB7077A,
            0xF56E0EF4)},
    {SPAN_8(0x493C7D27, 0x9278FA4E, 0x211D826D, 0x423B04DA, 0x847609B4, 0x0D006599, 0x1A00CB32,
            0x34019664)},
};

uint32_t ladle_crc32c_portable(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *next = data;
    crc = ~crc;
    for (; len >= 8; next += 8, len -= 8) {
        uint64_t word = ladle_load_u64(next) ^ crc;
        crc = table[7][word & 255] ^ table[6][word >> 8 & 255] ^ table[5][word >> 16 & 255] ^
              table[4][word >> 24 & 255] ^ table[3][word >> 32 & 255] ^ table[2][word >> 40 & 255] ^
              table[1][word >> 48 & 255] ^ table[0][word >> 56];
    }
    for (; len; next++, len--) {
        crc = table[0][(crc ^ *next) & 255] ^ crc >> 8;
    }
    return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define HARDWARE __attribute__((target("sse4.2,pclmul")))

/*
 * The instruction takes three cycles but can begin anew with every one, so three strides
 * of the input are gone through side by side, as in "Fast CRC Computation for iSCSI
 * Polynomial Using CRC32 Instruction" (Intel, 2011). Zeros behind a piece multiply its
 * checksum by a power of x; two carry-less products do that for the first two strides,
 * and one more CRC32 reduces their sum.
 *
 * A product of two reflected numbers stands one bit too low, and the reduction multiplies
 * by x^32: so the factors are x^(8 len - 33) for one stride of zeros and x^(16 len - 33)
 * for two.
 */
struct stride {
    size_t len; /* bytes, a multiple of 8 */
    int64_t one;
    int64_t two;
};

static const struct stride long_stride = {1024, 0x170076FA, 0xA51B6135};
static const struct stride short_stride = {128, 0x0D3B6092, 0xB9E02B86};

HARDWARE static inline uint64_t multiply(uint64_t crc, int64_t factor)
{
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi64_si128(factor), 0));
}

HARDWARE static inline uint64_t add_strides(uint64_t crc, const uint8_t **data, size_t *len,
                                            const struct stride *stride)
{
    for (; *len >= 3 * stride->len; *len -= 3 * stride->len) {
        const uint8_t *first = *data;
        const uint8_t *second = first + stride->len;
        const uint8_t *third = second + stride->len;
        uint64_t second_crc = 0;
        uint64_t third_crc = 0;
        for (size_t i = 0; i < stride->len; i += 8) {
            crc = _mm_crc32_u64(crc, ladle_load_u64(first + i));
            second_crc = _mm_crc32_u64(second_crc, ladle_load_u64(second + i));
            third_crc = _mm_crc32_u64(third_crc, ladle_load_u64(third + i));
        }
        uint64_t product = multiply(crc, stride->two) ^ multiply(second_crc, stride->one);
        crc = third_crc ^ _mm_crc32_u64(0, product);
        *data = third + stride->len;
    }
    return crc;
}

/*
 * Carry-less products of eight numbers at a time are faster still: folding, as in "Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009). The products of a
 * number's halves with two powers of x are a number with the same remainder that stands FOLD_LEN
 * bytes further on, and what stands there is added to it. The sums of the last FOLD_LEN bytes have
 * the checksum of all.
 */
#define FOLD __attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq")))

#define FOLD_LEN   256
#define FOLDED_MIN 1024 /* below it the strides are faster */

FOLD static inline __m512i add_behind(__m512i sum, const uint8_t *behind)
{
    /* x^(8 FOLD_LEN + 64 - 33) for the first half, x^(8 FOLD_LEN - 33) for the second one */
    const __m512i factors = _mm512_set4_epi64(0xB9E02B86, 0xDCB17AA4, 0xB9E02B86, 0xDCB17AA4);
    __m512i first = _mm512_clmulepi64_epi128(sum, factors, 0x00);
    __m512i second = _mm512_clmulepi64_epi128(sum, factors, 0x11);
    return _mm512_ternarylogic_epi64(first, second, _mm512_loadu_si512(behind), 0x96); /* xor */
}

/*
 * Sums are kept one by one: gcc would keep an array of them in memory.
 */
FOLD static uint64_t fold(uint64_t crc, const uint8_t **data, size_t *len)
{
    const uint8_t *next = *data;
    uint8_t sums[FOLD_LEN];
    __m512i before = _mm512_zextsi128_si512(_mm_cvtsi64_si128((int64_t)crc));
    __m512i a = _mm512_xor_si512(_mm512_loadu_si512(next), before);
    __m512i b = _mm512_loadu_si512(next + 64);
    __m512i c = _mm512_loadu_si512(next + 128);
    __m512i d = _mm512_loadu_si512(next + 192);
    for (next += FOLD_LEN, *len -= FOLD_LEN; *len >= FOLD_LEN; next += FOLD_LEN, *len -= FOLD_LEN) {
        a = add_behind(a, next);
        b = add_behind(b, next + 64);
        c = add_behind(c, next + 128);
        d = add_behind(d, next + 192);
    }
    *data = next;
    _mm512_storeu_si512(sums, a);
    _mm512_storeu_si512(sums + 64, b);
    _mm512_storeu_si512(sums + 128, c);
    _mm512_storeu_si512(sums + 192, d);
    crc = 0;
    for (size_t i = 0; i < FOLD_LEN; i += 8) {
        crc = _mm_crc32_u64(crc, ladle_load_u64(sums + i));
    }
    return crc;
}

static inline bool can_fold(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
}

HARDWARE static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *data, size_t len)
{
    uint64_t wide = (uint32_t)~crc;
    if (len >= FOLDED_MIN && can_fold()) {
        wide = fold(wide, &data, &len);
    }
    wide = add_strides(wide, &data, &len, &long_stride);
    wide = add_strides(wide, &data, &len, &short_stride);
    for (; len >= 8; data += 8, len -= 8) {
        wide = _mm_crc32_u64(wide, ladle_load_u64(data));
    }
    crc = (uint32_t)wide;
    for (; len; data++, len--) {
        crc = _mm_crc32_u8(crc, *data);
    }
    return ~crc;
}

static inline bool has_hardware(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    for (; len >= 8; data += 8, len -= 8) {
        crc = __crc32cd(crc, ladle_load_u64(data));
    }
    for (; len; data++, len--) {
        crc = __crc32cb(crc, *data);
    }
    return ~crc;
}

static inline bool has_hardware(void)
{
    return true;
}

#else

#define crc32c_hardware ladle_crc32c_portable

static inline bool has_hardware(void)
{
    return false;
}

#endif

uint32_t ladle_crc32c(uint32_t crc, const void *data, size_t len)
{
    return has_hardware() ? crc32c_hardware(crc, data, len) : ladle_crc32c_portable(crc, data, len);
}
