/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_LIB_CHECKSUM_H
#define LADLE_LIB_CHECKSUM_H

#include <ladle/base.h>

/*
 * ladle_crc32c by table, for tests that compare it with the processor's instructions.
 */
uint32_t ladle_crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
