# SPDX-License-Identifier: BSD-2-Clause
"""Records as an Arrow table, and what single values of Arrow are in Python."""

import datetime
import decimal
import io
import re
import sys
import zoneinfo

from ladle._arrow_plan import Refused, closed, is_open, plan_of
from ladle._core import Records, Writer, _arrow_describe, _arrow_measure, _arrow_schema, _arrow_stream

EPOCH = datetime.datetime(1970, 1, 1)
EPOCH_UTC = EPOCH.replace(tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


def schema_of(reader):
    """The capsule for __arrow_c_schema__."""
    return _arrow_schema(_plan(reader)[0])


def stream_of(reader, requested_schema):
    """The capsule for __arrow_c_stream__: it begins at the first record, whoever asks."""
    plan, is_wrapped = _plan(reader)
    records = iter(reader)
    if requested_schema is not None:
        from ladle._arrow_requested import adapted

        whole = plan
        plan = adapted(whole, _arrow_describe(requested_schema))
        if is_open(plan):
            plan = _looked_at(reader, plan, moment, is_wrapped)
        if not is_wrapped and len(plan.children) < len(whole.children):
            records._select([child.name for child in plan.children])
    return _arrow_stream(records, plan, moment, is_wrapped)


def _plan(reader):
    """The plan for all records. What has to be looked at for it is looked at once."""
    if reader._arrow_plan is None:
        try:
            plan, is_wrapped = plan_of(reader.schema)
            if is_open(plan):
                plan = _looked_at(reader, plan, zone_name, is_wrapped)
        except Refused as refused:
            from ladle._arrow_refused import located

            raise located(reader, refused) from None
        reader._arrow_plan = plan, is_wrapped
    return reader._arrow_plan


def _looked_at(reader, plan, of_moment, is_wrapped):
    """The plan with what there is to know of its open columns, which are read once, and no others."""
    records, part = iter(reader), plan
    if not is_wrapped:
        part = plan._replace(children=tuple(filter(is_open, plan.children)))
        records._select([child.name for child in part.children])
    return closed(plan, iter(_arrow_measure(records, part, of_moment, is_wrapped)), is_wrapped)


def moment(value):
    """Microseconds of a datetime since 1970, or of a time of day; None where that has a zone."""
    if isinstance(value, datetime.datetime):
        epoch = EPOCH if value.tzinfo is None else EPOCH_UTC
        return (value - epoch) // MICROSECOND
    if value.tzinfo is not None:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def zone_name(value):
    """How Arrow calls the zone of a datetime: by its key, or as an offset like +02:00."""
    zone = value.tzinfo
    if isinstance(zone, zoneinfo.ZoneInfo):
        return zone.key
    seconds = zone.utcoffset(None) // datetime.timedelta(seconds=1)
    if seconds == 0 or zone.utcoffset(None) % datetime.timedelta(minutes=1):
        return "UTC"
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 3600:02}:{abs(seconds) // 60 % 60:02}"


def zone_of(name, column):
    """The tzinfo for a time zone as Arrow names it: a name, or an offset like +02:00."""
    if name in ("UTC", "+00:00"):
        return datetime.UTC
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    try:
        if offset:
            minutes = int(offset[2]) * 60 + int(offset[3])
            return datetime.timezone(datetime.timedelta(minutes=minutes if offset[1] == "+" else -minutes))
        return zoneinfo.ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(f"the column {column} has the time zone {name}, which is not known here") from error


def moment_in(microseconds, zone):
    """The datetime in a zone, so many microseconds after 1970 began in UTC."""
    return (EPOCH_UTC + datetime.timedelta(microseconds=microseconds)).astimezone(zone)


def span_of(days, microseconds):
    """The timedelta of so many days and microseconds."""
    return datetime.timedelta(days, 0, microseconds)


def decimal_of(data, scale):
    """The Decimal of a number as Arrow keeps it."""
    number = int.from_bytes(data, sys.byteorder, signed=True)
    digits = tuple(map(int, str(abs(number))))
    return decimal.Decimal((int(number < 0), digits, -scale))


def scratch():
    """A writer of records in memory, and the file that it writes."""
    file = io.BytesIO()
    return Writer(file), file


def records_in(writer, file):
    """The records that a scratch has: a list."""
    writer.close()
    file.seek(0)
    with Records(file) as records:
        return records.tolist()
