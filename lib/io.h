/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_IO_H
#define LADLE_LIB_IO_H

#include <ladle/io.h>

/*
 * Fill in an error (NULL is allowed) and return its status: "cannot <action>: <reason>",
 * where the reason is that of 'os_errno', or the status when that is 0.
 */
ladle_status ladle_fail_io(ladle_error *error, ladle_status status, uint64_t offset, int os_errno,
                           const char *action);

/*
 * A source with the number of bytes read from it.
 */
struct ladle_input {
    ladle_source source;
    uint64_t offset;
};

/*
 * Read until 'len' bytes are there or the input ends. '*got' is how many. Returns
 * LADLE_OK, LADLE_E_IO (error filled in), or what else the source's read gave.
 */
ladle_status ladle_input_read(struct ladle_input *input, void *buffer, size_t len, size_t *got,
                              ladle_error *error);
void ladle_input_close(struct ladle_input *input);

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
ladle_status ladle_output_flush(struct ladle_output *output, ladle_error *error);
ladle_status ladle_output_sync(struct ladle_output *output, ladle_error *error);
ladle_status ladle_output_close(struct ladle_output *output, ladle_error *error);

#endif
