# SPDX-License-Identifier: BSD-2-Clause
"""What of a requested Arrow schema can be had without a value becoming another."""

from ladle._arrow_plan import (
    BINARY, BOOL, DATE, DECIMAL, DIGITS_MAX, DOUBLE, DURATION, INT, LIST, NULL, STRUCT, TEXT, TIME, TIMESTAMP, ZONED,
)  # fmt: skip

RANGES = {form: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for form, bits in zip("csil", (8, 16, 32, 64), strict=True)}
RANGES |= {form.upper(): (0, 2 * greatest + 1) for form, (_, greatest) in RANGES.items()}
DOUBLE_EXACT = 2**53

# Other types that a column can have as well.
LONG = {"u": "U", "z": "Z", "+l": "+L"}

# What a column without values can be.
WITHOUT_VALUES = {
    "b": BOOL, "g": DOUBLE, "u": TEXT, "U": TEXT, "z": BINARY, "Z": BINARY, "tdD": DATE, "tsu:": TIMESTAMP,
    "ttu": TIME, "tDu": DURATION, **dict.fromkeys(RANGES, INT),
}  # fmt: skip


def adapted(plan, wanted):
    """The plan as near to a schema as the values allow: wanted is what _arrow_describe says."""
    form, _, is_nullable, children, is_encoded = wanted
    if is_encoded:
        return plan
    plan = plan._replace(is_nullable=plan.is_nullable or is_nullable)
    if plan.op == STRUCT and form == "+s" and plan.detail is None:
        return plan._replace(children=_fields(plan, children))
    if plan.op == LIST and form in ("+l", "+L"):
        return plan._replace(form=form, children=(adapted(plan.children[0], children[0]),))
    cast = CASTS.get(plan.op)
    return plan if cast is None else cast(plan, form)


def _fields(plan, wanted):
    """All fields that are wanted, in that order; or all that there are, where one is not."""
    known = {child.name: child for child in plan.children}
    by_name = {child[1]: child for child in wanted}
    names = list(by_name) if len(by_name) == len(wanted) and by_name.keys() <= known.keys() else known
    return tuple(adapted(known[name], by_name[name]) if name in by_name else known[name] for name in names)


def _int(plan, form):
    least, greatest = plan.detail
    if form == "g" and -DOUBLE_EXACT <= least and greatest <= DOUBLE_EXACT:
        return plan._replace(op=DOUBLE, form=form, detail=None)
    low, high = RANGES.get(form, (0, -1))
    return plan._replace(form=form) if low <= least and greatest <= high else plan


def _long(plan, form):
    return plan._replace(form=form) if plan.detail is None and form == LONG[plan.form] else plan


def _null(plan, form):
    op = WITHOUT_VALUES.get(form)
    return plan if op is None else plan._replace(op=op, form=form, is_nullable=True)


def _zoned(plan, form):
    """The zone is but a name: the values stand in UTC."""
    return plan._replace(form=form) if form.startswith("tsu:") and form != "tsu:" else plan


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


CASTS = {INT: _int, TEXT: _long, BINARY: _long, NULL: _null, ZONED: _zoned, DECIMAL: _decimal}
