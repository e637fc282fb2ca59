#include "iso8601.h"

#include "clock.h"

enum { MINUTE_S = 60, HOUR_S = 3600 };

/* n digits from `at`, in [min, max]. */
static bool take(struct str s, size_t at, size_t n, int min, int max, int *out)
{
	uint64_t value;

	if (at + n > s.n || !str_to_u64(str_slice(s, at, at + n), &value) || value > INT32_MAX)
		return false;
	*out = (int)value;
	return *out >= min && *out <= max;
}

/* "Z", "UTC", "+01:00", "-0130", "+01" */
static bool take_offset(struct str s, int64_t *offset_s)
{
	int hours = 0, minutes = 0;
	size_t colon = s.n == 6 && s.p[3] == ':';

	*offset_s = 0;
	if (str_is(s, "Z") || str_is(s, "z") || str_is(s, "UTC"))
		return true;
	if (s.n == 0 || (s.p[0] != '+' && s.p[0] != '-') || !take(s, 1, 2, 0, 23, &hours))
		return false;
	if (s.n != 3 && (s.n != 5 + colon || !take(s, 3 + colon, 2, 0, 59, &minutes)))
		return false;
	*offset_s = (s.p[0] == '-' ? -1 : 1) * (int64_t)(hours * HOUR_S + minutes * MINUTE_S);
	return true;
}

static struct str skip_fraction(struct str s)
{
	size_t n = 1;

	if (s.n < 2 || s.p[0] != '.')
		return s;
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n > 1 ? str_skip(s, n) : s;
}

bool iso8601_parse(struct str text, int64_t *out_s)
{
	static const char marks[] = "-  -  T  :  :"; /* behind the year, month, ... */
	struct clock_utc t = { 0 };
	int64_t offset_s;

	for (size_t i = 0; i < sizeof(marks) - 1; i += 3)
		if (text.n <= 4 + i || text.p[4 + i] != marks[i])
			return false;
	if (!take(text, 0, 4, 1970, 9999, &t.year) || !take(text, 5, 2, 1, 12, &t.month) ||
	    !take(text, 8, 2, 1, clock_days_in_month(t.year, t.month), &t.day) ||
	    !take(text, 11, 2, 0, 23, &t.hour) || !take(text, 14, 2, 0, 59, &t.minute) ||
	    !take(text, 17, 2, 0, 60, &t.second) ||
	    !take_offset(skip_fraction(str_skip(text, 19)), &offset_s))
		return false;
	if (t.second == 60) /* a leap second; Unix time has none */
		t.second = 59;
	*out_s = clock_utc_to_ms(&t) / 1000 - offset_s;
	return true;
}
