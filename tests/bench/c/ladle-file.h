/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_BENCH_LADLE_FILE_H
#define LADLE_BENCH_LADLE_FILE_H

/*
 * A peer that uses ladle: ladle-file.c opens and closes the file, the peer does what lies between.
 */

#include "peer.h"

#include <ladle.h>

ladle_status write_rows(ladle_writer *writer, const struct row *rows, size_t count,
                        ladle_error *error);

/*
 * Some rows, or LADLE_END.
 */
ladle_status read_rows(ladle_reader *reader, struct sum *sum, ladle_error *error);

#endif
