# SPDX-License-Identifier: BSD-2-Clause
"""Text and pickles: what comes back, and what a format cannot hold."""

import collections
import datetime
import decimal
import io
import json
import math
import pickle
import zoneinfo

import ladle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converting import ROWS, converted, from_text, read_back, there_and_back
from helpers import same
from strategies import RECORDS


@pytest.mark.parametrize("name", ["ladle", "pkl", "jsonl", "csv"])
def test_rows_come_back(name):
    assert same(there_and_back(ROWS, name), ROWS)


@pytest.mark.parametrize("name", ["ladle", "pkl", "jsonl", "csv"])
@pytest.mark.parametrize("records", [[], [1, 2, 3], ["a", "b"], [1.5, None]])
def test_values_without_fields_come_back(name, records):
    assert same(there_and_back(records, name), records)


@settings(max_examples=max(30, settings().max_examples // 2))
@given(RECORDS)
def test_any_records_go_through_ladle_and_pickle(records):
    stored = there_and_back(records, "ladle")
    # Pickle loses the zones of IPv6 addresses, and before protocol 5 the byte order of arrays.
    expected = pickle.loads(pickle.dumps(stored, 4))
    assert same(pickle.loads(converted(records, "ladle", "pkl")), expected)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters() | st.integers(0xD800, 0xDFFF).map(chr)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(JSON_VALUES, max_size=6))
def test_what_json_has_comes_back(records):
    try:
        back = there_and_back(records, "jsonl")
    except ValueError as error:
        assert "surrogates" in str(error)
    else:
        assert same(back, records)


TEXTS = st.text(st.characters(), min_size=1)
CSV_KINDS = {
    "int": st.integers(),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "str": TEXTS,
    "decimal": st.decimals(allow_nan=False),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "time": st.times(),
}


@given(st.data())
def test_what_csv_has_comes_back_when_types_are_given(data):
    kinds = data.draw(st.dictionaries(TEXTS, st.sampled_from(list(CSV_KINDS)), min_size=1))
    rows = st.fixed_dictionaries({name: st.none() | CSV_KINDS[kind] for name, kind in kinds.items()})
    records = data.draw(st.lists(rows, min_size=1, max_size=5))
    try:
        text = converted(records, "ladle", "csv")
    except ValueError as error:
        reasons = ("come back as something else", "fold", "surrogates not allowed")
        assert any(reason in str(error) for reason in reasons)
        return
    records = [{name: record[name] for name in records[0]} for record in records]
    assert same(read_back(text, "csv", types=kinds), records)


def test_tuples_are_fields_by_number_in_csv_and_lists_in_json():
    records = [(1, "a"), (2, "b")]
    assert converted(records, "ladle", "csv") == b"f0,f1\r\n1,a\r\n2,b\r\n"
    assert there_and_back(records, "csv") == records
    assert there_and_back(records, "jsonl") == [[1, "a"], [2, "b"]]


def test_the_types_of_csv_are_those_that_all_values_have():
    text = "i,f,s,z,b,n,m\n1,1,1,007,true,,5\n-2,2.5,x,1,False,,\n"
    assert same(
        from_text("csv", text),
        [
            {"i": 1, "f": 1.0, "s": "1", "z": "007", "b": True, "n": None, "m": 5},
            {"i": -2, "f": 2.5, "s": "x", "z": "1", "b": False, "n": None, "m": None},
        ],
    )
    assert same(from_text("csv", "a\n1\n", types={"a": "str"}), [{"a": "1"}])
    assert same(from_text("csv", "a;b\n1;NULL\n", delimiter=";", none="NULL"), [{"a": 1, "b": None}])
    late = "a\n" + "1\n" * 3000 + "x\n"
    assert from_text("csv", late)[0] == {"a": "1"}


def test_a_byte_order_mark_is_none_of_the_data():
    assert from_text("csv", "\ufeffa\n1\n") == [{"a": 1}]
    assert from_text("jsonl", "\ufeff1\n\n2") == [1, 2]


WRONG = {
    ("jsonl", "1\n{\n"): "line 2",
    ("jsonl", '1\n\n"\xff"'.encode("latin-1")): "line 3",
    ("jsonl", "[" * 5000 + "\n"): "line 1",
    ("csv", "a,b\n1,2\n3\n"): "not 2 fields",
    ("csv", 'a\n"b\n'): "line",
    ("csv", "a,a\n"): "one name",
    ("csv", "a\n\xff\n".encode("latin-1")): "line",
    ("pkl", "garbage"): "byte 0",
}


@pytest.mark.parametrize("name, text", WRONG)
def test_what_is_wrong_is_said_with_its_place(name, text):
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ladle.Error, match=WRONG[name, text]):
        read_back(data, name)


