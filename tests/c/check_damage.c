/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"
#include "test.h"

#include <stdlib.h>

/*
 * Small files that cover all shapes.
 */
static const struct {
    enum gen_style style;
    size_t count;
    const char *codec;
    bool with_metadata;
    size_t flush_each; /* records from one flush to the next, which ends a block */
} files[] = {
    {GEN_FLAT, 20, "none", false, 8},      {GEN_FLAT, 60, "zlib", true, 100},
    {GEN_COLUMNS, 8, "none", true, 4},     {GEN_COLUMNS, 12, "zlib", false, 100},
    {GEN_DRIFT, 60, "none", false, 25},    {GEN_OPTIONAL, 30, "none", false, 12},
    {GEN_OPTIONAL, 90, "zlib", false, 50}, {GEN_NESTED, 20, "none", true, 7},
    {GEN_NESTED, 40, "zlib", false, 30},   {GEN_WILD, 25, "none", false, 10},
    {GEN_WILD, 0, "none", true, 1},
};

static void write_small_file(int index, struct records *records, ladle_memory_sink *file)
{
    ladle_writer_options options = fixed_options();
    ladle_sink sink;
    ladle_writer *writer;
    options.codec = files[index].codec;
    if (files[index].with_metadata) {
        options.metadata = "\xE1\x85units\x01";
        options.metadata_len = 8;
    }
    records_generate(records, 2000 + (uint64_t)index, files[index].style, files[index].count);
    ladle_sink_from_memory(&sink, file);
    must(ladle_writer_open(&writer, &sink, &options, NULL));
    for (size_t i = 0; i < records->count; i++) {
        ladle_cursor record = records_at(records, i);
        must(ladle_writer_append(writer, record.next, ladle_cursor_left(&record), NULL));
        if ((i + 1) % files[index].flush_each == 0) {
            must(i % 2 ? ladle_writer_flush(writer, NULL) : ladle_writer_sync(writer, NULL));
        }
    }
    must(ladle_writer_close(writer, NULL));
    must_hold(file->data, file->len, records);
}

/*
 * What is handed out is checked in read_memory: never another record, never one out of its order.
 */
START_TEST(every_truncation_is_seen)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    uint64_t count_before = 0;
    write_small_file(_i, &records, &file);
    for (size_t len = 0; len < file.len; len += test_step()) {
        uint8_t *copy = malloc(len ? len : 1); /* of exactly this length, for sanitizers */
        check_that(copy, "the test is out of memory");
        memcpy(copy, file.data, len);
        struct outcome outcome = read_memory(copy, len, NULL, &records);
        check_that(outcome.status == LADLE_E_TRUNCATED, "file %d cut at %zu: %s", _i, len,
                   ladle_status_text(outcome.status));
        check_that(outcome.count >= count_before, "file %d cut at %zu", _i, len);
        count_before = outcome.count;
        free(copy);
    }
    ck_assert_uint_eq(count_before, records.count);
    printf("check_damage: file %d, %zu truncations\n", _i, file.len / test_step());
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

START_TEST(every_flipped_bit_is_seen)
{
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_small_file(_i, &records, &file);
    uint8_t *bytes = file.data;
    for (size_t bit = 0; bit < 8 * file.len; bit += test_step()) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct outcome outcome = read_memory(bytes, file.len, NULL, &records);
        check_that(outcome.status < 0, "file %d, byte %zu, bit %zu", _i, bit / 8, bit % 8);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    printf("check_damage: file %d, %zu flipped bits\n", _i, 8 * file.len / test_step());
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

/*
 * Bytes set to something else, zeroed ranges, pieces left out or doubled.
 */
static size_t spoil(struct gen *gen, const uint8_t *from, size_t len, uint8_t *to)
{
    size_t start = gen_below(gen, len);
    size_t end = start + 1 + gen_below(gen, len - start);
    memcpy(to, from, len);
    switch (gen_below(gen, 4)) {
    case 0:
        gen_mutate(gen, to, len);
        return len;
    case 1:
        memset(to + start, 0, end - start);
        return len;
    case 2:
        memmove(to + start, to + end, len - end);
        return len - (end - start);
    default:
        memcpy(to + end, from + start, len - start);
        return len + (end - start);
    }
}

START_TEST(random_damage_is_seen)
{
    enum { TIMES = 5000 };
    struct records records = {0};
    ladle_memory_sink file = {0};
    write_small_file(_i, &records, &file);
    struct gen gen = gen_begin(3000 + (uint64_t)_i);
    uint8_t *spoiled = malloc(2 * file.len);
    check_that(spoiled, "the test is out of memory");
    for (size_t i = 0; i < TIMES; i += test_step()) {
        size_t len = spoil(&gen, file.data, file.len, spoiled);
        bool is_same = len == file.len && memcmp(spoiled, file.data, len) == 0;
        struct outcome outcome = read_memory(spoiled, len, NULL, &records);
        check_that(outcome.status < 0 || is_same, "file %d, damage %zu", _i, i);
    }
    printf("check_damage: file %d, %zu random damages\n", _i, TIMES / test_step());
    free(spoiled);
    ladle_memory_sink_free(&file);
    records_free(&records);
}
END_TEST

Suite *damage_suite(void)
{
    Suite *suite = suite_create("damage");
    TCase *tcase = tcase_create("damage");
    tcase_add_loop_test(tcase, every_truncation_is_seen, 0, COUNT_OF(files));
    tcase_add_loop_test(tcase, every_flipped_bit_is_seen, 0, COUNT_OF(files));
    tcase_add_loop_test(tcase, random_damage_is_seen, 0, COUNT_OF(files));
    suite_add_tcase(suite, tcase);
    return suite;
}
