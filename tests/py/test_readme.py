# SPDX-License-Identifier: BSD-2-Clause
"""The Python of README.md runs as it stands there."""

import pathlib
import re

README = pathlib.Path(__file__).parents[2] / "README.md"


def python_blocks():
    text = README.read_text(encoding="utf-8")
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        first_line = text[: match.start()].count("\n") + 1
        yield "\n" * first_line + match[1]  # so that an error names the line of README.md


def test_the_python_of_the_readme_runs_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = list(python_blocks())
    assert blocks
    names = {"__name__": "readme"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
