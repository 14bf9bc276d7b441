/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_ARROW_IMPORT_H
#define LADLE_PYMODULE_ARROW_IMPORT_H

/*
 * Rows of Arrow arrays into a shape, without objects but for decimals and times with a zone.
 */

#include "arrow_abi.h"
#include "encode.h"

/*
 * A column to read from: a schema with the array at hand.
 */
typedef struct arrow_source arrow_source;
struct arrow_source {
    const char *format;
    const char *name;
    size_t name_len;
    int op;                         /* arrow_import.c's own */
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

#endif
