# SPDX-License-Identifier: BSD-2-Clause
"""build/bench/report.md, with a table for the README, and results.json."""

import json
from collections.abc import Iterable
from pathlib import Path

from plan import LADLE, OPERATIONS, PEERS, Step
from targets import MIB, TIMES_AS_FAST, Target, c_targets, targets
from workloads import WORKLOADS

METHOD = """\
Each measurement is a process of its own, its peers before or after it as it falls out, and short
ones have up to five in a round; what is shown is the median, and in parentheses how many times the
seconds of ladle that is. The clock runs from before the file is opened until after it was closed,
with Python's collector as it is by default. `iterate` keeps no record; `tolist` ends with all of
them in a list. Memory is the highest resident memory of the process less what it had before the
clock started (the records to write are there by then). Files lie in memory, so no disk is measured;
ladle checks every checksum and replaces a file in one step. A whole list or file is one value for
pickle, marshal, msgspec, ormsgpack and numpy.save."""


C_NOTE = """\
ladle: each record as tagged values; ladle-rows: arrays of structs. plain: the structs as they lie
in memory, through stdio. avro-c: one generic value, set and appended. msgpack-c: through stdio, and
its streaming unpacker. protobuf-c: messages behind their lengths. All built with the same flags."""


def write(bench, facts: dict[str, str], seconds: float, out: Path) -> None:
    text = "\n\n".join(_sections(bench, facts, seconds)) + "\n"
    (out / "report.md").write_text(text)
    (out / "results.json").write_text(json.dumps(_results(bench, facts), indent=1) + "\n")


def _sections(bench, facts: dict[str, str], seconds: float) -> Iterable[str]:
    yield "# Ladle beside its peers"
    yield _head(bench, facts, seconds)
    yield "![speed and memory](bench.png)"
    yield "## For the README\n\n" + readme_table(bench, facts)
    if not bench.options.quick:
        yield "## Must show\n\n" + _target_table(list(all_targets(bench)))
    if bench.instructions:
        counts = (f"{what} {count:,.0f}" for what, count in bench.instructions.items())
        yield f"Instructions for each record of T, by callgrind: {', '.join(counts)}."
    for workload in bench.options.only:
        count, title = bench.counts[workload], WORKLOADS[workload].title
        yield f"## {workload}: {count:,} {title}\n\n" + _workload_table(bench, workload)
    if bench.c_figures:
        yield "## C: T without Python\n\n" + _c_table(bench)
    yield "## What was compared\n\n" + _peer_table(bench)
    failures = bench.failures()
    if failures:
        yield "## Failed\n\n" + "\n".join(f"- {failure}" for failure in failures)


def _head(bench, facts: dict[str, str], seconds: float) -> str:
    missing = [name for name, found in bench.found.items() if "missing" in found]
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += [
        f"- command: `{bench.options.command}`, {bench.options.rounds} rounds, "
        f"{seconds / 60:.0f} minutes",
        f"- missing: {', '.join(missing) or 'nobody'}",
    ]
    if bench.options.quick:
        lines.append("- **a trial with few records: these figures say nothing about speed**")
    return "\n".join(lines) + "\n\n" + METHOD


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ---- Figures ----


def _seconds(bench, step: Step, plain: bool = False) -> str:
    value = bench.find(step.workload, step.peer, step.operation, "seconds")
    if value is None:
        return ""
    ladle = bench.find(step.workload, "ladle", step.operation, "seconds")
    times = f" ({value / ladle:.1f}x)" if ladle and step.peer != "ladle" and not plain else ""
    return f"{value:.3f}{times}"


def _peak(bench, workload: str, peer: str, operations: Iterable[str]) -> str:
    peaks = [bench.find(workload, peer, operation, "peak") for operation in operations]
    known = [peak for peak in peaks if peak is not None]
    return f"{max(known) / MIB:.1f}" if known else ""


def _file(bench, workload: str, peer: str) -> str:
    for operation in ("dump", "generator", "append"):
        length = bench.find(workload, peer, operation, "file_len")
        if length is not None:
            return f"{length / 1e6:.1f}"
    return ""


