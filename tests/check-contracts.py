#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fail when a public function lacks its contract, a test with failing memory, or one of wrong use.

The contract is the comment before the declaration, or before the declarations that it stands in one
paragraph with. It lists statuses where there are any. A test with failing memory is a call in a
suite that uses fault_alloc.h, one of wrong use a call in check_misuse.c. What needs neither is below.
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).parent.parent
DECLARATION = re.compile(r"\bLADLE_API\b([^;{]*?)\b(ladle_\w+)\(([^;]*?)\);", re.DOTALL)

# base.h: these do not look whether they are used rightly.
UNCHECKED = {"buffer.h", "schema.h", "shape.h", "value.h", "view.h"}

# These give a status, but take no memory.
WITHOUT_MEMORY = {
    "ladle_fd_is_locked",
    "ladle_fd_lock",
    "ladle_fd_write_some",
    "ladle_reader_resume",  # what it meets on the way is for the next call to say
    "ladle_source_open",
    "ladle_value_get",
    "ladle_value_next",
    "ladle_value_skip",
}

# These cannot be used wrongly, but for a pointer that is none.
ALWAYS_RIGHT = {
    "ladle_crc32c",
    "ladle_memory_sink_free",
    "ladle_status_text",
    "ladle_version",
    *(f"ladle_s{end}_from_{what}" for end in ("ink", "ource") for what in "fd file memory pieces".split()),
}


def functions():
    """Each public function: its name, its header, whether it gives a status, its contract."""
    for path in sorted((TOP / "include/ladle").glob("*.h")):
        text = path.read_text(encoding="utf-8")
        contract, end = "", 0
        for match in DECLARATION.finditer(text):
            before = text[end : match.start()]
            if "/*" in before:
                contract = before[before.rindex("/*") :]
            elif "\n\n" in before.rstrip(" "):
                contract = ""
            yield match[2], path.name, "ladle_status" in match[1], contract
            end = match.end()


def calls(paths):
    """Names of all functions that are called in these files."""
    return {
        name for path in paths for name in re.findall(r"\b(ladle_\w+)\(", path.read_text("utf-8"))
    }


def faults():
    suites = list((TOP / "tests/c").glob("check_*.c"))
    failing = calls(path for path in suites if "fault_alloc_init" in path.read_text("utf-8"))
    misused = calls(path for path in suites if path.name == "check_misuse.c")
    for name, header, has_status, contract in functions():
        if not contract:
            yield f"{name}: no contract"
        elif has_status and not re.search(r"[Rr]eturns?\b|LADLE_E_|LADLE_OK", contract):
            yield f"{name}: its contract says nothing of what it returns"
        if has_status and name not in failing | WITHOUT_MEMORY:
            yield f"{name}: no test with failing memory"
        if header not in UNCHECKED and name not in misused | ALWAYS_RIGHT:
            yield f"{name}: no test of wrong use"


def main():
    found = list(faults())
    for fault in found:
        print(f"contracts: {fault}", file=sys.stderr)
    if not found:
        print(f"contracts: {len(list(functions()))} functions, all with contract and tests")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
