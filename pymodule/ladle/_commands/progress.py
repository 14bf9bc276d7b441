# SPDX-License-Identifier: BSD-2-Clause
"""How far the work has come, on a terminal: a bar where tqdm is installed, else a line of text."""

import sys
import time

BAR = "{desc}: {percentage:3.0f} %|{bar}| {unit}"
NO_BAR = "{desc}: {unit}"


class Progress:
    """Something on stderr that changes and is gone in the end; nothing when that is no terminal."""

    SECONDS = 0.1

    def __init__(self, name):
        self.name, self.bar = name, None
        self.start = self.shown = time.monotonic()

    def __enter__(self):
        return self if sys.stderr.isatty() else None

    def records(self, count, share):
        """So many records are done, and with them a share of the whole, None when nobody knows."""
        rate = count / max(time.monotonic() - self.start, 1e-9)
        self._show(share, f"{count:,} records, {rate:,.0f} a second")

    def bytes(self, done, total):
        """So many bytes are done of a number that is 2**64 - 1 when nobody knows."""
        self._show(done / total if 0 < total < 2**64 - 1 else None, f"{done / 1e6:,.1f} MB")

    def _show(self, share, note):
        now = time.monotonic()
        if now - self.shown >= self.SECONDS:
            self.shown = now
            self.bar = self.bar or _bar(self.name) or _Line(self.name)
            self.bar.bar_format = NO_BAR if share is None else BAR
            self.bar.n = min(share or 0, 1)
            self.bar.unit = note
            self.bar.refresh()

    def __exit__(self, *exception):
        if self.bar is not None:
            self.bar.close()


def _bar(name):
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(desc=name, total=1, leave=False, bar_format=NO_BAR, file=sys.stderr)


class _Line:
    """What is used of a bar of tqdm, without a bar."""

    def __init__(self, name):
        self.name, self.n, self.unit, self.bar_format = name, 0, "", NO_BAR

    def refresh(self):
        share = "" if self.bar_format == NO_BAR else f"{100 * self.n:.0f} %, "
        print(f"\r\033[K{self.name}: {share}{self.unit}", end="", file=sys.stderr, flush=True)

    def close(self):
        print("\r\033[K", end="", file=sys.stderr, flush=True)
