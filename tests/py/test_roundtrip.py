# SPDX-License-Identifier: BSD-2-Clause
"""What was put in comes out: the same types, values and order, in every way to write and read."""

import io
import os

import ladle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from helpers import OnlyRead, OnlyWrite, count_values, dumped, exactly, loaded
from strategies import RECORDS, VALUES

OPTIONS = st.fixed_dictionaries(
    {}, optional={"compression": st.sampled_from([None, "zlib"]), "block_size": st.just(1024)}
)
MANY_RECORDS = st.lists(RECORDS, min_size=1, max_size=6).map(lambda parts: sum(parts, []))

SLOW = os.environ.get("LADLE_SLOW") == "1"
WANTED = int(os.environ.get("LADLE_VALUES", "1_000_000" if SLOW else "20_000"))
VALUES_AN_EXAMPLE = 150  # on average


FEWER = settings(max_examples=settings().max_examples // 3)  # of what the first test draws more of


def test_many_values_come_back_exactly_in_every_way():
    """Through files and dumps, by this reader and by the independent one, written once more."""
    done = 0

    @settings(max_examples=WANTED // VALUES_AN_EXAMPLE)
    @given(MANY_RECORDS, OPTIONS)
    def check(records, options):
        nonlocal done
        expected = exactly(records)
        data = dumped(records, **options)
        back = loaded(data)
        assert exactly(back) == expected
        assert exactly(reference.read(data)) == expected
        assert exactly(loaded(dumped(back))) == expected
        alone = ladle.dumps(records)
        assert exactly(ladle.loads(alone)) == expected
        assert exactly(reference.loads(alone)) == expected
        done += count_values(records)

    while done < WANTED:
        check()
    print(f"{done} values")


@FEWER
@given(RECORDS)
def test_records_come_back_exactly_through_a_path(tmp_path, records):
    path = tmp_path / "data.ladle"
    assert ladle.dump(records, path) == len(records)
    assert exactly(list(ladle.load(path))) == exactly(records)


@FEWER
@given(st.lists(RECORDS, max_size=4), OPTIONS)
def test_records_of_many_small_blocks_come_back_exactly(parts, options):
    file = io.BytesIO()
    with ladle.open(file, "w", **options) as writer:
        for part in parts:
            writer.extend(part)
            writer.flush()
    records = [record for part in parts for record in part]
    assert exactly(loaded(file.getvalue())) == exactly(records)
    assert exactly(reference.read(file.getvalue())) == exactly(records)


@FEWER
@given(RECORDS, st.sampled_from([1, 2, 3, 7, 4096]))
def test_short_reads_and_writes_change_nothing(records, chunk):
    sink = OnlyWrite(chunk)
    ladle.dump(records, sink)
    assert exactly(list(ladle.load(OnlyRead(bytes(sink.data), chunk)))) == exactly(records)


@FEWER
@given(RECORDS, st.integers(0, 40))
def test_tolist_gives_what_iterating_gives(records, count):
    source = ladle.load(io.BytesIO(dumped(records, block_size=1024)))
    first = source.tolist(count)
    assert source.position == len(first) == min(count, len(records))
    assert exactly(first + source.tolist()) == exactly(records)
    assert source.tolist() == []


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_many_blocks_of_dicts_come_back(compression):
    records = [
        {"id": i, "name": f"name {i % 7}", "score": i / 3, "tags": ["a", str(i)], "odd": i % 2 == 1}
        for i in range(5000)
    ]
    data = dumped(records, compression=compression, block_size=4096)
    items = reference.blocks(data)
    assert sum(item.type == "data" for item in items) > 10
    assert exactly(loaded(data)) == exactly(records)
    assert exactly(reference.read(data)) == exactly(records)


def test_a_record_larger_than_a_block_comes_back():
    records = ["small", "x" * 100_000, list(range(20_000)), {"deep": [bytes(50_000)]}, "small"]
    data = dumped(records, block_size=1024)
    assert exactly(loaded(data)) == exactly(records)
    assert exactly(reference.read(data)) == exactly(records)


MISFITS = [b"", "", "x", "é", 1 << 70, -1, 1.5, None, True, (), [1], {"k": 1}]


@pytest.mark.parametrize("misfit", MISFITS, ids=repr)
def test_a_container_may_end_with_what_does_not_fit_its_columns(misfit):
    """What was put of it before is taken back: the columns behind it keep their values."""
    fits = [
        {"name": f"n{i}", "list": ["ab", "c" * i], "dict": {"text": "d" * i, "number": i}}
        for i in range(100)
    ]
    lists = [{**record, "list": ["abc", "d", misfit]} for record in fits]
    dicts = [{**record, "dict": {"text": "abc", "number": misfit}} for record in fits]
    unions = [{**record, "dict": None, "list": misfit} for record in fits]
    records = [record for some in zip(fits, lists, dicts, unions) for record in some]
    assert exactly(loaded(dumped(records))) == exactly(records)
