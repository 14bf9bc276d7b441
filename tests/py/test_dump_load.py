# SPDX-License-Identifier: BSD-2-Clause
"""dump and load: what they take, where they write to and read from, what a failure leaves."""

import array
import errno
import gc
import io
import math
import os
import pathlib
import random
import stat
import string
import subprocess
import sys
import threading
import uuid

import ladle
import pytest

import reference
from classes import Pair
from helpers import OnlyRead, OnlyWrite, dumped, exactly, loaded, read_until_error

RECORDS = [{"id": i, "name": f"name {i}"} for i in range(500)]


def names_beside(path):
    return sorted(os.listdir(path.parent))


def failing_source(count):
    yield from RECORDS[:count]
    raise KeyError("half-way")


# What is dumped


def test_dump_returns_how_many_records_it_wrote(path):
    assert ladle.dump(RECORDS, path) == 500
    assert ladle.dump([], path) == 0
    assert ladle.dump((i for i in range(7)), path) == 7


@pytest.mark.parametrize(
    "records",
    ["text", b"bytes", bytearray(b"x"), {"a": 1}, memoryview(b"x"), 5, None],
    ids=lambda value: type(value).__name__,
)
def test_dump_refuses_what_is_not_meant_as_records(path, records):
    with pytest.raises(TypeError):
        ladle.dump(records, path)
    assert names_beside(path) == []


@pytest.mark.parametrize("records", ["text", b"bytes", {"a": 1}])
def test_the_refusal_says_what_to_do(path, records):
    with pytest.raises(TypeError, match="dumps"):
        ladle.dump(records, path)


@pytest.mark.parametrize(
    "records",
    [[1, 2], (1, 2), iter([1, 2]), range(1, 3), {1: "a", 2: "b"}.keys(), array.array("i", [1, 2])],
    ids=lambda value: type(value).__name__,
)
def test_dump_takes_any_iterable(records):
    assert loaded(dumped(records)) == [1, 2]


def test_dump_of_what_load_gives_copies_the_records(path):
    ladle.dump(RECORDS, path)
    copy = io.BytesIO()
    assert ladle.dump(ladle.load(path), copy) == 500
    assert loaded(copy.getvalue()) == RECORDS


@pytest.mark.parametrize("options", [{"bad": 1}, {"types": ()}, {"on_error": "skip"}])
def test_dump_refuses_unknown_options(path, options):
    with pytest.raises(TypeError):
        ladle.dump([1], path, **options)
    assert names_beside(path) == []


@pytest.mark.parametrize("options", [{"bad": 1}, {"compression": "zlib"}, {"metadata": {}}])
def test_load_refuses_unknown_options(path, options):
    ladle.dump([1], path)
    with pytest.raises(TypeError):
        ladle.load(path, **options)


@pytest.mark.parametrize("compression", ["zlap", "", 5])
def test_an_unknown_compression_is_refused(path, compression):
    with pytest.raises((ValueError, TypeError, ladle.UnsupportedError)):
        ladle.dump([1], path, compression=compression)
    assert names_beside(path) == []


# Paths


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path], ids=["str", "bytes", "PathLike"])
def test_paths_of_all_kinds(path, kind):
    ladle.dump(RECORDS, kind(path))
    assert list(ladle.load(kind(path))) == RECORDS
    assert names_beside(path) == ["data.ladle"]


def test_a_path_with_any_characters(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff \xc3\xa4\n.ladle"
    ladle.dump([1], path)
    assert list(ladle.load(path)) == [1]
    assert list(ladle.load(os.fsdecode(path))) == [1]


@pytest.mark.parametrize(
    "name", ["n" * 255, "\u6f22" * 85, "\U0001f944" * 63], ids=["1 byte", "3 bytes", "4 bytes"]
)
def test_the_longest_names_that_a_directory_holds(tmp_path, name):
    path = tmp_path / name
    ladle.dump(["old"], path)
    ladle.dump(["new"], path)
    assert list(ladle.load(path)) == ["new"]
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="the platform lists no descriptors")
def test_no_descriptor_is_left_open(path, tmp_path):
    junk = tmp_path / "junk"
    junk.write_bytes(b"x" * 100)
    gc.collect()
    before = os.listdir("/proc/self/fd")
    ladle.dump(RECORDS, path)
    assert len(list(ladle.load(path))) == 500
    next(ladle.load(path))
    ladle.open(path).close()
    ladle.open(path, "w").close()
    ladle.open(path, "w").abort()
    with pytest.raises(KeyError):
        ladle.dump(failing_source(5), path)
    for wrong in (
        lambda: ladle.load(junk),
        lambda: ladle.open(junk),
        lambda: ladle.open(junk, "w", compression="zlap"),
        lambda: ladle.load(path, limits=5),
    ):
        with pytest.raises((ladle.FormatError, ValueError, TypeError)):
            wrong()
    with pytest.raises(TypeError):
        ladle.dump(5, path)
    gc.collect()
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize("file", ["a\0b", b"a\0b"])
def test_a_path_with_a_zero_byte_is_refused(file):
    with pytest.raises(ValueError):
        ladle.dump([1], file)
    with pytest.raises(ValueError):
        ladle.load(file)


