# SPDX-License-Identifier: BSD-2-Clause
"""Converting as files and as a command: names, compression, failures, progress, memory."""

import bz2
import csv
import functools
import gzip
import io
import json
import lzma
import os
import pickle
import signal
import stat
import subprocess
import sys
import time

import ladle
import pytest

from converting import ROWS, from_text

MIB = 1 << 20


def test_paths_suffixes_and_compressed_files(tmp_path):
    ladle.dump(ROWS, tmp_path / "a.ladle")
    assert ladle.convert(tmp_path / "a.ladle", tmp_path / "a.jsonl.gz") == len(ROWS)
    with gzip.open(tmp_path / "a.jsonl.gz") as file:
        assert [json.loads(line) for line in file] == ROWS
    for before, after in [
        ("a.jsonl.gz", "a.csv.bz2"),
        ("a.csv.bz2", "a.pkl.xz"),
        ("a.pkl.xz", "b.ladle.gz"),
        ("b.ladle.gz", "c.ndjson"),
        ("c.ndjson", "c.ladle"),
    ]:
        assert ladle.convert(tmp_path / before, str(tmp_path / after)) == len(ROWS)
    assert ladle.load(tmp_path / "c.ladle").tolist() == ROWS


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("name", ["jsonl", "csv", "pkl", "npy", "npz", "ladle"])
def test_damaged_compressed_files(name, packing, tmp_path):
    path = tmp_path / f"a.{name}.{packing}"
    ladle.dump([float(hash(str(i))) for i in range(3000)], tmp_path / "a.ladle")
    ladle.convert(tmp_path / "a.ladle", path)
    ladle.convert(path, tmp_path / "b.jsonl", lossy=True)
    assert ladle.load(tmp_path / "a.ladle").tolist() == from_text("jsonl", (tmp_path / "b.jsonl").read_text())
    data = path.read_bytes()
    place = len(data) // 2
    for damaged in (data[:place], data[:place] + bytes(64) + data[place + 64 :], b"no such file"):
        path.write_bytes(damaged)
        with pytest.raises(ladle.FormatError, match=path.name):
            ladle.convert(path, tmp_path / "b.ladle")
    assert not (tmp_path / "b.ladle").exists()


