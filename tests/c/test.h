/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_H
#define LADLE_TEST_H

#include "gen.h"
#include <check.h>
#include <inttypes.h>
#include <ladle.h>
#include <stdio.h>

/*
 * Check's own assertions write down each place that they pass, which is too slow for loops of
 * millions.
 */
#define check_that(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            char text_[200];                                                                       \
            snprintf(text_, sizeof text_, __VA_ARGS__);                                            \
            ck_abort_msg("%s: %s (latest seed %" PRIu64 ")", #condition, text_, gen_latest_seed);  \
        }                                                                                          \
    } while (0)

#define must_give(expected, expression)                                                            \
    do {                                                                                           \
        ladle_status given_ = (expression);                                                        \
        check_that(given_ == (expected), "%s gave %s, not %s", #expression,                        \
                   ladle_status_text(given_), ladle_status_text(expected));                        \
    } while (0)

#define must(expression) must_give(LADLE_OK, expression)

/*
 * Long loops take every so many-th step: LADLE_TEST_STEP, a prime, where each step takes its time
 * (valgrind); 1 unless that is set.
 */
size_t test_step(void);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Tests with this tag fork beside threads. Tools that watch memory do not go with that: the
 * allocator of the address sanitizer may be locked in the child for good, by a thread that it has
 * not, and valgrind finds what was the threads' lost. Those with the tag "long" take their time.
 */
#define TAG_FORKS "forks"

/*
 * The suites, in the order of their names: one a line, for everybody adds some.
 */
#define TEST_SUITES(X)                                                                             \
    X(ahead)                                                                                       \
    X(append)                                                                                      \
    X(buffer)                                                                                      \
    X(checkpoint)                                                                                  \
    X(checksum)                                                                                    \
    X(codec)                                                                                       \
    X(column)                                                                                      \
    X(damage)                                                                                      \
    X(emit)                                                                                        \
    X(file)                                                                                        \
    X(frame)                                                                                       \
    X(io_faults)                                                                                   \
    X(limit)                                                                                       \
    X(live)                                                                                        \
    X(lock)                                                                                        \
    X(memory)                                                                                      \
    X(metadata)                                                                                    \
    X(misuse)                                                                                      \
    X(oom)                                                                                         \
    X(pack)                                                                                        \
    X(recover)                                                                                     \
    X(resume)                                                                                      \
    X(rows)                                                                                        \
    X(rows_fit)                                                                                    \
    X(schema)                                                                                      \
    X(seek)                                                                                        \
    X(select)                                                                                      \
    X(shape)                                                                                       \
    X(spoiled)                                                                                     \
    X(value)                                                                                       \
    X(view)                                                                                        \
    X(wire)

#define TEST_DECLARE_SUITE(name) Suite *name##_suite(void);
TEST_SUITES(TEST_DECLARE_SUITE)

#endif
