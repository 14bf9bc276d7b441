# SPDX-License-Identifier: BSD-2-Clause
"""Ladle beside its peers: speed, memory, file size. 'make bench' runs it.

    python tests/bench/bench.py --python build/bench/venv/bin/python --out build/bench

Each measurement is a process of its own; rounds go through all of them, so that what disturbs
the machine for a while disturbs everybody. Within a round the peers have their turns in an order
drawn anew, for a process finds the memory that the one before gave back, and short ones have
several turns. Writes report.md, results.json and bench.png.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median

import instructions
import machine
import picture
import report
from plan import BY_COLUMN, LADLE, PEERS, WRITES, Step, steps
from workloads import WORKLOADS

HERE = Path(__file__).parent
SECONDS_MAX = 600  # of one measurement
TURNS = 5  # of a measurement in one round, as long as
TURN_SECONDS = 0.6  # its processes did not take that long together
QUICK_COUNT = 2_000


@dataclass
class Figures:
    """What was measured of one step, a value a round."""

    values: dict[str, list[float]] = field(default_factory=dict)
    problem: str = ""

    def add(self, found: dict[str, float]) -> None:
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def median(self, name: str) -> float | None:
        values = self.values.get(name)
        return median(values) if values else None


class Failed(Exception):
    """A process that did not do its work; the text says why."""


def run(command: list[str]) -> dict:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"took more than {SECONDS_MAX} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Failed(lines[-1])
    return json.loads(done.stdout)


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path):
        self.options, self.folder = options, folder
        self.figures: dict[Step, Figures] = {}
        self.c_figures = {
            (program.name, do): Figures() for program in options.c for do in ("write", "read")
        }
        self.random = random.Random(0)
        self.start = time.perf_counter()
        self.counts = {
            name: QUICK_COUNT if options.quick else WORKLOADS[name].count for name in options.only
        }

    def runner(self, do: str, **arguments) -> dict:
        task = json.dumps({"do": do} | arguments)
        return run([self.options.python, str(HERE / "runner.py"), task])

    def say(self, text: str) -> None:
        print(f"{time.perf_counter() - self.start:6.0f} s  {text}", file=sys.stderr, flush=True)

    def records_path(self, workload: str) -> str:
        return str(self.folder / f"{workload}.records")

    def path(self, step: Step) -> str:
        writer = step.peer.removesuffix(BY_COLUMN)  # reads what that one wrote
        return str(self.folder / f"{step.workload} {writer}")

    def choose_peers(self) -> None:
        self.found = self.runner("peers")
        wanted = self.options.peers or list(PEERS)
        self.chosen = [
            name
            for name in PEERS
            if "missing" not in self.found[name] and (name in wanted or name in LADLE)
        ]

    def steps(self, workload: str) -> Iterator[Step]:
        return steps(workload, self.chosen, self.options.full)

    def check(self) -> list[str]:
        """Do the same records come back? Tried with few, so that it takes little time."""
        problems = []
        for workload in self.options.only:
            path = str(self.folder / f"{workload}.few")
            self.runner("make", workload=workload, count=500, records_path=path)
            for peer in dict.fromkeys(step.peer for step in self.steps(workload)):
                task = {"workload": workload, "peer": peer, "records_path": path}
                try:
                    found = self.runner("check", path=f"{path}.{peer}", **task)["problems"]
                except Failed as error:
                    found = [str(error)]
                problems += [f"{workload} {peer}: {problem}" for problem in found]
        return problems

    def make_records(self) -> None:
        for workload, count in self.counts.items():
            self.say(f"making {count:,} records of {workload}")
            path = self.records_path(workload)
            self.runner("make", workload=workload, count=count, records_path=path)

    def measure(self, step: Step) -> None:
        figures = self.figures.setdefault(step, Figures())
        if figures.problem:
            return
        try:
            if step.operation not in WRITES and not Path(self.path(step)).exists():
                self._measure(Step(step.workload, step.peer, "dump"))
            figures.add(self._measure(step))
        except Failed as error:
            figures.problem = str(error)
            self.say(f"{step}: {error}")

    def _measure(self, step: Step) -> dict:
        return self.runner(
            "measure",
            workload=step.workload,
            peer=step.peer,
            operation=step.operation,
            records_path=self.records_path(step.workload),
            path=self.path(step),
        )

    def take_turns(self, things: list, measure: Callable) -> None:
        spent = dict.fromkeys(things, 0.0)
        for _ in range(1 if self.options.quick else TURNS):
            for thing in self.random.sample(things, len(things)):
                if spent[thing] < TURN_SECONDS:
                    start = time.perf_counter()
                    measure(thing)
                    spent[thing] += time.perf_counter() - start

    def round(self, number: int) -> None:
        for workload in self.options.only:
            planned = list(self.steps(workload))
            self.say(f"round {number + 1} of {self.options.rounds}: {workload}, {len(planned)}")
            machine.compact()
            for _, same in groupby(planned, lambda step: step.operation):
                self.take_turns(list(same), self.measure)
            for step in planned:
                Path(self.path(step)).unlink(missing_ok=True)

    def round_of_c(self) -> None:
        machine.compact()
        self.take_turns(self.options.c, self.measure_c)

    def measure_c(self, program: Path) -> None:
        """The C programs print the same figures, for writing and then for reading."""
        count = QUICK_COUNT if self.options.quick else WORKLOADS["T"].count
        path = self.c_path(program)
        for operation in ("write", "read"):
            figures = self.c_figures[program.name, operation]
            try:
                figures.add(run([str(program), operation, str(count), path]))
            except Failed as error:
                figures.problem = str(error)
        Path(path).unlink(missing_ok=True)

    def c_path(self, program: Path) -> str:
        return str(self.folder / f"C {program.name}")

    def run_all(self) -> None:
        self.choose_peers()
        self.problems = self.check()
        self.make_records()
        for number in range(self.options.rounds):
            self.round(number)
            self.round_of_c()
        self.say("counting instructions")
        self.instructions = instructions.count(self.options.python, self.folder)

    def find(self, workload: str, peer: str, operation: str, name: str) -> float | None:
        figures = self.figures.get(Step(workload, peer, operation))
        return figures.median(name) if figures else None

    def failures(self) -> list[str]:
        steps_failed = [f"{s}: {f.problem}" for s, f in self.figures.items() if f.problem]
        c_failed = [f"C {key}: {f.problem}" for key, f in self.c_figures.items() if f.problem]
        return self.problems + steps_failed + c_failed


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def chosen(names, text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(names)}")
    return wanted


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="whose packages are measured")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--rounds", type=positive)
    parser.add_argument("--only", type=lambda text: chosen(WORKLOADS, text), help="T,D")
    parser.add_argument("--peers", type=lambda text: chosen(PEERS, text), help="pickle,marshal")
    parser.add_argument("--full", action="store_true", help="each operation of each peer")
    parser.add_argument("--quick", action="store_true", help="few records, to try the harness")
    parser.add_argument("--c", nargs="*", type=Path, default=[], help="C programs to measure")
    parser.add_argument("--command", default="make bench", help="what the report says was run")
    options = parser.parse_args()
    options.only = options.only or list(WORKLOADS)
    options.rounds = options.rounds or (1 if options.quick else 5)
    return options


def memory_folder() -> str | None:
    """A file system in memory, so that no disk is measured."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main() -> int:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=memory_folder(), prefix="ladle-bench-") as folder:
        bench = Bench(options, Path(folder))
        bench.run_all()
        seconds = time.perf_counter() - bench.start
        facts = machine.facts(options.python, folder)
    report.write(bench, facts, seconds, options.out)
    picture.draw(bench, options.out / "bench.png")
    bench.say(f"wrote {options.out / 'report.md'}")
    for failure in bench.failures():
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if bench.failures() else 0


if __name__ == "__main__":
    sys.exit(main())
