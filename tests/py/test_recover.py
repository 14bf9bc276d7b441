# SPDX-License-Identifier: BSD-2-Clause
"""verify, repair and concat, as functions and as commands."""

import io
import os
import random
import subprocess
import sys

import ladle
import numpy
import pytest

import reference
from helpers import dumped, exactly
from test_damage import FILES, Case
from test_modes import Damaged

RECORDS = [{"id": i, "text": "x" * (i % 50)} for i in range(3000)]


def damaged_file(path, **options):
    """A file with one damaged block, and the numbers of its records."""
    data = dumped(RECORDS, block_size=2048, metadata={"a": 1}, **options)
    items = [item for item in reference.blocks(data) if item.type == "data"]
    item = items[len(items) // 2]
    place = item.offset + item.byte_len // 2
    path.write_bytes(data[:place] + b"\xa5\x5a\xa5" + data[place + 3 :])
    return range(item.first_record, item.first_record + item.record_count)


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "ladle", *map(os.fspath, arguments)],
        capture_output=True,
        text=True,
        **options,
    )


def test_verify_of_a_whole_file(path):
    ladle.dump(RECORDS, path)
    assert ladle.open(path).verify() == 3000
    assert ladle.open(io.BytesIO(path.read_bytes())).verify() == 3000
    assert ladle.open([path, path]).verify() == 6000
    result = run("verify", path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "3,000 records" in result.stdout


def test_verify_finds_damage(path):
    lost = damaged_file(path)
    with pytest.raises(ladle.CorruptError) as caught:
        ladle.open(path).verify()
    assert caught.value.first_record == lost[0]
    result = run("verify", path, path)
    assert result.returncode == 1
    assert f"{3000 - len(lost):,} records are intact, {len(lost)} lost" in result.stdout
    assert f"records {lost[0]} to {lost[-1]} lost" in result.stdout


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_repair_saves_all_that_is_intact_and_says_what_is_not(path, tmp_path, compression):
    lost = damaged_file(path, compression=compression)
    before, output = path.read_bytes(), tmp_path / "repaired"
    report = ladle.repair(path, output)
    assert path.read_bytes() == before
    assert (report.records, report.lost) == (3000 - len(lost), len(lost))
    [loss] = report.losses
    assert (loss.first_record, loss.count) == (lost[0], len(lost))
    assert str(loss).startswith(f"records {lost[0]} to {lost[-1]} lost")
    expected = RECORDS[: lost[0]] + RECORDS[lost[-1] + 1 :]
    repaired = ladle.open(output)
    assert list(repaired) == expected
    assert repaired[-1] == expected[-1]
    assert repaired.metadata == {"a": 1}
    assert repaired.verify() == len(expected)
    assert str(repaired.schema) == "{'id': int, 'text': str}"


def test_a_segment_without_metadata_behind_one_that_has_some(path, tmp_path):
    path.write_bytes(dumped([1, 2], metadata={"a": 1}) + dumped([3]) + dumped([4], metadata={}))
    output = tmp_path / "repaired"
    ladle.repair(path, output)
    assert list(ladle.load(output)) == [1, 2, 3, 4]
    assert ladle.open(output).metadata == {"a": 1}
    assert ladle.open(output).verify() == 4


def test_the_command_repair(path, tmp_path):
    lost = damaged_file(path)
    output = tmp_path / "repaired"
    result = run("repair", path, output)
    assert result.returncode == 3
    assert f"{len(lost)} lost" in result.stdout
    assert len(ladle.open(output)) == 3000 - len(lost)
    assert run("repair", output, tmp_path / "again").returncode == 0
    path.write_bytes(path.read_bytes()[: lost[0] * 4])
    result = run("repair", path, tmp_path / "cut")
    assert result.returncode == 0
    assert "its writer was interrupted, " in result.stdout
    text = tmp_path / "text"
    text.write_text("no ladle file")
    result = run("repair", text, tmp_path / "nothing")
    assert result.returncode == 1
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("name", [name for name in FILES if name != "no records"])
def test_repair_of_small_files(name):
    case, source = Damaged(name), random.Random(name)
    for damaged in list(case.flips(source))[::7] + list(case.bursts(source, 5)):
        touched = case.touched(damaged)
        if 0 in touched:
            continue
        output = io.BytesIO()
        report = ladle.repair(io.BytesIO(damaged), output)
        found = list(ladle.load(io.BytesIO(output.getvalue())))
        assert len(found) == report.records
        expected = case.expected(touched)
        if len(touched) == 1:
            assert exactly(found) == exactly(expected)
            assert report.lost == len(case.records) - len(expected)


def test_repair_of_what_a_crash_left():
    case = Case("three blocks")
    for length in range(64, len(case.data)):
        output = io.BytesIO()
        report = ladle.repair(io.BytesIO(case.data[:length]), output)
        assert list(ladle.load(io.BytesIO(output.getvalue()))) == case.records[: report.records]
        assert report.records == case.good_before(length)


def test_concat(path, tmp_path):
    other, output = tmp_path / "other", tmp_path / "joined"
    ladle.dump(RECORDS[:1000], path, compression="zlib")
    ladle.dump(RECORDS[1000:], other)
    ladle.concat([path, other], output)
    assert output.read_bytes() == path.read_bytes() + other.read_bytes()
    assert ladle.open(output)[1500] == RECORDS[1500]
    assert run("concat", path, other, tmp_path / "again").returncode == 0
    assert (tmp_path / "again").read_bytes() == output.read_bytes()
    ladle.concat([path, output], path)
    assert len(ladle.open(path)) == 4000
    with pytest.raises(TypeError):
        ladle.concat(path, output)
    with pytest.raises(ValueError):
        ladle.concat([], output)


def test_concat_refuses_what_is_not_whole(path, tmp_path):
    damaged_file(path)
    output = tmp_path / "joined"
    output.write_bytes(b"as it was")
    with pytest.raises(ladle.CorruptError, match=str(path)):
        ladle.concat([path, path], output)
    cut = tmp_path / "cut"
    cut.write_bytes(dumped(RECORDS)[:-9])
    with pytest.raises(ladle.TruncatedError):
        ladle.concat([cut], output)
    with pytest.raises(FileNotFoundError):
        ladle.concat([tmp_path / "nothing"], output)
    assert run("concat", path, cut, output).returncode == 1
    assert output.read_bytes() == b"as it was"


def test_the_command_info(path):
    ladle.dump(RECORDS, path, compression="zlib", metadata={"made": "today"})
    result = run("info", path)
    assert (result.returncode, result.stderr) == (0, "")
    for text in ("3,000", "{'id': int, 'text': str}", "zlib", "complete", "{'made': 'today'}"):
        assert text in result.stdout
    path.write_bytes(path.read_bytes()[:-20])
    result = run("info", path)
    assert result.returncode == 0
    assert "unfinished" in result.stdout
    path.write_bytes(b"text")
    assert run("info", path).returncode == 1


def test_the_command_info_of_a_file_that_is_being_written(path):
    with ladle.open(path, "w") as writer:
        writer.extend(RECORDS)
        writer.flush()
        assert ladle.open(path).has_writer
        result = run("info", path)
        assert (result.returncode, result.stderr) == (0, "")
        assert "being written" in result.stdout
    assert not ladle.open(path).has_writer


def test_the_command_cat_as_json(path):
    ladle.dump([{"a": [1, None]}, "é", 2.5], path)
    result = run("cat", "--jsonl", path)
    assert (result.returncode, result.stdout) == (0, '{"a":[1,null]}\n"é"\n2.5\n')
    ladle.dump([1, {2}], path)
    result = run("cat", "--jsonl", path)
    assert (result.returncode, result.stdout) == (1, "1\n")
    assert "record 1" in result.stderr


def test_cat_prints_whole_arrays_on_a_line_each(path):
    records = [numpy.arange(3000.0) / 3, numpy.zeros((2, 3)), {"a": numpy.array([["a\nb"]])}]
    ladle.dump(records, path)
    lines = run("cat", path).stdout.splitlines()
    read = [eval(line, {"array": numpy.array}) for line in lines]
    assert all(map(numpy.array_equal, read[:2], records[:2]))
    assert read[2]["a"].tolist() == [["a\nb"]]


def test_what_the_terminal_cannot_show(path):
    ladle.dump(["é€", 1], path)
    result = run("cat", path, env=os.environ | {"PYTHONIOENCODING": "latin-1:strict"}, encoding="latin-1")
    assert (result.returncode, result.stdout, result.stderr) == (0, "'é\\u20ac'\n1\n", "")
    named = os.fsencode(path) + b"\xff"
    ladle.dump([1], named)
    result = run("verify", named, env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"})
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\udcff: well, 1 records" in result.stdout


def test_numbers_of_many_digits(path):
    ladle.dump([1, 10**5000], path)
    result = run("cat", path)
    assert (result.returncode, result.stdout) == (1, "1\n")
    assert result.stderr.startswith(f"ladle: {path}: record 1: Exceeds the limit")
    assert run("head", "-n", "1" + "0" * 30, path).stderr == result.stderr
    assert run("head", "-n1", path).returncode == 0


@pytest.mark.parametrize(
    "stream, arguments",
    [
        ("<&-", ["cat", "-"]),
        ("<&-", ["verify", "-"]),
        ("<&-", ["convert", "--from=ladle", "-", "x.csv"]),
        (">&-", ["head", "a"]),
        (">&-", ["cat", "--jsonl", "a"]),
        (">&-", ["info", "a"]),
        (">&-", ["convert", "--from=ladle", "--to=csv", "a", "-"]),
    ],
)
def test_closed_streams(stream, arguments, tmp_path):
    ladle.dump([1], tmp_path / "a")
    command = ["sh", "-c", f'exec "$@" {stream}', "sh", sys.executable, "-m", "ladle", *arguments]
    result = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("ladle: ") and result.stderr.endswith(" is closed\n")
    assert os.listdir(tmp_path) == ["a"]


def test_what_needs_no_output_does_without(tmp_path):
    ladle.dump([1], tmp_path / "a.ladle")
    command = f"exec {sys.executable} -m ladle convert a.ladle b.jsonl >&-"
    assert subprocess.run(command, shell=True, cwd=tmp_path).returncode == 0
    assert (tmp_path / "b.jsonl").read_bytes() == b"1\n"


def test_a_verdict_that_nobody_reads(path):
    damaged_file(path)
    for command, status in (("verify", 1), ("cat", 0)):
        reading, writing = os.pipe()
        os.close(reading)
        result = subprocess.run(
            [sys.executable, "-m", "ladle", command, path], stdout=writing, stderr=subprocess.PIPE
        )
        os.close(writing)
        assert result.returncode == status


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full device")
@pytest.mark.parametrize("command", ["repair", "concat"])
def test_no_room_for_the_output(command, path):
    ladle.dump(RECORDS, path)
    result = run(command, path, "/dev/full")
    assert result.returncode == 1
    assert "No space left" in result.stderr and path.name not in result.stderr


def test_commands_used_wrongly(path):
    for arguments in (["verify"], ["repair", path], ["concat", path], ["unknown"], []):
        assert run(*arguments).returncode == 2


def through(data, *arguments):
    command = [sys.executable, "-m", "ladle", *arguments]
    done = subprocess.run(command, input=data, capture_output=True)
    assert done.returncode in (0, 3), done.stderr
    return done


def test_standard_input_and_output_by_name(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ladle.dump(RECORDS[:1000], path)
    data = path.read_bytes()
    assert through(data, "concat", "-", path, "-").stdout == data * 2
    done = through(data[:-10], "repair", "-", "-")
    assert list(ladle.load(io.BytesIO(done.stdout))) == RECORDS[:1000]
    assert b"-: 1,000 records saved" in done.stderr
    with path.open("rb") as file:
        command = [sys.executable, "-m", "ladle", "info", "-"]
        assert b"1,000" in subprocess.run(command, stdin=file, capture_output=True).stdout
    assert not (tmp_path / "-").exists()


def test_info_of_a_pipe_says_what_would_read_it():
    command = [sys.executable, "-m", "ladle", "info", "-"]
    done = subprocess.run(command, input=b"", capture_output=True)
    assert done.returncode == 1
    assert b"ladle.load reads it" in done.stderr
