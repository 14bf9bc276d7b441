/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_SCHEMA_H
#define LADLE_SCHEMA_H

/*
 * The merged shape (FORMAT.md section 9.1): what all records of a file look like, without their
 * values. Programs choose types for columns from it before they read any data.
 */

#include <ladle/view.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Limits of a merged shape. What would go beyond them is ANY.
 */
enum {
    LADLE_SCHEMA_NODES_MAX = 4096,
    LADLE_SCHEMA_NAMES_LEN_MAX = 256 * 1024 /* bytes of all names */
};

/*
 * A node of the merged shape. Kinds are those of ladle_view, but for DICTIONARY: the kind of its
 * entries stands in its place. ANY stands for values that have no columns somewhere in the file.
 *
 * A value may be None where the node is a UNION with a NONE. A key of a dict may be missing where
 * its child has a smaller count than the dict.
 */
typedef struct ladle_schema ladle_schema;
struct ladle_schema {
    uint8_t kind;     /* ladle_kind; EMPTY: no value so far */
    uint8_t code;     /* EXTENSION: code; ARRAY: 'C' or 'F' */
    bool is_unsigned; /* INT: 'greatest' is 2^63 or more, and a uint64_t */
    uint32_t child_count;
    uint32_t child_capacity; /* the library's own */
    uint32_t dimensions;     /* ARRAY */
    uint64_t count;          /* values */
    uint64_t len_max;        /* kinds with lengths: the greatest; bytes, or items of a container */
    int64_t least;           /* INT; INT64_MAX when all values are larger than that */
    uint64_t greatest;       /* INT: an int64_t by its bits, unless 'is_unsigned' */
    uint64_t item_len;       /* SCALAR, ARRAY: bytes of one item */
    const uint64_t *extents; /* ARRAY: one a dimension */
    ladle_string name;       /* OBJECT: class; SCALAR, ARRAY: dtype */
    ladle_string *names;     /* DICT: keys; OBJECT: fields; one a child */
    ladle_schema *children;  /* child_count of them: items of a TUPLE, of a LIST and the like;
                                keys and values of a MAP; alternatives of a UNION */
};

/*
 * A merged shape that grows, with the memory that it lives in.
 */
typedef struct ladle_merged ladle_merged;

/*
 * One that has seen no values. NULL when there is no memory. 'allocator' must outlive it.
 */
LADLE_API ladle_merged *ladle_merged_new(const ladle_allocator *allocator);

/*
 * NULL is allowed.
 */
LADLE_API void ladle_merged_free(ladle_merged *merged);

/*
 * What was merged so far: its root has as many values as there were records. Belongs to 'merged';
 * the nodes below the root are valid until the next call that adds to it.
 */
LADLE_API const ladle_schema *ladle_merged_schema(const ladle_merged *merged);

/*
 * Add the values that another schema stands for (of a further file, for example). Alternatives and
 * columns stand in the order in which they came. Nothing of 'schema' is referred to afterwards.
 *
 * Returns LADLE_OK or LADLE_E_MEMORY; then it has no more values than before.
 *
 * Memory   at most some 1.5 MiB, whatever comes
 * Threads  one thread at a time
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_merged_add(ladle_merged *merged,
                                                        const ladle_schema *schema);

/*
 * Add the values of a block. Each column is looked through once for its least and greatest values.
 * Returns as ladle_merged_add.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_merged_add_view(ladle_merged *merged,
                                                             const ladle_view *root);

/*
 * Add what bytes say that ladle_schema_put made, for data that is not trusted.
 *
 * Returns LADLE_OK; LADLE_E_CORRUPT when they break the rules of FORMAT.md section 9.1;
 * LADLE_E_UNSUPPORTED for a kind of a newer version; LADLE_E_MEMORY. On failure it has no more
 * values than before.
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_merged_add_bytes(ladle_merged *merged,
                                                              const void *data, size_t len);

/*
 * Append a schema as bytes (FORMAT.md section 9.1). Returns LADLE_OK, LADLE_E_MEMORY or
 * LADLE_E_LIMIT (buffer->len_max).
 */
LADLE_API LADLE_NODISCARD ladle_status ladle_schema_put(ladle_buffer *to,
                                                        const ladle_schema *schema);

#ifdef __cplusplus
}
#endif

#endif
