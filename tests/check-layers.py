#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fail when a file includes what it may not: tests/check-layers.py [ROOT]

lib/       its own header and headers of lower layers; lib/layers.txt has the layers, lowest first
pymodule/  public headers and headers of pymodule/
include/   public headers
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def read_ranks(path):
    layers = path.read_text(encoding="utf-8").splitlines()
    return {module: rank for rank, layer in enumerate(layers) for module in layer.split()}


def includes(path):
    """Yield (line number, quote or bracket, included name)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def is_public(name):
    return name == "ladle.h" or (name.startswith("ladle/") and ".." not in name)


def check_lib(path, ranks, private):
    if path.stem not in ranks:
        yield f"{path}: '{path.stem}' is missing from lib/layers.txt"
        return
    for number, mark, name in includes(path):
        if mark == "<" and name not in private:
            continue
        module = name.removesuffix(".h")
        if name not in private:
            yield f'{path}:{number}: "{name}" is no header of lib/; public ones go in <>'
        elif module != path.stem and ranks.get(module, len(ranks)) >= ranks[path.stem]:
            yield f"{path}:{number}: '{path.stem}' may not include '{module}': not a lower layer"


def check_outside(path, own_headers, private):
    """A file outside lib/ may include public headers, its own folder's and the system's."""
    for number, mark, name in includes(path):
        if is_public(name) or name in own_headers:
            continue
        if mark == '"' or Path(name).name in private:
            yield f"{path}:{number}: may not include '{name}'"


def problems(root):
    lib, pymodule, include = root / "lib", root / "pymodule", root / "include"
    ranks = read_ranks(lib / "layers.txt")
    private = {path.name for path in lib.glob("*.h")}
    own = {path.name for path in pymodule.glob("*.h")}
    for path in sorted(lib.glob("*.[ch]")):
        yield from check_lib(path, ranks, private)
    for path in sorted(pymodule.glob("*.[ch]")):
        yield from check_outside(path, own, private)
    for path in sorted(include.rglob("*.h")):
        yield from check_outside(path, set(), private)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    found = list(problems(root))
    print("\n".join(found) or "layers: as they should be", file=sys.stderr if found else sys.stdout)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
