/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_BASE_H
#define LADLE_BASE_H

/*
 * Version, statuses, error detail, allocator: what every other header builds on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LADLE_VERSION_MAJOR 0
#define LADLE_VERSION_MINOR 1
#define LADLE_VERSION_PATCH 0

#if defined(__GNUC__)
#define LADLE_API           __attribute__((visibility("default")))
#define LADLE_NODISCARD     __attribute__((warn_unused_result))
#define LADLE_ALWAYS_INLINE static inline __attribute__((always_inline))
#define LADLE_LIKELY(x)     __builtin_expect(!!(x), 1)
#define LADLE_UNLIKELY(x)   __builtin_expect(!!(x), 0)
#else
#define LADLE_API
#define LADLE_NODISCARD
#define LADLE_ALWAYS_INLINE static inline
#define LADLE_LIKELY(x)     (x)
#define LADLE_UNLIKELY(x)   (x)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a call came to. LADLE_OK is 0, outcomes that are no error are positive, errors are
 * negative. The values never change.
 *
 * MEMORY       the allocator gave nothing; the call may be tried again
 * IO           reading or writing failed: error.os_errno says how
 * ARGUMENT     the caller's mistake: an argument is out of its range
 * FORMAT       not a ladle file
 * CORRUPT      a checksum or a rule of FORMAT.md is violated
 * TRUNCATED    the input ends before the file is complete
 * UNSUPPORTED  a newer format, or a codec that is not built in
 * LIMIT        more memory, depth or values than the limits allow
 * STATE        the call is not allowed now, for example after a failed write
 * VALUE        a value is of another kind than was asked for, or does not fit where it is to go
 */
#define LADLE_STATUS_MAP(X)                                                                        \
    X(LADLE_OK, 0, "success")                                                                      \
    X(LADLE_END, 1, "no more records")                                                             \
    X(LADLE_WAIT, 2, "no more records yet")                                                        \
    X(LADLE_E_MEMORY, -1, "out of memory")                                                         \
    X(LADLE_E_IO, -2, "input/output error")                                                        \
    X(LADLE_E_ARGUMENT, -3, "invalid argument")                                                    \
    X(LADLE_E_FORMAT, -4, "not a ladle file")                                                      \
    X(LADLE_E_CORRUPT, -5, "data is corrupt")                                                      \
    X(LADLE_E_TRUNCATED, -6, "data ends early")                                                    \
    X(LADLE_E_UNSUPPORTED, -7, "not supported by this build or version")                           \
    X(LADLE_E_LIMIT, -8, "a limit was exceeded")                                                   \
    X(LADLE_E_STATE, -9, "call not allowed in this state")                                         \
    X(LADLE_E_VALUE, -10, "a value does not fit")

typedef enum ladle_status {
#define LADLE_STATUS_ENUM(name, value, text) name = value,
    LADLE_STATUS_MAP(LADLE_STATUS_ENUM)
#undef LADLE_STATUS_ENUM
} ladle_status;

/*
 * What holds for all functions, and is not said at each: pointers must not be NULL unless it says
 * that they may. Functions that return a status give LADLE_E_ARGUMENT for NULL; others do nothing,
 * or return 0 or NULL. The inline parts, and functions of values, buffers, views and nodes, do not
 * look. A struct that begins with 'struct_size' has it set to its sizeof, by its INIT macro for
 * example: so a program and a library of different versions know what the other one knows. A size
 * that was not set is LADLE_E_ARGUMENT, and so is something set in a struct that only a newer
 * library knows.
 */

#define LADLE_UNKNOWN UINT64_MAX

/*
 * What went wrong, where. The caller owns it; a function that takes one writes it on every
 * error and leaves it alone otherwise. NULL is allowed everywhere.
 */
typedef struct ladle_error {
    ladle_status status;
    int os_errno;         /* errno of a failed system call, else 0 */
    uint64_t offset;      /* byte in the file or stream, or LADLE_UNKNOWN */
    uint64_t record;      /* number of the first record concerned, or LADLE_UNKNOWN */
    const char *limit;    /* LIMIT: the name of the field of ladle_limits, else NULL */
    uint64_t limit_value; /* LIMIT: what it is */
    uint64_t needed;      /* LIMIT: what it would have to be */
    char text[160];       /* one sentence, zero-terminated */
} ladle_error;

/*
 * Where a handle takes its memory from. 'reallocate' gets NULL for 'pointer' to allocate; it
 * returns NULL and leaves the old memory alone when there is none. 'release' gets what
 * 'reallocate' gave, or NULL. A NULL ladle_allocator means malloc. zstd and libdeflate use
 * malloc for themselves.
 */
typedef struct ladle_allocator {
    void *(*reallocate)(void *ctx, void *pointer, size_t old_len, size_t new_len);
    void (*release)(void *ctx, void *pointer, size_t len);
    void *ctx;
} ladle_allocator;

/*
 * What a reader or writer refuses. 0 means the default, never "unlimited". 'struct_size' is
 * sizeof(ladle_limits).
 */
typedef struct ladle_limits {
    size_t struct_size;
    uint32_t max_depth;  /* nesting of one record: 256, at most 4096 */
    uint64_t max_record; /* decoded bytes of one record: 256 MiB, at most 2 GiB - 1 MiB */
    uint64_t max_items;  /* values in one record: 16 Mi */
    uint64_t max_memory; /* estimated memory of one record's objects, in bytes: 1 GiB */
} ladle_limits;

#define LADLE_LIMITS_INIT                                                                          \
    {                                                                                              \
        sizeof(ladle_limits), 0, 0, 0, 0                                                           \
    }

/*
 * The sentence for a status, without a full stop. Static, never NULL. Any thread.
 */
LADLE_API const char *ladle_status_text(ladle_status status);

/*
 * The library's version at run time, as MAJOR * 1000000 + MINOR * 1000 + PATCH. Any thread.
 */
LADLE_API uint32_t ladle_version(void);

/*
 * CRC32C (FORMAT.md section 1) of 'len' bytes, going on from 'crc', the checksum of what is before
 * them (0 for nothing). Any thread.
 */
LADLE_API uint32_t ladle_crc32c(uint32_t crc, const void *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
