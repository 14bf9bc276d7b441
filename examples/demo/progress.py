# SPDX-License-Identifier: BSD-2-Clause
"""Progress on stderr: one line that changes on a terminal, plain lines elsewhere."""

import sys
import time


class Progress:
    """Says what is being done, and that it still is."""

    TERMINAL_SECONDS, LOG_SECONDS = 0.1, 10.0

    def __init__(self, step_count: int):
        self.step_count, self.step = step_count, 0
        self.on_terminal = sys.stderr.isatty()
        self.interval_seconds = self.TERMINAL_SECONDS if self.on_terminal else self.LOG_SECONDS

    def begin(self, label: str) -> None:
        self.step += 1
        self.label, self.start = label, time.perf_counter()
        self.next_update = 0.0
        self.update("")

    def update(self, detail: str) -> None:
        """May be called often: shows something only now and then."""
        now = time.perf_counter()
        if now < self.next_update:
            return
        self.next_update = now + self.interval_seconds
        self._show(f"{now - self.start:6.1f} s  {detail}")

    def end(self) -> None:
        """Clears the line, so that others can print."""
        if self.on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _show(self, detail: str) -> None:
        filled = 20 * (self.step - 1) // self.step_count
        bar = "#" * filled + "." * (20 - filled)
        line = f"[{bar}] {self.step:2}/{self.step_count}  {self.label:32}{detail}"
        if self.on_terminal:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        else:
            print(line.rstrip(), file=sys.stderr, flush=True)
