/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_PYMODULE_UTF8_H
#define LADLE_PYMODULE_UTF8_H

/*
 * UTF-8 that is not trusted, character by character.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ladle/wire.h>

/*
 * The next character of bytes of which there is at least one; '*at' moves on. -1: they are not
 * UTF-8, in which surrogates are allowed where the caller says so.
 */
static inline int32_t utf8_next(const uint8_t **at, const uint8_t *end, bool with_surrogates)
{
    const uint8_t *bytes = *at;
    uint32_t first = bytes[0];
    if (first < 0x80) {
        *at = bytes + 1;
        return (int32_t)first;
    }
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - bytes) <= more) {
        return -1;
    }
    uint32_t code = first & (0x3Fu >> more);
    for (unsigned i = 1; i <= more; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return -1;
        }
        code = code << 6 | (bytes[i] & 0x3Fu);
    }
    bool is_short = code < (more == 3 ? 0x10000u : more == 2 ? 0x800u : 0x80u);
    bool is_surrogate = code >= 0xD800 && code < 0xE000;
    if (is_short || code > 0x10FFFF || (is_surrogate && !with_surrogates)) {
        return -1;
    }
    *at = bytes + more + 1;
    return (int32_t)code;
}

/*
 * Write a character, which takes up to four bytes. 0: it is a surrogate, or none at all.
 */
static inline size_t utf8_put(uint32_t code, uint8_t *to)
{
    if (code < 0x80) {
        to[0] = (uint8_t)code;
        return 1;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return 0;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; code >>= 6) {
        to[i] = (uint8_t)(0x80 | (code & 0x3F));
    }
    to[0] = (uint8_t)((len == 2 ? 0xC0 : len == 3 ? 0xE0 : 0xF0) | code);
    return len;
}

static inline bool utf8_is_valid(const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    for (; end - at >= 8 && !(ladle_load_u64(at) & 0x8080808080808080); at += 8) {
    }
    while (at != end) {
        if (utf8_next(&at, end, false) < 0) {
            return false;
        }
    }
    return true;
}

#endif
