/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_MACHINE_H
#define LADLE_PYMODULE_PICKLE_MACHINE_H

/*
 * The second pass over a pickle: a stack machine that makes values and hands out records. It never
 * imports and never calls what a file names (pickle_special.h).
 *
 * Nothing here recurses: nesting is on the machine's stack.
 * Functions that return -1 or NULL have set an exception, or filled in machine->input.error.
 */

#include "pickle_memo.h"
#include "pickle_scan.h"
#include "pickle_special.h"

typedef enum { TEXT_ASCII, TEXT_LATIN1, TEXT_UTF8, TEXT_BYTES } pickle_encoding;

typedef struct pickle_machine {
    const core_state *state;
    pickle_input input;
    pickle_memo memo;
    ladle_limits limits;
    PyObject *find;           /* gets module and name, gives what makes values of them, or None */
    pickle_encoding encoding; /* of the strs of Python 2 */

    pickle_slot *slots; /* the stack */
    size_t height;
    size_t capacity;
    size_t *marks;
    uint32_t mark_count;

    uint64_t spent;  /* estimated bytes of all values that were made */
    uint64_t values; /* how many those are */
    uint64_t spent_max;
    uint64_t values_max;

    pickle_plan plan;
    ladle_error scan_error; /* why the plan is not complete */
    uint64_t scan_stop;     /* offset of that */
    uint64_t stream_from;   /* offset where the stream begins, or LADLE_UNKNOWN */
    pickle_stream stream;   /* what is handed out while the machine runs */
    bool hashes;            /* items, or the keys of pairs, must be such as can be hashed */
    bool unpacks;           /* items are lists of a key and a value, and become pairs */
    size_t emit_height;     /* above it there is a complete record */
    size_t flush_count;     /* values that are complete, from plan.first on */
} pickle_machine;

/*
 * Let go of all values; to be used again for another pickle.
 */
void pickle_machine_reset(pickle_machine *machine);
void pickle_machine_free(pickle_machine *machine);
int pickle_machine_visit(const pickle_machine *machine, visitproc visit, void *arg);

/*
 * Begin a pickle that was scanned. 'streams': records are what its container holds.
 */
int pickle_machine_begin(pickle_machine *machine, bool streams);

/*
 * Run. 1: '*record' is the next record of a stream. 0: the pickle is complete; its value is
 * '*record', which what was handed out is no more part of. -1: failed.
 */
int pickle_machine_run(pickle_machine *machine, PyObject **record);

/* ---- For the files of the machine ---- */

/*
 * Push a value, whose reference is taken over; NULL is a failure. 'cost' is an estimate of its
 * bytes.
 */
int pickle_push(pickle_machine *machine, PyObject *value, uint64_t cost, unsigned depth);

/*
 * Fail at the opcode at hand.
 */
#define pickle_fail(machine, ...) pickle_input_fail(&(machine)->input, __VA_ARGS__)
int pickle_underflow(pickle_machine *machine);
int pickle_fail_limit(pickle_machine *machine, const char *limit, uint64_t value, uint64_t needed);

/*
 * An exception that a value's making raised becomes our error, unless it is for the user.
 */
int pickle_settle(pickle_machine *machine, const pickle_special *culprit);

/*
 * Make what is in a slot a finished value that may go into a container.
 * allows_symbol  a class may stand in it, as in a tuple that becomes arguments
 */
int pickle_finish_slot(pickle_machine *machine, pickle_slot *slot, bool allows_symbol);

/*
 * What several slots have together.
 */
typedef struct pickle_sum {
    unsigned depth;
    uint32_t weight;
    bool has_symbol;
    bool is_heavy;
} pickle_sum;

static inline uint32_t pickle_add_weight(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/*
 * Finish the values from 'first' on.
 */
int pickle_finish_from(pickle_machine *machine, size_t first, bool allows_symbol, pickle_sum *sum);

/*
 * Put what is made of the values from 'first' on in their place: the reference to 'value' is taken
 * over, NULL is a failure.
 */
int pickle_replace(pickle_machine *machine, size_t first, PyObject *value, uint64_t cost,
                   const pickle_sum *sum);

/*
 * The height of the latest mark, or 0.
 */
static inline size_t pickle_fence(const pickle_machine *machine)
{
    return machine->mark_count ? machine->marks[machine->mark_count - 1] : 0;
}

/*
 * Drop the values from a height on.
 */
void pickle_drop(pickle_machine *machine, size_t height);

/*
 * Records that leave the machine while it runs. What the values from now on may cost: what is on the
 * stack from 'first' on is not done with yet.
 */
void pickle_renew_limits(pickle_machine *machine, size_t first);

/*
 * From here on items are handed out, if the container is one whose items are.
 */
void pickle_begin_stream(pickle_machine *machine);

/*
 * Whether what is on top is an item, complete or in the making.
 */
bool pickle_is_in_stream(const pickle_machine *machine);

/*
 * Hand out the lowest of the values that wait, or the lowest two as a pair. 1: '*record' is there.
 */
int pickle_emit(pickle_machine *machine, PyObject **record);

/*
 * Whether an opcode adds to the container whose items are handed out, and so needs not be done.
 */
int pickle_streams_fill(pickle_machine *machine, const pickle_op *op, size_t target, size_t first);

/*
 * Of a stream of pairs so many values must be pairs.
 */
int pickle_check_pairs(pickle_machine *machine, size_t count);

/*
 * Opcodes, by what they make.
 */
int pickle_do_scalar(pickle_machine *machine, const pickle_op *op);
int pickle_do_container(pickle_machine *machine, const pickle_op *op);
int pickle_do_fill(pickle_machine *machine, const pickle_op *op, size_t target, size_t first);
int pickle_do_class(pickle_machine *machine, const pickle_op *op);

/*
 * A key or member is about to be hashed: refuse one that this might take for ever with.
 */
int pickle_check_key(pickle_machine *machine, const pickle_slot *slot);

#endif
