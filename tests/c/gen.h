/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_GEN_H
#define LADLE_TEST_GEN_H

/*
 * Random records, the same for the same seed.
 */

#include <ladle/value.h>

struct gen {
    uint64_t state;
};

enum gen_style {
    GEN_FLAT,     /* a tuple of a float, a string, an integer */
    GEN_COLUMNS,  /* tuples of all kinds without children */
    GEN_DRIFT,    /* kinds and tuple lengths change as records come */
    GEN_OPTIONAL, /* dicts: optional keys, several kinds, nulls */
    GEN_NESTED,   /* lists of dicts of lists, extension values */
    GEN_OBJECTS,  /* objects of a few classes, whose fields vary */
    GEN_WILD,     /* anything in anything */
    GEN_STYLE_COUNT
};

/*
 * The seed that gen_begin had last, for messages.
 */
extern uint64_t gen_latest_seed;

struct gen gen_begin(uint64_t seed);
uint64_t gen_u64(struct gen *gen);

/*
 * 0 to limit - 1; 0 when the limit is 0.
 */
uint64_t gen_below(struct gen *gen, uint64_t limit);

/*
 * Append a record in tagged form. 'number' counts the records of a file.
 */
void gen_record(struct gen *gen, enum gen_style style, uint64_t number, ladle_buffer *to);

/*
 * Append one value of any kind, nested up to 'depth' levels.
 */
void gen_value(struct gen *gen, uint32_t depth, ladle_buffer *to);

/*
 * Spoil a byte or a few among the first 'len' of 'data': the length stays.
 */
void gen_mutate(struct gen *gen, uint8_t *data, size_t len);

#endif
