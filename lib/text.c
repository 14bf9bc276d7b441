/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <ladle/wire.h>

/*
 * Bytes of the character that begins with 'first', and the range of the byte behind it. 0: none
 * begins so.
 */
static size_t character_len(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

static bool begins_character(const uint8_t *from, size_t left, size_t *len)
{
    uint8_t low;
    uint8_t high;
    *len = character_len(from[0], &low, &high);
    if (*len == 0 || *len > left || from[1] < low || from[1] > high) {
        return false;
    }
    for (size_t i = 2; i < *len; i++) {
        if ((from[i] & 0xC0) != 0x80) {
            return false;
        }
    }
    return true;
}

bool ladle_is_utf8(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    size_t i = 0;
    while (i < len) {
        size_t character;
        if (len - i >= 8 && !(ladle_load_u64(bytes + i) & LADLE_HIGH_BITS)) {
            i += 8;
        } else if (bytes[i] < 0x80) {
            i++;
        } else if (begins_character(bytes + i, len - i, &character)) {
            i += character;
        } else {
            return false;
        }
    }
    return true;
}
