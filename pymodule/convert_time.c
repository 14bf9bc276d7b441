/* SPDX-License-Identifier: BSD-2-Clause */
/* Times into datetime64 and timedelta64: exactly, or not at all. */
#include "convert.h"

#include "extension.h"

/*
 * From 0001-01-01, which is day 1, to 1970-01-01.
 */
#define EPOCH_DAY 719163

#define US_PER_DAY INT64_C(86400000000)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/*
 * The first day of a month, counted from 1970-01-01, from the months since 1970-01; and back.
 */
static int64_t days_from_months(int64_t months)
{
    int64_t year = 1970 + floor_div(months, 12);
    int64_t month = months - 12 * (year - 1970) + 1;
    /* Years that begin in March have the day that is left out at their end. */
    int64_t shifted = year - (month <= 2);
    int64_t era = floor_div(shifted, 400);
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool months_from_days(int64_t days, int64_t *months)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t year = year_of_era + era * 400;
    *months = (year - 1970) * 12 + month + 2;
    return days_from_months(*months) == days;
}

/*
 * How many of a unit make one of the unit before it, from weeks on.
 */
static const int64_t STEPS[] = {1, 12, 1, 7, 24, 60, 60, 1000, 1000, 1000, 1000, 1000, 1000};

/*
 * Times beyond this overflow whatever they are converted to, but for units that are no finer.
 */
#define TIME_MAX ((core_int128)1 << 96)

/*
 * From one unit of weeks or finer to another.
 */
static enum core_fit scale(core_int128 *time, int from, int to)
{
    for (; from < to; from++) {
        *time *= STEPS[from + 1];
        if (*time > TIME_MAX || *time < -TIME_MAX) {
            return FIT_RANGE;
        }
    }
    for (; from > to; from--) {
        if (*time % STEPS[from]) {
            return FIT_INEXACT;
        }
        *time /= STEPS[from];
    }
    return FIT_OK;
}

/*
 * Years and months have days of their own: a date goes through days.
 */
static enum core_fit scale_date(core_int128 *time, int from, int to)
{
    const core_int128 most = (core_int128)1 << 56;
    if (from <= UNIT_MONTH && to <= UNIT_MONTH) {
        return scale(time, from, to);
    }
    if (from <= UNIT_MONTH) {
        *time *= from == UNIT_YEAR ? 12 : 1;
        if (*time > most || *time < -most) {
            return FIT_RANGE;
        }
        *time = days_from_months((int64_t)*time);
        return scale(time, UNIT_DAY, to);
    }
    enum core_fit fit = scale(time, from, to <= UNIT_MONTH ? UNIT_DAY : to);
    if (fit != FIT_OK || to > UNIT_MONTH) {
        return fit;
    }
    int64_t months;
    if (*time > most || *time < -most) {
        return FIT_RANGE;
    }
    if (!months_from_days((int64_t)*time, &months)) {
        return FIT_INEXACT;
    }
    *time = months;
    return scale(time, UNIT_MONTH, to);
}

enum core_fit core_put_time(const core_value *value, const core_layout *layout, uint8_t *to)
{
    core_int128 time = value->time;
    bool is_same = value->unit == layout->unit && value->units == layout->units;
    if (!value->is_nat && !is_same) {
        bool is_span = value->kind == VALUE_SPAN;
        bool crosses = (value->unit <= UNIT_MONTH) != (layout->unit <= UNIT_MONTH);
        if (value->unit == UNIT_GENERIC || layout->unit == UNIT_GENERIC || (is_span && crosses)) {
            return FIT_KIND;
        }
        time *= value->units;
        enum core_fit fit = is_span ? scale(&time, value->unit, layout->unit)
                                    : scale_date(&time, value->unit, layout->unit);
        if (fit != FIT_OK) {
            return fit;
        }
        if (time % layout->units) {
            return FIT_INEXACT;
        }
        time /= layout->units;
    }
    if (!value->is_nat && (time <= INT64_MIN || time > INT64_MAX)) {
        return FIT_RANGE;
    }
    int64_t item = (int64_t)time;
    memcpy(to, &item, sizeof item);
    return FIT_OK;
}

static core_int128 int_of(const core_value *value)
{
    if (value->kind == VALUE_INT) {
        return value->is_unsigned ? (core_int128)value->integer : (int64_t)value->integer;
    }
    core_int128 result = value->len && value->data[value->len - 1] & 0x80 ? -1 : 0;
    for (size_t i = value->len; i-- > 0;) {
        result = (core_int128)((unsigned __int128)result << 8 | value->data[i]);
    }
    return result;
}

void core_value_extend(core_value *value, uint8_t code)
{
    bool is_int = value->kind == VALUE_INT || (value->kind == VALUE_BIG && value->len <= 12);
    core_int128 number = is_int ? int_of(value) : 0;
    *value = (core_value){.kind = VALUE_OTHER, .units = 1};
    if (!is_int) {
        return;
    }
    if (code == CODE_DATE) {
        value->kind = VALUE_TIME;
        value->unit = UNIT_DAY;
        value->time = number - EPOCH_DAY;
    } else if (code == CODE_DATETIME_PLAIN) {
        value->kind = VALUE_TIME;
        value->unit = UNIT_US;
        value->time = number - ((core_int128)EPOCH_DAY - 1) * US_PER_DAY;
    } else if (code == CODE_TIMEDELTA) {
        value->kind = VALUE_SPAN;
        value->unit = UNIT_US;
        value->time = number;
    }
}

void core_value_datetime(core_value *value, uint64_t microseconds, bool has_zone)
{
    *value = (core_value){.kind = VALUE_INT, .integer = microseconds};
    core_value_extend(value, CODE_DATETIME_PLAIN);
    if (has_zone) {
        value->kind = VALUE_ZONED;
    }
}
