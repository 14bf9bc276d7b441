/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_SCAN_H
#define LADLE_PYMODULE_PICKLE_SCAN_H

/*
 * The first pass over a pickle: follows the height of the stack without making a value, and finds
 * which entries of the memo are fetched, and whether the pickle is one container whose items can be
 * handed out while it is read.
 *
 * An item is complete when nothing below a certain height is touched any more. The first pass
 * measures how far back from the highest point of the stack any opcode ever reached: 'lag'. In the
 * second pass whatever lies more than 'lag' values below the top is complete.
 */

#include "pickle_input.h"
#include "pickle_memo.h"

typedef enum {
    PLAN_WHOLE,     /* build it, then look */
    PLAN_CONTAINER, /* items are added to the value at the height 'first' - 1 */
    PLAN_MARKED     /* items lie above the bottom mark; 'closed_by' makes one value of them */
} pickle_plan_kind;

typedef struct pickle_plan {
    pickle_plan_kind kind;
    size_t first;      /* height of the stack where items begin */
    uint64_t from;     /* offset from which on this holds */
    uint64_t lag;      /* values below the top that may still be touched */
    uint32_t outer;    /* marks below the container: 1 among the arguments of a call */
    uint8_t closed_by; /* opcode */
    uint64_t end;      /* offset behind the pickle, if it is complete */
    bool is_complete;  /* false: 'input->error' tells what is wrong behind the last good opcode */
} pickle_plan;

/*
 * Scan the pickle at the input's place. The memo is filled, and rewound. Marks may be nested
 * 'depth_max' deep. -1: an exception is set, or memory is out; a bad pickle is no failure.
 */
int pickle_scan(pickle_input *input, pickle_memo *memo, uint32_t depth_max, uint64_t memory_max,
                pickle_plan *plan);

/*
 * The number of a memo entry in a line of text. false: it is none.
 */
bool pickle_number_of_line(const pickle_op *op, uint64_t *number);

/*
 * Read the number that GET, PUT and MEMOIZE stand for. -1: input->error is filled in.
 */
int pickle_memo_number(pickle_input *input, const pickle_memo *memo, uint64_t *number);

#endif
