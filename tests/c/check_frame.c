/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"
#include "test.h"

#define SALT   0x64617365
#define OFFSET UINT64_C(4096)

static const struct ladle_block_header block = {.type = LADLE_BLOCK_DATA,
                                                .stream_count = 3,
                                                .stored_len = 4096,
                                                .decoded_len = 5000,
                                                .record_count = 70,
                                                .first_record = UINT64_C(1) << 40,
                                                .checkpoint_distance = 640,
                                                .directory_crc = 0x12345678};
static const struct ladle_file_header file = {.uuid = "salt and more..", .block_len = 200000};
static const struct ladle_trailer trailer = {
    .offset = OFFSET, .record_count = 99, .checkpoint_distance = 88};

/*
 * The three kinds of header as bytes, and reading them back.
 */
static void store_file(uint8_t *to)
{
    ladle_file_header_store(&file, to);
}

static void store_block(uint8_t *to)
{
    ladle_block_header_store(&block, SALT, OFFSET, to);
}

static void store_trailer(uint8_t *to)
{
    ladle_trailer_store(&trailer, SALT, to);
}

static ladle_status load_file(const uint8_t *from, uint32_t salt, uint64_t offset, const char **why)
{
    struct ladle_file_header loaded;
    (void)salt;
    (void)offset;
    return ladle_file_header_load(from, &loaded, why);
}

static ladle_status load_block(const uint8_t *from, uint32_t salt, uint64_t offset,
                               const char **why)
{
    struct ladle_block_header loaded;
    return ladle_block_header_load(from, salt, offset, &loaded, why);
}

static ladle_status load_trailer(const uint8_t *from, uint32_t salt, uint64_t offset,
                                 const char **why)
{
    struct ladle_trailer loaded;
    return ladle_trailer_load(from, salt, offset, &loaded, why);
}

static const struct {
    const char *name;
    size_t len;
    enum ladle_magic magic;
    void (*store)(uint8_t *to);
    ladle_status (*load)(const uint8_t *from, uint32_t salt, uint64_t offset, const char **why);
} headers[] = {
    {"file", LADLE_HEADER_LEN, LADLE_MAGIC_FILE, store_file, load_file},
    {"block", LADLE_BLOCK_HEADER_LEN, LADLE_MAGIC_BLOCK, store_block, load_block},
    {"trailer", LADLE_TRAILER_LEN, LADLE_MAGIC_TRAILER, store_trailer, load_trailer},
};

START_TEST(every_flipped_bit_is_refused)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    headers[_i].store(bytes);
    ck_assert_int_eq(ladle_magic_of(bytes), headers[_i].magic);
    for (size_t bit = 0; bit < 8 * headers[_i].len; bit++) {
        const char *why = NULL;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ladle_status status = headers[_i].load(bytes, SALT, OFFSET, &why);
        check_that(status < 0 && why, "%s header, bit %zu", headers[_i].name, bit);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    const char *why;
    must(headers[_i].load(bytes, SALT, OFFSET, &why));
}
END_TEST

START_TEST(wrong_salt_or_place_is_refused)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    const char *why;
    headers[_i].store(bytes);
    must_give(LADLE_E_CORRUPT, headers[_i].load(bytes, SALT + 1, OFFSET, &why));
    must_give(LADLE_E_CORRUPT, headers[_i].load(bytes, SALT, OFFSET + 8, &why));
    must_give(LADLE_E_CORRUPT, headers[_i].load(bytes, SALT, 0, &why));
}
END_TEST

START_TEST(fields_come_back)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    const char *why;
    struct ladle_file_header file_back;
    struct ladle_block_header block_back;
    struct ladle_trailer trailer_back;
    store_file(bytes);
    must(ladle_file_header_load(bytes, &file_back, &why));
    ck_assert_mem_eq(file_back.uuid, file.uuid, sizeof file.uuid);
    ck_assert_uint_eq(file_back.block_len, file.block_len);
    store_block(bytes);
    must(ladle_block_header_load(bytes, SALT, OFFSET, &block_back, &why));
    ck_assert_uint_eq(block_back.type, block.type);
    ck_assert_uint_eq(block_back.stream_count, block.stream_count);
    ck_assert_uint_eq(block_back.stored_len, block.stored_len);
    ck_assert_uint_eq(block_back.decoded_len, block.decoded_len);
    ck_assert_uint_eq(block_back.record_count, block.record_count);
    ck_assert_uint_eq(block_back.first_record, block.first_record);
    ck_assert_uint_eq(block_back.checkpoint_distance, block.checkpoint_distance);
    ck_assert_uint_eq(block_back.directory_crc, block.directory_crc);
    store_trailer(bytes);
    must(ladle_trailer_load(bytes, SALT, OFFSET, &trailer_back, &why));
    ck_assert_uint_eq(trailer_back.offset, trailer.offset);
    ck_assert_uint_eq(trailer_back.record_count, trailer.record_count);
    ck_assert_uint_eq(trailer_back.checkpoint_distance, trailer.checkpoint_distance);
}
END_TEST