@pytest.mark.parametrize(("packing", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
@pytest.mark.parametrize("name", ["jsonl", "pkl", "npy", "npz", "ladle"])
def test_what_a_compressed_file_holds_is_called_by_its_name(name, packing, compress, tmp_path):
    path = tmp_path / f"a.{name}.{packing}"
    path.write_bytes(compress(b"?\x93\xd3 no such file " * 100))
    with pytest.raises(ladle.FormatError, match=path.name):
        ladle.convert(path, tmp_path / "b.ladle")


def test_ladle_to_ladle_keeps_metadata_and_recompresses(tmp_path):
    path = tmp_path / "a.ladle"
    ladle.dump([{"a": f"text {i % 700}" * 9} for i in range(10_000)], path, metadata={"who": "me"})
    os.chmod(path, 0o640)
    before = path.stat().st_size
    ladle.convert(path, path, compression="zlib", level=9, block_size=50_000)
    assert path.stat().st_size < before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ladle.load(path).metadata == {"who": "me"}
    assert len(ladle.load(path).tolist()) == 10_000


def test_a_failed_conversion_leaves_what_was_there(tmp_path):
    target = tmp_path / "b.jsonl"
    target.write_text("old")
    ladle.dump([1, b"x"], tmp_path / "a.ladle")
    with pytest.raises(TypeError):
        ladle.convert(tmp_path / "a.ladle", target)
    with pytest.raises(FileNotFoundError):
        ladle.convert(tmp_path / "none.ladle", target)
    assert target.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["a.ladle", "b.jsonl"]


def test_wrong_calls(tmp_path):
    ladle.dump([1], tmp_path / "a.ladle")
    with pytest.raises(ValueError, match="names no format"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b")
    with pytest.raises(ValueError, match="must be one of"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b", target_format="xml")
    with pytest.raises(TypeError, match="lossy: no option from ladle to csv"):
        ladle.convert(tmp_path / "a.ladle", tmp_path / "b.csv", lossy=True)
    with pytest.raises(TypeError):
        ladle.convert(3, tmp_path / "b.csv")


def progress_of(source, target):
    seen = []
    ladle.convert(source, target, progress=lambda *told: seen.append(told))
    return seen


def test_progress_is_told(tmp_path):
    ladle.dump(range(2500), tmp_path / "a.ladle")
    seen = progress_of(tmp_path / "a.ladle", tmp_path / "b.jsonl")
    assert seen == [(1000, 0.4), (2000, 0.8), (2500, 1.0)]


@pytest.mark.parametrize("name", ["pkl", "jsonl", "csv", "jsonl.gz", "npy", "npz", "ladle.xz"])
def test_the_share_that_was_read_is_told(name, tmp_path):
    source = tmp_path / f"a.{name}"
    ladle.dump(range(50_000), tmp_path / "a.ladle")
    ladle.convert(tmp_path / "a.ladle", source)
    counts, shares = zip(*progress_of(source, tmp_path / "b.ladle"))
    assert counts == (*range(1000, 50_001, 1000), 50_000)
    assert list(shares) == sorted(shares) and 0 < shares[0] and 0.95 <= shares[-1] <= 1


def test_progress_of_what_has_no_size(tmp_path):
    ladle.dump(range(10), tmp_path / "a.ladle")
    with open(tmp_path / "a.ladle", "rb") as file:
        seen = []
        ladle.convert(
            file, tmp_path / "b.pkl", source_format="ladle", progress=lambda *told: seen.append(told)
        )
    assert seen == [(10, None)]
    data = (tmp_path / "a.ladle").read_bytes()
    (tmp_path / "cut.ladle").write_bytes(data[:-10])
    with pytest.raises(ladle.TruncatedError):
        progress_of(tmp_path / "cut.ladle", tmp_path / "b.pkl")


# ---- The command ----


def run(*arguments, data=None):
    command = [sys.executable, "-m", "ladle", *map(str, arguments)]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_command_converts_a_pickle_of_dicts(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(ROWS))
    assert run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle").returncode == 0
    assert ladle.load(tmp_path / "a.ladle").tolist() == ROWS
    result = run("convert", tmp_path / "a.ladle", "-", "--to", "csv")
    assert list(csv.DictReader(io.StringIO(result.stdout.decode(), newline="")))[0]["id"] == "0"
    result = run("convert", "-", "-", "--from", "csv", "--to", "jsonl", data=result.stdout)
    assert [json.loads(line) for line in result.stdout.splitlines()] == ROWS
    assert result.stderr == b""


def test_exit_statuses_of_convert(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"cos\nsystem\n(S'touch x'\ntR.")
    result = run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle")
    assert result.returncode == 1 and b"needs os.system" in result.stderr
    assert not (tmp_path / "a.ladle").exists()
    assert run("convert", tmp_path / "a.pkl", tmp_path / "a.ladle", "--unknown", "opaque").returncode == 0
    assert run("convert", tmp_path / "a.ladle", tmp_path / "a.jsonl").returncode == 1
    assert run("convert", tmp_path / "a.ladle", tmp_path / "a.jsonl", "--lossy").returncode == 0
    for wrong in (
        ["convert", tmp_path / "a.pkl"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b"],
        ["convert", "-", tmp_path / "b.ladle"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--types", "a=int"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--lossy"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--max-depth", "0"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--block-size", "1"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--level", "3"],
        ["convert", tmp_path / "a.pkl", tmp_path / "b.ladle", "--compression", "zlib", "--level", "77"],
        ["convert", tmp_path / "a.csv", tmp_path / "b.ladle", "--types", "a=foo"],
        ["convert", tmp_path / "a.csv", tmp_path / "b.ladle", "--delimiter", "xx"],
    ):
        assert run(*wrong).returncode == 2, wrong


def test_records_too_deep_for_the_format(tmp_path):
    value = []
    for _ in range(3000):
        value = [value]
    ladle.dump([value], tmp_path / "a.ladle", limits=ladle.Limits(max_depth=4096))
    for name in ("jsonl", "pkl"):
        result = run("convert", tmp_path / "a.ladle", tmp_path / f"b.{name}", "--max-depth", "4096")
        assert result.returncode == 1 and result.stderr.startswith(b"ladle: a record is nested too")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(number, tmp_path):
    os.mkfifo(tmp_path / "a.jsonl")
    command = [sys.executable, "-m", "ladle", "convert", tmp_path / "a.jsonl", tmp_path / "b.ladle"]
    unblock = functools.partial(signal.signal, number, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=unblock) as process:
        with open(tmp_path / "a.jsonl", "wb") as writer:
            while len(os.listdir(tmp_path)) < 2:
                writer.write(b"1\n")
                writer.flush()
            time.sleep(0.2)
            process.send_signal(number)
            assert process.stderr.read() == b"ladle: interrupted\n"
    assert process.returncode == 1
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_a_pipe_that_nobody_reads_any_more(tmp_path):
    ladle.dump(["x" * 100] * 10_000, tmp_path / "a.ladle")
    os.mkfifo(tmp_path / "b.csv")
    command = [sys.executable, "-m", "ladle", "convert", tmp_path / "a.ladle", tmp_path / "b.csv"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        with open(tmp_path / "b.csv", "rb") as reader:
            assert reader.read(1)
        assert b"Broken pipe" in process.stderr.read()
    assert process.returncode == 1


# ---- Memory ----

MEASURE = """
import json, sys
import ladle

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

small, source, target = sys.argv[1:]
ladle.convert(small, target)
open("/proc/self/clear_refs", "w").write("5")
start = memory("VmRSS")
count = ladle.convert(source, target)
print(json.dumps([count, memory("VmHWM") - start]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the platform tells no peak of memory")
@pytest.mark.parametrize(
    "kinds", ["pkl jsonl", "jsonl csv", "csv pkl", "ladle npz", "arrow ladle", "parquet ladle"]
)
def test_memory_does_not_grow_with_the_file(kinds, tmp_path):
    before, after = kinds.split()
    if before in ("arrow", "parquet"):
        pytest.importorskip("pyarrow")
    # pyarrow reads a row group of a Parquet file at once, and its own allocator keeps what is free.
    large, above_max = {"parquet": (600_000, 24 * MIB), "arrow": (200_000, 8 * MIB)}.get(
        before, (40_000, 2 * MIB)
    )
    for name, count in (("small", 2000), ("large", large)):
        records = ({"id": i, "name": f"{i:020}", "value": i / 7} for i in range(count))
        ladle.dump(records, tmp_path / f"{name}.ladle")
        if before != "ladle":
            ladle.convert(tmp_path / f"{name}.ladle", tmp_path / f"{name}.{before}")
    files = [tmp_path / f"small.{before}", tmp_path / f"large.{before}", tmp_path / f"out.{after}"]
    command = [sys.executable, "-c", MEASURE, *map(str, files)]
    environ = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    count, above = json.loads(result.stdout)
    assert count == large
    assert above <= above_max, f"{above / MIB:.1f} MiB"
