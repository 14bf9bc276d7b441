/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LADLE_H
#define LADLE_H

/*
 * ladle: files of records, written and read piece by piece in bounded memory.
 *
 * A record is one value: a number, a string, or tuples, lists and dicts of them. A file is a
 * sequence of records, kept as columns in blocks with checksums; FORMAT.md describes it.
 *
 *     ladle_sink sink;
 *     ladle_writer *writer;
 *     ladle_buffer record = {0};
 *
 *     ladle_sink_open(&sink, "data.ladle", false, &error);
 *     ladle_writer_open(&writer, &sink, NULL, &error);
 *     for (...) {
 *         record.len = 0;
 *         ladle_value_put_container(&record, LADLE_TUPLE, 2);
 *         ladle_value_put_int(&record, id);
 *         ladle_value_put_float(&record, score);
 *         ladle_writer_append(writer, record.data, record.len, &error);
 *     }
 *     ladle_writer_close(writer, &error);
 *
 * (each call returns a status that must be looked at). The library never prints, never aborts and
 * keeps no global state; handles are independent of each other, one thread at a time may use each.
 */

#include <ladle/base.h>    /* version, statuses, errors, limits, allocator */
#include <ladle/buffer.h>  /* bytes that grow */
#include <ladle/column.h>  /* columns as C arrays */
#include <ladle/io.h>      /* sources and sinks */
#include <ladle/reader.h>  /* read a file */
#include <ladle/recover.h> /* verify, repair and join whole files */
#include <ladle/rows.h>    /* records as C structs */
#include <ladle/schema.h>  /* what all records of a file look like */
#include <ladle/shape.h>   /* columns being written, for bindings */
#include <ladle/value.h>   /* values one by one */
#include <ladle/view.h>    /* columns being read */
#include <ladle/writer.h>  /* write a file */

#endif
