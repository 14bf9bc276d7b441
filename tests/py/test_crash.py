# SPDX-License-Identifier: BSD-2-Clause
"""Crashes: whatever moment the writer, the system or the recovery from that dies at, no record that
was acknowledged is lost, and no wrong one appears.

The log of all writes is replayed to every byte, with sectors lost that were not synced; live writers
are killed, alone, while appending, and while a reader follows.
"""

import io
import itertools
import os
import random
import signal
import subprocess
import sys
import time
import warnings

import ladle
import pytest

SLOW = os.environ.get("LADLE_SLOW") == "1"
SECTOR = 512


def record(i):
    """The record number i: its content follows from the number, so that any mix-up shows."""
    return {"id": i, "text": f"{i * 7919:x}" * (i % 9), "odd": None if i % 3 else i / 7}


class Log(io.BytesIO):
    """A file that remembers how long it was, and how many records were acknowledged, when."""

    def __init__(self, data=b"", records=0):
        super().__init__(data)
        self.seek(0, os.SEEK_END)
        self.flushed = [(len(data), records)]
        self.synced = [(len(data), records)]

    def acknowledge(self, writer, kind):
        getattr(writer, kind)()
        done = (len(self.getvalue()), len(writer))
        self.flushed.append(done)
        if kind == "sync":
            self.synced.append(done)

    def safe(self, marks, length):
        """How many records were acknowledged before the file was longer than this."""
        return max((count for end, count in marks if end <= length), default=0)


def session(log, source, count, mode="w", **options):
    """Append some records, flushing and syncing now and then."""
    with ladle.open(log, mode, block_size=1024, **options) as writer:
        for _ in range(count):
            writer.append(record(len(writer)))
            roll = source.random()
            if roll < 0.15:
                log.acknowledge(writer, "sync" if roll < 0.05 else "flush")
    total = len(ladle.open(io.BytesIO(log.getvalue())))
    log.flushed.append((len(log.getvalue()), total))
    return log


def what_is_left(data):
    """The records that come out of what a crash left."""
    try:
        return ladle.load(io.BytesIO(data), on_error="tail").tolist()
    except ladle.TruncatedError:
        return []


def check_left(found, safe, where):
    assert found == [record(i) for i in range(len(found))], where
    assert len(found) >= safe, f"{where}: {safe} were acknowledged, {len(found)} are there"


def logs():
    for seed in range(20 if SLOW else 4):
        source = random.Random(seed)
        options = {"compression": [None, "zlib"][seed % 2]}
        log = session(Log(), source, source.randrange(1, 60), **options)
        for _ in range(seed % 3):
            session(log, source, source.randrange(0, 30), mode="a", **options)
        yield seed, log


def test_the_log_of_writes_replayed_to_every_byte():
    count = 0
    for seed, log in logs():
        data = log.getvalue()
        for length in range(len(data) + 1):
            found = what_is_left(data[:length])
            check_left(found, log.safe(log.flushed, length), f"log {seed}, byte {length}")
            count += 1
    print(f"{count} crashes: nothing acknowledged was lost, nothing wrong came out")
    assert count > 5000


def test_sectors_that_were_not_synced_are_lost():
    count = 0
    for seed, log in logs():
        source, data = random.Random(seed), log.getvalue()
        for _ in range(1000 if SLOW else 150):
            length = source.randrange(64, len(data) + 1)
            safe_end, safe = max(mark for mark in log.synced if mark[0] <= length)
            left = bytearray(data[:length])
            for start in range(safe_end, length, SECTOR):
                if source.random() < 0.3:
                    end = min(start + SECTOR - start % SECTOR, length)
                    left[start:end] = bytes(end - start)
            found = []
            try:
                found.extend(ladle.load(io.BytesIO(left), on_error="tail"))
            except ladle.FormatError:
                pass  # a later sector made it to the disk: damage in the middle, and said so
            if safe_end >= 64:
                check_left(found, safe, f"log {seed}, {length} bytes")
            count += 1
    print(f"{count} losses of power: nothing synced was lost, nothing wrong came out")


def test_appending_to_what_a_crash_left():
    count = 0
    for seed, log in logs():
        data = log.getvalue()
        for length in range(0, len(data) + 1, 1 if SLOW else 23):
            before = what_is_left(data[:length])
            file = io.BytesIO(data[:length])
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                with ladle.open(file, "a") as writer:
                    assert len(writer) == len(before)
                    writer.append(record(len(before)))
            total = [*before, record(len(before))]
            assert list(ladle.load(io.BytesIO(file.getvalue()))) == total
            assert ladle.open(io.BytesIO(file.getvalue()))[-1] == total[-1]
            is_cut = any(issubclass(w.category, ladle.RecoveryWarning) for w in caught)
            assert is_cut == (length not in complete_lengths(data)), f"log {seed}, byte {length}"
            count += 1
    print(f"{count} files appended to: complete, and all records there")


