# SPDX-License-Identifier: BSD-2-Clause
"""Nothing that a file says is imported, opened, executed or compiled."""

import json
import random
import subprocess
import sys

import reference_value
from crafting import one_block, packed, raw, stream, text, varint
from reference_value import crc32c

FILES = 1000

NAMES = [
    "os.system",
    "posix.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "builtins.__import__",
    "builtins.open",
    "importlib.import_module",
    "antigravity.geohash",
    "this",
    "this.s",
    "idlelib.idle.main",
    "ctypes.CDLL",
    "pickle.loads",
    "marshal.loads",
    "runpy.run_path",
    "shutil.rmtree",
    "ladle._core.Writer",
    "ladle.Opaque",
    "ladle._classes.Opaque",
    "numpy.load",
    "wave.open",
    "xml.dom.minidom.parse",
    "__main__.Known",
    "__main__.Derived",
    "__main__.__builtins__",
    "__main__.Known.__init__",
    "__import__('os').system('true')",
    "os:system",
    "/etc/passwd",
    "../../etc/passwd",
    "file:///etc/passwd",
    "C:\\\\windows",
    "",
    ".",
    "..",
    "a" * 5000,
    "größe.Größe",
    "\0",
    "x\0.y",
    "datetime.datetime",
    "zoneinfo.ZoneInfo",
    "collections.OrderedDict",
]
DUNDERS = ["__class__", "__dict__", "__reduce__", "__init__", "__setstate__"]
FIELDS = ["x", "", "name", "value", *DUNDERS]
BAD_ZONES = ["/etc/passwd", "../../etc/passwd", "a/../b", ".", "..", "a//b", "", "a\\b", "a\0b"]


def small_str(value):
    data = value.encode()
    return b"\x0c" + varint(len(data)) + data


def tagged_value(source, depth=0):
    """A tagged value with classes and extensions of every name."""
    which = source.randrange(7 if depth < 3 else 3)
    if which == 0:
        return source.choice([b"\x01", b"\x42", b"\x03"])
    if which == 1:
        return small_str(source.choice(NAMES))
    if which == 2:
        return b"\x16\x08" + small_str(source.choice(BAD_ZONES))
    if which == 3:
        return b"\x16" + bytes([source.randrange(1, 40)]) + tagged_value(source, depth + 1)
    if which == 4:
        return b"\xd1" + tagged_value(source, depth + 1)
    if which == 5:
        pair = small_str(source.choice(NAMES)) + tagged_value(source, depth + 1)
        return b"\x16\x1d\xc2" + small_str(source.choice(NAMES)) + b"\xe1" + pair
    fields = source.sample(FIELDS, source.randrange(4))
    pairs = b"".join(small_str(name) + tagged_value(source, depth + 1) for name in fields)
    return b"\x15" + text(source.choice(NAMES)) + varint(len(fields)) + pairs


def object_file(source):
    """A file whose records are objects in columns."""
    fields = source.sample(FIELDS, source.randrange(4))
    shape = b"\x15" + text(source.choice(NAMES)) + varint(len(fields))
    shape += b"".join(map(text, fields))
    columns = [b"\x01", b"\x04" + packed(0, 7)]
    shape += b"".join(source.choice(columns) for _ in fields)
    return one_block(2, shape)


def dtype_file(source):
    """A file of NumPy scalars with every kind of dtype."""
    name = source.choice([*NAMES, "O", "|O8", "<f8", "V4", '[["a", "O"]]', '{"a": 1}', "object"])
    return one_block(1, stream(b"\x17" + text(name) + varint(8) + raw(8), bytes(8)))


def any_file(source):
    value = tagged_value(source)
    return one_block(1, stream(b"\x20" + packed(0, len(value)) + raw(len(value)), value))


def value_alone(source):
    content = reference_value.VALUE_MAGIC + tagged_value(source)
    return content + crc32c(content).to_bytes(4, "little")


WATCH = """
import array, collections, datetime, decimal, fractions, io, ipaddress, json, pathlib, sys, uuid
import zoneinfo  # the fixed list ends here
from dataclasses import dataclass, field
import ladle
try:
    import numpy  # and this, when there is one
    ladle.loads(ladle.dumps(numpy.float32(1)))
except ImportError:
    pass

@dataclass
class Known:
    x: object
    more: list = field(default_factory=list)

class Derived(Known):
    pass

ladle.register(Known)
files = [bytes.fromhex(line) for line in sys.stdin]
seen, outcomes, watching = [], collections.Counter(), False

def hook(event, arguments):
    if watching and event.split(".")[0] in WATCHED:
        seen.append([event, repr(arguments)[:200]])

WATCHED = {"import", "open", "exec", "compile", "os", "subprocess", "marshal", "pickle", "ctypes",
           "socket", "code", "cpython", "shutil", "urllib"}
sys.addaudithook(hook)

def read(data):
    if data.startswith(b"\\x89LV"):
        return ladle.loads(data, types=[Derived])
    return list(ladle.load(io.BytesIO(data), types=[Derived]))

def with_registered(data):
    try:
        read(data)
        outcomes["read"] += 1
    except ladle.Error as error:
        outcomes[type(error).__name__] += 1

modules = set(sys.modules)
watching = True
for data in files:
    with_registered(data)
watching = False
print(json.dumps([seen, sorted(set(sys.modules) - modules), outcomes]))
"""


def watch(files):
    command = [sys.executable, "-c", WATCH]
    lines = "".join(data.hex() + "\n" for data in files)
    result = subprocess.run(command, input=lines, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)


def test_nothing_is_imported_opened_or_executed_whatever_a_file_names():
    source = random.Random(23)
    kinds = [object_file, any_file, value_alone, dtype_file]
    seen, modules, outcomes = watch([kinds[i % 4](source) for i in range(FILES)])
    print(outcomes)
    assert seen == []
    assert modules == []
    assert sum(outcomes.values()) == FILES
    assert outcomes["read"] > FILES // 5


def test_the_watch_sees_a_zone_that_is_looked_for():
    value = b"\x16\x08" + small_str("No/Such_Zone")
    shape = b"\x20" + packed(0, len(value)) + raw(len(value))
    seen, _, outcomes = watch([one_block(1, stream(shape, value))])
    assert outcomes == {"UnsupportedError": 1}
    assert any(event == "open" for event, _ in seen)
