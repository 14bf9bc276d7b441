/* SPDX-License-Identifier: BSD-2-Clause */
#include "temporal.h"

#include "classes.h"
#include "errors.h"
#include "text.h"

/* The header has a static pointer to its interface; ours is kept for each interpreter. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <datetime.h>
#pragma GCC diagnostic pop

#define SECOND_US   ((int64_t)1000000)
#define DAY_US      (86400 * SECOND_US)
#define ORDINAL_MAX 3652059 /* 9999-12-31 */

/*
 * Days whose microseconds are below 2^63 by far.
 */
#define PLAIN_DAYS_MAX 100000000

/*
 * Characters of the key of a time zone.
 */
#define ZONE_LEN_MAX 255

static const PyDateTime_CAPI *api_of(const core_state *state)
{
    return state->datetime;
}

int core_temporal_init(core_state *state)
{
    state->datetime = PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0);
    if (!state->datetime) {
        return -1;
    }
    state->timezone_type = Py_TYPE(api_of(state)->TimeZone_UTC);
    return 0;
}

/*
 * Days of a date, 0001-01-01 being 1, and back. A year counted from March ends with its leap day.
 */
static int64_t ordinal_of(int year, int month, int day)
{
    int64_t years = month > 2 ? year : year - 1;
    int64_t months = month > 2 ? month - 3 : month + 9;
    return 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 306;
}

static void date_of(int64_t ordinal, int *year, int *month, int *day)
{
    int64_t days = ordinal + 305; /* since 0000-03-01 */
    int64_t era = days / 146097;
    int64_t of_era = days % 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t months = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * months + 2) / 5 + 1);
    *month = (int)(months < 10 ? months + 3 : months - 9);
    *year = (int)(years + 400 * era + (*month <= 2));
}

static int64_t microseconds_of_day(int hour, int minute, int second, int microsecond)
{
    return ((hour * 60 + minute) * 60 + second) * SECOND_US + microsecond;
}

static bool is_zone_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '+' || c == '-' || c == '.';
}

/*
 * Whether a key names no file elsewhere: FORMAT.md section 7.
 */
