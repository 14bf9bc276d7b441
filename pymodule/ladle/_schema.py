# SPDX-License-Identifier: BSD-2-Clause
"""What the records of a file look like, and what the file consists of."""

from dataclasses import dataclass, field

# By the codes of FORMAT.md section 7.
EXTENSIONS = (
    "", "date", "datetime", "datetime", "time", "time", "timedelta", "timezone", "ZoneInfo",
    "Decimal", "Fraction", "UUID", "PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath",
    "IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface",
    "range", "slice", "ellipsis", "array.array", "OrderedDict", "deque", "Counter", "defaultdict",
    "numpy array of objects", "numpy array of str",
)  # fmt: skip
CODECS = ("none", "zlib", "zstd", "lz4", "bitpack")


@dataclass(frozen=True)
class Schema:
    """The merged shape of the records of a file: all that was ever seen at one place of them.

    kind      "none", "bool", "int", "bigint", "float", "complex", "str", "surrogate str", "bytes",
              "bytearray", "tuple" (one length), "tuples" (of several), "list", "set", "frozenset",
              "dict" (columns by key), "map" (any keys), "object" (a class), "extension" (name says
              which type), "scalar" and "array" (of NumPy), "union" (one of the children), "any"
              (too different for columns), "empty" (no value at all)
    count     how many values there are at this place
    children  of the items of a tuple, the keys, fields or alternatives, in order; one for the items
              of a list and the like; keys and values of a map
    names     keys of a dict, fields of an object, one a child
    name      the class of an object, the type of an extension
    least, greatest  of the ints (least may be None where the greatest is beyond 63 bits)
    longest   of the lengths: bytes of text (as UTF-8) and bytes, items of containers
    dtype     of scalars and arrays; extents is the shape of the arrays

    str(schema) shows it as a type: (float, str, int | None), {'id': int, 'tags'?: [str]}; a ? means
    that some dicts lack the key.
    """

    kind: str
    count: int
    children: tuple["Schema", ...] = ()
    names: tuple[str, ...] = ()
    name: str | None = None
    least: int | None = None
    greatest: int | None = None
    longest: int = 0
    dtype: str | None = None
    extents: tuple[int, ...] | None = None

    @classmethod
    def _of(cls, node):
        """From what the extension says of it."""
        details = {**node, "children": tuple(map(cls._of, node["children"]))}
        if "names" in details:
            details["names"] = tuple(details["names"])
        code = details.pop("code", None)
        if code is not None:
            known = 0 < code < len(EXTENSIONS)
            details["name"] = EXTENSIONS[code] if known else f"extension {code}"
        if details.get("least") == 2**63 - 1 and details["greatest"] >= 2**63:
            details["least"] = None
        return cls(**details)

    def __str__(self):
        shown = SHOWN.get(self.kind)
        return shown(self) if shown else self.kind


def fits_float(schema):
    """Whether a float holds each of the ints of a schema as it is."""
    return schema.kind != "int" or (schema.least is not None and -(2**53) <= schema.least and schema.greatest <= 2**53)


def _listed(schemas):
    return ", ".join(map(str, schemas))


def _tuple(schema):
    comma = "," if len(schema.children) == 1 else ""
    return f"({_listed(schema.children)}{comma})"


def _dict(schema):
    items = [
        f"{name!r}{'?' if child.count < schema.count else ''}: {child}"
        for name, child in zip(schema.names, schema.children, strict=True)
    ]
    return "{" + ", ".join(items) + "}"


def _object(schema):
    pairs = zip(schema.names, schema.children, strict=True)
    return f"{schema.name}({', '.join(f'{name}: {child}' for name, child in pairs)})"


SHOWN = {
    "none": lambda schema: "None",
    "bigint": lambda schema: "int",
    "surrogate str": lambda schema: "str",
    "tuple": _tuple,
    "tuples": lambda schema: f"({_listed(schema.children)}, ...)",
    "list": lambda schema: f"[{_listed(schema.children)}]",
    "set": lambda schema: "{" + _listed(schema.children) + "}",
    "frozenset": lambda schema: f"frozenset({_listed(schema.children)})",
    "dict": _dict,
    "map": lambda schema: "{" + ": ".join(map(str, schema.children)) + "}",
    "object": _object,
    "extension": lambda schema: schema.name,
    "union": lambda schema: " | ".join(dict.fromkeys(map(str, schema.children))),
    "scalar": lambda schema: f"numpy {schema.dtype}",
    "array": lambda schema: f"numpy {schema.dtype} of shape {schema.extents}",
}


@dataclass(frozen=True)
class Info:
    """What a file consists of. Sizes are in bytes.

    segments       1, or more for files that were joined
    records        lost ones included
    blocks         that hold records
    file_size      of the whole file
    complete_size  up to the end of its last complete part; less than file_size after a crash
    stored_size    of the blocks with records
    decoded_size   of these when they are decompressed
    largest_block  the greatest decoded size of a block
    codecs         the names of those in use, "none" included, and "bitpack", which stands in for
                   others where it is as good and faster
    ratio          decoded_size / stored_size
    is_complete    whether its writer completed it
    """

    segments: int
    records: int
    blocks: int
    file_size: int
    complete_size: int
    stored_size: int
    decoded_size: int
    largest_block: int
    codecs: tuple[str, ...]
    is_complete: bool
    ratio: float = field(init=False)

    def __post_init__(self):
        ratio = self.decoded_size / self.stored_size if self.stored_size else 1.0
        object.__setattr__(self, "ratio", ratio)

    @classmethod
    def _of(cls, figures):
        """From what the extension says of it."""
        names = (*CODECS, *(f"codec {i}" for i in range(len(CODECS), 32)))
        used = tuple(name for i, name in enumerate(names) if figures["codecs"] >> i & 1)
        return cls(**{**figures, "codecs": used})
