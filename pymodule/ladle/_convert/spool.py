# SPDX-License-Identifier: BSD-2-Clause
"""Records that wait on disk until all of them were seen."""

import contextlib
import tempfile

from ladle._files import dump


@contextlib.contextmanager
def spooled(records):
    """The path of a ladle file with the records: their types are known when all were seen."""
    with tempfile.TemporaryDirectory(prefix="ladle-") as folder:
        path = f"{folder}/records.ladle"
        dump(records, path)
        yield path
