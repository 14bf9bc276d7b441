# SPDX-License-Identifier: BSD-2-Clause
"""The iterator that load gives: its order, its position, its errors, its end."""

import gc
import io
import operator
import os
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import ladle
import pytest

from helpers import OnlyRead, dumped


@pytest.fixture
def data():
    return dumped(range(1000), block_size=1024)


def damaged(data):
    """The file with a byte changed in its middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_records_are_an_iterator(data):
    records = ladle.load(io.BytesIO(data))
    assert iter(records) is records
    assert next(records) == 0
    assert [next(records), next(records)] == [1, 2]
    assert list(records) == list(range(3, 1000))


def test_the_end_comes_again(data):
    records = ladle.load(io.BytesIO(data))
    assert len(list(records)) == 1000
    for _ in range(3):
        assert next(records, "end") == "end"
        assert records.tolist() == []


def test_position_is_the_number_of_the_next_record(data):
    records = ladle.load(io.BytesIO(data))
    assert records.position == 0
    next(records)
    assert records.position == 1
    assert records.tolist(10) == list(range(1, 11))
    assert records.position == 11
    for record in records:
        assert records.position == record + 1
    assert records.position == 1000


def test_length_hint_is_no_lie(data):
    records = ladle.load(io.BytesIO(data))
    assert 0 <= operator.length_hint(records) <= 1000
    records.tolist()
    assert operator.length_hint(records) == 0


def test_tolist_takes_a_count(data):
    records = ladle.load(io.BytesIO(data))
    assert records.tolist(0) == []
    assert records.tolist(3) == [0, 1, 2]
    assert records.tolist(None) == list(range(3, 1000))
    with pytest.raises(ValueError):
        records.tolist(-1)
    with pytest.raises(TypeError):
        records.tolist("3")


def test_long_lists_are_whole_however_they_are_asked_for(tmp_path):
    # Behind the first few thousand records memory comes in larger pieces, also in two threads.
    path, count = tmp_path / "long.ladle", 30_000
    ladle.dump(((i / 7, f"text {i}", i << 40) for i in range(count)), path)
    wanted = list(ladle.load(path))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: ladle.load(path).tolist() == wanted, range(4))) == [True] * 4
    for limit in (4095, 4096, 4097, count - 1, count, count + 1):
        records = ladle.load(path)
        assert records.tolist(limit) == wanted[:limit]
        assert records.position == min(limit, count)
    data = path.read_bytes()
    cut = ladle.load(io.BytesIO(damaged(data)))
    with pytest.raises(ladle.CorruptError):
        cut.tolist()
    assert ladle.load(path).tolist() == wanted


def test_after_an_error_the_iterator_stays_at_it(data):
    records, seen = ladle.load(io.BytesIO(damaged(data))), []
    with pytest.raises(ladle.CorruptError) as first:
        seen.extend(records)
    position = records.position
    assert seen == list(range(position))
    assert 0 < position < 1000
    for use in (lambda: next(records), records.tolist, lambda: records.tolist(1)):
        with pytest.raises(ladle.CorruptError) as again:
            use()
        assert str(again.value) == str(first.value)
    assert records.position == position


def test_tolist_of_a_damaged_file_raises_and_what_was_before_can_be_had(data):
    with pytest.raises(ladle.CorruptError):
        ladle.load(io.BytesIO(damaged(data))).tolist()
    first = ladle.load(io.BytesIO(damaged(data)))
    assert first.tolist(5) == [0, 1, 2, 3, 4]


def test_an_error_says_where(data):
    with pytest.raises(ladle.CorruptError) as caught:
        list(ladle.load(io.BytesIO(damaged(data))))
    assert 0 < caught.value.offset <= len(data) // 2
    assert 0 < caught.value.first_record < 1000


def test_an_error_goes_through_pickle_to_another_process(data):
    with pytest.raises(ladle.CorruptError) as caught:
        list(ladle.load(io.BytesIO(damaged(data))))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is ladle.CorruptError
    assert str(copy) == str(caught.value)
    assert copy.offset == caught.value.offset
    assert copy.first_record == caught.value.first_record


def test_an_exception_of_the_file_object_stays(data):
    class Fails(OnlyRead):
        def read(self, count):
            if self.source.tell() > 500:
                raise ZeroDivisionError
            return super().read(min(count, 100))

    records = ladle.load(Fails(data))
    with pytest.raises(ZeroDivisionError):
        list(records)
    with pytest.raises((ZeroDivisionError, OSError, ladle.Error)):
        next(records)


def test_use_after_close_is_a_value_error(path):
    ladle.dump([1, 2, 3], path)
    with ladle.load(path) as records:
        assert next(records) == 1
    for use in (lambda: next(records), records.tolist):
        with pytest.raises(ValueError):
            use()
    records.close()


def test_closing_does_not_close_the_callers_file(data):
    file = io.BytesIO(data)
    ladle.load(file).close()
    assert not file.closed


def test_a_reader_of_a_path_closes_its_file_when_it_goes(path):
    ladle.dump([1], path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        records = ladle.load(path)
        next(records)
        del records
        gc.collect()


def test_records_outlive_their_reader(path):
    ladle.dump([{"a": ["text", b"bytes", 10**30]}], path)
    with ladle.load(path) as records:
        record = next(records)
    del records
    gc.collect()
    assert record == {"a": ["text", b"bytes", 10**30]}


def test_metadata_and_lost(path):
    ladle.dump([1], path, metadata={"a": 1})
    with ladle.load(path) as records:
        assert records.metadata == {"a": 1}
        assert not records.lost


def task_count():
    return len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize("compression", (None, "zlib"))
@pytest.mark.parametrize("threads", (1, 2, 5))
def test_threads_read_the_same(compression, threads):
    expected = [(number, f"{number} is a number", number / 3) for number in range(20_000)]
    data = dumped(expected, block_size=4096, compression=compression)
    assert list(ladle.load(io.BytesIO(data), threads=threads)) == expected
    assert list(ladle.load(OnlyRead(data, 1000), threads=threads)) == expected
    assert ladle.load(io.BytesIO(data), threads=threads).tolist() == expected
    with ladle.open(io.BytesIO(data), threads=threads) as reader:
        assert list(reader[100:19_000]) == expected[100:19_000]
        assert [reader[i] for i in (19_999, 0, 7_000)] == [expected[i] for i in (19_999, 0, 7_000)]
    records = ladle.load(io.BytesIO(damaged(data)), threads=threads, on_error="skip")
    read = list(records)
    assert 0 < records.lost == len(expected) - len(read)
    first = next(i for i, record in enumerate(read) if record != expected[i])
    assert read == expected[:first] + expected[first + records.lost :]


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the system does not tell")
@pytest.mark.parametrize("compression, more", ((None, 0), ("zlib", 3)))
def test_threads_are_there_for_what_is_compressed(compression, more):
    before = task_count()
    file = io.BytesIO()
    with ladle.open(file, "w", compression=compression, block_size=4096, threads=3) as writer:
        writer.extend([f"{number} is a number" for number in range(20_000)])
        assert task_count() == before + more
    with ladle.load(io.BytesIO(file.getvalue()), threads=3) as records:
        assert next(records) == "0 is a number"
        assert task_count() == before + more
    assert task_count() == before


def test_records_used_by_two_threads_at_once_are_a_runtime_error(data):
    entered, opened = threading.Event(), threading.Event()

    class Gate(OnlyRead):
        armed = False

        def read(self, count):
            if self.armed:
                entered.set()
                assert opened.wait(30)
            return super().read(count)

    file = Gate(data, chunk=64)
    records, result = ladle.load(file), []
    file.armed = True
    thread = threading.Thread(target=lambda: result.extend(records))
    thread.start()
    assert entered.wait(30)
    try:
        for use in (lambda: next(records), records.tolist, records.close):
            with pytest.raises(RuntimeError):
                use()
    finally:
        opened.set()
        thread.join()
    assert result == list(range(1000))


def test_two_iterators_of_one_path_are_independent(path):
    ladle.dump(range(100), path)
    with ladle.load(path) as first, ladle.load(path) as second:
        assert [next(first), next(first), next(second)] == [0, 1, 0]


def test_what_is_no_ladle_file_is_a_format_error():
    for data in (b"hello, world" * 20, b"\0" * 100, b"PK\3\4" + bytes(100), b"x"):
        with pytest.raises(ladle.FormatError) as caught:
            list(ladle.load(io.BytesIO(data)))
        assert not isinstance(caught.value, ladle.CorruptError)


def test_a_pickle_is_a_format_error_that_names_convert():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(list(range(100)), protocol)
        with pytest.raises(ladle.FormatError, match="ladle convert"):
            list(ladle.load(io.BytesIO(data)))


def test_an_empty_file_is_truncated(path):
    path.write_bytes(b"")
    with pytest.raises(ladle.TruncatedError):
        list(ladle.load(path))


def test_the_errors_are_of_the_classes_that_the_contract_names():
    assert issubclass(ladle.FormatError, ladle.Error)
    assert issubclass(ladle.FormatError, ValueError)
    assert issubclass(ladle.CorruptError, ladle.FormatError)
    assert issubclass(ladle.TruncatedError, ladle.CorruptError)
    assert issubclass(ladle.UnsupportedError, ladle.FormatError)
    assert issubclass(ladle.LimitError, ladle.Error)
    assert not issubclass(ladle.LimitError, ladle.FormatError)
