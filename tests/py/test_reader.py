# SPDX-License-Identifier: BSD-2-Clause
"""A file as a sequence: what a Reader gives for an index, a slice, a list, a shard, in all its lives."""

import collections.abc
import io
import multiprocessing
import os
import pickle
import random
import re
import threading

import ladle
import pytest

from helpers import dumped, same
from unregistered import Pair

RECORDS = [
    {"id": i, "name": f"n{i}" * (i % 5), "tags": [i] * (i % 3), "odd": None if i % 2 else (i, "x")}
    for i in range(700)
]
OTHERS = [(i / 3, str(i)) if i % 4 else i for i in range(500)]


def written(path, records, **options):
    ladle.dump(records, path, block_size=2048, **options)
    return path


@pytest.fixture
def data(path):
    return ladle.open(written(path, RECORDS))


class PlainFile(io.BytesIO):
    """A file object that can seek, and says so by no more than its methods."""


def readers(tmp_path):
    """The same records by every way to open them."""
    path = written(tmp_path / "whole", RECORDS)
    yield "path", ladle.open(path)
    yield "file object", ladle.open(PlainFile(path.read_bytes()))
    moved = PlainFile(b"before" + path.read_bytes())
    moved.seek(6)
    yield "file object that stands elsewhere", ladle.open(moved)
    parts = tmp_path / "parts"
    parts.mkdir()
    for i in range(7):
        written(parts / f"part-{i}.ladle", RECORDS[i * 100 : (i + 1) * 100])
    (parts / ".ladle-unfinished").write_bytes(b"no part")
    yield "directory", ladle.open(parts)
    yield "list of paths", ladle.open([parts / f"part-{i}.ladle" for i in range(7)])
    joined = tmp_path / "joined"
    joined.write_bytes(b"".join(p.read_bytes() for p in sorted(parts.glob("part*"))))
    yield "several segments", ladle.open(joined)
    yield "zlib", ladle.open(written(tmp_path / "zlib", RECORDS, compression="zlib"))
    yield "slice of more", ladle.open(written(tmp_path / "more", [1, *RECORDS, 2]))[1:-1]


@pytest.fixture(scope="module")
def all_readers(tmp_path_factory):
    return list(readers(tmp_path_factory.mktemp("readers")))


def test_single_records(all_readers):
    for name, data in all_readers:
        assert len(data) == len(RECORDS), name
        for index in (0, 1, 350, 699, -1, -700, 13, 12, 600, 5):
            assert same(data[index], RECORDS[index]), name
        for index in (700, -701, 10**30):
            with pytest.raises(IndexError):
                data[index]
    for wrong in ("1", 1.0, None, (1, 2)):
        with pytest.raises(TypeError, match=f"not {type(wrong).__name__}$"):
            data[wrong]


def test_slices_are_readers_that_read_nothing_yet(all_readers):
    source = random.Random(1)
    for name, data in all_readers:
        for _ in range(40):
            bounds = [source.choice([None, source.randrange(-800, 800)]) for _ in range(2)]
            step = source.choice([None, 1, 2, 7, 100, -1, -3])
            part = data[slice(*bounds, step)]
            expected = RECORDS[slice(*bounds, step)]
            assert isinstance(part, ladle.Reader), name
            assert len(part) == len(expected), name
            assert list(part) == expected, (name, bounds, step)
            assert part.tolist() == expected
            if expected:
                assert part[-1] == expected[-1]
                assert list(part[1::2]) == expected[1::2]


def test_lists_of_indices_keep_their_order(all_readers):
    source = random.Random(2)
    indices = [source.randrange(-700, 700) for _ in range(200)]
    expected = [RECORDS[index] for index in indices]
    for name, data in all_readers:
        assert data[indices] == expected, name
        assert data.__getitems__(indices) == expected
        assert data[[]] == []
        assert data[range(5, 0, -1)] == [RECORDS[index] for index in range(5, 0, -1)]
        with pytest.raises(IndexError):
            data[[0, 700]]


