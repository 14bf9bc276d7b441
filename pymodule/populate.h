/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_POPULATE_H
#define LADLE_PYMODULE_POPULATE_H

/*
 * Most of what it costs to build millions of objects that stay is the first touch of each page:
 * the processor stops, the kernel finds a page. CPython takes its memory in arenas of 1 MiB (256
 * KiB where addresses are short), and when many more objects are sure to come, all pages of a new
 * arena are asked for by one call of the kernel: madvise(MADV_POPULATE_WRITE), Linux 5.14.
 */

/*
 * From now on, until as many calls of core_populate_end, arenas that this thread takes come with
 * their pages. What cannot be had so comes page by page, as ever.
 */
void core_populate_begin(void);
void core_populate_end(void);

#endif
