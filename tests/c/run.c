/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>

int main(void)
{
    Suite *(*const suites[])(void) = {
        wire_suite,  checksum_suite,   buffer_suite, value_suite, codec_suite,     pack_suite,
        frame_suite, checkpoint_suite, shape_suite,  view_suite,  schema_suite,    metadata_suite,
        file_suite,  limit_suite,      damage_suite, seek_suite,  live_suite,      select_suite,
        ahead_suite, recover_suite,    resume_suite, oom_suite,   io_faults_suite, append_suite,
        lock_suite,  rows_suite,       column_suite};
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        srunner_add_suite(runner, suites[i]());
    }
    srunner_run_all(runner, CK_ENV);
    int failed_count = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed_count ? EXIT_FAILURE : EXIT_SUCCESS;
}