@pytest.mark.parametrize(
    "file", [None, 1.5, object(), ["a"]], ids=lambda value: type(value).__name__
)
def test_what_is_no_file_is_refused(file):
    with pytest.raises(TypeError):
        ladle.dump([1], file)
    with pytest.raises(TypeError):
        ladle.load(file)


def test_load_of_a_missing_file_names_it(path):
    with pytest.raises(FileNotFoundError) as caught:
        ladle.load(path)
    assert os.fspath(caught.value.filename) == os.fspath(path)


def test_load_of_a_directory_is_an_os_error(tmp_path):
    with pytest.raises(OSError):
        list(ladle.load(tmp_path))


def test_dump_into_a_missing_directory_names_the_path(tmp_path):
    path = tmp_path / "missing" / "data.ladle"
    with pytest.raises(FileNotFoundError) as caught:
        ladle.dump([1], path)
    assert os.fspath(caught.value.filename) == os.fspath(path)


def test_dump_to_a_directory_is_an_os_error_and_leaves_it(tmp_path):
    target = tmp_path / "directory"
    target.mkdir()
    with pytest.raises(OSError):
        ladle.dump([1], target)
    assert os.listdir(tmp_path) == ["directory"]


# A path holds the old file or the whole new one


@pytest.mark.parametrize("count", [0, 1, 500])
def test_a_source_that_raises_leaves_the_old_file_and_nothing_else(path, count):
    ladle.dump(["old"], path)
    before = path.read_bytes()
    with pytest.raises(KeyError, match="half-way"):
        ladle.dump(failing_source(count), path, block_size=1024)
    assert path.read_bytes() == before
    assert names_beside(path) == ["data.ladle"]


def test_a_source_that_raises_leaves_no_new_file(path):
    with pytest.raises(KeyError):
        ladle.dump(failing_source(100), path)
    assert names_beside(path) == []


def test_an_unsupported_record_leaves_the_old_file(path):
    ladle.dump(["old"], path)
    with pytest.raises(TypeError):
        ladle.dump([*RECORDS, object()], path)
    assert list(ladle.load(path)) == ["old"]
    assert names_beside(path) == ["data.ladle"]


@pytest.mark.parametrize("count", [0, 1, 400])
def test_what_a_source_gave_before_it_raised_is_readable_in_a_file_object(count):
    file = io.BytesIO()
    with pytest.raises(KeyError, match="half-way"):
        ladle.dump(failing_source(count), file, block_size=1024)
    records, error = read_until_error(file.getvalue())
    assert records == RECORDS[:count]
    assert isinstance(error, ladle.TruncatedError)


def test_what_stands_before_an_unsupported_record_is_readable_in_a_file_object():
    records, file = RECORDS * 3, io.BytesIO()
    with pytest.raises(TypeError, match=r"record 1000: \['fn'\]: object"):
        ladle.dump([*records[:1000], {"id": 1, "fn": object()}, *records[1000:]], file)
    found, error = read_until_error(file.getvalue())
    assert found == records[:1000]
    assert isinstance(error, ladle.TruncatedError)


def test_what_was_written_before_the_disk_was_full_is_readable(path):
    """With a limit of the system on the length of files, and a signal that is ignored."""
    program = """
import resource, signal, sys, ladle
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with ladle.open(sys.argv[1], "w", block_size=1024) as writer:
        for i in range(100_000):
            writer.append([i, str(i)])
except OSError as error:
    print(error.errno, error.filename)
"""
    command = [sys.executable, "-c", program, path]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    assert result.stdout == f"{errno.EFBIG} {path}\n"
    records, error = read_until_error(path.read_bytes())
    assert len(records) > 1000
    assert records == [[i, str(i)] for i in range(len(records))]
    assert isinstance(error, ladle.TruncatedError)


