/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>

int main(void)
{
#define SUITE(name) name##_suite,
    Suite *(*const suites[])(void) = {TEST_SUITES(SUITE)};
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_run_all(runner, CK_ENV);
    int failed_count = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed_count ? EXIT_FAILURE : EXIT_SUCCESS;
}
