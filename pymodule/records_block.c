/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include "errors.h"
#include "options.h"

/*
 * Let go of the rows at hand, so that the record 'number' comes next.
 */
static void go_to(Records *self, uint64_t number)
{
    self->next_record = number;
    self->row = 0;
    self->row_count = 0;
}

/*
 * Stay at the exception that is set.
 */
static int stay(Records *self)
{
    core_exception_keep(&self->failure);
    go_to(self, core_records_position(self));
    self->root = NULL;
    return -1;
}

static int fail(Records *self, const ladle_error *error)
{
    core_raise(self->state, error, self->name);
    return stay(self);
}

/*
 * The exception for records that are damaged.
 */
static PyObject *exception_of_loss(Records *self, const ladle_error *error, uint64_t lost)
{
    PyObject *exception = core_exception_of(self->state, error, self->name);
    if (exception && core_set_number(exception, "lost", lost) < 0) {
        Py_CLEAR(exception);
    }
    return exception;
}

/*
 * Leave out the next so many of the records asked for.
 */
static void pass_rows(Records *self, uint64_t count)
{
    self->left -= count;
    self->next_record += self->left ? count * (uint64_t)self->step : 0;
}

/*
 * How many of the records asked for, from the next one on, are from 'first' up to before 'end'.
 */
static uint64_t rows_in(const Records *self, uint64_t first, uint64_t end)
{
    uint64_t stride = self->step < 0 ? 0 - (uint64_t)self->step : (uint64_t)self->step;
    uint64_t number = self->next_record;
    if (number < first || number >= end) {
        return 0;
    }
    uint64_t count = (self->step < 0 ? number - first : end - 1 - number) / stride + 1;
    return count < self->left ? count : self->left;
}

/*
 * Records were lost, 'asked' of them asked for: skip them if that is wanted. 1: skipped. -1: an
 * exception is set.
 */
static int handle_loss(Records *self, const ladle_error *error, uint64_t lost, uint64_t asked)
{
    PyObject *exception = exception_of_loss(self, error, lost);
    if (!exception) {
        return stay(self);
    }
    if (self->on_error != CORE_SKIP) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
        return stay(self);
    }
    self->lost += asked == LADLE_UNKNOWN ? 0 : asked;
    PyObject *result =
        self->on_loss ? PyObject_CallOneArg(self->on_loss, exception) : Py_NewRef(Py_None);
    Py_DECREF(exception);
    Py_XDECREF(result);
    return result ? 1 : stay(self);
}

int core_records_fail(Records *self)
{
    ladle_error *error = &self->decoder.error;
    error->offset = ladle_reader_block_offset(self->reader);
    error->record = core_records_position(self);
    if (PyErr_Occurred() || error->status != LADLE_E_CORRUPT) {
        return fail(self, error);
    }
    if (handle_loss(self, error, 1, 1) < 0) {
        return -1;
    }
    ladle_view_seek(self->root, ++self->row);
    return 1;
}

/*
 * Records from error->record on were lost, which the reader has left out.
 */
static int leave_out(Records *self, const ladle_error *error, uint64_t lost)
{
    self->must_seek = false;
    if (self->step == 1 || lost == LADLE_UNKNOWN) {
        return handle_loss(self, error, lost, lost);
    }
    uint64_t asked = rows_in(self, error->record, error->record + lost);
    self->must_seek = asked > 0; /* else it would come to the same place again */
    pass_rows(self, asked);
    return handle_loss(self, error, lost, asked);
}

/*
 * What is complete of a file whose writer still lives is all that there is now.
 */
static bool has_writer(const Records *self)
{
    bool is_locked = false;
    return self->file.fd >= 0 && ladle_fd_is_locked(self->file.fd, &is_locked, NULL) == LADLE_OK &&
           is_locked;
}

/*
 * The library's reader met something else than a block. 1: look for a block again. 0: there is
 * none. -1: an exception is set.
 */
static int settle(Records *self, ladle_status status, const ladle_error *error)
{
    uint64_t lost;
    ladle_error ignored;
    if (status == LADLE_END || status == LADLE_WAIT) {
        self->is_ended = status == LADLE_END;
        return 0;
    }
    if (status == LADLE_E_TRUNCATED && has_writer(self)) {
        self->is_ended = true;
        return 0;
    }
    if (status != LADLE_E_CORRUPT || PyErr_Occurred()) {
        return fail(self, error);
    }
    core_file_release_gil(&self->file);
    status = ladle_reader_resume(self->reader, &lost, &ignored);
    core_file_take_gil(&self->file);
    return leave_out(self, error, status == LADLE_OK ? lost : LADLE_UNKNOWN);
}

/*
 * Whether the next record is in the block at hand.
 */
