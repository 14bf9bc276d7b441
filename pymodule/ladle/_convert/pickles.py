# SPDX-License-Identifier: BSD-2-Clause
"""Pickles: read without executing them, written as one list."""

import copyreg
import datetime
import io
import itertools
import pickle

from ladle._pickle import from_pickle

FORMAT = "pkl"
READ_OPTIONS = ("items", "unknown", "types", "encoding", "limits")
WRITE_OPTIONS = ()

PROTOCOL = 3
BEGIN = b"\x80\x03]"
BATCH_BEGIN = b"\x80\x03]q\0"  # of a pickle of its own, which the list keeps for itself
END = b"."
BATCH_COUNT = 1000
BATCH_LEN = 1 << 19

# Protocols before 4 would lose the fold of these.
MOMENTS = dict.fromkeys((datetime.datetime, datetime.time), lambda moment: moment.__reduce_ex__(4))


def read(source, **options):
    """The records of a pickle."""
    return from_pickle(source.file if source.is_plain_path else source.open(), **options)


def write(records, file):
    """Write a pickle of one list, which pickle.load gives back.

    Each batch of records is a pickle of its own: numbers of the memo begin anew there, so that
    neither writing nor loading keeps references to all that went before. That needs explicit
    numbers, which protocol 3 has and protocol 4 has not.
    """
    file.write(BEGIN)
    records = iter(records)
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, PROTOCOL)
    pickler.dispatch_table = copyreg.dispatch_table | MOMENTS
    done, count = 0, 1
    while batch := list(itertools.islice(records, count)):
        pickler.dump(batch)
        data_len = buffer.tell()
        with buffer.getbuffer() as data:
            file.write(data[len(BATCH_BEGIN) : data_len - len(END)])
        pickler.clear_memo()
        buffer.seek(0)
        done += len(batch)
        count = min(BATCH_COUNT, max(1, BATCH_LEN * len(batch) // data_len))
    file.write(END)
    return done
