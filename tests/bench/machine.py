# SPDX-License-Identifier: BSD-2-Clause
"""What the figures are measured on."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def compact() -> bool:
    """Have the system put free memory together, where it lets us, and say whether it did.

    Files in memory are read and written a fifth faster where their pages lie together, and the
    longer a machine was at work the less they do.
    """
    try:
        Path("/proc/sys/vm/compact_memory").write_text("1")
    except OSError:
        return False
    return True


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
        "free memory": "put together before each round" if compact() else "as it was",
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
