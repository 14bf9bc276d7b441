# SPDX-License-Identifier: BSD-2-Clause
"""What the figures were measured on."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def facts(python: str, folder: str) -> dict[str, str]:
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%d %B %Y, %H:%M} UTC",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{_distribution()}, Linux {platform.release()}",
        "Python": _output([python, "-c", "import sys; print(sys.version)"]).replace("\n", " "),
        "C compiler": _output([*os.environ.get("CC", "gcc").split(), "--version"]).split("\n")[0],
        "ladle": _output([python, "-c", "import ladle; print(ladle.__version__)"]),
        "commit": _commit(),
        "files in": str(Path(folder).parent),
    }


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _commit() -> str:
    commit = _output(["git", "rev-parse", "--short", "HEAD"])
    changed = _output(["git", "status", "--porcelain", "--untracked-files=no"])
    return commit + " with changes" * bool(changed) if commit else "unknown"