def test_the_old_file_can_be_read_while_the_new_one_is_written(path):
    ladle.dump(["old"] * 100, path)
    old = ladle.load(path)
    assert ladle.dump((record + " and new" for record in old), path) == 100
    assert list(ladle.load(path)) == ["old and new"] * 100


def test_the_path_is_not_touched_before_the_source_has_ended(path):
    ladle.dump(["old"], path)

    def source():
        yield from RECORDS
        assert list(ladle.load(path)) == ["old"]

    ladle.dump(source(), path, block_size=1024)
    assert list(ladle.load(path)) == RECORDS


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_of_the_old_file_is_kept(path, mode):
    ladle.dump(["old"], path)
    path.chmod(mode)
    ladle.dump(["new"], path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_open_would_give(path):
    plain = path.with_name("plain")
    old = os.umask(0o027)
    try:
        ladle.dump([1], path)
        plain.write_bytes(b"")
    finally:
        os.umask(old)
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_symbolic_link_stays_one_and_its_target_is_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "target.ladle", tmp_path / "link.ladle"
    ladle.dump(["old"], target)
    link.symlink_to(pathlib.Path("real") / "target.ladle")
    ladle.dump(["new"], link)
    assert link.is_symlink()
    assert list(ladle.load(target)) == ["new"]
    assert os.listdir(tmp_path / "real") == ["target.ladle"]
    assert names_beside(link) == ["link.ladle", "real"]


def test_a_link_to_nothing_creates_its_target(tmp_path):
    link = tmp_path / "link.ladle"
    link.symlink_to("target.ladle")
    ladle.dump(["new"], link)
    assert link.is_symlink()
    assert list(ladle.load(tmp_path / "target.ladle")) == ["new"]


# File objects


def test_only_write_and_only_read_are_needed():
    sink = OnlyWrite()
    assert ladle.dump(RECORDS, sink) == 500
    assert list(ladle.load(OnlyRead(bytes(sink.data)))) == RECORDS


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 4096])
def test_short_writes_and_reads_are_continued(chunk):
    sink = OnlyWrite(chunk)
    ladle.dump(RECORDS, sink)
    assert loaded(bytes(sink.data)) == RECORDS
    assert list(ladle.load(OnlyRead(bytes(sink.data), chunk))) == RECORDS


def test_a_file_object_is_used_from_where_it_stands_and_stays_open(path):
    with open(path, "w+b") as file:
        file.write(b"junk")
        ladle.dump([1, 2], file)
        ladle.dump([3], file)
        file.seek(4)
        assert list(ladle.load(file)) == [1, 2, 3]
        assert not file.closed


def test_an_unbuffered_file_object(path):
    with open(path, "wb", buffering=0) as file:
        ladle.dump(RECORDS, file)
    with open(path, "rb", buffering=0) as file:
        assert list(ladle.load(file)) == RECORDS


def test_a_text_file_is_refused(path):
    with open(path, "w") as file, pytest.raises(TypeError):
        ladle.dump([1], file)
    path.write_text("text")
    with open(path) as file, pytest.raises(TypeError):
        list(ladle.load(file))


def test_a_closed_file_object_is_a_value_error(path):
    closed = io.BytesIO(dumped([1]))
    closed.close()
    with pytest.raises(ValueError):
        ladle.dump([1], closed)
    with pytest.raises(ValueError):
        list(ladle.load(closed))


def test_what_was_written_before_the_file_object_was_closed_is_readable(path):
    with open(path, "wb") as file:
        writer = ladle.open(file, "w")
        writer.extend(RECORDS)
        writer.flush()
    with pytest.raises(ValueError):
        writer.append("more")
        writer.flush()
    writer.close()  # of a dead writer: it completes nothing
    records, error = read_until_error(path.read_bytes())
    assert records == RECORDS
    assert isinstance(error, ladle.TruncatedError)


class Broken:
    """A file whose methods raise, or return what they must not."""

    def __init__(self, result):
        self.result = result

    def write(self, data):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    read = write


