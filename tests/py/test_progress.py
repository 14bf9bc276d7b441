# SPDX-License-Identifier: BSD-2-Clause
"""The bar of the commands: on a terminal only, by tqdm or as a line, and gone in the end."""

import os
import pickle
import subprocess
import sys

import ladle
import pytest

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

COMMAND = """
import sys
if sys.argv.pop(1) == "line":
    sys.modules["tqdm"] = None
from ladle._commands import main
from ladle._commands.progress import Progress
Progress.SECONDS = 0.001
sys.exit(main(sys.argv[1:]))
"""


def on_terminal(*arguments):
    """The exit status and what a terminal shows."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine gives no terminal: {error}")
    termios.tcsetwinsize(theirs, (24, 200))
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 4096):
            shown += data
    except OSError:  # as Linux says that the other side is closed
        pass
    os.close(ours)
    process.stdout.read()
    process.stdout.close()
    return process.wait(), shown.decode()


def left_on_the_line(shown):
    """What is on the last line when all carriage returns and erasures were done."""
    line = shown.split("\n")[-1]
    text = ""
    for part in line.split("\r"):
        if part.startswith("\033[K"):
            part, text = part.removeprefix("\033[K"), ""
        text = part + text[len(part) :]
    return text.strip()


@pytest.mark.parametrize("kind", ["line", "bar"])
def test_convert_verify_and_repair_show_how_far_they_are(kind, tmp_path):
    if kind == "bar":
        pytest.importorskip("tqdm")
    source, target = tmp_path / "a.pkl", tmp_path / "a.ladle"
    source.write_bytes(pickle.dumps([(i, f"name {i}") for i in range(100_000)]))
    for arguments in (
        ["convert", source, target],
        ["verify", target],
        ["repair", target, tmp_path / "b.ladle"],
        ["concat", target, target, tmp_path / "c.ladle"],
    ):
        status, shown = on_terminal(kind, *arguments)
        assert status == 0, shown
        assert left_on_the_line(shown) == ""
        if arguments[0] == "convert":
            assert "a.pkl: " in shown and " records, " in shown and " %" in shown
            assert ("|" in shown) == (kind == "bar")


def test_a_failure_is_said_behind_the_bar(tmp_path):
    source = tmp_path / "a.pkl"
    source.write_bytes(pickle.dumps([(i, f"name {i}") for i in range(50_000)])[:-5])
    status, shown = on_terminal("line", "convert", source, tmp_path / "a.ladle")
    assert status == 1 and " records, " in shown
    assert shown.rstrip().split("\r\033[K")[-1].startswith("ladle: ")
    assert not (tmp_path / "a.ladle").exists()


def test_what_is_no_terminal_gets_no_bar(tmp_path):
    ladle.dump(range(100_000), tmp_path / "a.ladle")
    command = [sys.executable, "-m", "ladle", "verify", str(tmp_path / "a.ladle")]
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr == b""
