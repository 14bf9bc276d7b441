/* SPDX-License-Identifier: BSD-2-Clause */
#include "pickle_input.h"

#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Bytes that are read at once, and with a longer string in the window.
 */
#define STEP_LEN  ((size_t)256 << 10)
#define STEPS_LEN ((size_t)8 << 20)

const pickle_op_info pickle_ops[256] = {
#define PICKLE_OP_INFO(name, byte, after, effect, pops, pushes)                                    \
    [byte] = {#name, after, effect, pops, pushes},
    PICKLE_OP_MAP(PICKLE_OP_INFO)
#undef PICKLE_OP_INFO
};

int pickle_input_fail(pickle_input *input, ladle_status status, const char *format, ...)
{
    char text[sizeof input->error.text];
    const char *name = input->op.info ? input->op.info->name : NULL;
    va_list arguments;
    va_start(arguments, format);
    PyOS_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    core_fail(&input->error, status, "%s%s%s", name ? name : "", name ? ": " : "", text);
    input->error.offset = input->op.offset;
    return -1;
}

/*
 * A method of the file object that takes and gives numbers.
 */
static int call_object(pickle_input *input, const char *name, int64_t argument, uint64_t *number)
{
    PyObject *object = input->file.object;
    PyObject *result = argument < 0 ? PyObject_CallMethod(object, name, NULL)
                                    : PyObject_CallMethod(object, name, "L", (long long)argument);
    if (!result) {
        return -1;
    }
    if (number) {
        *number = PyLong_AsUnsignedLongLong(result);
    }
    Py_DECREF(result);
    return PyErr_Occurred() ? -1 : 0;
}

/*
 * Where it stands and how long it is.
 */
static int measure_fd(pickle_input *input)
{
    struct stat status;
    off_t at = lseek(input->file.fd, 0, SEEK_CUR);
    if (at < 0 || fstat(input->file.fd, &status) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    input->base = (uint64_t)at;
    input->size = status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
    return 0;
}

int pickle_input_open(pickle_input *input, const core_state *state, PyObject *source, bool owns)
{
    if (core_file_open_source(&input->file, state, source, owns) < 0) {
        return -1;
    }
    input->size = LADLE_UNKNOWN;
    input->len_max = LADLE_UNKNOWN;
    if (input->file.object) {
        return call_object(input, "tell", -1, &input->base);
    }
    if (input->file.fd >= 0) {
        return measure_fd(input);
    }
    input->size = (uint64_t)input->file.memory.len;
    input->at = input->file.memory.buf;
    input->end = input->at + input->size;
    input->end_offset = input->size;
    return 0;
}

void pickle_input_close(pickle_input *input)
{
    int ignored;
    PyMem_Free(input->buffer);
    input->buffer = NULL;
    input->capacity = 0;
    input->at = input->end = NULL;
    (void)core_file_close(&input->file, &ignored);
}

void pickle_input_seek(pickle_input *input, uint64_t offset)
{
    uint64_t start = input->buffer ? input->end_offset - (uint64_t)(input->end - input->buffer)
                                   : (input->file.memory.obj ? 0 : input->end_offset);
    if (offset >= start && offset <= input->end_offset) {
        input->at = input->end - (input->end_offset - offset);
        return;
    }
    input->at = input->end = input->buffer;
    input->end_offset = offset;
}

/*
 * Up to 'len' bytes from the end of the window on, of a descriptor. -1: an exception is set.
 */
static Py_ssize_t read_fd(pickle_input *input, uint8_t *to, size_t len)
{
    for (;;) {
        ssize_t got;
        int failure;
        off_t offset = (off_t)(input->base + input->end_offset);
        Py_BEGIN_ALLOW_THREADS
            got = pread(input->file.fd, to, len, offset);
            failure = errno;
        Py_END_ALLOW_THREADS
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
        if (got >= 0) {
            return got;
        }
        if (failure != EINTR) {
            errno = failure;
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
    }
}

static Py_ssize_t read_object(pickle_input *input, uint8_t *to, size_t len)
{
    if (input->object_at != input->end_offset || input->end_offset == 0) {
        int64_t target = (int64_t)(input->base + input->end_offset);
        if (call_object(input, "seek", target, NULL) < 0) {
            return -1;
        }
    }
    ladle_source source = core_file_source(&input->file);
    size_t got;
    int ignored;
    if (source.read(source.ctx, to, len, &got, &ignored) != LADLE_OK) {
        return -1;
    }
    input->object_at = input->end_offset + got;
    return (Py_ssize_t)got;
}

/*
 * Make room behind the window, which grows with what comes in and not with what was promised.
 */
static int make_room(pickle_input *input)
{
    size_t kept_len = (size_t)(input->end - input->at);
    size_t step_len = kept_len < STEPS_LEN ? kept_len : STEPS_LEN;
    size_t wanted = kept_len < STEP_LEN / 2 ? STEP_LEN : kept_len + step_len;
    if (kept_len) {
        memmove(input->buffer, input->at, kept_len);
    }
    bool is_far_too_large = input->capacity > STEPS_LEN && wanted <= STEP_LEN;
    if (wanted > input->capacity || is_far_too_large) {
        uint8_t *buffer = PyMem_Realloc(input->buffer, wanted);
        if (!buffer) {
            input->at = input->buffer;
            input->end = input->buffer + kept_len;
            PyErr_NoMemory();
            return -1;
        }
        input->buffer = buffer;
        input->capacity = wanted;
    }
    input->at = input->buffer;
    input->end = input->buffer + kept_len;
    return 0;
}

/*
 * Read more. 1: there was more. 0: the input ends. -1: failed.
 */
static int fill(pickle_input *input)
{
    if (input->file.memory.obj) {
        return 0;
    }
    if (make_room(input) < 0) {
        return -1;
    }
    size_t room = input->capacity - (size_t)(input->end - input->buffer);
    uint8_t *to = input->buffer + (input->end - input->buffer);
    Py_ssize_t got = input->file.object ? read_object(input, to, room) : read_fd(input, to, room);
    if (got <= 0) {
        return (int)got;
    }
    input->end += got;
    input->end_offset += (uint64_t)got;
    return 1;
}

int pickle_input_has_more(pickle_input *input)
{
    return input->at < input->end ? 1 : fill(input);
}

static int fail_truncated(pickle_input *input)
{
    return pickle_input_fail(input, LADLE_E_TRUNCATED, "the pickle ends inside of it");
}

/*
 * Have 'len' bytes in the window.
 */
static inline int need(pickle_input *input, uint64_t len)
{
    while (LADLE_UNLIKELY((uint64_t)(input->end - input->at) < len)) {
        int result = fill(input);
        if (result <= 0) {
            return result < 0 ? -1 : fail_truncated(input);
        }
    }
    return 0;
}

static inline uint64_t load(const uint8_t *from, unsigned len)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < len; i++) {
        number |= (uint64_t)from[i] << (8 * i);
    }
    return number;
}

static inline int take_number(pickle_input *input, unsigned len)
{
    if (need(input, len) < 0) {
        return -1;
    }
    input->op.number = load(input->at, len);
    input->at += len;
    return 0;
}

static int fail_too_long(pickle_input *input, uint64_t len)
{
    pickle_input_fail(input, LADLE_E_LIMIT, "it has %llu bytes, max_record is %llu",
                      (unsigned long long)len, (unsigned long long)input->len_max);
    input->error.limit = "max_record";
    input->error.limit_value = input->len_max;
    input->error.needed = len;
    return -1;
}

/*
 * Bytes behind their length. The length is checked before memory is taken for them.
 */
static inline int take_bytes(pickle_input *input, unsigned len_len, bool skips)
{
    if (take_number(input, len_len) < 0) {
        return -1;
    }
    uint64_t len = input->op.number;
    uint64_t there = (uint64_t)(input->end - input->at);
    if (LADLE_LIKELY(len <= there && len <= input->len_max)) {
        input->op.data = input->at;
        input->at += len;
        return 0;
    }
    uint64_t offset = pickle_input_offset(input);
    if (len > (uint64_t)INT64_MAX - offset - input->base ||
        (input->size != LADLE_UNKNOWN && len > input->size - offset)) {
        return fail_truncated(input);
    }
    if (skips) {
        pickle_input_seek(input, offset + len);
        return 0;
    }
    if (len > input->len_max) {
        return fail_too_long(input, len);
    }
    if (need(input, len) < 0) {
        return -1;
    }
    input->op.data = input->at;
    input->at += len;
    return 0;
}

/*
 * How long the line is that begins 'from' bytes from 'at' on, without its end.
 */
static int measure_line(pickle_input *input, size_t from, size_t *len)
{
    size_t searched_len = from;
    for (;;) {
        size_t there = (size_t)(input->end - input->at);
        const uint8_t *found = NULL;
        if (there > searched_len) {
            found = memchr(input->at + searched_len, '\n', there - searched_len);
        }
        if (found) {
            *len = (size_t)(found - input->at) - from;
            return 0;
        }
        if (there > input->len_max) {
            return fail_too_long(input, there);
        }
        searched_len = there;
        int result = fill(input);
        if (result <= 0) {
            return result < 0 ? -1 : fail_truncated(input);
        }
    }
}

static int take_lines(pickle_input *input, bool takes_two)
{
    size_t len = 0;
    size_t more_len = 0;
    if (measure_line(input, 0, &len) < 0 ||
        (takes_two && measure_line(input, len + 1, &more_len) < 0)) {
        return -1;
    }
    input->op.data = input->at;
    input->op.number = len;
    input->op.more = input->at + len + 1;
    input->op.more_len = more_len;
    input->at += len + 1 + (takes_two ? more_len + 1 : 0);
    return 0;
}

static int take_what_follows(pickle_input *input, pickle_after after, bool skips)
{
    switch (after) {
    case AFTER_NOTHING:
        return 0;
    case AFTER_1:
        return take_number(input, 1);
    case AFTER_2:
        return take_number(input, 2);
    case AFTER_4:
        return take_number(input, 4);
    case AFTER_8:
        return take_number(input, 8);
    case AFTER_LEN_1:
        return take_bytes(input, 1, skips);
    case AFTER_LEN_4:
        return take_bytes(input, 4, skips);
    case AFTER_LEN_8:
        return take_bytes(input, 8, skips);
    case AFTER_LINE:
        return take_lines(input, false);
    case AFTER_2_LINES:
        return take_lines(input, true);
    }
    Py_UNREACHABLE();
}

int pickle_input_next(pickle_input *input, bool skips)
{
    pickle_op *op = &input->op;
    op->offset = pickle_input_offset(input);
    if (LADLE_UNLIKELY(input->at == input->end)) {
        op->info = NULL;
        int result = fill(input);
        if (result <= 0) {
            return result < 0 ? -1
                              : pickle_input_fail(input, LADLE_E_TRUNCATED,
                                                  "the pickle ends before it is complete");
        }
    }
    op->code = *input->at;
    op->info = &pickle_ops[op->code];
    if (LADLE_UNLIKELY(!op->info->name)) {
        return pickle_input_fail(input, LADLE_E_CORRUPT, "0x%02X is no opcode of pickle", op->code);
    }
    input->at++;
    return take_what_follows(input, op->info->after, skips);
}
