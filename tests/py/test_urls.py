# SPDX-License-Identifier: BSD-2-Clause
"""URLs, which fsspec opens: everything that takes a path takes them."""

import pickle
import subprocess
import sys
import uuid

import ladle
import pytest

pytest.importorskip("fsspec")

RECORDS = [(i, str(i)) for i in range(5_000)]


@pytest.fixture
def url():
    return f"memory://{uuid.uuid4()}.ladle"


def test_records_go_to_a_url_and_back(url):
    assert ladle.dump(RECORDS, url) == len(RECORDS)
    with ladle.load(url) as records:
        assert list(records) == RECORDS
    with ladle.open(url) as data:
        assert (len(data), data[-1], data.shard(1, 2)[0]) == (5_000, RECORDS[-1], RECORDS[2_500])
        assert data.verify() == len(RECORDS)


def test_a_writer_of_a_url(url):
    with ladle.open(url, "w", compression="zlib") as writer:
        writer.extend(RECORDS)
    assert ladle.open(url).tolist() == RECORDS
    with pytest.raises(OSError, match="only files of this machine can be appended to"):
        ladle.open(url, "a")


def test_whole_files_at_urls(url):
    ladle.dump(RECORDS, url)
    ladle.dump(RECORDS, url + "1")
    ladle.concat([url, url + "1"], url + "2")
    assert len(ladle.open(url + "2")) == 2 * len(RECORDS)
    report = ladle.repair(url, url + "3")
    assert (report.records, report.lost) == (len(RECORDS), 0)
    assert ladle.convert(url, url + ".jsonl") == len(RECORDS)


def test_a_pickle_at_a_url(url):
    import fsspec

    with fsspec.open(url + ".pkl", "wb") as file:
        pickle.dump(RECORDS, file)
    assert list(ladle.from_pickle(url + ".pkl")) == RECORDS


def test_what_is_not_there_is_named(url):
    with pytest.raises(FileNotFoundError, match=url.removeprefix("memory://")):
        ladle.load(url)


def test_a_url_without_fsspec_says_what_to_install(url):
    code = f"""
import sys
sys.modules["fsspec"] = None
import ladle
for use in (ladle.load, ladle.open, lambda url: ladle.dump([], url)):
    try:
        use({url!r})
    except ImportError as error:
        assert str(error) == {url!r} + ": to read and write URLs, install fsspec"
    else:
        raise AssertionError(use)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
