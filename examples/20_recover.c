/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A damaged file: find out what is wrong, and save what is intact. A byte of a copy of
 * samples.ladle, which 09_structs.c made, is spoilt first.
 */
#include <ladle.h>
#include <stdio.h>

static bool spoil(const char *from, const char *to)
{
    FILE *source = fopen(from, "rb");
    FILE *damaged = fopen(to, "wb");
    bool is_well = source && damaged;
    int byte;
    for (long i = 0; is_well && (byte = getc(source)) != EOF; i++) {
        is_well = putc(i == 100000 ? byte ^ 1 : byte, damaged) != EOF;
    }
    if (source) {
        fclose(source);
    }
    return damaged && fclose(damaged) == 0 && is_well;
}

static void on_loss(void *ctx, const ladle_loss *loss)
{
    (void)ctx;
    printf("lost: %llu records from number %llu on, for %s\n", (unsigned long long)loss->count,
           (unsigned long long)loss->first_record, loss->why);
}

int main(void)
{
    ladle_error error = {.text = "cannot be copied"};
    ladle_source source;
    ladle_sink sink;
    ladle_recover_options options = LADLE_RECOVER_OPTIONS_INIT;
    ladle_recover_report report = {.struct_size = sizeof report};
    options.lost = on_loss;
    if (!spoil("samples.ladle", "damaged.ladle") ||
        ladle_source_open(&source, "damaged.ladle", &error)) {
        fprintf(stderr, "samples.ladle: %s\n", error.text);
        return 1;
    }
    if (ladle_verify(&source, NULL, NULL, &error) != LADLE_E_CORRUPT) {
        fprintf(stderr, "damaged.ladle: it should be\n");
        return 1;
    }
    printf("damaged: %s\n", error.text);

    if (ladle_source_open(&source, "damaged.ladle", &error) ||
        ladle_sink_open(&sink, "repaired.ladle", false, &error) ||
        ladle_repair(&source, &sink, &options, &report, &error) ||
        ladle_source_open(&source, "repaired.ladle", &error) ||
        ladle_verify(&source, NULL, NULL, &error)) {
        fprintf(stderr, "repaired.ladle: %s\n", error.text);
        return 1;
    }
    printf("%llu records are saved, %llu are lost\n", (unsigned long long)report.record_count,
           (unsigned long long)report.lost_count);
    return 0;
}
