# SPDX-License-Identifier: BSD-2-Clause
"""open for writing: modes, what a failed record leaves, the end of a writer, threads, fork."""

import contextlib
import errno
import gc
import io
import os
import shlex
import shutil
import subprocess
import sys
import threading
import warnings

import ladle
import pytest

import reference
from helpers import OnlyWrite, loaded, read_until_error

# Modes and options


@pytest.mark.parametrize("mode", ["w", "wb", "x", "xb"])
def test_open_for_writing(path, mode):
    with ladle.open(path, mode) as writer:
        writer.append(1)
        writer.extend([2, 3])
        assert len(writer) == 3
    assert list(ladle.load(path)) == [1, 2, 3]


def test_open_w_empties_what_is_there(path):
    path.write_bytes(b"x" * 100_000)
    with ladle.open(path, "w") as writer:
        writer.append(1)
    assert list(ladle.load(path)) == [1]


@pytest.mark.parametrize("mode", ["x", "xb"])
def test_open_x_refuses_a_file_that_is_there(path, mode):
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError) as caught:
        ladle.open(path, mode)
    assert os.fspath(caught.value.filename) == os.fspath(path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("mode", ["r", "rb"])
def test_open_for_reading_gives_the_records(path, mode):
    ladle.dump([1, 2], path)
    with ladle.open(path, mode) as records:
        assert list(records) == [1, 2]
    with ladle.open(path) as records:
        assert list(records) == [1, 2]


@pytest.mark.parametrize("mode", ["", "z", "rw", "r+", "wt", "wx", "b", "wbb", "W"])
def test_an_unknown_mode_is_refused(path, mode):
    with pytest.raises(ValueError):
        ladle.open(path, mode)
    assert not path.exists()


@pytest.mark.parametrize("options", [{"compression": "zlib"}, {"default": str}, {"metadata": {}}])
def test_writer_options_are_refused_for_reading(path, options):
    ladle.dump([1], path)
    with pytest.raises(TypeError):
        ladle.open(path, "r", **options)


@pytest.mark.parametrize("options", [{"types": ()}, {"on_error": "skip"}])
def test_reader_options_are_refused_for_writing(path, options):
    with pytest.raises(TypeError):
        ladle.open(path, "w", **options)
    assert not path.exists()


WRONG_VALUES = [
    {"compression": "zlap"},
    {"metadata": {1: 2}},
    {"metadata": {"a": object()}},
    {"block_size": -1},
    {"block_size": "big"},
    {"uuid": b"short"},
    {"level": "high"},
    {"level": 3},
    {"level": 10, "compression": "zlib"},
    {"level": 0, "compression": "zlib"},
    {"limits": 5},
    {"default": 5},
]


@pytest.mark.parametrize("options", WRONG_VALUES, ids=str)
def test_an_option_with_a_wrong_value_is_refused_before_the_file_is_touched(path, options):
    expected = (TypeError, ValueError, ladle.UnsupportedError)
    with pytest.raises(expected):
        ladle.open(path, "x", **options)
    assert not path.exists()
    path.write_bytes(b"old")
    for write in (
        lambda: ladle.open(path, "w", **options),
        lambda: ladle.dump([], path, **options),
    ):
        with pytest.raises(expected):
            write()
        assert path.read_bytes() == b"old"


def test_a_writer_knows_its_metadata_and_its_memory(path):
    with ladle.open(path, "w", metadata={"a": 1}) as writer:
        assert writer.metadata == {"a": 1}
        assert 0 < writer.memory_bound < 1 << 24


# A record that cannot be stored


def failing_records():
    marks = {"UnlikelyKey": "UnlikelyText", "more": [b"UnlikelyBytes", 0x756E6C696B656C79]}
    deep = []
    for _ in range(400):
        deep = [deep, "UnlikelyText"]
    return {
        "last in a dict": {**marks, "fn": object()},
        "first in a dict": {"fn": object(), **marks},
        "behind containers": [marks, (marks, {marks["UnlikelyKey"]: [[marks]]}, object())],
        "in a new column of a known dict": {"id": 1, "UnlikelyKey": object()},
        "in a known column of another kind": {"id": ["UnlikelyText", object()]},
        "in a map": {1: "UnlikelyText", 2: object()},
        "too deep": deep,
    }


@pytest.mark.parametrize("kind", failing_records())
def test_a_record_that_cannot_be_stored_leaves_no_trace(kind):
    records = [{"id": i, "tags": ["a"] * (i % 3)} for i in range(2000)]
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        for number, record in enumerate(records):
            if number == 1000:
                for _ in range(3):
                    with pytest.raises((TypeError, ladle.LimitError)) as caught:
                        writer.append(failing_records()[kind])
                if isinstance(caught.value, TypeError):
                    assert "record 1000: " in str(caught.value)
                else:
                    assert caught.value.record == 1000
                assert len(writer) == 1000
            writer.append(record)
    data = file.getvalue()
    assert loaded(data) == reference.read(data) == records
    for trace in (b"Unlikely", b"unlikely", b"ylekilnu"):
        assert trace not in data


def test_a_failing_first_record_leaves_the_writer_usable():
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        with pytest.raises(TypeError):
            writer.append({"gone": object()})
        assert len(writer) == 0
        writer.append("kept")
    assert loaded(file.getvalue()) == ["kept"]
    assert b"gone" not in file.getvalue()


def test_extend_keeps_the_records_before_one_that_cannot_be_stored():
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        with pytest.raises(TypeError, match="record 2: "):
            writer.extend([0, 1, object(), 3])
        assert len(writer) == 2
        writer.append("next")
    assert loaded(file.getvalue()) == [0, 1, "next"]


def test_extend_keeps_the_records_before_an_exception_of_the_source():
    def source():
        yield "kept"
        raise ZeroDivisionError

    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        with pytest.raises(ZeroDivisionError):
            writer.extend(source())
        writer.append("next")
    assert loaded(file.getvalue()) == ["kept", "next"]


def test_extend_refuses_what_dump_refuses():
    with ladle.open(io.BytesIO(), "w") as writer:
        for records in ("text", b"bytes", {"a": 1}, 5):
            with pytest.raises(TypeError):
                writer.extend(records)
        assert len(writer) == 0


# Flush, abort, close


def test_flushed_records_can_be_read_before_the_file_is_complete(path):
    writer = ladle.open(path, "w")
    writer.extend(range(100))
    writer.flush()
    records, error = read_until_error(path.read_bytes())
    assert records == list(range(100))
    assert isinstance(error, ladle.TruncatedError)
    writer.close()
    assert list(ladle.load(path)) == list(range(100))


def test_flush_without_new_records_adds_nothing():
    file = io.BytesIO()
    with ladle.open(file, "w") as writer:
        writer.append(1)
        writer.flush()
        before = len(file.getvalue())
        writer.flush()
        assert len(file.getvalue()) == before


def test_abort_keeps_what_was_appended_and_leaves_the_file_unfinished():
    file = io.BytesIO()
    writer = ladle.open(file, "w")
    writer.extend(range(5000))
    writer.abort()
    records, error = read_until_error(file.getvalue())
    assert records == list(range(5000))
    assert isinstance(error, ladle.TruncatedError)


def test_an_exception_in_the_with_block_leaves_the_file_unfinished(path):
    with pytest.raises(KeyError), ladle.open(path, "w") as writer:
        writer.extend(range(10))
        raise KeyError
    records, error = read_until_error(path.read_bytes())
    assert records == list(range(10))
    assert isinstance(error, ladle.TruncatedError)


def test_use_after_close_is_a_value_error(path):
    for end in ("close", "abort"):
        writer = ladle.open(path, "w")
        writer.append(1)
        getattr(writer, end)()
        for use, arguments in [(writer.append, [2]), (writer.extend, [[2]]), (writer.flush, [])]:
            with pytest.raises(ValueError):
                use(*arguments)
        with pytest.raises(ValueError), writer:
            pytest.fail("entered a closed writer")


def test_closing_twice_is_fine(path):
    with ladle.open(path, "w") as writer:
        writer.append(1)
        writer.close()
        writer.close()
    before = path.read_bytes()
    writer.abort()
    assert path.read_bytes() == before


def test_closing_does_not_close_the_callers_file():
    file = io.BytesIO()
    ladle.open(file, "w").close()
    assert not file.closed
    assert loaded(file.getvalue()) == []


def test_a_writer_collected_while_open_is_closed_with_a_warning(path):
    writer = ladle.open(path, "w")
    writer.append("kept")
    with pytest.warns(ResourceWarning):
        del writer
        gc.collect()
    assert list(ladle.load(path)) == ["kept"]


def test_a_closed_writer_goes_without_a_warning(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        writer = ladle.open(path, "w")
        writer.close()
        del writer
        gc.collect()


def test_a_writer_in_a_cycle_with_its_file_is_collected():
    class Holder(OnlyWrite):
        pass

    file = Holder()
    file.writer = ladle.open(file, "w")
    file.writer.append("kept")
    data = file.data
    with pytest.warns(ResourceWarning):
        del file
        gc.collect()
    assert loaded(bytes(data)) == ["kept"]


# Failed writes


class FailsAfter(OnlyWrite):
    """Takes `room` bytes, then its disk is full, once."""

    def __init__(self, room):
        super().__init__()
        self.room = room

    def write(self, data):
        if len(self.data) + len(data) > self.room:
            self.room = 1 << 30
            raise OSError(errno.ENOSPC, "full")
        return super().write(data)


@pytest.mark.parametrize("room", [64, 500, 5000, 20_000])
def test_after_a_failed_write_the_writer_is_dead_and_the_file_holds_a_prefix(room):
    file = FailsAfter(room)
    writer = ladle.open(file, "w", block_size=1024)
    with pytest.raises(OSError) as caught:
        for i in range(100_000):
            writer.append([i, str(i)])
    assert caught.value.errno == errno.ENOSPC
    length = len(file.data)
    for use in (lambda: writer.append(1), lambda: writer.extend([1]), writer.flush):
        with pytest.raises((OSError, ValueError, RuntimeError, ladle.Error)):
            use()
    writer.close()
    assert len(file.data) == length
    records, error = read_until_error(bytes(file.data))
    assert records == [[i, str(i)] for i in range(len(records))]
    assert isinstance(error, ladle.TruncatedError)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the platform has no /dev/full")
def test_close_on_a_full_disk_is_an_error():
    with pytest.raises(OSError) as caught:
        writer = ladle.open("/dev/full", "w")
        writer.append(1)
        writer.close()
    assert caught.value.errno == errno.ENOSPC


# Threads, reentry, fork


class Gate(OnlyWrite):
    """A file whose write waits until it may go on."""

    def __init__(self):
        super().__init__()
        self.armed, self.entered, self.open = False, threading.Event(), threading.Event()

    def write(self, data):
        if self.armed:
            self.entered.set()
            assert self.open.wait(30)
        return super().write(data)


def test_a_writer_used_by_two_threads_at_once_is_a_runtime_error():
    file = Gate()
    writer = ladle.open(file, "w")
    writer.append("first")
    file.armed = True
    thread = threading.Thread(target=writer.flush)
    thread.start()
    assert file.entered.wait(30)
    try:
        for use in (
            lambda: writer.append(1),
            lambda: writer.extend([1]),
            writer.flush,
            writer.close,
        ):
            with pytest.raises(RuntimeError):
                use()
    finally:
        file.open.set()
        thread.join()
    writer.append("second")
    writer.close()
    assert loaded(bytes(file.data)) == ["first", "second"]


def test_a_file_object_that_uses_its_own_writer_is_refused():
    class Reentrant(OnlyWrite):
        error = writer = None

        def write(self, data):
            if self.writer:
                try:
                    self.writer.append("inner")
                except (RuntimeError, ValueError) as error:
                    self.error = error
            return super().write(data)

    file = Reentrant()
    file.writer = writer = ladle.open(file, "w")
    writer.append("outer")
    writer.flush()
    assert isinstance(file.error, RuntimeError)
    writer.close()
    assert loaded(bytes(file.data)) == ["outer"]


def test_default_that_uses_its_own_writer_is_refused_or_kept_in_order():
    file = io.BytesIO()

    def default(value):
        writer.append("inner")
        return "mapped"

    writer = ladle.open(file, "w", default=default)
    with pytest.raises(RuntimeError):
        writer.append(object())
    writer.append("after")
    writer.close()
    assert loaded(file.getvalue()) == ["after"]


def test_a_source_may_look_at_its_writer_but_not_break_it():
    file = io.BytesIO()

    def source():
        yield "first"
        writer.append("between")
        yield "last"

    writer = ladle.open(file, "w")
    try:
        writer.extend(source())
    except RuntimeError:
        writer.close()
        assert loaded(file.getvalue()) == ["first"]
    else:
        writer.close()
        assert loaded(file.getvalue()) == ["first", "between", "last"]


@pytest.mark.parametrize("compression", (None, "zlib"))
def test_threads_that_compress_change_no_byte(compression):
    records = [{"number": i, "name": f"name {i % 100}", "score": i / 7} for i in range(20000)]
    files = []
    for threads in (0, 1, 3):
        files.append(io.BytesIO())
        options = {"threads": threads, "compression": compression, "block_size": 4000}
        ladle.dump(records, files[-1], uuid=bytes(16), **options)
    assert len({file.getvalue() for file in files}) == 1
    assert loaded(files[0].getvalue()) == records


@pytest.mark.parametrize("threads", (-1, 65, 1 << 70))
def test_there_are_limits_to_the_threads(threads):
    with pytest.raises(ValueError, match="threads"):
        ladle.open(io.BytesIO(), "w", threads=threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("threads", (0, 2))
def test_a_writer_is_dead_in_a_forked_child_and_lives_on_in_the_parent(path, threads):
    writer = ladle.open(path, "w", block_size=1024, compression="zlib", threads=threads)
    writer.extend(range(3000))
    child = os.fork()
    if child == 0:
        status = child_is_refused(writer)
        del writer
        gc.collect()
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    writer.extend(range(3000, 6000))
    writer.close()
    assert list(ladle.load(path)) == list(range(6000))


def child_is_refused(writer):
    """0 when every use fails; the child ends without a word about the file."""
    uses = [(writer.append, [1]), (writer.extend, [[1] * 5000]), (writer.flush, [])]
    for use, arguments in uses:
        try:
            use(*arguments)
        except Exception:
            continue
        return 1
    with contextlib.suppress(Exception):
        writer.close()
    return 0


# The lock


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_a_second_writer_is_refused_and_harms_nothing(path, mode):
    with ladle.open(path, "w") as writer:
        writer.append(1)
        writer.flush()
        with pytest.raises(BlockingIOError, match="another writer") as caught:
            ladle.open(path, mode)
        assert caught.value.filename == os.fspath(path)
        writer.append(2)
    assert list(ladle.load(path)) == [1, 2]
    with ladle.open(path, mode) as writer:
        writer.append(3)
    assert list(ladle.load(path)) == [3]


def test_a_file_is_not_replaced_under_its_writer(path, tmp_path):
    ladle.dump([8, 9], other := tmp_path / "other")
    with ladle.open(path, "w") as writer:
        writer.append(1)
        writer.sync()
        for replace in (
            lambda: ladle.dump([7], path),
            lambda: ladle.repair(other, path),
            lambda: ladle.concat([other], path),
            lambda: ladle.convert(other, path, source_format="ladle"),
        ):
            with pytest.raises(BlockingIOError, match="another writer") as caught:
                replace()
            assert caught.value.filename == os.fspath(path)
        writer.append(2)
    assert list(ladle.load(path)) == [1, 2]
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, "other"])


def test_nor_under_one_that_came_while_the_new_file_was_written(path, tmp_path):
    ladle.dump([1], path)
    writers = []

    def records():
        yield 7
        writers.append(ladle.open(path, "a"))

    with pytest.raises(BlockingIOError, match="another writer"):
        ladle.dump(records(), path)
    writers[0].append(2)
    writers[0].close()
    assert list(ladle.load(path)) == [1, 2]
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("mode", ["w", "a"])
@pytest.mark.parametrize("is_removed", [False, True])
def test_a_file_that_loses_its_name_before_it_is_locked_is_not_written(
    path, mode, is_removed, monkeypatch
):
    from ladle import _targets

    def lock_late(descriptor):
        monkeypatch.undo()
        os.unlink(path) if is_removed else ladle.dump([1], path)
        return _targets.lock(descriptor)

    ladle.dump([0], path)
    monkeypatch.setattr(_targets, "lock", lock_late)
    with ladle.open(path, mode) as writer:
        writer.append(2)
    before = [1] if mode == "a" and not is_removed else []
    assert list(ladle.load(path)) == [*before, 2]


def test_the_records_so_far_are_read_while_the_writer_lives(path):
    with ladle.open(path, "w") as writer:
        writer.extend([1, 2])
        writer.flush()
        assert list(ladle.load(path)) == [1, 2]
        writer.append(3)
        assert list(ladle.load(path)) == [1, 2]
        writer.flush()
        assert list(ladle.load(path)) == [1, 2, 3]
        writer.abort()
    assert read_until_error(path.read_bytes())[0] == [1, 2, 3]
    with pytest.raises(ladle.TruncatedError):
        list(ladle.load(path))


def test_a_forked_child_does_not_keep_the_lock_of_its_parent(path):
    writer = ladle.open(path, "w")
    writer.append(1)
    started, start = os.pipe()
    end, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(start, b"x")
        os.read(end, 1)
        os._exit(0)
    os.read(started, 1)
    writer.close()
    try:
        with ladle.open(path, "w") as again:
            again.append(2)
    finally:
        os.write(go, b"x")
        os.waitpid(child, 0)
        for descriptor in (started, start, end, go):
            os.close(descriptor)
    assert list(ladle.load(path)) == [2]


WITHOUT_LOCKS = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (command == F_OFD_SETLK || command == F_OFD_GETLK) {
        errno = ENOLCK;
        return -1;
    }
    return syscall(SYS_fcntl, fd, command, argument);
}

