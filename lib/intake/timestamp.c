#include "timestamp.h"

#include "clock.h"

/* The whole years 0001 to 9999, what clock_rfc3339() can print again. */
static const int64_t earliest_ms = INT64_C(-62135596800000);
static const int64_t latest_ms = INT64_C(253402300799999);

/* The value itself is left out: it is a part of a body, and this text may be logged. */
static int refuse(struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "must be seconds (1 to 11 digits), milliseconds (12 to 14 digits), or a date and time "
	    "such as 2026-11-21T08:15:30Z");
}

static size_t count_digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* Exactly `width` digits. */
static bool take_int(struct str *s, size_t width, int *out)
{
	uint64_t value;

	if (!str_to_u64(str_slice(*s, 0, width), &value) || s->n < width)
		return false;
	*out = (int)value;
	*s = str_skip(*s, width);
	return true;
}

/* One or more digits, cut to milliseconds. */
static bool take_fraction(struct str *s, int *ms)
{
	size_t n = count_digits(*s);
	int value = 0;

	for (size_t i = 0; i < 3; i++)
		value = value * 10 + (i < n ? s->p[i] - '0' : 0);
	*ms = value;
	*s = str_skip(*s, n);
	return n > 0;
}

enum { SECONDS_DIGITS_MAX = 11, MS_DIGITS_MAX = 14 };

/* Digits and an optional fraction: the number of digits tells the unit. */
static bool ticks(struct str s, int64_t *epoch_ms)
{
	size_t n = count_digits(s);
	bool is_seconds = n <= SECONDS_DIGITS_MAX;
	uint64_t value;
	int ms = 0;

	if (n > MS_DIGITS_MAX || !str_to_u64(str_slice(s, 0, n), &value))
		return false;
	s = str_skip(s, n);
	if (take(&s, '.') && !take_fraction(&s, &ms))
		return false;
	if (s.n)
		return false;
	*epoch_ms = is_seconds ? (int64_t)value * 1000 + ms : (int64_t)value;
	return true;
}

/* YYYY-MM-DD or YYYYMMDD. */
static bool take_date(struct str *s, struct clock_utc *t, bool *is_basic)
{
	if (!take_int(s, 4, &t->year))
		return false;
	*is_basic = !take(s, '-');
	if (!take_int(s, 2, &t->month) || (!*is_basic && !take(s, '-')) || !take_int(s, 2, &t->day))
		return false;
	return t->year >= 1 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	    t->day <= clock_days_in_month(t->year, t->month);
}

/* hh:mm, hh:mm:ss, hh:mm:ss.fff; without the colons in the basic format. */
static bool take_time(struct str *s, struct clock_utc *t, bool is_basic)
{
	bool has_seconds;

	if (!take_int(s, 2, &t->hour) || (!is_basic && !take(s, ':')) ||
	    !take_int(s, 2, &t->minute))
		return false;
	has_seconds = is_basic ? count_digits(*s) > 0 : take(s, ':');
	if (has_seconds && !take_int(s, 2, &t->second))
		return false;
	if (has_seconds && (take(s, '.') || take(s, ',')) && !take_fraction(s, &t->ms))
		return false;
	return t->hour <= 23 && t->minute <= 59 && t->second <= 60;
}

/* Nothing, Z, +hh, +hhmm, +hh:mm. */
static bool take_zone(struct str *s, int *offset_minutes)
{
	int sign = take(s, '+') ? 1 : take(s, '-') ? -1 : 0;
	int hours, minutes = 0;

	*offset_minutes = 0;
	if (sign == 0)
		return s->n == 0 || take(s, 'Z') || take(s, 'z');
	if (!take_int(s, 2, &hours))
		return false;
	if ((take(s, ':') || s->n) && !take_int(s, 2, &minutes))
		return false;
	*offset_minutes = sign * (hours * 60 + minutes);
	return hours <= 23 && minutes <= 59;
}

enum { MS_PER_MINUTE = 60000, MS_PER_DAY = 86400000 };

/*
 * A leap second exists at 23:59:60 UTC only. Unix time has no number for it: it becomes the
 * last millisecond before it ends, so that it still sorts into its own day.
 */
static bool to_epoch(struct clock_utc *t, int offset_minutes, int64_t *epoch_ms)
{
	bool is_leap = t->second == 60;
	int64_t ms;

	if (is_leap) {
		t->second = 59;
		t->ms = 999;
	}
	ms = clock_utc_to_ms(t) - offset_minutes * (int64_t)MS_PER_MINUTE;
	if (ms < earliest_ms || ms > latest_ms || (is_leap && (ms + 1) % MS_PER_DAY != 0))
		return false;
	*epoch_ms = ms;
	return true;
}

static bool date_time(struct str s, int64_t *epoch_ms)
{
	struct clock_utc t = { 0 };
	int offset_minutes = 0;
	bool is_basic;

	if (!take_date(&s, &t, &is_basic))
		return false;
	if (s.n == 0)
		return to_epoch(&t, 0, epoch_ms);
	if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
		return false;
	if (!take_time(&s, &t, is_basic) || !take_zone(&s, &offset_minutes) || s.n)
		return false;
	return to_epoch(&t, offset_minutes, epoch_ms);
}

int timestamp_parse(struct str text, int64_t *epoch_ms, struct err *err)
{
	if (text.n <= TIMESTAMP_LEN_MAX && (ticks(text, epoch_ms) || date_time(text, epoch_ms)))
		return 0;
	return refuse(err);
}

int timestamp_parse_number(struct str text, int64_t *epoch_ms, struct err *err)
{
	if (text.n <= TIMESTAMP_LEN_MAX && ticks(text, epoch_ms))
		return 0;
	return refuse(err);
}
