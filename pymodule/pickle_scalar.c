/* SPDX-License-Identifier: BSD-2-Clause */
/* Opcodes that make a value of the bytes or the line behind them. */
#include "long.h"
#include "pickle_machine.h"

/*
 * Estimated bytes of small objects, and of what a str or bytes has beside its characters.
 */
enum { SMALL_COST = 32, TEXT_COST = 64 };

static int bad_number(pickle_machine *machine)
{
    return pickle_fail(machine, LADLE_E_CORRUPT, "the line is no number");
}

/*
 * An int in decimal digits, LONG with an L behind it.
 */
static PyObject *int_from_line(pickle_machine *machine, const pickle_op *op)
{
    size_t len = op->number;
    const uint8_t *data = op->data;
    if (op->code == OP_LONG && len && data[len - 1] == 'L') {
        len--;
    }
    bool is_valid = len > (len && data[0] == '-');
    for (size_t i = len && data[0] == '-'; i < len; i++) {
        is_valid &= data[i] >= '0' && data[i] <= '9';
    }
    if (!is_valid) {
        bad_number(machine);
        return NULL;
    }
    PyObject *text = PyUnicode_DecodeASCII((const char *)data, (Py_ssize_t)len, NULL);
    PyObject *number = text ? PyLong_FromUnicodeObject(text, 10) : NULL;
    Py_XDECREF(text);
    if (!number && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        pickle_fail(machine, LADLE_E_LIMIT, "the number has more digits than this Python reads");
    }
    return number;
}

static PyObject *bool_or_int_from_line(pickle_machine *machine, const pickle_op *op)
{
    if (op->number == 2 && op->data[0] == '0' && (op->data[1] == '0' || op->data[1] == '1')) {
        return PyBool_FromLong(op->data[1] == '1');
    }
    return int_from_line(machine, op);
}

static PyObject *float_from_line(pickle_machine *machine, const pickle_op *op)
{
    char text[64];
    char *end;
    if (op->number && op->number < sizeof text) {
        memcpy(text, op->data, op->number);
        text[op->number] = '\0';
        double number = PyOS_string_to_double(text, &end, NULL);
        if (!PyErr_Occurred() && end == text + op->number) {
            return PyFloat_FromDouble(number);
        }
        PyErr_Clear();
    }
    bad_number(machine);
    return NULL;
}

static PyObject *float_from_bytes(const pickle_op *op)
{
    /* The only number that is written most significant byte first. */
    double value;
    uint64_t bits = __builtin_bswap64(op->number);
    memcpy(&value, &bits, sizeof value);
    return PyFloat_FromDouble(value);
}

static PyObject *checked_text(pickle_machine *machine, PyObject *text)
{
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        pickle_fail(machine, LADLE_E_CORRUPT, "the bytes are no text");
    }
    return text;
}

static PyObject *text_from(pickle_machine *machine, const uint8_t *data, uint64_t len)
{
    return checked_text(machine,
                        PyUnicode_DecodeUTF8((const char *)data, (Py_ssize_t)len, "surrogatepass"));
}

/*
 * A str of Python 2, whose encoding nobody wrote down.
 */
static PyObject *old_text_from(pickle_machine *machine, const uint8_t *data, uint64_t len)
{
    const char *bytes = (const char *)data;
    switch (machine->encoding) {
    case TEXT_BYTES:
        return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)len);
    case TEXT_LATIN1:
        return PyUnicode_DecodeLatin1(bytes, (Py_ssize_t)len, NULL);
    case TEXT_UTF8:
        return text_from(machine, data, len);
    case TEXT_ASCII:
        break;
    }
    PyObject *text = PyUnicode_DecodeASCII(bytes, (Py_ssize_t)len, NULL);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        pickle_fail(
            machine, LADLE_E_UNSUPPORTED,
            "a str of Python 2 is no ASCII: say what it is by encoding='latin1', 'utf-8' or "
            "'bytes'");
    }
    return text;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The bytes that an escape of repr() in Python 2 stands for; moves '*from' behind it. false: it is
 * none.
 */
