/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkpoint.h"
#include "test.h"

enum { CHECKPOINTS = 1100 };

static const ladle_buffer no_shape;
static bool has_shape;

/*
 * The content of a section, 1 to 3.
 */
static ladle_cursor section(const ladle_buffer *content, uint64_t wanted)
{
    ladle_cursor cursor = ladle_cursor_over(content->data, content->len);
    for (uint64_t id = 1;; id++) {
        ck_assert_uint_eq(ladle_cursor_varint(&cursor), id);
        size_t len = ladle_cursor_varint(&cursor);
        ladle_cursor found = ladle_cursor_over(ladle_cursor_bytes(&cursor, len), len);
        if (id == wanted) {
            return found;
        }
    }
}

static uint64_t offset_of(uint64_t number)
{
    return 64 + number * number * 8;
}

static void check_parts(const ladle_buffer *content, uint64_t number)
{
    struct ladle_checkpoint_parts parts;
    must(ladle_checkpoint_parse(content->data, content->len, offset_of(number), &parts));
    for (uint32_t i = 0; i < parts.ancestor_count; i++) {
        const struct ladle_ancestor *ancestor = &parts.ancestors[i];
        check_that(ancestor->offset == offset_of(ancestor->number) &&
                       ancestor->first_record == 10 * ancestor->number,
                   "ancestor %u of %" PRIu64, i, number);
    }
}

/*
 * Compare with FORMAT.md section 9: c-1, then (c-1) & ~1, (c-1) & ~3 ... down to 0, each once.
 */
static void check_ancestors(const ladle_buffer *content, uint64_t number)
{
    ladle_cursor cursor = section(content, 3);
    uint64_t count = ladle_cursor_varint(&cursor);
    uint64_t before = UINT64_MAX;
    for (int bits = 0; number && before; bits++) {
        uint64_t expected = (number - 1) >> bits << bits;
        if (expected != before) {
            uint64_t distance = 8 * ladle_cursor_varint(&cursor);
            check_that(offset_of(number) - distance == offset_of(expected),
                       "checkpoint %" PRIu64 " and %" PRIu64, number, expected);
            check_that(ladle_cursor_varint(&cursor) == 10 * expected, "first record");
            count--;
        }
        before = expected;
    }
    check_that(count == 0 && !cursor.failed && !ladle_cursor_left(&cursor),
               "checkpoint %" PRIu64 " has %" PRIu64 " more", number, count);
}

START_TEST(ancestors_are_those_of_the_format)
{
    struct ladle_checkpoint checkpoint;
    ladle_checkpoint_init(&checkpoint, NULL);
    for (uint64_t number = 0; number < CHECKPOINTS; number++) {
        ladle_buffer content = {0};
        must(ladle_checkpoint_reserve(&checkpoint, 1));
        ladle_checkpoint_add(&checkpoint, offset_of(number) - 8, 8, 10, 100);
        must(ladle_checkpoint_encode(&checkpoint, offset_of(number), &no_shape, &content,
                                     &has_shape));
        check_ancestors(&content, number);
        check_parts(&content, number);
        ladle_checkpoint_written(&checkpoint, offset_of(number), has_shape);
        ladle_buffer_free(&content);
    }
    ladle_checkpoint_free(&checkpoint);
}
END_TEST

START_TEST(blocks_and_totals_are_listed)
{
    static const uint64_t expected_blocks[] = {2, 7, 64 / 8, 13, 5, 3, 20, 6};
    struct ladle_checkpoint checkpoint;
    struct ladle_checkpoint_parts parts;
    struct ladle_listed_block block = {.first_record = 7};
    ladle_buffer content = {0};
    ladle_checkpoint_init(&checkpoint, NULL);
    checkpoint.totals.metadata_offset = 64;
    checkpoint.totals.record_count = 7;
    checkpoint.first_record = 7;
    must(ladle_checkpoint_reserve(&checkpoint, 1));
    ladle_checkpoint_add(&checkpoint, 64, 104, 5, 900);
    must(ladle_checkpoint_reserve(&checkpoint, 1));
    ladle_checkpoint_add(&checkpoint, 64 + 104 + 24, 160, 6, 40);
    must(ladle_checkpoint_encode(&checkpoint, 4096, &no_shape, &content, &has_shape));
    ladle_cursor blocks = section(&content, 2);
    for (size_t i = 0; i < COUNT_OF(expected_blocks); i++) {
        ck_assert_uint_eq(ladle_cursor_varint(&blocks), expected_blocks[i]);
    }
    ck_assert_uint_eq(ladle_cursor_left(&blocks), 0);
    must(ladle_checkpoint_parse(content.data, content.len, 4096, &parts));
    ck_assert_uint_eq(parts.totals.number, 0);
    ck_assert_uint_eq(parts.totals.record_count, 18);
    ck_assert_uint_eq(parts.totals.block_count, 2);
    ck_assert_uint_eq(parts.totals.decoded_len_max, 900);
    ck_assert_uint_eq(parts.totals.metadata_offset, 64);
    ck_assert_uint_eq(parts.listed_count, 2);
    ck_assert(ladle_checkpoint_next_block(&parts, &block));
    ck_assert(block.offset == 64 && block.len == 104);
    ck_assert(block.first_record == 7 && block.record_count == 5);
    ck_assert(ladle_checkpoint_next_block(&parts, &block));
    ck_assert(block.offset == 64 + 104 + 24 && block.len == 160);
    ck_assert(block.first_record == 12 && block.record_count == 6);
    ck_assert(!ladle_checkpoint_next_block(&parts, &block));
    for (size_t len = 0; len < content.len; len++) {
        ladle_status status = ladle_checkpoint_parse(content.data, len, 4096, &parts);
        check_that(status == LADLE_E_CORRUPT, "cut at %zu: %s", len, ladle_status_text(status));
    }
    ladle_buffer_free(&content);
    ladle_checkpoint_free(&checkpoint);
}
END_TEST