ENDLESS = {
    ("jsonl", "a long line"): ('1\n2\n["', "x" * 1000, 2),
    ("csv", "a long line"): ("a,b\n1,2\n3,", "x" * 1000, 1),
    ("csv", "many fields"): ("a,b\n1,2\n3,", "," * 1000, 1),
    ("csv", "a field of many lines"): ('a,b\n1,2\n3,"', "x\n" * 500, 1),
    ("csv", "many fields of many lines"): ('a,b\n1,2\n3,"', 'x\n","' * 200, 1),
    ("csv", "names that do not end"): ("a,", "b" * 1000, 0),
}


@pytest.mark.parametrize("name, what", ENDLESS)
def test_a_record_of_text_that_does_not_end_is_a_limit_error(name, what):
    begin, more, record = ENDLESS[name, what]
    with pytest.raises(ladle.LimitError, match="line 3" if record else "line [12]") as caught:
        from_text(name, begin + more, limits=ladle.Limits(max_record=300))
    assert (caught.value.limit, caught.value.record) == ("max_record", record)
    fits = [("x" * 250, 1)] * 5
    back = there_and_back(fits, "csv", limits=ladle.Limits(max_record=300))
    assert back == fits


def test_a_type_that_does_not_fit_is_an_error():
    with pytest.raises(ladle.FormatError, match="'a'.*invalid literal"):
        from_text("csv", "a\nx\n", types={"a": "int"})
    with pytest.raises(ladle.FormatError, match="not there: b"):
        from_text("csv", "a\nx\n", types={"b": "int"})
    with pytest.raises(ValueError, match="must be one of"):
        from_text("csv", "a\nx\n", types={"a": "number"})


REFUSED = [
    ("jsonl", [1, {"a": [0, b"x"]}], TypeError, r"record 1: \['a'\]\[1\]: JSON has no bytes"),
    ("jsonl", [{"a": {1: 2}}], TypeError, r"record 0: \['a'\]: JSON has no key of type int: 1"),
    ("jsonl", [1, math.nan], ValueError, "record 1: JSON has no nan"),
    ("jsonl", [{1}], TypeError, "record 0: JSON has no set"),
    ("jsonl", [{"a": datetime.date(2020, 1, 1)}], TypeError, "JSON has no date"),
    ("jsonl", [collections.OrderedDict(a=1)], TypeError, "JSON has no OrderedDict"),
    ("csv", [{"a": 1}, {"a": [1]}], TypeError, r"record 1: \['a'\]: CSV has no list"),
    ("csv", [{"a": 1}, {"a": 1, "b": 2}], ValueError, r"record 1: \['b'\].*fields"),
    ("csv", [{"a": 1, "b": 2}, {"a": 1}], ValueError, r"record 1: \['b'\] is missing"),
    ("csv", [{"a": ""}], ValueError, r"record 0: \['a'\].*None"),
    ("csv", [(1, 2), (1,)], ValueError, "record 1: 1 fields, the first has 2"),
    ("csv", [(1,), {"a": 1}], TypeError, "record 1: a dict among tuples"),
    ("csv", [{1: 2}], TypeError, "record 0: the key 1"),
    ("csv", [{"f0": 2}], ValueError, "something else than a dict"),
    ("csv", [{"a": "\ud800"}], ValueError, "records 0 to 1"),
    ("csv", [{"a": datetime.time(1, fold=1)}], ValueError, "no fold and"),
    ("csv", [{"a": datetime.time(1, tzinfo=zoneinfo.ZoneInfo("UTC"))}], ValueError, "no fold and no zones"),
    ("csv", [{"\ufeffa": 1}], ValueError, "byte order mark"),
    ("jsonl", [["\ud800\udc00"]], ValueError, r"record 0: \[0\]: JSON has no two surrogates"),
    ("jsonl", [10**5000], ValueError, "record 0: Exceeds the limit"),
    ("npy", [{"": 1}], ValueError, "without a name"),
    ("npz", [{"a\0b": 1}], ValueError, "ends at a zero"),
]


