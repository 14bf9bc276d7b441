/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>

uint64_t gen_latest_seed;

struct gen gen_begin(uint64_t seed)
{
    gen_latest_seed = seed;
    return (struct gen){seed};
}

size_t test_step(void)
{
    const char *text = getenv("LADLE_TEST_STEP");
    size_t step = text ? strtoul(text, NULL, 10) : 1;
    return step ? step : 1;
}

/*
 * SplitMix64.
 */
uint64_t gen_u64(struct gen *gen)
{
    uint64_t value = gen->state += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

uint64_t gen_below(struct gen *gen, uint64_t limit)
{
    return limit ? gen_u64(gen) % limit : 0;
}

static bool one_in(struct gen *gen, uint64_t count)
{
    return gen_below(gen, count) == 0;
}

/*
 * Content of the given length range in 'text', letters.
 */
static size_t letters(struct gen *gen, size_t least, size_t most, char text[256])
{
    size_t len = least + gen_below(gen, most - least + 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)('a' + gen_below(gen, 26));
    }
    return len;
}

static void put_data(struct gen *gen, ladle_kind kind, size_t least, size_t most, ladle_buffer *to)
{
    char text[256];
    size_t len = letters(gen, least, most, text);
    must(ladle_value_put_data(to, kind, text, len));
}

static void put_text(ladle_buffer *to, const char *text)
{
    must(ladle_value_put_data(to, LADLE_STR, text, strlen(text)));
}

static void put_word(struct gen *gen, ladle_buffer *to)
{
    static const char *const words[] = {"", "red", "green", "blue", "a rather long colour name"};
    put_text(to, words[gen_below(gen, COUNT_OF(words))]);
}

/*
 * Integers of all sizes and both signs.
 */
static void put_int(struct gen *gen, ladle_buffer *to)
{
    uint64_t value = gen_u64(gen) >> gen_below(gen, 64);
    if (one_in(gen, 2)) {
        must(ladle_value_put_int(to, (int64_t)(0 - value)));
    } else {
        must(ladle_value_put_uint(to, value));
    }
}

static void put_float(struct gen *gen, ladle_buffer *to)
{
    must(ladle_value_put_float(to, ladle_double_from_bits(gen_u64(gen))));
}

static void put_leaf(struct gen *gen, uint64_t which, ladle_buffer *to)
{
    switch (which % 12) {
    case 0:
        must(ladle_value_put_none(to));
        break;
    case 1:
        must(ladle_value_put_bool(to, one_in(gen, 2)));
        break;
    case 2:
        must(ladle_value_put_int(to, (int64_t)gen_below(gen, 100)));
        break;
    case 3:
        put_int(gen, to);
        break;
    case 4:
        put_float(gen, to);
        break;
    case 5:
        must(ladle_value_put_complex(to, (double)gen_below(gen, 9), -0.0));
        break;
    case 6:
        put_word(gen, to);
        break;
    case 7:
        put_data(gen, LADLE_STR, 0, 100, to);
        break;
    case 8:
        must(ladle_value_put_data(to, LADLE_SURROGATE_STR, "\xED\xA0\x80", 3));
        break;
    default:
        put_data(gen,
                 which % 12 == 9    ? LADLE_BIGINT
                 : which % 12 == 10 ? LADLE_BYTES
                                    : LADLE_BYTEARRAY,
                 0, 20, to);
        break;
    }
}

static void put_flat(struct gen *gen, ladle_buffer *to)
{
    must(ladle_value_put_container(to, LADLE_TUPLE, 3));
    put_float(gen, to);
    put_data(gen, LADLE_STR, 20, 20, to);
    must(ladle_value_put_uint(to, gen_u64(gen)));
}

static void put_columns(struct gen *gen, uint64_t number, ladle_buffer *to)
{
    must(ladle_value_put_container(to, LADLE_TUPLE, 14));
    must(ladle_value_put_uint(to, number));
    must(ladle_value_put_uint(to, UINT64_MAX - 7 * number));
    for (uint64_t i = 0; i < 12; i++) {
        put_leaf(gen, i, to);
    }
}

static void put_drift(struct gen *gen, uint64_t number, ladle_buffer *to)
{
    uint64_t stage = number / 20;
    must(ladle_value_put_container(to, LADLE_LIST, 3));
    must(ladle_value_put_int(to, (int64_t)(number << (stage % 5 * 13))));
    put_leaf(gen, stage + one_in(gen, 8), to);
    must(ladle_value_put_container(to, LADLE_TUPLE, stage % 7));
    for (uint64_t i = 0; i < stage % 7; i++) {
        put_leaf(gen, i + stage, to);
    }
}

static void put_optional(struct gen *gen, uint64_t number, ladle_buffer *to)
{
    static const char *const keys[] = {"id", "name", "score", "tags", "parent"};
    uint64_t present = gen_below(gen, 32);
    uint64_t first = one_in(gen, 4);
    must(ladle_value_put_container(to, LADLE_DICT, (uint64_t)__builtin_popcountll(present)));
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t key = (i + first) % 5;
        if (present >> key & 1) {
            put_text(to, keys[key]);
            put_leaf(gen, one_in(gen, 5) ? 0 : key + number / 50, to);
        }
    }
}

