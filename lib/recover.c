/* SPDX-License-Identifier: BSD-2-Clause */
#include <ladle/recover.h>

#include "status.h"

static ladle_status fail_missing(ladle_error *error)
{
    return ladle_fail(error, LADLE_E_UNSUPPORTED, LADLE_UNKNOWN, LADLE_UNKNOWN,
                      "this call is not there yet");
}

ladle_status ladle_verify(const ladle_source *source, const ladle_recover_options *options,
                          ladle_recover_report *report, ladle_error *error)
{
    (void)source;
    (void)options;
    (void)report;
    return fail_missing(error);
}

ladle_status ladle_repair(const ladle_source *source, const ladle_sink *sink,
                          const ladle_recover_options *options, ladle_recover_report *report,
                          ladle_error *error)
{
    (void)source;
    (void)sink;
    (void)options;
    (void)report;
    return fail_missing(error);
}

ladle_status ladle_concat(const ladle_source *sources, size_t count, const ladle_sink *sink,
                          const ladle_recover_options *options, size_t *failed, ladle_error *error)
{
    (void)sources;
    (void)count;
    (void)sink;
    (void)options;
    (void)failed;
    return fail_missing(error);
}