@pytest.mark.parametrize("name, records, error, match", REFUSED)
def test_what_a_format_cannot_hold_is_an_error_with_its_place(name, records, error, match):
    with pytest.raises(error, match=match):
        converted(records, "ladle", name)


@pytest.mark.parametrize("value", [1, True, 1.5, datetime.date(2020, 1, 2)])
def test_the_text_for_none_is_that_of_no_value(value):
    with pytest.raises(ValueError, match="record 1: .*would come back as None"):
        converted([None, value], "ladle", "csv", none=str(value))
    assert read_back(converted([None, value], "ladle", "csv", none="x"), "csv", none="x")[0] is None


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "", "ab"])
def test_what_cannot_stand_between_fields_of_csv(delimiter):
    with pytest.raises(ValueError, match="delimiter"):
        converted([{"a": 1, "b": 2}], "ladle", "csv", delimiter=delimiter)
    with pytest.raises(ValueError, match="delimiter"):
        from_text("csv", "a,b\n1,2\n", delimiter=delimiter)


def test_csv_with_a_field_twice():
    with pytest.raises(ValueError, match="two are the same"):
        converted([{"a": 1}], "ladle", "csv", fields=["a", "a"])


def test_csv_with_other_fields():
    records = [{"a": 1}, {"b": ""}]
    text = converted(records, "ladle", "csv", fields=["a", "b"], fill=True, none="-")
    assert text == b"a,b\r\n1,-\r\n-,\r\n"


def test_json_may_be_lossy():
    records = [{"a": {1, 2}}, math.inf, {1: b"x"}, decimal.Decimal("1.50"), (math.nan, 1)]
    text = converted(records, "ladle", "jsonl", lossy=True).decode().splitlines()
    assert [json.loads(line) for line in text] == [{"a": [1, 2]}, None, {"1": "x"}, "1.50", [None, 1]]


def test_pickles_that_are_written_share_in_a_batch_and_load_anywhere():
    shared = "a text that is shared"
    records = [{shared: [shared, i], "bytes": b"x" * (i % 50)} for i in range(5000)]
    data = converted(records, "ladle", "pkl")
    assert pickle.loads(data) == records
    assert list(ladle.from_pickle(io.BytesIO(data))) == records
    large = [bytes(300_000), *range(10), bytes(300_000)]
    assert pickle.loads(converted(large, "ladle", "pkl")) == large


@pytest.mark.parametrize(
    "text", ["9007199254740993", "1e400", "+4912345678901", "-1" + "0" * 320 + ".5"]
)
def test_numbers_that_a_float_would_change_stay_text(text):
    for other in ("2.5", "nan"):
        records = from_text("csv", f"a\n{other}\n{text}\n")
        assert records == [{"a": other}, {"a": text}]


def test_a_long_int_counts_for_what_comes_far_behind_it():
    texts = ["9007199254740993", *["1"] * 1000]
    assert from_text("csv", "\n".join(["a", *texts]))[0] == {"a": 9007199254740993}
    assert from_text("csv", "\n".join(["a", *texts, "2.5"]))[0] == {"a": texts[0]}


def test_long_numbers_that_are_floats():
    texts = ["1e300", "9007199254740992", "inf", "0.12345678901234567890", "+1.5", "+2e-3", "-.5"]
    records = from_text("csv", "\n".join(["a", *texts]))
    assert records == [{"a": float(text)} for text in texts]