def test_an_exception_of_the_file_object_passes_through_unchanged():
    error = ZeroDivisionError("mine")
    with pytest.raises(ZeroDivisionError) as caught:
        ladle.dump(RECORDS, Broken(error))
    assert caught.value is error
    with pytest.raises(ZeroDivisionError) as caught:
        list(ladle.load(Broken(error)))
    assert caught.value is error


@pytest.mark.parametrize("result", ["text", 5.5, -1, 1 << 70, [], b"x" * (1 << 23)])
def test_what_a_broken_read_returns_is_refused_and_no_crash(result):
    with pytest.raises((TypeError, ValueError, OSError, OverflowError, ladle.Error)):
        list(ladle.load(Broken(result)))


@pytest.mark.parametrize("result", ["text", 5.5, -1, 1 << 70, []])
def test_what_a_broken_write_returns_is_refused_and_no_crash(result):
    with pytest.raises((TypeError, ValueError, OSError, OverflowError)):
        ladle.dump(RECORDS, Broken(result))


# Pipes and devices


def test_a_pipe_between_two_threads():
    read_end, write_end = os.pipe()

    def write():
        with open(write_end, "wb") as file:
            ladle.dump(RECORDS * 20, file, block_size=4096)

    thread = threading.Thread(target=write)
    thread.start()
    with open(read_end, "rb") as file:
        records = list(ladle.load(file))
    thread.join()
    assert records == RECORDS * 20


def test_records_come_out_of_a_pipe_while_it_is_still_written():
    read_end, write_end = os.pipe()
    with open(read_end, "rb", buffering=0) as source, open(write_end, "wb", buffering=0) as sink:
        writer = ladle.open(sink, "w")
        writer.append("first")
        writer.flush()
        records = ladle.load(source)
        assert next(records) == "first"
        writer.append("second")
        writer.close()
        sink.close()
        assert list(records) == ["second"]


def test_a_writer_to_a_pipe_into_cat_into_a_reader_from_a_pipe():
    writer = (
        "import ladle, sys\n"
        "ladle.dump(({'i': i} for i in range(5000)), sys.stdout.buffer, block_size=2048)"
    )
    with (
        subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE) as source,
        subprocess.Popen(["cat"], stdin=source.stdout, stdout=subprocess.PIPE) as cat,
    ):
        assert list(ladle.load(cat.stdout)) == [{"i": i} for i in range(5000)]


def test_a_named_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    thread = threading.Thread(target=ladle.dump, args=(RECORDS, path))
    thread.start()
    assert list(ladle.load(path)) == RECORDS
    thread.join()
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the platform has no /dev/full")
def test_a_full_disk_is_no_space_left():
    with pytest.raises(OSError) as caught:
        ladle.dump(RECORDS, "/dev/full")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == "/dev/full"


def test_cat_of_two_files_reads_as_both(tmp_path):
    first, second = tmp_path / "first.ladle", tmp_path / "second.ladle"
    ladle.dump(RECORDS, first, metadata={"a": 1, "b": 1})
    ladle.dump([1, "a"], second, compression="zlib", metadata={"b": 2})
    both = subprocess.run(["cat", first, second], check=True, stdout=subprocess.PIPE).stdout
    records = ladle.load(io.BytesIO(both))
    assert list(records) == [*RECORDS, 1, "a"]
    assert records.position == 502
    assert records.metadata == {"a": 1, "b": 2}


# Options that show in the file


def test_the_same_uuid_makes_the_same_bytes():
    one = uuid.UUID("12345678-1234-5678-1234-567812345678")
    assert dumped(RECORDS, uuid=one) == dumped(iter(RECORDS), uuid=one)
    assert dumped(RECORDS, uuid=one)[16:32] == one.bytes
    assert dumped(RECORDS) != dumped(RECORDS)


def test_metadata_come_back(path):
    metadata = {"made by": "test", "columns": [1, (2.5, None)], "nested": {"": {1, 2}}}
    ladle.dump(RECORDS, path, metadata=metadata)
    records = ladle.load(path)
    assert records.metadata == metadata
    assert list(records) == RECORDS
    assert ladle.load(io.BytesIO(dumped([1]))).metadata == {}


@pytest.mark.parametrize("metadata", [5, "text", [("a", 1)], {1: 2}, {"a": object()}, {b"a": 1}])
def test_metadata_must_be_a_dict_from_str_to_values(path, metadata):
    with pytest.raises(TypeError):
        ladle.dump([1], path, metadata=metadata)
    assert names_beside(path) == []