def _workload_table(bench, workload: str) -> str:
    head = ["", *(f"{text}, s" for text in OPERATIONS.values())]
    head += ["memory writing, MiB", "memory iterating", "file, MB"]
    peers = dict.fromkeys(step.peer for step in bench.steps(workload))
    rows = (
        [
            peer,
            *(_seconds(bench, Step(workload, peer, operation)) for operation in OPERATIONS),
            _peak(bench, workload, peer, ("dump",)),
            _peak(bench, workload, peer, ("iterate",)),
            _file(bench, workload, peer),
        ]
        for peer in peers
    )
    return table(head, rows)


# ---- What must be shown ----


def c_seconds(bench) -> dict[tuple[str, str], float]:
    medians = {key: figures.median("seconds") for key, figures in bench.c_figures.items()}
    return {key: value for key, value in medians.items() if value is not None}


def all_targets(bench) -> Iterable[Target]:
    yield from targets(bench.find, bench.options.only)
    if bench.c_figures:
        yield from c_targets(c_seconds(bench))


def _target_table(found: list[Target]) -> str:
    rows = (
        [
            target.what,
            f"{'at least' if target.at_least else 'at most'} {target.wanted:g} {target.unit}",
            "" if target.measured is None else f"{target.measured:.2f} {target.unit}",
            target.verdict,
        ]
        for target in found
    )
    met = sum(target.verdict == "met" for target in found)
    return table(["", "wanted", "measured", ""], rows) + f"\n\n{met} of {len(found)} met."


# ---- C ----


def _c_table(bench) -> str:
    seconds = c_seconds(bench)
    names = dict.fromkeys(name for name, _ in bench.c_figures)
    rows = ([name, *_c_row(bench, name, seconds)] for name in names)
    head = ["", "write, s", "read, s", "memory, MiB", "file, MB"]
    return table(head, rows) + "\n\n" + C_NOTE


def _c_row(bench, name: str, seconds: dict) -> Iterable[str]:
    for operation in ("write", "read"):
        value = seconds.get((name, operation))
        yield "" if value is None else f"{value:.3f}"
    peaks = [bench.c_figures[name, operation].median("peak") for operation in ("write", "read")]
    yield "" if None in peaks else f"{max(peaks) / MIB:.1f}"
    length = bench.c_figures[name, "write"].median("file_len")
    yield "" if length is None else f"{length / 1e6:.1f}"


# ---- For the README ----


def readme_table(bench, facts: dict[str, str]) -> str:
    """How many times as fast ladle is: a line a workload and operation that has targets."""
    peers = ["pickle", "pickle per record", "marshal", "msgpack stream", "msgspec"]
    rows = (
        [f"{workload} {OPERATIONS[operation]}", *_readme_row(bench, workload, operation, peers)]
        for workload in bench.options.only
        for operation in TIMES_AS_FAST[workload]
    )
    titles = (f"{name}: {WORKLOADS[name].title}" for name in bench.options.only)
    legend = (
        f"How many times as fast as each, measured by `{bench.options.command}` "
        f"({facts['date']}, {facts['processor']}, {facts['system']}, "
        f"CPython {facts['Python'].split()[0]}, commit {facts['commit']}). "
        + "; ".join(titles)
        + "."
    )
    return legend + "\n\n" + table(["", "ladle, s", *peers], rows)


def _readme_row(bench, workload: str, operation: str, peers: list[str]) -> Iterable[str]:
    ladle = bench.find(workload, "ladle", operation, "seconds")
    yield "" if ladle is None else f"{ladle:.3f}"
    for peer in peers:
        value = bench.find(workload, peer, operation, "seconds")
        yield f"{value / ladle:.1f}x" if value and ladle else ""


def _peer_table(bench) -> str:
    def row(name: str) -> list[str]:
        found = bench.found[name]
        return [name, found.get("version", "missing"), PEERS[name].note or found.get("missing", "")]

    names = [name for name in PEERS if name not in LADLE or "missing" in bench.found[name]]
    return table(["", "version", "note"], map(row, names))


def _results(bench, facts: dict[str, str]) -> dict:
    return {
        "facts": facts,
        "rounds": bench.options.rounds,
        "counts": bench.counts,
        "peers": bench.found,
        "instructions": bench.instructions,
        "steps": [
            {"workload": s.workload, "peer": s.peer, "operation": s.operation}
            | ({"problem": figures.problem} if figures.problem else figures.values)
            for s, figures in bench.figures.items()
        ],
        "C": [
            {"program": name, "operation": operation} | figures.values
            for (name, operation), figures in bench.c_figures.items()
        ],
    }
