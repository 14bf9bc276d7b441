/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_READER_SEEK_H
#define LADLE_LIB_READER_SEEK_H

#include "reader.h"

/*
 * Open reader->locator, if need be once more for a file that has grown. LADLE_E_STATE for a source
 * that is read in order only, or what ladle_locator_open returns.
 */
ladle_status ladle_reader_open_index(ladle_reader *reader, ladle_error *error);

#endif
