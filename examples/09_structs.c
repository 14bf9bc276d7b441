/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records as C structs: write an array of them to samples.ladle, and read it back in portions.
 */
#include <ladle.h>
#include <stdio.h>

struct sample {
    double score;
    char name[20];
    uint64_t id;
    float position[3];
};

static const ladle_field fields[] = {
    LADLE_FIELD(struct sample, score), LADLE_FIELD(struct sample, name),
    LADLE_FIELD(struct sample, id), LADLE_FIELD(struct sample, position), /* a list of 3 */
};
static const ladle_layout layout = LADLE_LAYOUT(struct sample, fields);

enum { COUNT = 10000, PORTION = 256 };

static ladle_status write_samples(const struct sample *samples, ladle_error *error)
{
    ladle_sink sink;
    ladle_writer *writer;
    ladle_status status = ladle_sink_open(&sink, "samples.ladle", false, error);
    if (status || (status = ladle_writer_open(&writer, &sink, NULL, error))) {
        return status;
    }
    status = ladle_writer_append_rows(writer, &layout, samples, COUNT, error);
    if (status) {
        ladle_writer_abort(writer, NULL); /* the file stays unfinished */
        return status;
    }
    return ladle_writer_close(writer, error);
}

/*
 * LADLE_END when all went well.
 */
static ladle_status add_up(double *sum, ladle_error *error)
{
    struct sample samples[PORTION];
    size_t count;
    ladle_source source;
    ladle_reader *reader;
    ladle_status status = ladle_source_open(&source, "samples.ladle", error);
    if (status || (status = ladle_reader_open(&reader, &source, NULL, error))) {
        return status;
    }
    do {
        status = ladle_reader_next_rows(reader, &layout, samples, PORTION, &count, error);
        for (size_t i = 0; i < count; i++) {
            *sum += samples[i].score + samples[i].position[2];
        }
    } while (status == LADLE_OK);
    ladle_reader_close(reader);
    return status;
}

int main(void)
{
    static struct sample samples[COUNT];
    ladle_error error;
    double sum = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        samples[i] = (struct sample){.score = i / 8.0, .id = i, .position = {1, 2, 3}};
        snprintf(samples[i].name, sizeof samples[i].name, "name %u", i);
    }
    if (write_samples(samples, &error) != LADLE_OK || add_up(&sum, &error) != LADLE_END) {
        fprintf(stderr, "samples.ladle: %s\n", error.text);
        return 1;
    }
    printf("the sum is %.1f\n", sum);
    return 0;
}