static const struct {
    const char *name;
    uint8_t bytes[24];
    size_t len;
    ladle_status status;
} contents[] = {
    {"three sections", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0}, 14, LADLE_OK},
    {"a shape", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 64, 1, 9}, 17, LADLE_OK},
    {"an older shape", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 65, 1, 7}, 17, LADLE_OK},
    {"one to skip", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 66, 1, 9}, 17, LADLE_OK},
    {"two shapes",
     {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 64, 0, 65, 1, 1},
     19,
     LADLE_E_CORRUPT},
    {"a shape before all",
     {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 65, 1, 8},
     17,
     LADLE_E_CORRUPT},
    {"a block of nothing",
     {1, 5, 0, 0, 0, 0, 0, 2, 5, 1, 0, 1, 1, 0, 3, 1, 0},
     17,
     LADLE_E_CORRUPT},
    {"a block of no length",
     {1, 5, 0, 1, 0, 0, 0, 2, 5, 1, 0, 1, 0, 1, 3, 1, 0},
     17,
     LADLE_E_CORRUPT},
    {"a block behind", {1, 5, 0, 1, 0, 0, 0, 2, 5, 1, 0, 4, 5, 1, 3, 1, 0}, 17, LADLE_E_CORRUPT},
    {"a block before", {1, 5, 0, 1, 0, 0, 0, 2, 5, 1, 0, 4, 4, 1, 3, 1, 0}, 17, LADLE_OK},
    {"missing records", {1, 5, 0, 2, 0, 0, 0, 2, 5, 1, 0, 4, 4, 1, 3, 1, 0}, 17, LADLE_E_CORRUPT},
    {"an ancestor", {1, 5, 1, 0, 0, 0, 0, 2, 2, 0, 0, 3, 3, 1, 2, 0}, 16, LADLE_OK},
    {"too few ancestors", {1, 5, 1, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0}, 14, LADLE_E_CORRUPT},
    {"an ancestor in front", {1, 5, 1, 0, 0, 0, 0, 2, 2, 0, 0, 3, 3, 1, 9, 0}, 16, LADLE_E_CORRUPT},
    {"itself", {1, 5, 1, 0, 0, 0, 0, 2, 2, 0, 0, 3, 3, 1, 0, 0}, 16, LADLE_E_CORRUPT},
    {"one of tomorrow", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0, 4, 0}, 16, LADLE_E_UNSUPPORTED},
    {"no totals", {2, 2, 0, 0, 3, 1, 0}, 7, LADLE_E_CORRUPT},
    {"totals twice", {1, 5, 0, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0}, 14, LADLE_E_CORRUPT},
    {"wrong order", {1, 5, 0, 0, 0, 0, 0, 3, 1, 0, 2, 2, 0, 0}, 14, LADLE_E_CORRUPT},
    {"no ancestors", {1, 5, 0, 0, 0, 0, 0, 2, 2, 0, 0}, 11, LADLE_E_CORRUPT},
    {"short totals", {1, 4, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0}, 13, LADLE_E_CORRUPT},
    {"long totals", {1, 6, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 1, 0}, 15, LADLE_E_CORRUPT},
    {"a section over the end", {1, 5, 0, 0, 0, 0, 0, 2, 99, 0, 0, 3, 1, 0}, 14, LADLE_E_CORRUPT},
};

START_TEST(sections_are_checked)
{
    struct ladle_checkpoint_parts parts;
    ladle_status status = ladle_checkpoint_parse(contents[_i].bytes, contents[_i].len, 64, &parts);
    ck_assert_msg(status == contents[_i].status, "%s: %s", contents[_i].name,
                  ladle_status_text(status));
}
END_TEST

Suite *checkpoint_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tcase = tcase_create("checkpoint");
    tcase_add_test(tcase, ancestors_are_those_of_the_format);
    tcase_add_test(tcase, blocks_and_totals_are_listed);
    tcase_add_loop_test(tcase, sections_are_checked, 0, COUNT_OF(contents));
    suite_add_tcase(suite, tcase);
    return suite;
}