def test_arrays_of_indices(data):
    numpy = pytest.importorskip("numpy")
    assert data[numpy.array([5, -1, 5], dtype="i2")] == [RECORDS[5], RECORDS[-1], RECORDS[5]]
    assert data[numpy.int64(3)] == RECORDS[3]
    mask = numpy.zeros(700, dtype=bool)
    mask[[3, 650]] = True
    assert data[mask] == [RECORDS[3], RECORDS[650]]
    with pytest.raises(IndexError):
        data[mask[:-1]]
    assert data[numpy.array(4)] == RECORDS[4]


def test_a_list_of_bool_is_a_mask(data):
    mask = [index in (3, 650) for index in range(700)]
    assert data[mask] == [RECORDS[3], RECORDS[650]]
    for wrong in (mask[:-1], [True]):
        with pytest.raises(IndexError, match=f"mask of {len(wrong)} does not fit 700"):
            data[wrong]


def test_errors_in_one_of_several_files_name_it(tmp_path):
    paths = [written(tmp_path / f"{i}.ladle", RECORDS[:100]) for i in range(3)]
    damaged = bytearray(paths[1].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    paths[1].write_bytes(damaged)
    data = ladle.open(tmp_path)
    with pytest.raises(ladle.CorruptError) as alone:
        list(ladle.load(paths[1]))
    for work in (list, ladle.Reader.verify, ladle.Reader.tolist):
        with pytest.raises(ladle.CorruptError, match="^" + re.escape(str(paths[1]))) as caught:
            work(data)
        assert caught.value.filename == str(paths[1])
        assert caught.value.offset == alone.value.offset
        assert caught.value.first_record == alone.value.first_record + 100
    found = []
    assert len(list(ladle.open(tmp_path, on_error=found.append))) < 300
    assert [error.filename for error in found] == [str(paths[1])]


def test_what_is_no_part_is_refused_by_name(tmp_path):
    written(tmp_path / "a.ladle", RECORDS)
    other = tmp_path / "readme.txt"
    other.write_text("all about a.ladle")
    with pytest.raises(ladle.FormatError, match="readme.txt: it does not begin") as caught:
        ladle.open(tmp_path)
    assert caught.value.filename == str(other)
    assert len(ladle.open(tmp_path, on_error="skip")) == len(RECORDS)


def torn_parts(directory, torn=1, cut=20):
    """Four files of 5 records, one of which is cut short."""
    paths = [written(directory / f"{i}.ladle", range(10 * i, 10 * i + 5)) for i in range(4)]
    data = paths[torn].read_bytes()
    paths[torn].write_bytes(data[: len(data) - cut] if cut < len(data) else b"")
    return paths


@pytest.mark.parametrize("cut, left", [(1, 5), (20, 5), (40, 5), (150, 0), (200, 0), (10_000, 0)])
@pytest.mark.parametrize("torn", [0, 1, 3])
def test_a_part_that_ends_early_does_not_take_the_parts_behind_it_along(tmp_path, torn, cut, left):
    paths = torn_parts(tmp_path, torn=torn, cut=cut)
    wanted = [10 * i + j for i in range(4) for j in range(5 if i != torn else left)]
    with pytest.raises(ladle.CorruptError) as caught:
        ladle.open(tmp_path)
    assert caught.value.filename == str(paths[torn])
    found = []
    for on_error in ("skip", found.append):
        data = ladle.open(tmp_path, on_error=on_error)
        assert list(data) == wanted == [data[i] for i in range(len(data))]
        assert list(reversed(data)) == wanted[::-1]
        assert list(pickle.loads(pickle.dumps(ladle.open(tmp_path, on_error="skip")))) == wanted
    is_found = torn != 3 and paths[torn].stat().st_size >= 64
    assert {error.filename for error in found} == ({str(paths[torn])} if is_found else set())
    tail = ladle.open(tmp_path, on_error="tail")
    if is_found:
        with pytest.raises(ladle.CorruptError, match=f"^{re.escape(str(paths[torn]))}: .* ends before"):
            list(tail)
        with pytest.raises(ladle.CorruptError):
            list(tail.follow(poll=0.01))
    else:
        assert list(tail) == wanted


def test_a_live_last_part_does_not_excuse_one_that_ends_early(tmp_path):
    paths = torn_parts(tmp_path)
    with ladle.open(tmp_path / "9.ladle", "w") as writer:
        writer.append("live")
        writer.flush()
        with pytest.raises(ladle.TruncatedError) as caught:
            ladle.open(tmp_path)
        assert caught.value.filename == str(paths[1])
        assert len(ladle.open(tmp_path, on_error="skip")) == 21


def test_following_parts_waits_for_the_last_one(tmp_path):
    written(tmp_path / "0.ladle", [1, 2])
    with ladle.open(tmp_path / "1.ladle", "w") as writer:
        writer.append(3)
        writer.flush()
        following = ladle.open(tmp_path).follow(poll=0.01)
        assert [next(following) for _ in range(3)] == [1, 2, 3]
        writer.append(4)
        writer.flush()
        assert next(following) == 4
    assert list(following) == []


def test_what_is_no_part_is_no_torn_end_of_the_part_before(tmp_path):
    for name in ("a", "c"):
        written(tmp_path / name, RECORDS)
    (tmp_path / "b").write_text("all about a")
    for on_error in ("raise", "tail", "skip"):
        with pytest.raises(ladle.FormatError, match="b: it does not begin"):
            ladle.open(tmp_path, on_error=on_error)


def test_iterators_are_independent(all_readers):
    for name, data in all_readers:
        pairs = zip(data, iter(data), data[10:], strict=False)
        for i, (a, b, c) in enumerate(pairs):
            assert a == b == RECORDS[i], name
            assert c == RECORDS[i + 10]
        assert list(data) == RECORDS
        assert list(reversed(data)) == RECORDS[::-1]


def test_iterators_know_where_they_are(data):
    records = iter(data[100:200])
    assert records.__length_hint__() == 100
    assert records.position == 100
    next(records)
    assert records.position == 101
    assert records.tolist(5) == RECORDS[101:106]
    assert records.position == 106
    assert records.tolist() == RECORDS[106:200]
    assert records.position == 200
    assert next(records, None) is None


def test_membership_index_and_count(data):
    assert RECORDS[650] in data
    assert {"id": -1} not in data
    assert data.index(RECORDS[650]) == 650
    assert data[10:].index(RECORDS[10]) == 0
    assert data.index(RECORDS[650], 600, -1) == 650
    with pytest.raises(ValueError):
        data.index(RECORDS[650], 0, 650)
    assert data.count(RECORDS[3]) == 1
    assert ladle.open(io.BytesIO(dumped([1, 2, 1]))).count(1) == 2


def test_it_is_no_abstract_sequence(data):
    assert not isinstance(data, collections.abc.Sequence)


def test_shards_are_disjoint_and_leave_nothing_out(data):
    for count in (1, 2, 3, 8, 699, 700, 701, 1000):
        shards = [data.shard(i, count) for i in range(count)]
        assert sum(map(len, shards)) == 700
        assert max(map(len, shards)) - min(map(len, shards)) <= 1
        if count < 10:
            assert [record for shard in shards for record in shard] == RECORDS
    for wrong in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(ValueError):
            data.shard(*wrong)


def test_an_empty_file(path):
    data = ladle.open(written(path, []))
    assert len(data) == 0
    assert list(data) == data.tolist() == list(data[::-1]) == []
    with pytest.raises(IndexError):
        data[0]


def test_records_of_all_sizes(path):
    records = ["x" * (i * 997 % 5000) for i in range(300)] + ["y" * 10**6, None, "z" * 10**6]
    data = ladle.open(written(path, records))
    for index in random.Random(3).sample(range(len(records)), 100) + [-1, -2, -3]:
        assert data[index] == records[index]


def test_mixed_kinds_by_place(path):
    data = ladle.open(written(path, OTHERS))
    for index in random.Random(4).sample(range(500), 200):
        assert same(data[index], OTHERS[index])
    assert data[::-1].tolist() == OTHERS[::-1]


def test_closing(data):
    with data as same_one:
        assert same_one is data
        part, records = data[5:], iter(data)
    assert data.closed
    for use in (lambda: data[0], lambda: iter(data), lambda: data[1:], lambda: data.metadata):
        with pytest.raises(ValueError):
            use()
    data.close()
    assert list(part) == RECORDS[5:]
    assert list(records) == RECORDS


def test_pickled_readers_open_elsewhere(data, path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for reader in (data, data[100:300:7], ladle.open(os.path.relpath(path))[5:]):
        copy = pickle.loads(pickle.dumps(reader))
        assert list(copy) == list(reader)
        assert len(copy) == len(reader)
    with pytest.raises(TypeError):
        pickle.dumps(ladle.open(io.BytesIO(dumped([1]))))


def test_a_pickled_reader_refuses_another_file(data, path):
    pickled = pickle.dumps(data)
    written(path, RECORDS)
    with pytest.raises(ladle.CorruptError, match="replaced"):
        pickle.loads(pickled)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickled)


def test_a_reader_keeps_the_file_that_it_opened(data, path):
    part = data[600:]
    written(path, [1, 2, 3])
    assert data[-1] == RECORDS[-1]
    assert list(data) == RECORDS
    assert list(part) == RECORDS[600:]


def test_several_threads_share_a_reader(data):
    errors = []

    def work(seed):
        source = random.Random(seed)
        for _ in range(200):
            index = source.randrange(700)
            if data[index] != RECORDS[index]:
                errors.append(index)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def read_shard(data, index, count, queue):
    queue.put([record["id"] for record in data.shard(index, count)])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_over_shards_get_each_record_once(data, method):
    assert data[10] == RECORDS[10]  # the parent's handle is in use before the fork
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    count = 8 if method == "fork" else 2
    workers = [
        context.Process(target=read_shard, args=(data, i, count, queue)) for i in range(count)
    ]
    for worker in workers:
        worker.start()
    numbers = [number for _ in workers for number in queue.get(timeout=60)]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert sorted(numbers) == list(range(700))
    assert data[20] == RECORDS[20]


def test_a_fork_while_another_thread_reads(data):
    stop = threading.Event()

    def read():
        while not stop.is_set():
            data[random.randrange(700)]

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                os._exit(data[7] != RECORDS[7])
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        thread.join()


def test_what_cannot_be_read_at_any_place_is_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = os.open(fifo, os.O_RDWR)
    with pytest.raises(io.UnsupportedOperation, match=r"ladle\.load"):
        ladle.open(fifo)
    os.close(writer)

    class NoSeek:
        def read(self, size):
            return b""

    with pytest.raises(io.UnsupportedOperation, match=r"ladle\.load"):
        ladle.open(NoSeek())
    with pytest.raises(FileNotFoundError):
        ladle.open([])
    with pytest.raises(FileNotFoundError):
        ladle.open(tmp_path / "nothing")


def test_records_of_a_stream_cannot_be_sought():
    records = ladle.load(io.BufferedReader(io.BytesIO(dumped([1, 2]))))
    with pytest.raises(ValueError):
        records.seek(1)
    assert list(records) == [1, 2]


def test_metadata(path):
    data = ladle.open(written(path, [1], metadata={"a": [1]}))
    assert data.metadata == {"a": [1]}
    data.metadata["a"] = None
    assert data.metadata == {"a": [1]}


def test_a_closed_reader_follows_nothing(data):
    data.close()
    with pytest.raises(ValueError, match="closed"):
        next(data.follow())


def test_types_may_be_an_iterator(path):
    ladle.dump([Pair(1, 2)] * 3, path)
    data = ladle.open(path, types=iter([Pair]))
    assert [*data, data[1]] == [Pair(1, 2)] * 4
