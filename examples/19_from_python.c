/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Python writes, C reads: python.ladle, which 18_from_c.py made. Its records are dicts; fields are
 * found by name, whatever the order of the keys, and None becomes what the field says.
 */
#include <ladle.h>
#include <stdio.h>

struct record {
    double score;
    uint32_t id; /* a larger number would be an error that names the record */
    char name[20];
};

int main(void)
{
    static const double no_score = -1;
    static const char no_name[20] = "nobody";
    ladle_field fields[] = {LADLE_FIELD(struct record, score), LADLE_FIELD(struct record, id),
                            LADLE_FIELD(struct record, name)};
    const ladle_layout layout = LADLE_LAYOUT(struct record, fields);
    fields[0].missing = &no_score;
    fields[2].missing = no_name; /* no record has this key */

    struct record records[100];
    ladle_error error;
    ladle_source source;
    ladle_reader *reader = NULL;
    size_t count;
    unsigned without_score = 0;
    ladle_status status = ladle_source_open(&source, "python.ladle", &error);
    if (status == LADLE_OK) {
        status = ladle_reader_open(&reader, &source, NULL, &error);
    }
    while (status == LADLE_OK) {
        status = ladle_reader_next_rows(reader, &layout, records, 100, &count, &error);
        for (size_t i = 0; i < count; i++) {
            without_score += records[i].score == no_score;
        }
    }
    ladle_reader_close(reader);
    if (status != LADLE_END) {
        fprintf(stderr, "python.ladle: %s\n", error.text);
        return 1;
    }
    printf("%u records have no score; the last one is of %s\n", without_score, records[99].name);
    return 0;
}
