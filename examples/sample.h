/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SAMPLE_H
#define SAMPLE_H

/*
 * What 15_produce.c, 16_filter.c and 17_consume.c send each other.
 */

#include <ladle.h>

enum { SAMPLES_AT_ONCE = 1000 };

struct sample {
    double score;
    char name[20];
    uint64_t id;
};

static const ladle_field sample_fields[] = {LADLE_FIELD(struct sample, score),
                                            LADLE_FIELD(struct sample, name),
                                            LADLE_FIELD(struct sample, id)};
static const ladle_layout sample_layout = LADLE_LAYOUT(struct sample, sample_fields);

#endif