static bool unescape(const uint8_t **from, const uint8_t *end, uint8_t *byte)
{
    static const char LETTERS[] = "\\'\"nrt";
    static const char MEANINGS[] = "\\'\"\n\r\t";
    const uint8_t *at = *from;
    if (end - at >= 3 && at[0] == 'x' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
        *byte = (uint8_t)(16 * hex_digit(at[1]) + hex_digit(at[2]));
        *from += 3;
        return true;
    }
    const char *found = at < end && *at ? strchr(LETTERS, *at) : NULL;
    if (found) {
        *byte = (uint8_t)MEANINGS[found - LETTERS];
        *from += 1;
    }
    return found != NULL;
}

static PyObject *old_text_from_line(pickle_machine *machine, const pickle_op *op)
{
    const uint8_t *at = op->data;
    const uint8_t *end = at + op->number;
    while (end > at && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t')) {
        end--;
    }
    bool is_valid = end - at >= 2 && (*at == '\'' || *at == '"') && end[-1] == *at;
    uint8_t *bytes = is_valid ? PyMem_Malloc((size_t)(end - at)) : NULL;
    size_t len = 0;
    if (is_valid && !bytes) {
        return PyErr_NoMemory();
    }
    for (at++, end--; is_valid && at < end;) {
        uint8_t byte = *at++;
        is_valid = byte != '\\' || unescape(&at, end, &byte);
        bytes[len++] = byte;
    }
    PyObject *text = NULL;
    if (is_valid) {
        text = old_text_from(machine, bytes, len);
    } else {
        pickle_fail(machine, LADLE_E_CORRUPT, "the line is no str of Python 2");
    }
    PyMem_Free(bytes);
    return text;
}

static PyObject *text_from_line(pickle_machine *machine, const pickle_op *op)
{
    return checked_text(machine, PyUnicode_DecodeRawUnicodeEscape((const char *)op->data,
                                                                  (Py_ssize_t)op->number, NULL));
}

static PyObject *value_of(pickle_machine *machine, const pickle_op *op)
{
    switch (op->code) {
    case OP_NONE:
        return Py_NewRef(Py_None);
    case OP_NEWTRUE:
        return Py_NewRef(Py_True);
    case OP_NEWFALSE:
        return Py_NewRef(Py_False);
    case OP_BININT:
        return PyLong_FromLong((int32_t)op->number);
    case OP_BININT1:
    case OP_BININT2:
        return PyLong_FromLong((long)op->number);
    case OP_INT:
        return bool_or_int_from_line(machine, op);
    case OP_LONG:
        return int_from_line(machine, op);
    case OP_LONG1:
    case OP_LONG4:
        return int_from_bytes(op->data, op->number);
    case OP_BINFLOAT:
        return float_from_bytes(op);
    case OP_FLOAT:
        return float_from_line(machine, op);
    case OP_SHORT_BINUNICODE:
    case OP_BINUNICODE:
    case OP_BINUNICODE8:
        return text_from(machine, op->data, op->number);
    case OP_UNICODE:
        return text_from_line(machine, op);
    case OP_STRING:
        return old_text_from_line(machine, op);
    case OP_SHORT_BINSTRING:
    case OP_BINSTRING:
        return old_text_from(machine, op->data, op->number);
    case OP_BYTEARRAY8:
        return PyByteArray_FromStringAndSize((const char *)op->data, (Py_ssize_t)op->number);
    default:
        return PyBytes_FromStringAndSize((const char *)op->data, (Py_ssize_t)op->number);
    }
}

int pickle_do_scalar(pickle_machine *machine, const pickle_op *op)
{
    bool has_data = op->info->after >= AFTER_LINE;
    uint64_t cost = has_data ? TEXT_COST + op->number : SMALL_COST;
    return pickle_push(machine, value_of(machine, op), cost, 0);
}