static void put_nested(struct gen *gen, uint64_t number, ladle_buffer *to)
{
    uint64_t rows = gen_below(gen, 4);
    must(ladle_value_put_container(to, LADLE_DICT, 3));
    put_text(to, "when");
    must(ladle_value_put_extension(to, 2));
    must(ladle_value_put_int(to, (int64_t)(63000000000000000 + 1000 * number)));
    put_text(to, "rows");
    must(ladle_value_put_container(to, LADLE_LIST, rows));
    for (uint64_t i = 0; i < rows; i++) {
        must(ladle_value_put_container(to, LADLE_DICT, 2));
        put_text(to, "at");
        must(ladle_value_put_container(to, LADLE_TUPLE, 2));
        must(ladle_value_put_float(to, (double)i));
        must(ladle_value_put_int(to, -(int64_t)i));
        put_text(to, "words");
        must(ladle_value_put_container(to, LADLE_FROZENSET, 2));
        put_word(gen, to);
        put_word(gen, to);
    }
    put_text(to, "more");
    must(ladle_value_put_container(to, LADLE_SET, rows));
    for (uint64_t i = 0; i < rows; i++) {
        put_int(gen, to);
    }
}

/*
 * The kinds of NumPy, which are no containers.
 */
static void put_numpy(struct gen *gen, ladle_buffer *to)
{
    static const uint8_t zeros[64];
    uint8_t extents[2] = {(uint8_t)gen_below(gen, 4), 2};
    ladle_item item = {.kind = one_in(gen, 2) ? LADLE_SCALAR : LADLE_ARRAY,
                       .code = one_in(gen, 2) ? 'C' : 'F',
                       .name = (const uint8_t *)"<i4",
                       .name_len = 3,
                       .data = zeros,
                       .data_len = 4,
                       .item_len = 4,
                       .dimensions = 2,
                       .extents = extents};
    if (item.kind == LADLE_ARRAY) {
        item.data_len = (size_t)extents[0] * extents[1] * 4;
    }
    must(ladle_value_put_item(to, &item));
}

static void put_object(struct gen *gen, uint32_t depth, ladle_buffer *to)
{
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)"Point",
                       .name_len = 5,
                       .count = gen_below(gen, 3)};
    must(ladle_value_put_item(to, &item));
    for (uint64_t i = 0; i < item.count; i++) {
        put_text(to, i ? "y" : "x");
        gen_value(gen, depth, to);
    }
}

static void put_objects(struct gen *gen, uint64_t number, ladle_buffer *to)
{
    static const char *const fields[] = {"x", "y", "label"};
    uint64_t class = number < 50 ? 0 : gen_below(gen, 3);
    ladle_item item = {.kind = LADLE_OBJECT,
                       .name = (const uint8_t *)(class ? "Named" : "Point"),
                       .name_len = 5,
                       .count = class == 2 ? 3 : 2};
    must(ladle_value_put_item(to, &item));
    for (uint64_t i = 0; i < item.count; i++) {
        put_text(to, fields[i]);
        if (i == 1 && class) {
            put_objects(gen, 0, to);
        } else {
            put_leaf(gen, number % 40 ? 5 : 0, to);
        }
    }
}

static void put_dict(struct gen *gen, uint32_t depth, ladle_buffer *to)
{
    static const char *const keys[] = {"a", "b", "c", "d"};
    bool with_names = one_in(gen, 2);
    uint64_t count = gen_below(gen, 5);
    must(ladle_value_put_container(to, LADLE_DICT, count));
    for (uint64_t i = 0; i < count; i++) {
        if (with_names) {
            put_text(to, keys[i]);
        } else {
            must(ladle_value_put_int(to, (int64_t)i));
        }
        gen_value(gen, depth, to);
    }
}

void gen_value(struct gen *gen, uint32_t depth, ladle_buffer *to)
{
    static const ladle_kind containers[] = {LADLE_TUPLE, LADLE_LIST, LADLE_SET, LADLE_FROZENSET};
    uint64_t which = gen_below(gen, depth ? 24 : 14);
    if (which < 12) {
        put_leaf(gen, which, to);
    } else if (which < 14) {
        put_numpy(gen, to);
    } else if (which < 16) {
        put_dict(gen, depth - 1, to);
    } else if (which < 18) {
        must(ladle_value_put_extension(to, (uint8_t)gen_below(gen, 30)));
        gen_value(gen, depth - 1, to);
    } else if (which < 19) {
        put_object(gen, depth - 1, to);
    } else {
        uint64_t count = one_in(gen, 10) ? gen_below(gen, 40) : gen_below(gen, 5);
        must(ladle_value_put_container(to, containers[gen_below(gen, 4)], count));
        for (uint64_t i = 0; i < count; i++) {
            gen_value(gen, depth - 1, to);
        }
    }
}

void gen_record(struct gen *gen, enum gen_style style, uint64_t number, ladle_buffer *to)
{
    switch (style) {
    case GEN_FLAT:
        put_flat(gen, to);
        break;
    case GEN_COLUMNS:
        put_columns(gen, number, to);
        break;
    case GEN_DRIFT:
        put_drift(gen, number, to);
        break;
    case GEN_OPTIONAL:
        put_optional(gen, number, to);
        break;
    case GEN_NESTED:
        put_nested(gen, number, to);
        break;
    case GEN_OBJECTS:
        put_objects(gen, number, to);
        break;
    default:
        gen_value(gen, 4, to);
        break;
    }
}

void gen_mutate(struct gen *gen, uint8_t *data, size_t len)
{
    static const uint8_t telling[] = {0, 1, 2, 16, 17, 20, 33, 34, 35, 36, 63, 127, 128, 255};
    for (uint64_t times = 1 + gen_below(gen, 3); times && len; times--) {
        uint8_t *byte = &data[gen_below(gen, len)];
        switch (gen_below(gen, 4)) {
        case 0:
            *byte = (uint8_t)gen_u64(gen);
            break;
        case 1:
            *byte = telling[gen_below(gen, sizeof telling)];
            break;
        case 2:
            *byte = (uint8_t)(*byte + (one_in(gen, 2) ? 1 : -1));
            break;
        default:
            *byte ^= (uint8_t)(1u << gen_below(gen, 8));
            break;
        }
    }
}
