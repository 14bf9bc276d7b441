# SPDX-License-Identifier: BSD-2-Clause
"""Hypothesis strategies for what NumPy has: dtypes, arrays, scalars."""

import numpy
from hypothesis import strategies as st

# The types that NumPy has; longdouble has bytes that mean nothing.
BYTE_ORDERS = st.sampled_from("<>")
TIME_UNITS = st.sampled_from(["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "25us", "ns", "as"])
SIMPLE_DTYPES = st.one_of(
    st.sampled_from(["?", "i1", "u1"]),
    st.builds(
        "".join,
        st.tuples(
            BYTE_ORDERS, st.sampled_from("i2 i4 i8 u2 u4 u8 f2 f4 f8 c8 c16 U1 U3 S1 S5 V3".split())
        ),
    ),
    st.builds("{}{}8[{}]".format, BYTE_ORDERS, st.sampled_from("mM"), TIME_UNITS),
).map(numpy.dtype)


def structs_of(inner):
    extents = st.lists(st.integers(1, 3), max_size=2).map(tuple)
    fields = st.lists(st.tuples(inner, extents), max_size=3)
    plain = st.tuples(fields, st.booleans()).map(
        lambda drawn: numpy.dtype(
            [(f"f {i}", *field) for i, field in enumerate(drawn[0])], align=drawn[1]
        )
    )
    return plain | plain.filter(lambda dtype: dtype.names).map(lambda dtype: reversed_fields(dtype))


def reversed_fields(dtype):
    return numpy.zeros(1, dtype)[list(dtype.names[::-1])].dtype


DTYPES = st.recursive(SIMPLE_DTYPES, structs_of, max_leaves=4)


@st.composite
def arrays_of(draw, dtype, max_dimensions=3):
    """An array of any content that the dtype may have."""
    extents = draw(st.lists(st.integers(0, 3), max_size=max_dimensions).map(tuple))
    array = numpy.empty(extents, dtype, order=draw(st.sampled_from("CF")))
    fill(array, draw(st.integers(0, 2**32 - 1)))
    steps = [slice(None, None, draw(st.sampled_from([1, 1, -1, 2]))) for _ in extents]
    return array[(..., *steps)]


def fill(array, seed):
    if array.dtype.names is not None:
        for name in array.dtype.names:
            fill(array[name], seed + len(name))
    elif array.dtype.kind == "U":
        array[...] = "a\u20ac\U00010000"[: seed % 4]
    elif array.dtype.kind == "b":
        array[...] = seed % 2 == 1
    elif array.dtype.itemsize:
        random = numpy.random.default_rng(seed)
        data = random.bytes(array.size * array.dtype.itemsize)
        array[...] = numpy.frombuffer(data, array.dtype).reshape(array.shape)


ARRAYS = DTYPES.flatmap(arrays_of)
NUMPY_SCALARS = DTYPES.flatmap(lambda dtype: arrays_of(dtype, 0)).map(lambda array: array[()])
NUMPY_VALUES = ARRAYS | NUMPY_SCALARS
