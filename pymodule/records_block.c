/* SPDX-License-Identifier: BSD-2-Clause */
#include "records.h"

#include "errors.h"

/*
 * Set the exception for an error, and stay at it.
 */
static int fail(Records *self, const ladle_error *error)
{
    core_raise(self->state, error, self->name);
    core_exception_keep(&self->failure);
    self->root = NULL;
    self->first_record = core_records_position(self);
    self->row = 0;
    self->row_count = 0;
    return -1;
}

int core_records_fail(Records *self)
{
    ladle_error *error = &self->decoder.error;
    error->offset = ladle_reader_block_offset(self->reader);
    error->record = core_records_position(self);
    return fail(self, error);
}

int core_records_next_block(Records *self)
{
    ladle_error error;
    ladle_view *root;
    uint64_t first_record;
    if (self->failure) {
        core_exception_again(self->failure);
        return -1;
    }
    if (self->is_ended) {
        return 0;
    }
    core_file_release_gil(&self->file);
    ladle_status status = ladle_reader_next_block(self->reader, &root, &first_record, &error);
    core_file_take_gil(&self->file);
    if (status == LADLE_END) {
        self->is_ended = true;
        return 0;
    }
    if (status != LADLE_OK) {
        return fail(self, &error);
    }
    self->root = root;
    self->row = 0;
    self->row_count = root->count;
    self->first_record = first_record;
    return core_decoder_begin_block(&self->decoder, root) < 0 ? core_records_fail(self) : 1;
}
