/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * avro-c: an object container file without a codec. Its integers are signed, so the bits of the
 * unsigned one are stored.
 */
#include "peer.h"

#include <avro.h>
#include <stdio.h>

static const char schema_text[] = "{\"type\": \"record\", \"name\": \"row\", \"fields\": ["
                                  "{\"name\": \"number\", \"type\": \"double\"},"
                                  "{\"name\": \"letters\", \"type\": \"string\"},"
                                  "{\"name\": \"integer\", \"type\": \"long\"}]}";

static bool failed(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, avro_strerror());
    return false;
}

static int put_row(avro_value_t *value, const struct row *row)
{
    char letters[LETTERS_LEN + 1] = {0}; /* a string of avro-c counts its zero */
    avro_value_t field;
    for (size_t i = 0; i < LETTERS_LEN; i++) {
        letters[i] = row->letters[i];
    }
    int error = avro_value_get_by_index(value, 0, &field, NULL);
    error = error ? error : avro_value_set_double(&field, row->number);
    error = error ? error : avro_value_get_by_index(value, 1, &field, NULL);
    error = error ? error : avro_value_set_string_len(&field, letters, sizeof letters);
    error = error ? error : avro_value_get_by_index(value, 2, &field, NULL);
    return error ? error : avro_value_set_long(&field, (int64_t)row->integer);
}

bool peer_write(const char *path, const struct row *rows, size_t count)
{
    avro_schema_t schema;
    avro_file_writer_t writer;
    avro_value_t value;
    if (avro_schema_from_json_literal(schema_text, &schema) ||
        avro_file_writer_create(path, schema, &writer)) {
        return failed(path);
    }
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    int error = avro_generic_value_new(iface, &value);
    for (size_t i = 0; !error && i < count; i++) {
        error = put_row(&value, &rows[i]);
        error = error ? error : avro_file_writer_append_value(writer, &value);
    }
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    int close_error = avro_file_writer_close(writer);
    return error || close_error ? failed(path) : true;
}

static int take_row(const avro_value_t *value, struct sum *sum)
{
    double number = 0;
    const char *letters = NULL;
    size_t letters_len = 0;
    int64_t integer = 0;
    avro_value_t field;
    int error = avro_value_get_by_index(value, 0, &field, NULL);
    error = error ? error : avro_value_get_double(&field, &number);
    error = error ? error : avro_value_get_by_index(value, 1, &field, NULL);
    error = error ? error : avro_value_get_string(&field, &letters, &letters_len);
    error = error ? error : avro_value_get_by_index(value, 2, &field, NULL);
    error = error ? error : avro_value_get_long(&field, &integer);
    if (!error) {
        sum_row(sum, number, letters, letters_len - 1, (uint64_t)integer);
    }
    return error;
}

bool peer_read(const char *path, struct sum *sum)
{
    avro_file_reader_t reader;
    avro_value_t value;
    if (avro_file_reader(path, &reader)) {
        return failed(path);
    }
    avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    int error = avro_generic_value_new(iface, &value);
    while (!error) {
        avro_value_reset(&value);
        error = avro_file_reader_read_value(reader, &value);
        error = error ? error : take_row(&value, sum);
    }
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    avro_file_reader_close(reader);
    return error == EOF ? true : failed(path);
}
