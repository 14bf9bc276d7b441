/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_TEST_SEGMENTS_H
#define LADLE_TEST_SEGMENTS_H

/*
 * Small files of one or more segments, with blocks of a few records and checkpoints among them.
 */

#include "records.h"

enum { SEGMENT_FILE_COUNT = 7 };

extern const struct segment_file {
    enum gen_style style;
    size_t counts[4]; /* records of each segment; the last one is followed by a 0 */
    const char *codec;
    size_t block_each;      /* records of a block */
    size_t checkpoint_each; /* records from one checkpoint to the next */
} segment_files[SEGMENT_FILE_COUNT];

/*
 * Write the file with an index. Its records are added to 'records', which is empty.
 */
void write_segments(int index, struct records *records, ladle_memory_sink *file);

#endif
