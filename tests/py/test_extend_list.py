# SPDX-License-Identifier: BSD-2-Clause
"""Lists of tuples are written many records at a time: the file is to be that of one by one."""

import io

import hypothesis
import ladle
import pytest
from hypothesis import strategies as st

from helpers import dumped, exactly
from strategies import FLOATS, INTS, STRS

UUID = bytes(16)
ROW = (1.5, "text of a row", 7, True, None, "more")
# For each place in the row, what its column does not take.
MISFITS = [
    (0, (2, "2.5", None, True)),
    (1, ("ä", "\ud800", "x" * 5000, b"text", 3, None)),
    (2, (-1, 1 << 63, 1 << 64, -(1 << 63), True, 2.0)),
    (3, (0, 1, None, "True")),
    (4, (0, False, "None")),
    (5, ("€", 5, ["more"], ("more",), {"m": 1})),
]
PLACES = [0, 1, 62, 63, 64, 65, 127, 128, 190, 511, 512, 700]


def one_by_one(records, **options):
    file = io.BytesIO()
    with ladle.open(file, "w", **options) as writer:
        for record in records:
            writer.append(record)
    return file.getvalue()


def check(records, **options):
    data = dumped(records, uuid=UUID, **options)
    assert data == one_by_one(records, uuid=UUID, **options)
    assert [*map(exactly, ladle.load(io.BytesIO(data)))] == [*map(exactly, records)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("column", "misfits"), MISFITS, ids=lambda value: str(value)[:1])
def test_a_value_that_does_not_fit_its_column(place, column, misfits):
    for misfit in misfits:
        records = [(0.25, f"row {i}", i, i % 3 == 0, None, "") for i in range(800)]
        records[place] = records[place][:column] + (misfit,) + records[place][column + 1 :]
        check(records)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("record", [(), ROW[:5], (*ROW, 1), [*ROW], None, {"a": ROW}, (ROW,) * 6], ids=repr)
def test_a_record_of_another_shape(place, record):
    records = [ROW] * 800
    records[place] = record
    check(records)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 511, 512, 513, 20_000])
@pytest.mark.parametrize("width", [0, 1, 4, 5, 33, 256, 257])
def test_rows_of_all_widths(count, width):
    check([tuple(i * 0.5 + k for k in range(width)) for i in range(count // max(width // 4, 1) + 1)])


def test_texts_that_outgrow_their_block():
    check([("a" * (i % 700), i) for i in range(3000)])
    check([("a" * (100_000 if i % 90 == 70 else 3), i) for i in range(1000)])


@pytest.mark.parametrize("size", [1024, 20_000, 1 << 20])
def test_sizes_of_blocks(size):
    check([(i, i / 7, "abc" * (i % 9)) for i in range(30_000)], block_size=size)


@hypothesis.given(st.data())
def test_any_rows(data):
    leaves = [FLOATS, INTS, STRS, st.booleans(), st.none()]
    columns = data.draw(st.lists(st.sampled_from(leaves), max_size=6))
    common = data.draw(st.tuples(*columns))
    rows = data.draw(st.lists(st.one_of(st.just(common), st.tuples(*columns)), max_size=8))
    times = data.draw(st.integers(1, 80))
    check([row for row in rows for _ in range(times)])


@pytest.mark.parametrize("place", PLACES)
def test_an_error_names_the_record_and_keeps_those_before(place):
    records = [ROW] * 800
    records[place] = (*ROW[:5], object())
    file = io.BytesIO()
    writer = ladle.open(file, "w")
    with pytest.raises(TypeError, match=rf"record {place}: \[5\]"):
        writer.extend(records)
    assert len(writer) == place
    writer.extend(records[place + 1 :])
    writer.close()
    assert list(ladle.load(io.BytesIO(file.getvalue()))) == [ROW] * 799


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("is_emptied", [True, False])
def test_a_list_that_changes_on_the_way(place, is_emptied):
    records = [ROW] * 800
    records[place] = (*ROW[:5], object())

    def change(_):
        if is_emptied:
            records.clear()
        else:
            records.extend([ROW] * 100)
        return "replaced"

    file = io.BytesIO()
    ladle.dump(records, file, default=change)
    expected = [ROW] * place + [(*ROW[:5], "replaced")] + [ROW] * (0 if is_emptied else 899 - place)
    assert list(ladle.load(io.BytesIO(file.getvalue()))) == expected


def test_limits_hold():
    limits = ladle.Limits(max_items=5)
    with pytest.raises(ladle.LimitError, match=r"max_items is 5 .*record 0\)"):
        ladle.dump([ROW] * 200, io.BytesIO(), limits=limits)
    with pytest.raises(ladle.LimitError, match=r"max_items is 5 .*record 100\)"):
        ladle.dump([ROW[:5]] * 100 + [ROW] * 100, io.BytesIO(), limits=limits)
