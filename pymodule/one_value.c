/* SPDX-License-Identifier: BSD-2-Clause */
/* dumps and loads: one value without a file (FORMAT.md section 14). */
#include "classes.h"
#include "decode.h"
#include "encode.h"
#include "errors.h"
#include "options.h"

static const uint8_t MAGIC[] = {0x89, 0x4C, 0x56, 0x01};

/*
 * Bytes that are kept from one call of dumps to the next.
 */
#define SCRATCH_LEN_MAX ((size_t)64 << 10)

enum { MAGIC_LEN = sizeof MAGIC, VERSION_INDEX = MAGIC_LEN - 1, CHECKSUM_LEN = 4 };

const char core_dumps_doc[] =
    "dumps(value, *, default=None, limits=None)\n--\n\n"
    "Make bytes of one value, without a file around it.\n\n"
    "value    any value that a record may be\n"
    "default  a callable: gets an object that cannot be stored, returns one that can; as in json,\n"
    "         keys of dicts are not asked about, nor are items of sets\n"
    "limits   a Limits, or None for the defaults\n\n"
    "Raises TypeError, with the path of what cannot be stored; LimitError for what is nested too\n"
    "deep, a cycle included, or is too large; and what default raises. Takes the memory of the\n"
    "result twice. May be called by any thread.";

const char core_loads_doc[] =
    "loads(data, *, types=(), limits=None)\n--\n\n"
    "Make the value again that dumps was given.\n\n"
    "data    bytes-like, all of what dumps returned\n"
    "types   classes that may be rebuilt\n"
    "limits  a Limits, or None for the defaults\n\n"
    "Nothing is executed or imported that the data name. Raises FormatError for what dumps did\n"
    "not make, TruncatedError for data that were cut, CorruptError for data that were changed,\n"
    "UnsupportedError for what a newer version wrote, and LimitError. Any thread may call it.";

static int encode_whole(core_encoder *encoder, ladle_buffer *to, PyObject *value)
{
    ladle_status status = ladle_buffer_put(to, MAGIC, MAGIC_LEN);
    if (core_encode_status(encoder, status) < 0 || core_encode_tagged(encoder, to, value) < 0) {
        return -1;
    }
    uint8_t checksum[CHECKSUM_LEN];
    ladle_store_u32(checksum, ladle_crc32c(0, to->data, to->len));
    return core_encode_status(encoder, ladle_buffer_put(to, checksum, CHECKSUM_LEN));
}

/*
 * Arguments that are not the one and only: as Python would parse them.
 */
static int parse_any(PyObject *const *args, Py_ssize_t count, PyObject *names, const char *format,
                     char **keywords, PyObject *values[3])
{
    PyObject *positional = PyTuple_New(count);
    PyObject *named = PyDict_New();
    int result = positional && named ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    }
    for (Py_ssize_t i = 0; result == 0 && names && i < PyTuple_GET_SIZE(names); i++) {
        result = PyDict_SetItem(named, PyTuple_GET_ITEM(names, i), args[count + i]);
    }
    if (result == 0 && !PyArg_ParseTupleAndKeywords(positional, named, format, keywords, &values[0],
                                                    &values[1], &values[2])) {
        result = -1;
    }
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return result;
}

/*
 * The arguments of a call, borrowed; NULL for those that were not given.
 */
static inline int parse(PyObject *const *args, Py_ssize_t count, PyObject *names,
                        const char *format, char **keywords, PyObject *values[3])
{
    if (LADLE_LIKELY(count == 1 && !names)) {
        values[0] = args[0];
        return 0;
    }
    return parse_any(args, count, names, format, keywords, values);
}

/*
 * The memory that calls use one after the other. What Python code does meanwhile has its own.
 */
static ladle_buffer take_scratch(const core_state *state)
{
    ladle_buffer buffer = *state->scratch;
    *state->scratch = (ladle_buffer){0};
    return buffer;
}

static void give_scratch(const core_state *state, ladle_buffer *buffer)
{
    if (buffer->capacity > SCRATCH_LEN_MAX || state->scratch->data) {
        ladle_buffer_free(buffer);
        return;
    }
    buffer->len = 0;
    *state->scratch = *buffer;
}