@pytest.mark.parametrize("zeros, pays", [(600, False), (1800, True)])
def test_what_hardly_shrinks_is_stored_as_it_is(zeros, pays):
    record = random.Random(5).randbytes(20_000 - zeros) + bytes(zeros)
    data = dumped([record], compression="zlib")
    assert len(data) < 19_000 if pays else len(data) > 20_000
    assert loaded(data) == [record]


@pytest.mark.parametrize("level", [1, 9])
@pytest.mark.parametrize(
    "letters, codec",
    [
        (string.ascii_letters + string.digits, "bitpack"),
        ("0123456789abcdef", "bitpack"),
        ("01", "bitpack"),
        (string.printable, "zlib"),
        (string.ascii_lowercase + "0123456", "zlib"),  # 33 letters: 5.1 bits, or 6
        ("a" * 40 + "bcd", "zlib"),
    ],
)
def test_random_text_is_packed_where_a_codec_makes_it_no_shorter(letters, codec, level):
    source = random.Random(6)
    records = ["".join(source.choices(letters, k=20)) for _ in range(3000)]
    data = dumped(records, compression="zlib", level=level)
    with ladle.open(io.BytesIO(data)) as reader:
        assert codec in reader.info().codecs
        assert ("bitpack" in reader.info().codecs) == (codec == "bitpack")
    assert exactly(loaded(data)) == exactly(records)
    assert reference.read(data) == records
    bits = math.log2(len(letters)) if codec == "bitpack" else 6.9
    assert len(data) < 60_000 * bits / 8 * 1.01 + 1000


def test_text_that_repeats_itself_is_not_packed():
    source = random.Random(7)
    words = ["".join(source.choices("0123456789abcdef", k=8)) for _ in range(200)]
    records = ["".join(source.choices(words, k=4)) for _ in range(3000)]
    data = dumped(records, compression="zlib")
    with ladle.open(io.BytesIO(data)) as reader:
        assert "bitpack" not in reader.info().codecs
    assert len(data) < 40_000
    assert loaded(data) == records


def test_compression_makes_a_smaller_file_with_the_same_records():
    records = ["the same text again and again"] * 3 + [{"i": i // 100} for i in range(2000)]
    plain, packed = dumped(records), dumped(records, compression="zlib")
    assert len(packed) < len(plain)
    assert loaded(packed) == records
    assert len(dumped(records, compression="zlib", level=9)) <= len(packed)


def test_one_column_of_constants_takes_next_to_no_room():
    assert len(dumped([{"kind": "constant", "value": 7}] * 10_000)) < 1000


@pytest.mark.parametrize("work", ["dump", "concat", "repair"])
@pytest.mark.parametrize(
    "name, error", [("", FileNotFoundError), (b"", FileNotFoundError), ("new/", IsADirectoryError)]
)
def test_a_path_that_can_name_no_file_is_refused(tmp_path, monkeypatch, work, name, error):
    path = tmp_path / "a.ladle"
    ladle.dump([1], path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(error):
        if work == "dump":
            ladle.dump([1], name)
        elif work == "concat":
            ladle.concat([path], name)
        else:
            ladle.repair(path, name)
    assert sorted(os.listdir(tmp_path)) == ["a.ladle", "here"] and not os.listdir(".")


@pytest.mark.parametrize("value", [5, None, object(), Pair(1, 2)], ids=repr)
def test_one_value_in_place_of_records_is_refused_with_what_to_do(value, path):
    with pytest.raises(TypeError, match=r"dump\(\[value\], file\)"):
        ladle.dump(value, path)
    assert not path.exists()


@pytest.mark.parametrize(
    "use",
    [
        lambda file: ladle.dump([1], file),
        ladle.load,
        ladle.open,
        lambda file: ladle.open(file, "w"),
        lambda file: ladle.open(file, "a"),
        lambda file: ladle.repair(io.BytesIO(), file),
        ladle.from_pickle,
        lambda file: ladle.convert(file, io.BytesIO(), source_format="csv", target_format="jsonl"),
    ],
)
def test_files_of_text_are_refused_with_what_to_do(use, path):
    with path.open("w+") as file, pytest.raises(TypeError, match="binary mode"):
        use(file)
    assert path.stat().st_size == 0
