/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ARROW_ABI_H
#define LADLE_PYMODULE_ARROW_ABI_H

/*
 * The three structs by which programs hand columns to each other: the Arrow C data and stream
 * interfaces, as their specification declares them. Who has one calls 'release' once, which sets
 * itself to NULL.
 */

#include <stdint.h>

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

enum { ARROW_FLAG_NULLABLE = 2 };

/*
 * Let go of one of them, unless that was done, or it was moved elsewhere.
 */
#define ARROW_RELEASE(owned) ((owned)->release ? (owned)->release(owned) : (void)0)

#endif