static bool is_zone_key(PyObject *text)
{
    if (!PyUnicode_CheckExact(text) || !text_is_ascii(text) ||
        PyUnicode_GET_LENGTH(text) > ZONE_LEN_MAX) {
        return false;
    }
    const char *key = (const char *)PyUnicode_1BYTE_DATA(text);
    Py_ssize_t len = PyUnicode_GET_LENGTH(text);
    Py_ssize_t start = 0;
    for (Py_ssize_t i = 0; i <= len; i++) {
        if (i < len && key[i] != '/') {
            if (!is_zone_letter(key[i])) {
                return false;
            }
            continue;
        }
        Py_ssize_t part_len = i - start;
        bool is_dots = (part_len == 1 && key[start] == '.') ||
                       (part_len == 2 && key[start] == '.' && key[start + 1] == '.');
        if (part_len == 0 || is_dots) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

/*
 * 1: its key says all of a ZoneInfo. 0: it does not, for the zone was made from a file, with any
 * key or none: nothing but that it cannot be pickled tells. -1: an exception is set.
 */
static int has_zone_key(PyObject *zone)
{
    PyObject *key = PyObject_GetAttrString(zone, "key");
    bool is_key = key && is_zone_key(key);
    Py_XDECREF(key);
    PyObject *reduced = is_key ? PyObject_CallMethod(zone, "__reduce__", NULL) : NULL;
    Py_XDECREF(reduced);
    if (is_key && !reduced && PyErr_ExceptionMatches(PyExc_Exception) &&
        !PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
    }
    return reduced ? 1 : PyErr_Occurred() ? -1 : 0;
}

/*
 * Whether a zone can be stored for certain, without a look at its class.
 */
static bool is_plain_zone(const core_state *state, PyObject *zone)
{
    return zone == Py_None || Py_IS_TYPE(zone, state->timezone_type) ||
           zone == state->classes->known_zone;
}

/*
 * Whether it is None, a timezone or a ZoneInfo. -1: an exception is set.
 */
static int is_zone(const core_state *state, PyObject *zone)
{
    if (is_plain_zone(state, zone)) {
        return 1;
    }
    const core_class *class = core_class_of(state, Py_TYPE(zone));
    return class && class->code == CODE_ZONE ? 1 : PyErr_Occurred() ? -1 : 0;
}

/*
 * 1: a time zone that can be stored. 0: it cannot. -1: an exception is set.
 */
static int is_storable_zone(const core_state *state, PyObject *zone)
{
    int result = is_zone(state, zone);
    if (result <= 0 || is_plain_zone(state, zone)) {
        return result;
    }
    int has_key = has_zone_key(zone);
    if (has_key > 0) {
        Py_XSETREF(state->classes->known_zone, Py_NewRef(zone));
    }
    return has_key;
}

PyObject *core_zone_key(const core_state *state, PyObject *zone)
{
    return is_storable_zone(state, zone) > 0 ? PyObject_GetAttrString(zone, "key") : NULL;
}

static PyObject *reduce_local(const core_state *state, int64_t microseconds, int fold,
                              PyObject *zone, PyTypeObject **culprit)
{
    int is_storable = is_storable_zone(state, zone);
    if (is_storable <= 0) {
        *culprit = Py_TYPE(zone);
        return NULL;
    }
    PyObject *number = PyLong_FromLongLong(microseconds);
    PyObject *repeated = number ? PyLong_FromLong(fold) : NULL;
    PyObject *reduced = repeated ? PyTuple_Pack(3, number, repeated, zone) : NULL;
    Py_XDECREF(repeated);
    Py_XDECREF(number);
    return reduced;
}

static PyObject *reduce_datetime(const core_state *state, PyObject *object, uint8_t *code,
                                 PyTypeObject **culprit)
{
    int64_t days = ordinal_of(PyDateTime_GET_YEAR(object), PyDateTime_GET_MONTH(object),
                              PyDateTime_GET_DAY(object)) -
                   1;
    int64_t microseconds =
        days * DAY_US + microseconds_of_day(PyDateTime_DATE_GET_HOUR(object),
                                            PyDateTime_DATE_GET_MINUTE(object),
                                            PyDateTime_DATE_GET_SECOND(object),
                                            PyDateTime_DATE_GET_MICROSECOND(object));
    PyObject *zone = PyDateTime_DATE_GET_TZINFO(object);
    int fold = PyDateTime_DATE_GET_FOLD(object);
    if (zone == Py_None && !fold) {
        *code = CODE_DATETIME_PLAIN;
        return PyLong_FromLongLong(microseconds);
    }
    *code = CODE_DATETIME;
    return reduce_local(state, microseconds, fold, zone, culprit);
}

static PyObject *reduce_time(const core_state *state, PyObject *object, uint8_t *code,
                             PyTypeObject **culprit)
{
    int64_t microseconds = microseconds_of_day(
        PyDateTime_TIME_GET_HOUR(object), PyDateTime_TIME_GET_MINUTE(object),
        PyDateTime_TIME_GET_SECOND(object), PyDateTime_TIME_GET_MICROSECOND(object));
    PyObject *zone = PyDateTime_TIME_GET_TZINFO(object);
    int fold = PyDateTime_TIME_GET_FOLD(object);
    if (zone == Py_None && !fold) {
        *code = CODE_TIME_PLAIN;
        return PyLong_FromLongLong(microseconds);
    }
    *code = CODE_TIME;
    return reduce_local(state, microseconds, fold, zone, culprit);
}

/*
 * Microseconds of a timedelta, which may take more than 64 bits.
 */
static PyObject *reduce_delta(PyObject *delta)
{
    int64_t days = PyDateTime_DELTA_GET_DAYS(delta);
    int64_t rest =
        PyDateTime_DELTA_GET_SECONDS(delta) * SECOND_US + PyDateTime_DELTA_GET_MICROSECONDS(delta);
    if (days > -PLAIN_DAYS_MAX && days < PLAIN_DAYS_MAX) {
        return PyLong_FromLongLong(days * DAY_US + rest);
    }
    PyObject *whole = PyLong_FromLongLong(days);
    PyObject *factor = PyLong_FromLongLong(DAY_US);
    PyObject *part = PyLong_FromLongLong(rest);
    PyObject *product = whole && factor && part ? PyNumber_Multiply(whole, factor) : NULL;
    PyObject *sum = product ? PyNumber_Add(product, part) : NULL;
    Py_XDECREF(whole);
    Py_XDECREF(factor);
    Py_XDECREF(part);
    Py_XDECREF(product);
    return sum;
}

/*
 * Most values have the timezone of the one before. Neither it nor what it is made of can change.
 */
static void keep_timezone(const core_state *state, PyObject *timezone, PyObject *value)
{
    if (timezone && value) {
        Py_XSETREF(state->classes->timezone, Py_NewRef(timezone));
        Py_XSETREF(state->classes->timezone_value, Py_NewRef(value));
    }
}

/*
 * What a timezone was made from: an offset, and a name if it was given one.
 */
static PyObject *reduce_timezone(const core_state *state, PyObject *timezone,
                                 PyTypeObject **culprit)
{
    const struct core_classes *known = state->classes;
    if (timezone == known->timezone) {
        return Py_NewRef(known->timezone_value);
    }
    PyObject *arguments = PyObject_CallMethod(timezone, "__getinitargs__", NULL);
    if (!arguments) {
        return NULL;
    }
    PyObject *reduced = NULL;
    PyObject *offset;
    PyObject *name = Py_None;
    bool is_read = PyArg_ParseTuple(arguments, "O|O", &offset, &name);
    if (is_read && !Py_IS_TYPE(offset, api_of(state)->DeltaType)) {
        *culprit = Py_TYPE(offset);
    } else if (is_read && name != Py_None && !PyUnicode_CheckExact(name)) {
        *culprit = Py_TYPE(name);
    } else if (is_read) {
        PyObject *microseconds = reduce_delta(offset);
        reduced = microseconds ? Py_BuildValue("(NO)", microseconds, name) : NULL;
        keep_timezone(state, timezone, reduced);
    }
    Py_DECREF(arguments);
    return reduced;
}

bool core_temporal_has(const core_state *state, const PyTypeObject *type)
{
    const PyDateTime_CAPI *api = api_of(state);
    return type == api->DateTimeType || type == api->DateType || type == api->TimeType ||
           type == api->DeltaType || type == state->timezone_type;
}

PyObject *core_temporal_reduce(const core_state *state, PyObject *object, uint8_t *code,
                               PyTypeObject **culprit)
{
    const PyDateTime_CAPI *api = api_of(state);
    PyTypeObject *type = Py_TYPE(object);
    if (type == api->DateTimeType) {
        return reduce_datetime(state, object, code, culprit);
    }
    if (type == api->DateType) {
        *code = CODE_DATE;
        return PyLong_FromLongLong(ordinal_of(
            PyDateTime_GET_YEAR(object), PyDateTime_GET_MONTH(object), PyDateTime_GET_DAY(object)));
    }
    if (type == api->TimeType) {
        return reduce_time(state, object, code, culprit);
    }
    if (type == api->DeltaType) {
        *code = CODE_TIMEDELTA;
        return reduce_delta(object);
    }
    if (type == state->timezone_type) {
        *code = CODE_TIMEZONE;
        return reduce_timezone(state, object, culprit);
    }
    return NULL;
}

static PyObject *corrupt(ladle_error *error, const char *what)
{
    core_fail(error, LADLE_E_CORRUPT, "%s is out of its range", what);
    return NULL;
}

/*
 * An int of at most 64 bits from 0 to 'highest'.
 */
static bool number_within(PyObject *value, int64_t highest, int64_t *number)
{
    int overflow;
    if (!PyLong_CheckExact(value)) {
        return false;
    }
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    return !overflow && *number >= 0 && *number <= highest;
}

static PyObject *build_datetime(const core_state *state, int64_t microseconds, int fold,
                                PyObject *zone)
{
    const PyDateTime_CAPI *api = api_of(state);
    int year, month, day;
    date_of(microseconds / DAY_US + 1, &year, &month, &day);
    int64_t rest = microseconds % DAY_US;
    int seconds = (int)(rest / SECOND_US);
    return api->DateTime_FromDateAndTimeAndFold(year, month, day, seconds / 3600, seconds / 60 % 60,
                                                seconds % 60, (int)(rest % SECOND_US), zone, fold,
                                                api->DateTimeType);
}

static PyObject *build_time(const core_state *state, int64_t microseconds, int fold, PyObject *zone)
{
    const PyDateTime_CAPI *api = api_of(state);
    int seconds = (int)(microseconds / SECOND_US);
    return api->Time_FromTimeAndFold(seconds / 3600, seconds / 60 % 60, seconds % 60,
                                     (int)(microseconds % SECOND_US), zone, fold, api->TimeType);
}

static PyObject *build_moment(const core_state *state, uint8_t code, PyObject *value,
                              ladle_error *error)
{
    bool is_time = code == CODE_TIME || code == CODE_TIME_PLAIN;
    bool is_plain = code == CODE_DATETIME_PLAIN || code == CODE_TIME_PLAIN;
    int64_t highest = is_time ? DAY_US - 1 : ORDINAL_MAX * DAY_US - 1;
    int64_t microseconds;
    int64_t fold = 0;
    PyObject *zone = Py_None;
    PyObject *number = value;
    if (!is_plain) {
        if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) != 3) {
            return corrupt(error, "a datetime or time");
        }
        number = PyTuple_GET_ITEM(value, 0);
        zone = PyTuple_GET_ITEM(value, 2);
        if (!number_within(PyTuple_GET_ITEM(value, 1), 1, &fold) || is_zone(state, zone) <= 0) {
            return PyErr_Occurred() ? NULL : corrupt(error, "the zone of a datetime or time");
        }
    }
    if (!number_within(number, highest, &microseconds)) {
        return corrupt(error, "a datetime or time");
    }
    return is_time ? build_time(state, microseconds, (int)fold, zone)
                   : build_datetime(state, microseconds, (int)fold, zone);
}

