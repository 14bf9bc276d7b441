/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_FILE_WAYS_H
#define LADLE_PYMODULE_FILE_WAYS_H

/*
 * The two ways to a file, by a descriptor and by the methods of a file object, and what they share.
 */

#include "fileobj.h"

/*
 * Callbacks run with the GIL released by their caller, or not. What enter gives is for leave.
 */
PyThreadState *core_file_enter_python(core_file *file);
void core_file_leave_python(core_file *file, PyThreadState *released);

/*
 * Keep the first bytes that are read: these were at 'offset'.
 */
void core_file_keep_head(core_file *file, const void *data, size_t len, uint64_t offset);

/*
 * Set what reads and writes; 'ctx' and 'close' are the caller's.
 */
void core_fd_set_source(ladle_source *source, bool is_positional);
void core_fd_set_sink(ladle_sink *sink);
void core_methods_set_source(ladle_source *source, bool is_positional);
void core_methods_set_sink(ladle_sink *sink);

/*
 * Have the system store what was written to the descriptor, and the file's name. The context is a
 * core_file.
 */
ladle_status core_fd_sync(void *ctx, int *os_errno);

/*
 * Close the descriptor. -1: '*os_errno' says why not.
 */
int core_fd_close(core_file *file, int *os_errno);

/*
 * Let go of the object, which is closed if it is owned. -1: an exception is set.
 */
int core_methods_close(core_file *file);

#endif
