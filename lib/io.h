/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_IO_H
#define LADLE_LIB_IO_H

#include <ladle/buffer.h>
#include <ladle/io.h>

/*
 * Fill in an error (NULL is allowed) and return its status: "cannot <action>: <reason>",
 * where the reason is that of 'os_errno', or the status when that is 0.
 */
ladle_status ladle_fail_io(ladle_error *error, ladle_status status, uint64_t offset, int os_errno,
                           const char *action);

/*
 * A source and the place of the byte that is read next.
 */
struct ladle_input {
    ladle_source source;
    uint64_t offset;
    ladle_buffer again; /* bytes to be read once more, for a source that is read in order only */
    size_t again_next;
};

/*
 * Close what was not opened. One of zeros has nothing to close.
 */
void ladle_source_close(const ladle_source *source);
void ladle_sink_close(const ladle_sink *sink);

/*
 * As ladle_take_struct. LADLE_E_ARGUMENT for a sink that cannot write too, which is closed then;
 * 'taken' is zeros on failure.
 */
ladle_status ladle_sink_take(ladle_sink *taken, const ladle_sink *sink, ladle_error *error);

void ladle_input_init(struct ladle_input *input, const ladle_source *source,
                      const ladle_allocator *allocator);
void ladle_input_close(struct ladle_input *input);

/*
 * Whether the source can be read at any place.
 */
static inline bool ladle_input_has_places(const struct ladle_input *input)
{
    return input->source.read_at;
}

/*
 * Read until 'least' bytes are there or the input ends; there may be up to 'most'. '*got' is how
 * many. Returns LADLE_OK, LADLE_E_IO (error filled in), or what else the source's read gave.
 */
ladle_status ladle_input_read(struct ladle_input *input, void *buffer, size_t least, size_t most,
                              size_t *got, ladle_error *error);

/*
 * Take back the bytes read last, which are 'data': they are read once more. Returns LADLE_OK or
 * LADLE_E_MEMORY.
 */
ladle_status ladle_input_unread(struct ladle_input *input, const void *data, size_t len);

/*
 * For a source that has places: read 'len' bytes, or what there is of them, without moving; and how
 * many bytes it has.
 */
ladle_status ladle_input_read_at(const struct ladle_input *input, void *buffer, size_t len,
                                 uint64_t offset, size_t *got, ladle_error *error);
ladle_status ladle_input_size(const struct ladle_input *input, uint64_t *size, ladle_error *error);

/*
 * A sink with the number of bytes written to it. After a failure every call returns
 * LADLE_E_STATE; ladle_output_close closes the sink nevertheless, and only once.
 */
struct ladle_output {
    ladle_sink sink;
    uint64_t offset;
    bool failed;
};

ladle_status ladle_output_write(struct ladle_output *output, const void *data, size_t len,
                                ladle_error *error);
ladle_status ladle_output_write_pieces(struct ladle_output *output, const ladle_piece *pieces,
                                       size_t count, ladle_error *error);
/*
 * Before all writes: cut what the sink has to 'len' bytes and go on behind them. A sink that cannot
 * cut gives LADLE_E_STATE.
 */
ladle_status ladle_output_truncate(struct ladle_output *output, uint64_t len, ladle_error *error);
ladle_status ladle_output_flush(struct ladle_output *output, ladle_error *error);
ladle_status ladle_output_sync(struct ladle_output *output, ladle_error *error);
ladle_status ladle_output_close(struct ladle_output *output, ladle_error *error);

#endif
