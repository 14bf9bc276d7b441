# SPDX-License-Identifier: BSD-2-Clause
"""Pickles for tests: of every protocol and age, put together by hand, and such that attack."""

import collections
import io
import pickle
import pickletools
import struct

import ladle
from hypothesis import strategies as st

from strategies import FACTORIES, HASHABLE_SCALARS, SCALARS

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def is_of_a_library(value):
    return type(value).__module__ not in ("classes", "ladle")


KEYS = HASHABLE_SCALARS.filter(is_of_a_library)


def containers_of(inner):
    mappings = st.dictionaries(KEYS, inner, max_size=4)
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        mappings,
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
        mappings.map(collections.OrderedDict),
        mappings.map(collections.Counter),
        st.builds(collections.defaultdict, st.sampled_from(FACTORIES), mappings),
        st.builds(collections.deque, st.lists(inner, max_size=4), st.sampled_from([None, 4])),
    )


# Of all that is known without classes of somebody's own.
VALUES = st.recursive(SCALARS.filter(is_of_a_library), containers_of, max_leaves=12)


def records_of(data, **options):
    return list(ladle.from_pickle(io.BytesIO(data), **options))


def value_of(data, **options):
    (value,) = records_of(data, items=False, **options)
    return value


def records_until_error(data, **options):
    """The records that come out before an error, and the error or None."""
    result = []
    try:
        result.extend(ladle.from_pickle(io.BytesIO(data), **options))
    except ladle.Error as error:
        return result, error
    return result, None


def global_(module, name):
    return f"c{module}\n{name}\n".encode()


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def short_text(value):
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def stack_global(module, name):
    return short_text(module) + short_text(name) + b"\x93"


def renamed(data, names):
    """A pickle in which modules and classes have other names, with all lengths made right."""
    out = bytearray()
    ops = list(pickletools.genops(data))
    ends = [position for _op, _arg, position in ops[1:]] + [len(data)]
    for (op, arg, position), end in zip(ops, ends):
        if op.name == "FRAME":
            continue
        if op.name == "GLOBAL" and (new := names.get(arg.split(" ")[0])):
            out += global_(new, arg.split(" ")[1])
        elif op.name == "SHORT_BINUNICODE" and arg in names:
            out += short_text(names[arg])
        else:
            out += data[position:end]
    return bytes(out)


# ---- Attacks ----

