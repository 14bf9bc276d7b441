# SPDX-License-Identifier: BSD-2-Clause
"""What of a requested Arrow schema can be had without a value becoming another.

Where the index does not tell whether a type takes all values, the plan says that it is tried.
"""

from ladle._arrow_plan import (
    BINARY, BOOL, DATE, DECIMAL, DIGITS_MAX, DOUBLE, DURATION, INT, LIST, NULL, STRUCT, TEXT, TIME, TIMESTAMP, ZONED,
)  # fmt: skip

RANGES = {form: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for form, bits in zip("csil", (8, 16, 32, 64), strict=True)}
RANGES |= {form.upper(): (0, 2 * greatest + 1) for form, (_, greatest) in RANGES.items()}

# Up to which size floats have all ints.
EXACT = {"e": 2**11, "f": 2**24, "g": 2**53}

# Other types that a column can have as well.
FORMS = {
    TEXT: {"u", "U", "vu"},
    BINARY: {"z", "Z", "vz"},
    DATE: {"tdD", "tdm"},
    TIMESTAMP: {"tss:", "tsm:", "tsu:", "tsn:"},
    TIME: {"tts", "ttm", "ttu", "ttn"},
    DURATION: {"tDs", "tDm", "tDu", "tDn"},
}

# What a column without values can be.
WITHOUT_VALUES = {form: op for op, forms in FORMS.items() for form in forms}
WITHOUT_VALUES |= {"b": BOOL, **dict.fromkeys(RANGES, INT), **dict.fromkeys(EXACT, DOUBLE)}


def adapted(plan, wanted):
    """The plan as near to a schema as the values allow: wanted is what _arrow_describe says."""
    form, _, is_nullable, children, dictionary = wanted
    plan = plan._replace(is_nullable=plan.is_nullable or is_nullable)
    if dictionary is not None:
        return _encoded(plan, form, dictionary)
    if plan.op == STRUCT and form == "+s" and plan.detail is None:
        return plan._replace(children=_fields(plan, children))
    if plan.op == LIST and form in ("+l", "+L") and len(children) == 1:
        return plan._replace(form=form, children=(adapted(plan.children[0], children[0]),))
    cast = CASTS.get(plan.op)
    return plan if cast is None or form == plan.form else cast(plan, form)


def _fields(plan, wanted):
    """All fields that are wanted, in that order; or all that there are, where one is not."""
    known = {child.name: child for child in plan.children}
    by_name = {child[1]: child for child in wanted}
    names = list(by_name) if len(by_name) == len(wanted) and by_name.keys() <= known.keys() else known
    return tuple(adapted(known[name], by_name[name]) if name in by_name else known[name] for name in names)


def _tried(plan, form):
    return plan._replace(form=form, instead=plan)


def _int(plan, form):
    least, greatest = plan.detail
    size = EXACT.get(form, -1)
    if -size <= least and greatest <= size:
        return plan._replace(op=DOUBLE, form=form, detail=None)
    low, high = RANGES.get(form, (0, -1))
    return plan._replace(form=form) if low <= least and greatest <= high else plan


def _double(plan, form):
    return _tried(plan, form) if form in EXACT else plan


def _content(plan, form):
    return plan._replace(form=form) if plan.detail is None and form in FORMS[plan.op] else plan


def _encoded(plan, form, dictionary):
    """Texts and bytes as numbers of four bytes, which are enough for any batch."""
    if plan.op not in (TEXT, BINARY) or plan.detail is not None:
        return plan
    values = _content(plan, dictionary[0])._replace(name="", is_nullable=False)
    return plan._replace(form=form if form in ("i", "I") else "i", children=(values,))


def _date(plan, form):
    return plan._replace(form=form) if form in FORMS[DATE] else plan


def _time(plan, form):
    return _tried(plan, form) if form in FORMS[plan.op] else plan


def _zoned(plan, form):
    """The zone is but a name: the values stand in UTC."""
    if form[:4] not in FORMS[TIMESTAMP] or len(form) == 4:
        return plan
    return plan._replace(form=form) if form[:4] == plan.form[:4] else _tried(plan, form)


def _null(plan, form):
    op = WITHOUT_VALUES.get(form)
    return plan if op is None else plan._replace(op=op, form=form, is_nullable=True)


def _decimal(plan, form):
    kind, _, numbers = form.partition(":")
    if kind != "d" or len(numbers.split(",")) != 2:
        return plan
    precision, behind = map(int, numbers.split(","))
    known_precision, known_behind = map(int, plan.form[2:].split(","))
    has_room = behind >= known_behind and precision - behind >= known_precision - known_behind
    # What was made of ints has no digits behind the point.
    may_move = known_behind or behind == 0
    return plan._replace(form=form, detail=behind) if has_room and may_move and precision <= DIGITS_MAX else plan


CASTS = {
    INT: _int, DOUBLE: _double, TEXT: _content, BINARY: _content, DATE: _date, TIMESTAMP: _time, TIME: _time,
    DURATION: _time, ZONED: _zoned, NULL: _null, DECIMAL: _decimal,
}  # fmt: skip
