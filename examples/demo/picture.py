# SPDX-License-Identifier: BSD-2-Clause
"""Memory over time of all operations as one picture."""

from pathlib import Path

from measure import Outcome
from memory import MIB

COLORS = {
    "pickle": ["#2b303b"],
    "text": ["#8d97a8"],
    "ladle": ["#d1495b", "#e8963a", "#5b7fb8"],
}
REMARK = (
    "Each line is a process of its own. Where records are made one at a time as they are "
    "written, the line contains their making; the seconds named here do not."
)


def draw(title: str, outcomes: list[Outcome], path: Path) -> str:
    """Writes the picture and returns a sentence that says where, or why not."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        return f"There is no picture: `pip install matplotlib` and run again to get {path}."
    drawable = [outcome for outcome in outcomes if outcome.samples]
    if not drawable:
        return "There is no picture: nothing ran long enough, or this is not Linux."
    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
    titles = ("Writing", "Reading", "Filling an array")
    figure, panels = pyplot.subplots(
        1, len(titles), figsize=(18, 6), sharey=True, layout="constrained"
    )
    for panel, title_of_panel in zip(panels, titles):
        panel.set_title(title_of_panel, loc="left", fontweight="bold")
        _draw_panel(panel, [o for o in drawable if o.operation.panel == title_of_panel])
    panels[0].set_ylabel("resident memory above that of the idle process, MiB")
    figure.suptitle(f"Memory over time: {title}", fontsize=13)
    figure.supxlabel(REMARK, fontsize=9, color="#5a6372")
    figure.savefig(path, dpi=150)
    return f"Memory over time of each of them: {path}"


def _draw_panel(panel, outcomes: list[Outcome]) -> None:
    panel.set_xlabel("seconds since the operation began")
    panel.grid(color="#e6e8ec", linewidth=0.8)
    if not outcomes:
        return
    end_seconds = _shown_seconds(outcomes)
    colors = {kind: iter(palette) for kind, palette in COLORS.items()}
    for outcome in outcomes:
        _draw_line(panel, outcome, next(colors[outcome.operation.kind]), end_seconds)
    panel.set_xlim(0, end_seconds)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), frameon=False)


def _shown_seconds(outcomes: list[Outcome]) -> float:
    """Up to where time is drawn: slow text shall not squeeze the others into a corner."""
    ends = {outcome.operation.kind: 0.0 for outcome in outcomes}
    for outcome in outcomes:
        kind = outcome.operation.kind
        ends[kind] = max(ends[kind], outcome.samples[-1][0])
    others = max((end for kind, end in ends.items() if kind != "text"), default=0.0)
    longest = max(ends.values())
    return 1.05 * (min(longest, 1.5 * others) if others else longest) or 1.0


def _draw_line(panel, outcome: Outcome, color: str, end_seconds: float) -> None:
    is_ladle = outcome.operation.kind == "ladle"
    style = {"color": color, "zorder": 4 if is_ladle else 3}
    seconds, sizes = zip(*outcome.samples)
    mib = [size / MIB for size in sizes]
    width = 2.8 if is_ladle else 1.6
    panel.plot(seconds, mib, linewidth=width, label=_legend_text(outcome), **style)
    if seconds[-1] <= end_seconds:
        panel.plot(seconds[-1], mib[-1], "o", markersize=6, **style)
        return
    panel.annotate(
        f"text goes on to {seconds[-1]:.1f} s →",
        (end_seconds, mib[-1]),
        xytext=(0, 8),
        textcoords="offset points",
        horizontalalignment="right",
        color="#5a6372",
    )


def _legend_text(outcome: Outcome) -> str:
    peak_mib = outcome.memory_len / MIB
    return f"{outcome.operation.label}: {outcome.seconds:.2f} s, at most {peak_mib:,.1f} MiB"