int fcntl64(int, int, ...) __attribute__((alias("fcntl")));
"""
WRITE_EACH_WAY = """
import sys, ladle
path = sys.argv[1]
with ladle.open(path, "w") as writer:
    writer.append(1)
    writer.flush()
    assert list(ladle.load(path, on_error="tail")) == [1]
with ladle.open(path, "a") as writer:
    writer.append(2)
assert list(ladle.load(path)) == [1, 2]
ladle.dump([3], path)
assert ladle.open(path)[:][0] == 3
"""


@pytest.mark.skipif(sys.platform != "linux" or sys.maxsize < 2**32, reason="of 64-bit Linux")
def test_a_file_system_without_locks(tmp_path):
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if not shutil.which(compiler[0]):
        pytest.skip("no C compiler")
    source, shim = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(WITHOUT_LOCKS)
    subprocess.run([*compiler, "-shared", "-fPIC", "-o", shim, source], check=True)
    command = [sys.executable, "-c", WRITE_EACH_WAY, tmp_path / "a.ladle"]
    preloaded = f"{os.environ.get('LD_PRELOAD', '')} {shim}"
    found = subprocess.run(command, env=os.environ | {"LD_PRELOAD": preloaded}, stderr=subprocess.PIPE)
    assert (found.returncode, found.stderr) == (0, b"")
