/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault_alloc.h"
#include "test.h"

START_TEST(buffer_grows_and_keeps_its_content)
{
    struct fault_alloc alloc;
    fault_alloc_init(&alloc);
    ladle_buffer buffer = {.allocator = &alloc.allocator};
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        must(ladle_buffer_put(&buffer, &byte, 1));
    }
    ck_assert_uint_eq(buffer.len, 10000);
    ck_assert_uint_lt(alloc.calls, 30);
    for (unsigned i = 0; i < 10000; i++) {
        check_that(buffer.data[i] == (uint8_t)(i * 7), "byte %u", i);
    }
    ladle_buffer_free(&buffer);
    ck_assert(!buffer.data && !buffer.len && !buffer.capacity);
    fault_alloc_end(&alloc);
}
END_TEST

START_TEST(nothing_can_be_put)
{
    ladle_buffer buffer = {0};
    must(ladle_buffer_put(&buffer, NULL, 0));
    ck_assert_uint_eq(buffer.len, 0);
    ladle_buffer_free(&buffer);
    ladle_buffer_free(&buffer);
}
END_TEST

START_TEST(limit_is_exact)
{
    static const uint8_t bytes[101];
    ladle_buffer buffer = {.len_max = 100};
    must(ladle_buffer_put(&buffer, bytes, 60));
    must_give(LADLE_E_LIMIT, ladle_buffer_put(&buffer, bytes, 41));
    must_give(LADLE_E_LIMIT, ladle_buffer_put(&buffer, bytes, 101));
    must_give(LADLE_E_LIMIT, ladle_buffer_grow(&buffer, SIZE_MAX));
    ck_assert_uint_eq(buffer.len, 60);
    must(ladle_buffer_put(&buffer, bytes, 40));
    must_give(LADLE_E_LIMIT, ladle_buffer_put(&buffer, bytes, 1));
    must(ladle_buffer_put(&buffer, bytes, 0));
    ladle_buffer_free(&buffer);
}
END_TEST

START_TEST(content_stays_when_memory_ends)
{
    struct fault_alloc alloc;
    fault_alloc_init(&alloc);
    ladle_buffer buffer = {.allocator = &alloc.allocator};
    must(ladle_buffer_put(&buffer, "before", 6));
    alloc.fail_at = alloc.calls;
    must_give(LADLE_E_MEMORY, ladle_buffer_grow(&buffer, 1000));
    ck_assert_uint_eq(buffer.len, 6);
    must(ladle_buffer_grow(&buffer, 1000));
    ck_assert_mem_eq(buffer.data, "before", 6);
    ladle_buffer_free(&buffer);
    fault_alloc_end(&alloc);
}
END_TEST

Suite *buffer_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tcase = tcase_create("buffer");
    tcase_add_test(tcase, buffer_grows_and_keeps_its_content);
    tcase_add_test(tcase, nothing_can_be_put);
    tcase_add_test(tcase, limit_is_exact);
    tcase_add_test(tcase, content_stays_when_memory_ends);
    suite_add_tcase(suite, tcase);
    return suite;
}