SYSTEM_ARGUMENT = text("touch /tmp/ladle-was-here") + b"\x85"
CALLS = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("subprocess", "Popen"),
    ("subprocess", "check_output"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("__builtin__", "eval"),
    ("__builtin__", "execfile"),
    ("builtins", "compile"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("io", "open"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("importlib", "import_module"),
    ("runpy", "run_path"),
    ("pip", "main"),
    ("pip._internal.cli.main", "main"),
    ("code", "interact"),
    ("pdb", "run"),
    ("timeit", "timeit"),
    ("cProfile", "run"),
    ("ctypes", "CDLL"),
    ("socket", "create_connection"),
    ("webbrowser", "open"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "myeval"),
    ("torch.utils._config_module", "load_config"),
    ("operator", "attrgetter"),
    ("operator", "methodcaller"),
    ("functools", "partial"),
    ("types", "FunctionType"),
    ("sys", "modules"),
    ("builtins", "print"),
    ("ensurepip", "_run_pip"),
    ("idlelib.autocomplete", "AutoComplete.get_entity"),
    ("lib2to3.pgen2.grammar", "Grammar.loads"),
    ("logging.config", "dictConfig"),
    ("uuid", "_get_command_stdout"),
    ("ctypes.util", "_findLib_gcc"),
    ("pty", "spawn"),
    ("pydoc", "pipepager"),
    ("venv", "create"),
    ("doctest", "debug_script"),
    ("trace", "Trace.runctx"),
    ("bdb", "Bdb.run"),
    ("idlelib.pyshell", "ModifiedInterpreter.runcommand"),
    ("multiprocessing.util", "spawnv_passfds"),
    ("distutils.file_util", "write_file"),
    ("_io", "FileIO"),
    ("codecs", "escape_decode"),
    ("functools", "reduce"),
    ("copyreg", "add_extension"),
    ("copyreg", "constructor"),
    ("numpy", "load"),
    ("numpy.lib.npyio", "load"),
    ("joblib", "load"),
    ("dill", "loads"),
    ("torch.serialization", "load"),
    ("torch.utils.bottleneck.__main__", "run_cprofile"),
    ("ladle", "load"),
    ("ladle._pickle_known", "KNOWN"),
    ("collections", "namedtuple"),
    ("enum", "Enum"),
    ("datetime", "sys.modules"),
]


def exploits():
    """Name and bytes of pickles that would run code, or reach for it, when they were loaded."""
    for module, name in CALLS:
        yield f"REDUCE {module}.{name}", global_(module, name) + SYSTEM_ARGUMENT + b"R."
    system = global_("os", "system")
    argument = text("touch /tmp/ladle-was-here")
    yield "STACK_GLOBAL", b"\x80\x04" + stack_global("os", "system") + SYSTEM_ARGUMENT + b"R."
    yield "INST", b"(" + argument + b"ios\nsystem\n."
    yield "OBJ", b"(" + system + argument + b"o."
    yield "NEWOBJ", b"\x80\x02" + system + SYSTEM_ARGUMENT + b"\x81."
    yield "NEWOBJ_EX", b"\x80\x04" + system + SYSTEM_ARGUMENT + b"}\x92."
    yield "__newobj__", global_("copyreg", "__newobj__") + b"(" + system + argument + b"tR."
    yield "_reconstructor", (
        global_("copyreg", "_reconstructor")
        + b"("
        + system
        + global_("builtins", "object")
        + b"NtR."
    )
    yield "BUILD of a class", (
        global_("builtins", "object") + b"}" + text("__init__") + system + b"sb."
    )
    yield "BUILD of a list", b"]}" + text("append") + system + b"sb."
    yield "BUILD with __setstate__", (
        global_("collections", "OrderedDict")
        + b")R}"
        + text("__setstate__")
        + system
        + b"sb"
        + argument
        + b"b."
    )
    yield "EXT1", b"\x80\x02\x82\x01" + SYSTEM_ARGUMENT + b"R."
    yield "EXT2", b"\x80\x02\x83\x01\x01" + SYSTEM_ARGUMENT + b"R."
    yield "EXT4", b"\x80\x02\x84\x01\x01\x01\x01" + SYSTEM_ARGUMENT + b"R."
    yield "PERSID", b"Pos.system\n."
    yield "BINPERSID", argument + b"Q."
    yield "NEXT_BUFFER", b"\x80\x05\x97."
    yield "READONLY_BUFFER", b"\x80\x05C\x01a\x98."
    yield "getattr of a module", (
        global_("builtins", "getattr")
        + b"("
        + global_("builtins", "__import__")
        + argument
        + b"tR"
        + SYSTEM_ARGUMENT
        + b"R."
    )
    yield "getattr of a known class", (
        global_("builtins", "getattr")
        + b"("
        + global_("zoneinfo", "ZoneInfo")
        + text("__init__.__globals__")
        + b"tR."
    )
    yield "getattr of a value", (
        global_("builtins", "getattr") + b"(" + argument + text("format") + b"tR."
    )
    yield "a call of what a call gave", (
        global_("collections", "Counter") + b")R" + SYSTEM_ARGUMENT + b"R."
    )
    yield "a dotted name", b"\x80\x04" + stack_global("collections", "abc.sys.modules") + b"."
    yield "a name with a null", b"\x80\x04" + stack_global("os\0", "system") + SYSTEM_ARGUMENT + b"R."
    yield "a factory of a defaultdict", (
        global_("collections", "defaultdict") + b"(" + system + b"tR(I1\nI2\nu."
    )
    yield "a class of an array", (
        global_("numpy.core.multiarray", "_reconstruct") + b"(" + system + b"(I0\ntC\x01btR."
    )
    yield "an array of objects by their addresses", (
        global_("numpy.core.multiarray", "_reconstruct")
        + b"("
        + global_("numpy", "ndarray")
        + b"(I0\nt"
        + b"C\x01btR(I1\n(I1\nt"
        + global_("numpy", "dtype")
        + b"("
        + text("O8")
        + b"I0\nI1\ntR(I3\n"
        + text("|")
        + b"NNNI-1\nI-1\nI63\ntb\x89C\x08AAAAAAAAtb."
    )
    yield "a dtype by an expression", (
        global_("numpy", "dtype") + b"(" + text("__import__('os').system('true')") + b"tR."
    )
    yield "a time zone in a file", (
        b"\x80\x04"
        + stack_global("zoneinfo", "ZoneInfo._unpickle")
        + b"("
        + short_text("../../../etc/passwd")
        + b"\x88tR."
    )
    yield "a codec", (
        global_("_codecs", "encode") + b"(" + text("a") + text("../evil") + b"tR."
    )
    yield "a class as a value", b"]" + system + b"a."
    yield "a class as a key", b"}" + system + b"I1\ns."
    yield "a class in a tuple", system + b"\x85."
    yield "a name of a number", b"\x80\x04K\1" + short_text("system") + b"\x93" + SYSTEM_ARGUMENT + b"R."
    yield "a name of bytes", b"\x80\x04C\2os" + short_text("system") + b"\x93" + SYSTEM_ARGUMENT + b"R."
    yield "a name of a name", b"\x80\x04" + system + short_text("system") + b"\x93" + SYSTEM_ARGUMENT + b"R."
    yield "names from the memo", (
        b"\x80\x04" + short_text("system") + b"\x940" + short_text("os") + b"h\0\x93" + SYSTEM_ARGUMENT + b"R."
    )
    yield "an entry of the memo that is replaced", (
        global_("builtins", "set") + b"p0\n0" + system + b"p0\n0g0\n" + SYSTEM_ARGUMENT + b"R."
    )
    yield "a class twice", system + b"2" + SYSTEM_ARGUMENT + b"R0" + SYSTEM_ARGUMENT + b"R."
    yield "a frame that is too long", b"\x80\x04\x95" + b"\xff" * 8 + system + SYSTEM_ARGUMENT + b"R."
    yield "a frame that ends in a name", b"\x80\x04\x95\4" + bytes(7) + system + SYSTEM_ARGUMENT + b"R."
    yield "a frame in a frame", (
        b"\x80\x04\x95\x09" + bytes(7) + b"\x95\1" + bytes(7) + system + SYSTEM_ARGUMENT + b"R."
    )
    yield "lines that end as on Windows", b"cos\r\nsystem\r\n" + SYSTEM_ARGUMENT + b"R."
    yield "an exploit in the arguments of an exploit", system + system + SYSTEM_ARGUMENT + b"R\x85R."
    yield "an exploit in the state", (
        global_("uuid", "UUID") + b")\x81}" + text("int") + system + SYSTEM_ARGUMENT + b"Rsb."
    )
    yield "a state with a setter", (
        global_("uuid", "UUID") + b")\x81(N}" + text("__class__") + system + b"stb."
    )
    yield "items for a call", system + SYSTEM_ARGUMENT + b"R(I1\nI2\ne."
    yield "pairs for a call", system + SYSTEM_ARGUMENT + b"R(I1\nI2\nu."
    yield "a member of what is no enumeration", (
        global_("builtins", "getattr") + b"(" + global_("os", "path") + text("system") + b"tR."
    )
    yield "a getattr of a getattr", (
        global_("builtins", "getattr") + b"("
        + global_("builtins", "getattr") + b"(" + global_("collections", "Counter") + text("__init__") + b"tR"
        + text("__globals__") + b"tR."
    )  # fmt: skip
    yield "two values in one", global_("_operator", "or_") + b"(" + system + system + b"tR."
    yield "a protocol in the middle", b"\x80\x02" + system + b"\x80\x04" + SYSTEM_ARGUMENT + b"R."
    yield "a pickle after an exploit that is broken", system + SYSTEM_ARGUMENT + b"RX"
    yield "an exploit behind a pickle", b"I1\n." + system + SYSTEM_ARGUMENT + b"R."
    yield "an exploit that is dropped", system + SYSTEM_ARGUMENT + b"R0I1\n."
    yield "an exploit in the memo", system + SYSTEM_ARGUMENT + b"Rp0\n0g0\n."


def hostile():
    """Name and bytes of pickles that would take much memory or time, or crash."""
    yield "nothing", b""
    yield "no pickle", b"\x89PNG\r\n"
    yield "a string without its end", b"X\xff\xff\xff\x7fabc"
    yield "a string of 2**63 bytes", b"\x8d" + b"\xff" * 7 + b"\x7f"
    yield "a string of 2**64 bytes", b"\x8d" + b"\xff" * 8
    yield "bytes of 2**63 bytes", b"\x8e" + b"\xff" * 7 + b"\x7f"
    yield "a bytearray of 2**63 bytes", b"\x96" + b"\xff" * 7 + b"\x7f"
    yield "a number of 2**32 bytes", b"\x8b\xff\xff\xff\xff"
    yield "a line without its end", b"I" + b"1" * 100_000
    yield "a memo entry far away", b"I1\nr\xff\xff\xff\x7f."[:-1]
    yield "a memo entry of 2**64", b"I1\np99999999999999999999\n."
    yield "a memo entry that is not there", b"h\x07."
    yield "a long way down", b"(" * 100_000 + b"t" * 100_000 + b"."
    yield "many lists in lists", b"]" * 100_000 + b"a" * 99_999 + b"."
    yield "tuples to be hashed", b"I1\n" + b"\x85" * 100_000 + b"}I1\ns."
    yield "no stack", b"R."
    yield "below a mark", b"I1\n(\x85."
    yield "no mark", b"t."
    yield "two values left", b"I1\nI2\n."
    yield "nothing left", b"."
    yield "a mark left", b"I1\n(."
    yield "protocol 6", b"\x80\x06N."
    yield "an opcode that is none", b"\xff."
    yield "an odd dict", b"}(I1\nu."
    yield "a list as a key", b"}]I1\ns."
    yield "items for a dict", b"}I1\na."
    yield "pairs for a list", b"]I1\nI2\ns."
    yield "items for a number", b"I1\nI1\na."
    yield "a date of month 13", b"\x80\x04" + stack_global("datetime", "date") + b"C\4\7\xe4\x0d\1\x85R."
    yield "a date of 3 bytes", b"\x80\x04" + stack_global("datetime", "date") + b"C\3\7\xe4\1\x85R."
    yield "a huge fraction", global_("fractions", "Fraction") + text("1e999999999") + b"\x85R."
    yield "bytes by their number", global_("builtins", "bytes") + b"I99999999999\n\x85R."
    yield "a bytearray by its number", global_("builtins", "bytearray") + b"I99999999999\n\x85R."
    yield "an array by its number", global_("array", "array") + text("d") + b"I99999999\n\x86R."
    # Each line of the memo stands for twice as much as the one before: 2**200 values to hash.
    doubling = b"I1\np0\n" + b"g0\n\x86p0\n" * 200
    yield "tuples that double, as a key", b"}" + doubling + b"I1\ns."
    yield "tuples that double, in a set", b"\x8f(" + doubling + b"\x90."
    yield "tuples that double, in a frozenset", b"(" + doubling + b"\x91."
    chain = b"N" + b"p0\n0" + b"".join(
        global_("m", "C") + b")\x81}p1\n0g1\n" + text("a") + b"g0\ns" + text("b") + b"g0\nsbp0\n0"
        for _ in range(200)
    )
    yield "objects that double, as a key", b"}" + chain + b"g0\nI1\ns."
