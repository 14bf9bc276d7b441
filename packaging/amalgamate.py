#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write the library as two files, ladle.h and ladle.c: amalgamate.py FOLDER

The sources are joined in the order of lib/layers.txt. Names that are private to a source and that
another one has too get the name of their source in front; macros of a source end with it.
"""

import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]+([<\"])([^>\"]+)[>\"][^\n]*\n", re.M)
FEATURE = re.compile(r"^#define[ \t]+(_[A-Z0-9_]+)[ \t]*([^\n/]*)(/\*.*\*/)?[ \t]*\n", re.M)
LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
# Strings, characters and comments, in which nothing is renamed, and words.
TOKEN = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|/\*.*?\*/|//[^\n]*|(?:\.|->)?\b[A-Za-z_]\w*", re.S
)
PRIVATE = [
    # static functions and variables: the last word before a parenthesis, bracket or equals sign
    re.compile(r"^(?:\w+ )?static\b[^;={]*?\b(\w+)\s*(?:\(|\[|=|;)", re.M),
    re.compile(r"^(?:struct|union|enum) (\w+) \{", re.M),
    re.compile(r"^typedef\b[^;{]*?\b(\w+);", re.M),
    re.compile(r"^\} (\w+);", re.M),
]
ENUM = re.compile(r"^(?:static )?(?:typedef )?enum(?: \w+)? \{(.*?)\}", re.M | re.S)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
# What headers of the system call their own.
TAKEN = {"compress", "uncompress", "index", "read", "write", "close", "open", "accept", "select"}


def strip_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def read(path):
    return path.read_text(encoding="utf-8").replace(LICENCE, "", 1)


def in_order(headers):
    """Headers with those first that they include."""
    done = []

    def add(name):
        if name not in done:
            for _, included in INCLUDE.findall(headers[name]):
                if included in headers:
                    add(included)
            done.append(name)

    for name in headers:
        add(name)
    return done


def without_includes(text, inside):
    """Take out the includes of files that are in the same output."""
    return INCLUDE.sub(lambda m: "" if m[2] in inside else m[0], text)


def private_names(text):
    text = strip_comments(text)
    names = {name for pattern in PRIVATE for name in pattern.findall(text)}
    for body in ENUM.findall(text):
        names.update(re.findall(r"^\s*(\w+)", body, re.M))
        names.update(re.findall(r",\s*(\w+)", body))
    return {name for name in names if not name.lower().startswith("ladle_")}


def renamed(text, names, prefix):
    def new(match):
        word = match[0]
        return f"{prefix}_{word}" if word in names else word

    return TOKEN.sub(new, text)


def public_header():
    folder = ROOT / "include"
    headers = {
        str(path.relative_to(folder)): read(path) for path in sorted(folder.glob("ladle/*.h"))
    }
    umbrella = read(folder / "ladle.h")
    about = re.search(r"/\*.*?\*/\n", umbrella, re.S)[0]
    parts = [without_includes(headers[name], headers) for name in in_order(headers)]
    return f"{LICENCE}#ifndef LADLE_H\n#define LADLE_H\n\n{about}\n{''.join(parts)}\n#endif\n"


def sources():
    folder = ROOT / "lib"
    names = (folder / "layers.txt").read_text(encoding="utf-8").split()
    missing = {path.stem for path in folder.glob("*.c")} - set(names)
    if missing:
        sys.exit(f"amalgamate: lib/layers.txt lacks {', '.join(sorted(missing))}")
    return {n: read(folder / f"{n}.c") for n in names if (folder / f"{n}.c").exists()}


def library():
    folder = ROOT / "lib"
    public = {f"ladle/{path.name}" for path in (ROOT / "include/ladle").glob("*.h")} | {"ladle.h"}
    headers = {path.name: read(path) for path in sorted(folder.glob("*.h"))}
    inside = public | set(headers)
    texts = sources()
    features = dict(m[:2] for text in texts.values() for m in FEATURE.findall(text))
    private = {name: private_names(text) for name, text in texts.items()}
    counts = Counter(name for names in private.values() for name in names)
    shared = {n for n, count in counts.items() if count > 1} | TAKEN
    in_headers = set(re.findall(r"\w+", strip_comments("".join(headers.values()))))

    # The widest feature macro has the narrower ones in it.
    parts = [LICENCE]
    if "_GNU_SOURCE" in features:
        features = {n: v for n, v in features.items() if not n.endswith("_SOURCE")}
        features = {"_GNU_SOURCE": ""} | features
    for name, value in features.items():
        parts.append(f"#ifndef {name}\n#define {name} {value.strip()}".rstrip() + "\n#endif\n")
    parts.append('#include "ladle.h"\n\n')
    parts += [without_includes(headers[name], inside) for name in in_order(headers)]
    for name, text in texts.items():
        text = without_includes(FEATURE.sub("", text), inside)
        clashes = private[name] & (shared | in_headers)
        own_macros = dict.fromkeys(MACRO.findall(text))
        ends = "".join(f"#undef {macro}\n" for macro in own_macros if macro not in features)
        parts.append(f"\n/* lib/{name}.c */\n{renamed(text, clashes, name)}{ends}")
    return "".join(parts)


def main():
    folder = Path(sys.argv[1])
    (folder / "ladle.h").write_text(public_header(), encoding="utf-8")
    (folder / "ladle.c").write_text(library(), encoding="utf-8")


if __name__ == "__main__":
    main()
