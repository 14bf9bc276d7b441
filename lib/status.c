/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *ladle_status_text(ladle_status status)
{
    switch (status) {
#define LADLE_STATUS_CASE(name, value, text)                                                       \
    case name:                                                                                     \
        return text;
        LADLE_STATUS_MAP(LADLE_STATUS_CASE)
#undef LADLE_STATUS_CASE
    }
    return "unknown status";
}

uint32_t ladle_version(void)
{
    return LADLE_VERSION_MAJOR * 1000000 + LADLE_VERSION_MINOR * 1000 + LADLE_VERSION_PATCH;
}

/* In parentheses, as it is a macro for the analyzer. */
ladle_status(ladle_fail)(ladle_error *error, ladle_status status, uint64_t offset, uint64_t record,
                         const char *format, ...)
{
    if (error) {
        *error = (ladle_error){.status = status, .offset = offset, .record = record};
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return status;
}

ladle_status ladle_fail_limit(ladle_error *error, const char *limit, uint64_t limit_value,
                              uint64_t needed, uint64_t offset, uint64_t record)
{
    ladle_fail(error, LADLE_E_LIMIT, offset, record,
               "%s is %" PRIu64 " but would have to be at least %" PRIu64, limit, limit_value,
               needed);
    if (error) {
        error->limit = limit;
        error->limit_value = limit_value;
        error->needed = needed;
    }
    return LADLE_E_LIMIT;
}