/*
 * File headers with a right checksum that break a rule, or come from the future.
 */
static const struct {
    const char *name;
    size_t offset;
    uint8_t byte;
    ladle_status status;
} file_rules[] = {
    {"major version 2", 8, 2, LADLE_E_UNSUPPORTED},
    {"minor version 9", 10, 9, LADLE_OK},
    {"header of 65 bytes", 12, 65, LADLE_E_CORRUPT},
    {"incompatible feature", 35, 128, LADLE_E_UNSUPPORTED},
    {"compatible feature", 36, 1, LADLE_OK},
    {"reserved byte", 59, 1, LADLE_E_CORRUPT},
};

START_TEST(file_header_keeps_the_rules)
{
    uint8_t bytes[LADLE_HEADER_LEN];
    const char *why;
    store_file(bytes);
    bytes[file_rules[_i].offset] = file_rules[_i].byte;
    ladle_store_u32(bytes + 60, ladle_crc32c(0, bytes, 60));
    ladle_status status = load_file(bytes, SALT, 0, &why);
    ck_assert_msg(status == file_rules[_i].status, "%s: %s", file_rules[_i].name,
                  ladle_status_text(status));
}
END_TEST

#define TWO_31 (UINT32_C(1) << 31)

static const struct {
    const char *name;
    struct ladle_block_header header;
    ladle_status status;
} block_rules[] = {
    {"data", {.type = 1, .stream_count = 1, .stored_len = 16, .record_count = 1}, LADLE_OK},
    {"type 0", {.type = 0}, LADLE_E_CORRUPT},
    {"padding", {.type = 4, .stored_len = 800, .decoded_len = 800}, LADLE_OK},
    {"type 5", {.type = 5}, LADLE_E_UNSUPPORTED},
    {"type 127", {.type = 127}, LADLE_E_UNSUPPORTED},
    {"type 128", {.type = 128}, LADLE_OK},
    {"data without records", {.type = 1, .stream_count = 1, .stored_len = 16}, LADLE_E_CORRUPT},
    {"records of no data", {.type = 4, .record_count = 1}, LADLE_E_CORRUPT},
    {"odd length", {.type = 4, .stored_len = 12}, LADLE_E_CORRUPT},
    {"no room for the directory", {.type = 4, .stored_len = 8, .stream_count = 1}, LADLE_E_CORRUPT},
    {"stored 2^31", {.type = 4, .stored_len = TWO_31}, LADLE_E_CORRUPT},
    {"decoded 2^31", {.type = 4, .decoded_len = TWO_31}, LADLE_E_CORRUPT},
    {"2^31 records", {.type = 1, .record_count = TWO_31}, LADLE_E_CORRUPT},
    {"longer than its streams",
     {.type = 4, .stored_len = 808, .decoded_len = 800},
     LADLE_E_CORRUPT},
    {"2^56 records before", {.type = 4, .first_record = UINT64_C(1) << 56}, LADLE_E_CORRUPT},
    {"a checkpoint at 0", {.type = 4, .checkpoint_distance = OFFSET}, LADLE_OK},
    {"a checkpoint before 0", {.type = 4, .checkpoint_distance = OFFSET + 1}, LADLE_E_CORRUPT},
};

START_TEST(block_header_keeps_the_rules)
{
    uint8_t bytes[LADLE_BLOCK_HEADER_LEN];
    const char *why;
    ladle_block_header_store(&block_rules[_i].header, SALT, OFFSET, bytes);
    ladle_status status = load_block(bytes, SALT, OFFSET, &why);
    ck_assert_msg(status == block_rules[_i].status, "%s: %s", block_rules[_i].name,
                  ladle_status_text(status));
}
END_TEST

START_TEST(other_bytes_have_no_magic)
{
    static const uint8_t others[][8] = {
        {0}, "plain t", {0x89, 'L', 'D', 'L', '\n', 0x1A, '\n', 0}, {0x09, 'L', 'D', 'L'}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ck_assert_int_eq(ladle_magic_of(others[i]), LADLE_MAGIC_NONE);
    }
}
END_TEST

Suite *frame_suite(void)
{
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");
    tcase_add_loop_test(tcase, every_flipped_bit_is_refused, 0, COUNT_OF(headers));
    tcase_add_loop_test(tcase, wrong_salt_or_place_is_refused, 1, COUNT_OF(headers));
    tcase_add_test(tcase, fields_come_back);
    tcase_add_loop_test(tcase, file_header_keeps_the_rules, 0, COUNT_OF(file_rules));
    tcase_add_loop_test(tcase, block_header_keeps_the_rules, 0, COUNT_OF(block_rules));
    tcase_add_test(tcase, other_bytes_have_no_magic);
    suite_add_tcase(suite, tcase);
    return suite;
}