PyObject *core_dumps(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static char *keywords[] = {"value", "default", "limits", NULL};
    const core_state *state = PyModule_GetState(module);
    core_encoder encoder = {.state = state};
    PyObject *values[3] = {NULL};
    if (parse(args, count, names, "O|$OO:dumps", keywords, values) < 0 ||
        core_default_check(values[1]) < 0 ||
        core_limits_from(state, values[2], &encoder.limits) < 0) {
        return NULL;
    }
    encoder.default_hook = values[1] == Py_None ? NULL : values[1];
    ladle_buffer buffer = take_scratch(state);
    buffer.len_max = encoder.limits.max_record + MAGIC_LEN + CHECKSUM_LEN;
    PyObject *data = NULL;
    if (encode_whole(&encoder, &buffer, values[0]) == 0) {
        data = PyBytes_FromStringAndSize((const char *)buffer.data, (Py_ssize_t)buffer.len);
    } else {
        core_encoder_raise(&encoder, LADLE_UNKNOWN, NULL);
    }
    give_scratch(state, &buffer);
    return data;
}

static PyObject *corrupt(core_decoder *decoder, ladle_status status, const char *why)
{
    core_fail(&decoder->error, status, "%s", why);
    return NULL;
}

static PyObject *refuse_magic(core_decoder *decoder, const uint8_t *data, size_t len)
{
    size_t compared_len = len < MAGIC_LEN ? len : MAGIC_LEN;
    if (memcmp(data, MAGIC, compared_len) == 0) {
        return corrupt(decoder, LADLE_E_TRUNCATED, "the data are cut");
    }
    if (len > VERSION_INDEX && memcmp(data, MAGIC, VERSION_INDEX) == 0) {
        core_fail(&decoder->error, LADLE_E_UNSUPPORTED,
                  "the data are of version %d, which is not known to this version",
                  data[VERSION_INDEX]);
        return NULL;
    }
    core_fail(&decoder->error, LADLE_E_FORMAT, "the data do not begin as those of dumps do%s",
              core_looks_like(data, len));
    return NULL;
}

/*
 * The checksum is wrong: tell data that end early from those that were changed.
 */
static PyObject *refuse_checksum(core_decoder *decoder, const uint8_t *data, size_t len)
{
    ladle_cursor cursor = ladle_cursor_over(data + MAGIC_LEN, len - MAGIC_LEN);
    ladle_status status = ladle_value_skip(&cursor, decoder->limits.max_depth);
    size_t left = ladle_cursor_left(&cursor);
    if (status == LADLE_E_CORRUPT || (status == LADLE_OK && left < CHECKSUM_LEN)) {
        return corrupt(decoder, LADLE_E_TRUNCATED, "the data are cut");
    }
    if (status == LADLE_OK && left > CHECKSUM_LEN) {
        return corrupt(decoder, LADLE_E_CORRUPT, "bytes stand behind the value");
    }
    return corrupt(decoder, LADLE_E_CORRUPT, "the checksum is wrong: the data were changed");
}

static PyObject *decode_whole(core_decoder *decoder, const uint8_t *data, size_t len)
{
    if (len < MAGIC_LEN || memcmp(data, MAGIC, MAGIC_LEN) != 0) {
        return refuse_magic(decoder, data, len);
    }
    size_t value_end = len - MAGIC_LEN > CHECKSUM_LEN ? len - CHECKSUM_LEN : 0;
    if (!value_end || ladle_load_u32(data + value_end) != ladle_crc32c(0, data, value_end)) {
        return refuse_checksum(decoder, data, len);
    }
    if (value_end - MAGIC_LEN > decoder->limits.max_record) {
        core_fail_limit(&decoder->error, "max_record", decoder->limits.max_record,
                        value_end - MAGIC_LEN);
        return NULL;
    }
    return core_decode_whole(decoder, data + MAGIC_LEN, value_end - MAGIC_LEN);
}

static PyObject *decode_data(core_decoder *decoder, PyObject *data)
{
    Py_buffer view;
    if (PyBytes_CheckExact(data)) {
        return decode_whole(decoder, (const uint8_t *)PyBytes_AS_STRING(data),
                            (size_t)PyBytes_GET_SIZE(data));
    }
    if (PyUnicode_Check(data) || PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "data is a str: it must be bytes-like");
        }
        return NULL;
    }
    PyObject *value = decode_whole(decoder, view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    return value;
}

PyObject *core_loads(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    static char *keywords[] = {"data", "types", "limits", NULL};
    const core_state *state = PyModule_GetState(module);
    core_decoder decoder = {.state = state};
    PyObject *values[3] = {NULL};
    if (parse(args, count, names, "O|$OO:loads", keywords, values) < 0 ||
        core_limits_from(state, values[2], &decoder.limits) < 0 ||
        core_types_from(state, values[1], &decoder.types) < 0) {
        return NULL;
    }
    PyObject *value = decode_data(&decoder, values[0]);
    if (!value) {
        core_raise(state, &decoder.error, NULL);
    }
    core_decoder_clear(&decoder);
    Py_CLEAR(decoder.types);
    return value;
}