/*
 * A timedelta of this many microseconds.
 */
static PyObject *build_delta(const core_state *state, PyObject *value, ladle_error *error)
{
    const PyDateTime_CAPI *api = api_of(state);
    PyObject *day = PyLong_CheckExact(value) ? PyLong_FromLongLong(DAY_US) : NULL;
    PyObject *parts = day ? PyNumber_Divmod(value, day) : NULL;
    Py_XDECREF(day);
    if (!parts) {
        return PyErr_Occurred() ? NULL : corrupt(error, "a timedelta");
    }
    int overflow;
    long long days = PyLong_AsLongLongAndOverflow(PyTuple_GET_ITEM(parts, 0), &overflow);
    int64_t rest = PyLong_AsLongLong(PyTuple_GET_ITEM(parts, 1));
    Py_DECREF(parts);
    if (overflow || days < -999999999 || days > 999999999) {
        return corrupt(error, "a timedelta");
    }
    return api->Delta_FromDelta((int)days, (int)(rest / SECOND_US), (int)(rest % SECOND_US), 0,
                                api->DeltaType);
}

/*
 * Whether a nameless timezone has the offset of the last one. -1: an exception is set.
 */
static int is_known_timezone(const core_state *state, PyObject *value)
{
    PyObject *known = state->classes->timezone_value;
    return known && PyTuple_GET_ITEM(known, 1) == Py_None &&
                   PyTuple_GET_ITEM(value, 1) == Py_None &&
                   PyLong_CheckExact(PyTuple_GET_ITEM(value, 0))
               ? PyObject_RichCompareBool(PyTuple_GET_ITEM(known, 0), PyTuple_GET_ITEM(value, 0),
                                          Py_EQ)
               : 0;
}

