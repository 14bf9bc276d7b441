# SPDX-License-Identifier: BSD-2-Clause
"""One picture: how fast everybody is, and what memory that takes, for each workload."""

import importlib.util
from pathlib import Path

from plan import LADLE, MAIN, OTHERS
from targets import MIB

SHOWN = ("dump", "iterate", "tolist")
INK, LADLE_INK, GREY = "#1d2530", "#0b6e4f", "#8c96a5"


def draw(bench, path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    workloads = bench.options.only
    figure, grid = pyplot.subplots(
        len(workloads),
        len(SHOWN) + 1,
        figsize=(17, 2.9 * len(workloads) + 0.6),
        squeeze=False,
        constrained_layout=True,
    )
    for workload, panels in zip(workloads, grid, strict=True):
        count = bench.counts[workload]
        for operation, panel in zip(SHOWN, panels, strict=False):
            values = {
                peer: value * 1e9 / count
                for peer in _names(workload)
                if (value := bench.find(workload, peer, operation, "seconds")) is not None
            }
            _bars(panel, f"{workload}: {operation}, ns a record", values)
        memory = {
            peer: max(value / MIB, 0.05)
            for peer in _names(workload)
            if (value := bench.find(workload, peer, "iterate", "peak")) is not None
        }
        _bars(panels[-1], f"{workload}: memory to iterate, MiB", memory, logarithmic=True)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def _names(workload: str) -> list[str]:
    extra = [name for name in LADLE if name != "ladle"] if workload in "TDJ" else []
    return ["ladle", *extra, *MAIN, *OTHERS]


def _bars(panel, title: str, values: dict[str, float], logarithmic: bool = False) -> None:
    names = sorted(values, key=values.get)
    heights = [values[name] for name in names]
    colors = [LADLE_INK if name in LADLE else GREY for name in names]
    bars = panel.barh(range(len(names)), heights, color=colors, height=0.75)
    labels = [f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in heights]
    panel.bar_label(bars, labels, padding=3, fontsize=7, color=INK)
    panel.set_yticks(range(len(names)), names, fontsize=7)
    panel.invert_yaxis()
    panel.set_title(title, fontsize=9, loc="left", color=INK)
    panel.tick_params(axis="x", labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    if not heights:
        return
    if logarithmic:
        panel.set_xscale("log")
        panel.set_xlim(0.03, max(heights) * 4)
        return
    # One that is very slow shall not make all the others too small to tell apart.
    shown = sorted(heights)[max(0, len(heights) - 3)] if len(heights) > 5 else max(heights)
    panel.set_xlim(0, 1.18 * shown)
    for bar, label in zip(bars, labels, strict=True):
        if bar.get_width() > 1.18 * shown:
            panel.annotate(
                f"{label} →",
                (1.16 * shown, bar.get_y() + bar.get_height() / 2),
                fontsize=7,
                color="white",
                horizontalalignment="right",
                verticalalignment="center",
            )