def test_appending_never_cuts_a_file_that_was_joined_to_an_unfinished_one():
    first = session(Log(), random.Random(1), 40).getvalue()
    second = session(Log(), random.Random(2), 40).getvalue()
    count = 0
    for cut in range(64, len(first), 1 if SLOW else 13):
        if cut in complete_lengths(first):
            continue
        for data in (first[:cut] + second, first[:cut] + second[: len(second) // 2]):
            file = io.BytesIO(data)
            with pytest.raises(ladle.CorruptError, match="repair"):
                ladle.open(file, "a")
            assert file.getvalue() == data
            count += 1
    print(f"{count} joined files refused, and left as they were")


@pytest.mark.parametrize("metadata", [None, {"a": 1}])
def test_a_trailer_in_the_middle_of_the_last_segment_does_not_end_it(metadata):
    file = io.BytesIO()
    ladle.dump([0], file)
    ladle.dump([1], file)
    for _ in range(2):
        file.seek(0)
        with ladle.open(file, "a") as writer:
            writer.append(2)
            writer.sync()
            writer.abort()
        with pytest.raises(ladle.TruncatedError):
            len(ladle.open(io.BytesIO(file.getvalue())))
    file.seek(0)
    with ladle.open(file, "a", metadata=metadata) as writer:
        assert len(writer) == 4
    assert list(ladle.load(io.BytesIO(file.getvalue()))) == [0, 1, 2, 2]
    assert ladle.open(io.BytesIO(file.getvalue())).info().is_complete


def test_appending_never_cuts_blocks_behind_a_damaged_header():
    first = session(Log(), random.Random(1), 40).getvalue()
    for size in (1, 40, 3000):
        second = session(Log(), random.Random(2), size).getvalue()
        for damage in (bytes(64), second[:20] + b"?" + second[21:64]):
            file = io.BytesIO(data := first + damage + second[64:])
            with pytest.raises(ladle.CorruptError, match="repair") as caught:
                ladle.open(file, "a")
            assert caught.value.offset == len(first)
            assert file.getvalue() == data


def complete_lengths(data):
    """Where nothing has to be cut: nothing at all, and behind each item."""
    import reference

    ends = {item.offset + item.byte_len for item in reference.blocks(data)}
    return ends | {0}


def test_a_crash_while_recovering_from_a_crash():
    count = 0
    for seed, log in itertools.islice(logs(), 6 if SLOW else 2):
        data = log.getvalue()
        for length in range(64, len(data), 7 if SLOW else 97):
            before = what_is_left(data[:length])
            file = io.BytesIO(data[:length])
            steps = Steps(file)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with ladle.open(steps, "a") as writer:
                    writer.append(record(len(before)))
            for state in steps.states(3 if SLOW else 29):
                found = what_is_left(state)
                check_left(found, len(before), f"log {seed}, byte {length}")
                count += 1
    print(f"{count} crashes while recovering: nothing was lost")
    assert count > 500


class Steps:
    """A file object that remembers what was done to it."""

    def __init__(self, file):
        self.file, self.before, self.done = file, file.getvalue(), []

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        self.done.append(("write", self.file.tell(), bytes(data)))
        return self.file.write(data)

    def truncate(self, size):
        self.done.append(("truncate", size, b""))
        return self.file.truncate(size)

    def states(self, step):
        """What may be on the disk at the moments in between."""
        state = bytearray(self.before)
        for action, place, data in self.done:
            if action == "truncate":
                del state[place:]
                yield bytes(state)
                continue
            for length in range(0, len(data), step):
                yield bytes(state[:place] + data[:length])
            state[place:] = data
        yield bytes(state)


WRITER = """
import os, sys, warnings
sys.path.insert(0, sys.argv[1])
import ladle
from test_crash import record
warnings.simplefilter("ignore")
with ladle.open(sys.argv[2], "a", block_size=2048) as writer:
    print(len(writer), flush=True)
    while True:
        for _ in range(1 + len(writer) % 37):
            writer.append(record(len(writer)))
        writer.flush() if len(writer) % 5 else writer.sync()
        print(len(writer), flush=True)
"""


def start_writer(path):
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", WRITER, here, os.fspath(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_after(writer, seconds):
    """Kill a writer; the last number of records that it acknowledged."""
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    lines = writer.stdout.read().split("\n")
    writer.wait()
    writer.stdout.close()
    return int(lines[-2]) if len(lines) > 1 else 0


def test_live_writers_are_killed_while_appending(path):
    source, acknowledged = random.Random(13), 0
    rounds = 1000 if SLOW else 25
    for i in range(rounds):
        writer = start_writer(path)
        writer.stdout.readline()
        acknowledged = max(acknowledged, kill_after(writer, source.random() * 0.02))
        found = ladle.load(path, on_error="tail").tolist()
        check_left(found, acknowledged, f"round {i}")
        assert len(ladle.open(path, on_error="tail")) == len(found)
        acknowledged = len(found)
        if path.stat().st_size > 4_000_000:
            path.unlink()
            acknowledged = 0
    print(f"{rounds} writers killed: nothing acknowledged was lost")


def test_a_follower_of_a_writer_that_is_killed(path):
    for i in range(60 if SLOW else 5):
        path.unlink(missing_ok=True)
        writer = start_writer(path)
        writer.stdout.readline()
        while not path.exists() or path.stat().st_size < 64:
            time.sleep(0.001)
        following = ladle.open(path).follow(poll=0.01)
        found = list(itertools.islice(following, 50))
        acknowledged = kill_after(writer, 0.01)
        killed = time.monotonic()
        found.extend(following)
        assert time.monotonic() - killed < 2
        check_left(found, acknowledged, f"round {i}")


def test_a_follower_gets_what_is_flushed_within_half_a_second(path):
    with ladle.open(path, "w") as writer:
        writer.flush()
        following = ladle.open(path).follow()
        for i in range(5):
            writer.append(record(i))
            writer.flush()
            start = time.monotonic()
            assert next(following) == record(i)
            assert time.monotonic() - start < 0.5
    assert list(following) == []
