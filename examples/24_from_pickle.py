# SPDX-License-Identifier: BSD-2-Clause
"""Out of pickle: a pickle of one list is read record by record, and never executed."""

import datetime
import io
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import ladle


class Measurement:
    """A class of the program that wrote the pickle; who reads it need not have it."""

    def __init__(self, place, value):
        self.place, self.value = place, value


class Attack:
    """What a stranger may have put into a file: pickle.load would run the command."""

    def __reduce__(self):
        return os.system, ("echo this should not have run",)


def main(folder: Path) -> None:
    day = datetime.date(2026, 1, 1)
    records = [{"id": i, "at": day, "text": f"no. {i}"} for i in range(50_000)]
    (folder / "old.pkl").write_bytes(pickle.dumps(records))

    # The items of a pickled list are the records. None of them waits for the last.
    for record in ladle.from_pickle(folder / "old.pkl"):
        print("first:", record)
        break
    print(ladle.dump(ladle.from_pickle(folder / "old.pkl"), folder / "new.ladle"), "records")

    # The command does the same: ladle convert old.pkl new.ladle
    command = [sys.executable, "-m", "ladle", "convert", "old.pkl", "new.ladle"]
    subprocess.run(command, cwd=folder, check=True)
    assert ladle.load(folder / "new.ladle").tolist() == records

    # Classes that ladle does not know are refused by name, kept as name and state, or rebuilt
    # without running their code when they are allowed.
    data = pickle.dumps([Measurement("roof", 21.5)])
    try:
        list(ladle.from_pickle(io.BytesIO(data)))
    except ladle.UnsupportedError as error:
        print("refused:", error)
    print("opaque: ", *ladle.from_pickle(io.BytesIO(data), unknown="opaque"))
    (rebuilt,) = ladle.from_pickle(io.BytesIO(data), types=[Measurement])
    print("rebuilt:", vars(rebuilt))

    try:
        list(ladle.from_pickle(io.BytesIO(pickle.dumps(Attack()))))
    except ladle.UnsupportedError as error:
        print("refused:", error)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
