/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_PICKLE_INPUT_H
#define LADLE_PYMODULE_PICKLE_INPUT_H

/*
 * A pickle in a file that is read twice: a window that moves over it, and opcodes one by one.
 *
 * Functions that return -1 have set an exception, or filled in input->error; then core_raise sets
 * one.
 */

#include "fileobj.h"
#include "pickle_op.h"

#include <ladle/base.h>

typedef struct pickle_op {
    uint8_t code;
    const pickle_op_info *info;
    uint64_t offset;     /* of the opcode */
    uint64_t number;     /* that follows it, or the length of 'data' */
    const uint8_t *data; /* bytes or line that follow it, without the line's end */
    const uint8_t *more; /* the second line */
    size_t more_len;
} pickle_op;

typedef struct pickle_input {
    core_file file;
    uint64_t base;      /* where in a file object the input begins */
    uint64_t size;      /* bytes of the input, LADLE_UNKNOWN when nobody tells */
    uint64_t object_at; /* where a file object stands, counted from 'base' */
    uint64_t len_max;   /* of what follows one opcode */
    const uint8_t *at;  /* the window: what comes next, and where it ends */
    const uint8_t *end;
    uint64_t end_offset; /* of 'end' in the input */
    uint8_t *buffer;     /* holds the window, unless the input is in memory */
    size_t capacity;
    pickle_op op; /* the latest, for messages */
    ladle_error error;
} pickle_input;

/*
 * Take what core_file_open_source takes; an object must have seek and tell, a descriptor must be of
 * a regular file. Offsets are counted from where it stands. Zero the input before.
 */
int pickle_input_open(pickle_input *input, const core_state *state, PyObject *source, bool owns);

/*
 * Let go of the file and of the memory. More calls do nothing.
 */
void pickle_input_close(pickle_input *input);

static inline uint64_t pickle_input_offset(const pickle_input *input)
{
    return input->end_offset - (uint64_t)(input->end - input->at);
}

/*
 * Go on at an offset.
 */
void pickle_input_seek(pickle_input *input, uint64_t offset);

/*
 * 1: the input has more bytes. 0: it ends here. -1: failed.
 */
int pickle_input_has_more(pickle_input *input);

/*
 * Read the next opcode and what follows it into input->op. With 'skips' bytes that follow a
 * length are passed by unread, and op.data is not set.
 */
int pickle_input_next(pickle_input *input, bool skips);

/*
 * Fill in input->error for the latest opcode, and return -1. The text is a printf format.
 */
__attribute__((format(printf, 3, 4))) int
pickle_input_fail(pickle_input *input, ladle_status status, const char *format, ...);

#endif