static PyObject *build_timezone(const core_state *state, PyObject *value, ladle_error *error)
{
    if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) != 2) {
        return corrupt(error, "a timezone");
    }
    PyObject *name = PyTuple_GET_ITEM(value, 1);
    if (name != Py_None && !PyUnicode_CheckExact(name)) {
        return corrupt(error, "the name of a timezone");
    }
    int is_known = is_known_timezone(state, value);
    if (is_known) {
        return is_known < 0 ? NULL : Py_NewRef(state->classes->timezone);
    }
    PyObject *offset = build_delta(state, PyTuple_GET_ITEM(value, 0), error);
    if (!offset) {
        return NULL;
    }
    PyObject *timezone =
        api_of(state)->TimeZone_FromTimeZone(offset, name == Py_None ? NULL : name);
    Py_DECREF(offset);
    if (!timezone && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        return corrupt(error, "the offset of a timezone");
    }
    keep_timezone(state, timezone, value);
    return timezone;
}

static PyObject *build_zone(PyObject *class, PyObject *value, ladle_error *error)
{
    if (!class) {
        return NULL;
    }
    if (!is_zone_key(value)) {
        return corrupt(error, "the key of a time zone");
    }
    PyObject *zone = PyObject_CallOneArg(class, value);
    if (!zone && PyErr_ExceptionMatches(PyExc_Exception) &&
        !PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        core_fail(error, LADLE_E_UNSUPPORTED,
                  "the time zone %.80s is not known here (is the package tzdata missing?)",
                  PyUnicode_AsUTF8(value));
    }
    return zone;
}

PyObject *core_temporal_build(const core_state *state, uint8_t code, PyObject *value,
                              ladle_error *error)
{
    int64_t ordinal;
    int year, month, day;
    switch (code) {
    case CODE_DATE:
        if (!number_within(value, ORDINAL_MAX, &ordinal) || ordinal < 1) {
            return corrupt(error, "a date");
        }
        date_of(ordinal, &year, &month, &day);
        return api_of(state)->Date_FromDate(year, month, day, api_of(state)->DateType);
    case CODE_TIMEDELTA:
        return build_delta(state, value, error);
    case CODE_TIMEZONE:
        return build_timezone(state, value, error);
    case CODE_ZONE:
        return build_zone(core_extension_class(state, CODE_ZONE), value, error);
    default:
        return build_moment(state, code, value, error);
    }
}
