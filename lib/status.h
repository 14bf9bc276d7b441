/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_STATUS_H
#define LADLE_LIB_STATUS_H

#include <ladle/base.h>

/*
 * Return the status of an expression unless it is LADLE_OK.
 */
#define LADLE_TRY(expression)                                                                      \
    do {                                                                                           \
        ladle_status try_status_ = (expression);                                                   \
        if (LADLE_UNLIKELY(try_status_ != LADLE_OK)) {                                             \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)

/*
 * A function that is seldom called: who calls it need not keep registers for it.
 */
#if defined(__GNUC__)
#define LADLE_RARE __attribute__((noinline, cold))
#else
#define LADLE_RARE
#endif

/*
 * Fill in an error (NULL is allowed) and return its status. The text is a printf format.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
ladle_status
ladle_fail(ladle_error *error, ladle_status status, uint64_t offset, uint64_t record,
           const char *format, ...);

#ifdef __clang_analyzer__
/* Of a function in another file the analyzer does not know that it returns what it is given. */
#define ladle_fail(error, status, ...) (ladle_fail(error, status, __VA_ARGS__), (status))
#endif

/*
 * As ladle_fail for LADLE_E_LIMIT: which limit, what it is, what was needed.
 */
ladle_status ladle_fail_limit(ladle_error *error, const char *limit, uint64_t limit_value,
                              uint64_t needed, uint64_t offset, uint64_t record);

#endif