static bool is_at_hand(const Records *self)
{
    return self->root && self->next_record >= self->first_record &&
           self->next_record - self->first_record < self->root->count;
}

/*
 * No record of the block at hand can be decoded. As settle.
 */
static int fail_block(Records *self)
{
    ladle_error *error = &self->decoder.error;
    error->offset = ladle_reader_block_offset(self->reader);
    error->record = self->first_record + self->row;
    if (PyErr_Occurred() || error->status != LADLE_E_CORRUPT) {
        return fail(self, error);
    }
    uint64_t lost = self->root->count - self->row;
    self->root = NULL;
    return leave_out(self, error, lost);
}

static int seek(Records *self)
{
    ladle_error error;
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_seek(self->reader, self->next_record, &error);
    core_file_take_gil(&self->file);
    self->root = NULL;
    self->must_seek = false;
    if (status == LADLE_OK) {
        return 0;
    }
    if (status == LADLE_E_STATE) {
        error.status = LADLE_E_ARGUMENT;
    }
    core_raise(self->state, &error, self->name);
    return -1;
}

/*
 * Have the library read the block of the next record, or the next block that there is. As settle.
 */
static int read_block(Records *self)
{
    ladle_error error;
    ladle_view *root;
    uint64_t number;
    self->root = NULL;
    if (self->must_seek && seek(self) < 0) {
        return stay(self);
    }
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_next_block(self->reader, &root, &number, &error);
    core_file_take_gil(&self->file);
    if (status != LADLE_OK) {
        return settle(self, status, &error);
    }
    self->root = root;
    self->row = root->next;
    self->first_record = number - root->next;
    return core_decoder_begin_block(&self->decoder, root) < 0 ? fail_block(self) : 1;
}

/*
 * Take the rows of the block at hand from 'row' on. False: the next record is not among them, as it
 * was lost.
 */
static bool take_rows(Records *self)
{
    uint64_t number = self->first_record + self->row;
    bool is_there = number == self->next_record;
    if (self->step != 1) {
        self->row_count = is_there ? self->row + 1 : 0;
        self->row = is_there ? self->row : 0;
        uint64_t passed = is_there || self->step < 0 ? 1 : rows_in(self, self->next_record, number);
        self->must_seek = passed > 0;
        pass_rows(self, passed);
        return is_there;
    }
    uint64_t gap = number - self->next_record;
    uint64_t count = self->root->count - self->row;
    if (self->left != UINT64_MAX) {
        self->left -= gap < self->left ? gap : self->left;
        count = count < self->left ? count : self->left;
        self->left -= count;
    }
    self->row_count = self->row + count;
    self->next_record = number + count;
    return count > 0;
}

int core_records_next_rows(Records *self)
{
    if (self->failure) {
        core_exception_again(self->failure);
        return -1;
    }
    while (self->left && !self->is_ended) {
        if (is_at_hand(self)) {
            self->row = self->next_record - self->first_record;
            ladle_view_seek(self->root, self->row);
        } else {
            int result = read_block(self);
            if (result <= 0) {
                return result;
            }
            if (!self->root) {
                continue;
            }
        }
        if (take_rows(self)) {
            return 1;
        }
    }
    return 0;
}

const char core_records_seek_doc[] = PyDoc_STR(
    "seek($self, record, /)\n--\n\n"
    "Go to a record: the next call reads it. Up to the number of records, not included, it\n"
    "reads in the block that holds the record, which is looked for in the index.\n\n"
    "Raises ValueError when there is no such record, or the source cannot be read at any\n"
    "place; what next() raises for damage of the index.");

PyObject *core_records_seek(Records *self, PyObject *record)
{
    int64_t number = 0;
    if (core_number_from(record, "record", 0, INT64_MAX, &number) < 0 ||
        core_records_enter(self) < 0) {
        return NULL;
    }
    go_to(self, (uint64_t)number);
    Py_CLEAR(self->failure);
    self->is_ended = false;
    self->left = UINT64_MAX;
    self->step = 1;
    self->must_seek = true;
    int result = is_at_hand(self) ? 0 : seek(self);
    core_records_leave(self);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

const char core_records_count_doc[] =
    PyDoc_STR("count($self, /)\n--\n\n"
              "How many records the file has, lost ones included, as its index says.\n\n"
              "Raises what seek raises, and TruncatedError for a file that nobody completed.");

PyObject *core_records_count(Records *self, PyObject *Py_UNUSED(ignored))
{
    ladle_error error;
    uint64_t count;
    if (core_records_enter(self) < 0) {
        return NULL;
    }
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_count(self->reader, &count, &error);
    core_file_take_gil(&self->file);
    core_records_leave(self);
    if (status != LADLE_OK) {
        core_raise(self->state, &error, self->name);
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(count);
}
