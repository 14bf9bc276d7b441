/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_VIEW_H
#define LADLE_LIB_VIEW_H

#include <ladle/view.h>

/*
 * As ladle_view_get_tagged, within max_depth and max_items of resolved limits. Fills in the error,
 * but not its place. LADLE_E_LIMIT of the buffer's own len_max counts as max_memory.
 */
ladle_status ladle_view_decode(ladle_view *view, ladle_buffer *to, const ladle_limits *limits,
                               ladle_error *error);

/*
 * Set the cursors of a DICTIONARY's entries to an entry. Its place is counted from the last one
 * whose place is known.
 */
void ladle_view_enter(ladle_view *view, uint64_t code);

#endif
