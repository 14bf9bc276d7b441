/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ARROW_IMPORT_H
#define LADLE_PYMODULE_ARROW_IMPORT_H

/*
 * Rows of Arrow arrays into a shape, without objects but for decimals and times with a zone.
 */

#include "arrow_abi.h"
#include "encode.h"

#include <string.h>

/*
 * What the items of a column are.
 */
enum source_op {
    OP_NULL,
    OP_BOOL,
    OP_INT,
    OP_UINT,
    OP_FLOAT,
    OP_TEXT, /* offsets of 'len' bytes */
    OP_BINARY,
    OP_TEXT_VIEW,
    OP_BINARY_VIEW,
    OP_FIXED, /* bytes */
    OP_DECIMAL,
    OP_DATE, /* times: 'scale' makes days or microseconds of them */
    OP_TIMESTAMP,
    OP_TIME,
    OP_DURATION,
    OP_LIST,
    OP_LIST_VIEW,
    OP_RUN,
    OP_STRUCT,
    OP_MAP,
    OP_SPARSE,
    OP_DENSE,
    OP_ENCODED /* runs of equal values */
};

/*
 * A column to read from: a schema with the array at hand.
 */
typedef struct arrow_source arrow_source;
struct arrow_source {
    const char *format;
    const char *name;
    size_t name_len;
    enum source_op op;
    int64_t scale;                  /* what an item is multiplied with to be in our units, or if
                                       negative divided by; digits behind the point; items of a run */
    size_t len;                     /* bytes of an item */
    PyObject *zone;                 /* of times that have one */
    const struct ArrowArray *array; /* of the batch at hand */
    uint32_t child_count;
    arrow_source *children;
    arrow_source *dictionary; /* NULL, or what the items are numbers of */
    uint16_t *columns;        /* STRUCT: of the dict node that was met last */
};

typedef struct arrow_importer {
    core_encoder *encoder;
    PyObject *helpers; /* ladle._arrow */
    const arrow_source *failed;
    const char *why;
    bool is_crowded; /* it failed because the block has no columns left: as an object it may go */
} arrow_importer;

/*
 * Take a schema, which must stay as long. -1: an exception is set, and it may be cleared.
 */
int arrow_source_init(arrow_importer *importer, arrow_source *source,
                      const struct ArrowSchema *schema);
void arrow_source_clear(arrow_source *source);

/*
 * Read from the next batch. -1: an exception is set.
 */
int arrow_source_begin(arrow_source *source, const struct ArrowArray *array);

/*
 * Put a value at a node. -1: 'failed' and 'why' say what is wrong; without them the encoder does,
 * or an exception is set.
 */
int arrow_source_put(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t index);

/*
 * Why fields of the same name are refused.
 */
#define ARROW_TWICE "stands there twice: a dict has each key once"

/*
 * What the parts share. Each is -1 after a failure. 'at' counts from the first item of the buffers.
 */
int arrow_import_fail(arrow_importer *importer, const arrow_source *source, const char *why);
int arrow_import_crowded(arrow_importer *importer, const arrow_source *source, const char *why);
int arrow_import_done(arrow_importer *importer, ladle_status status);

/*
 * The node for a value of a kind.
 */
int arrow_import_accept(arrow_importer *importer, ladle_node *node, ladle_kind kind,
                        uint32_t detail, const arrow_source *source, ladle_node **target);

int arrow_import_list(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                      int64_t at);
int arrow_import_struct(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                        int64_t at);
int arrow_import_map(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                     int64_t at);
int arrow_import_union(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                       int64_t at);
int arrow_import_encoded(arrow_importer *importer, ladle_node *node, const arrow_source *source,
                         int64_t at);

bool arrow_source_is_null(const arrow_source *source, int64_t at);

/*
 * Where the content of a text or list is.
 */
void arrow_source_run(const arrow_source *source, int64_t at, int64_t *start, int64_t *end);

static inline const uint8_t *arrow_source_item(const arrow_source *source, int64_t at)
{
    return (const uint8_t *)source->array->buffers[1] + (size_t)at * source->len;
}

static inline int64_t arrow_load_signed(const uint8_t *from, size_t len)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (len) {
    case 1:
        memcpy(&i8, from, len);
        return i8;
    case 2:
        memcpy(&i16, from, len);
        return i16;
    case 4:
        memcpy(&i32, from, len);
        return i32;
    default:
        memcpy(&i64, from, sizeof i64);
        return i64;
    }
}

#endif
