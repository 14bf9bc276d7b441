# SPDX-License-Identifier: BSD-2-Clause
"""The three structs of Arrow's C interfaces, and the capsules they travel in."""

import ctypes


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


class Stream(ctypes.Structure):
    pass


VOID = ctypes.c_void_p
Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", VOID),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", VOID),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))), ("private_data", VOID),
]  # fmt: skip
Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(VOID)), ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", VOID), ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))),
    ("private_data", VOID),
]  # fmt: skip
Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))), ("private_data", VOID),
]  # fmt: skip

new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = ctypes.py_object, [VOID, ctypes.c_char_p, VOID]
pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype, pointer_of.argtypes = VOID, [ctypes.py_object, ctypes.c_char_p]


def stream_in(capsule):
    return Stream.from_address(pointer_of(capsule, b"arrow_array_stream"))


def schema_in(capsule):
    return Schema.from_address(pointer_of(capsule, b"arrow_schema"))


class Request:
    """A schema as it is asked for: a format, one > that of a dictionary, or one and a dict of children."""

    def __init__(self, form, name=""):
        form, below = (form, {}) if isinstance(form, str) else form
        form, _, dictionary = form.partition(">")
        self.below = [Request(child, key) for key, child in below.items()]
        self.pointers = (ctypes.POINTER(Schema) * len(below))(*[ctypes.pointer(child.schema) for child in self.below])
        self.release = dict(Schema._fields_)["release"](lambda schema: None)
        self.dictionary = Request(dictionary) if dictionary else None
        address = ctypes.addressof(self.dictionary.schema) if dictionary else None
        self.schema = Schema(form.encode(), name.encode(), None, 2, len(below), self.pointers, address, self.release)
        self.capsule = new_capsule(ctypes.addressof(self.schema), b"arrow_schema", None)
