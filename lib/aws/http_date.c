#include <string.h>

#include "clock.h"
#include "http.h"

/*
 * The forms of RFC 9110, section 5.6.7: %a and %A a day of the week, short or whole; %d two digits,
 * %e with a blank for the first; %b a month; %Y and %y a year; the rest stands for itself.
 */
static const char *const forms[] = {
	"%a, %d %b %Y %H:%M:%S GMT",
	"%A, %d-%b-%y %H:%M:%S GMT",
	"%a %b %e %H:%M:%S %Y",
};

static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool take_text(struct str *s, struct str text)
{
	if (!str_has_prefix(*s, text))
		return false;
	*s = str_skip(*s, text.n);
	return true;
}

static bool take_day(struct str *s, bool is_short)
{
	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		if (take_text(s, str_slice(str_from(days[i]), 0, is_short ? 3 : SIZE_MAX)))
			return true;
	return false;
}

static bool take_month(struct str *s, int *out)
{
	for (int i = 0; i < 12; i++)
		if (take_text(s, (struct str){ months + 3 * i, 3 })) {
			*out = i + 1;
			return true;
		}
	return false;
}

static bool take_int(struct str *s, size_t width, int min, int max, int *out)
{
	uint64_t value;

	if (s->n < width || !str_to_u64(str_slice(*s, 0, width), &value))
		return false;
	*out = (int)value;
	*s = str_skip(*s, width);
	return *out >= min && *out <= max;
}

/* RFC 9110 asks for the century nearest to now; the one form that needs it is older than 1999. */
static bool take_short_year(struct str *s, int *out)
{
	if (!take_int(s, 2, 0, 99, out))
		return false;
	*out += *out < 70 ? 2000 : 1900;
	return true;
}

static bool take_field(struct str *s, char letter, struct clock_utc *t)
{
	switch (letter) {
	case 'a':
	case 'A':
		return take_day(s, letter == 'a');
	case 'b':
		return take_month(s, &t->month);
	case 'd':
		return take_int(s, 2, 1, 31, &t->day);
	case 'e':
		return take_text(s, STR(" ")) ? take_int(s, 1, 1, 9, &t->day)
					      : take_int(s, 2, 10, 31, &t->day);
	case 'H':
		return take_int(s, 2, 0, 23, &t->hour);
	case 'M':
		return take_int(s, 2, 0, 59, &t->minute);
	case 'S':
		return take_int(s, 2, 0, 60, &t->second);
	case 'Y':
		return take_int(s, 4, 1, 9999, &t->year);
	default:
		return take_short_year(s, &t->year);
	}
}

static bool matches(struct str s, const char *form, struct clock_utc *t)
{
	for (; *form; form++) {
		if (*form == '%' ? !take_field(&s, *++form, t)
				 : !take_text(&s, (struct str){ form, 1 }))
			return false;
	}
	return s.n == 0;
}

bool http_date_parse(struct str text, int64_t *out_s)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct clock_utc t = { 0 };

		if (!matches(text, forms[i], &t))
			continue;
		if (t.day > clock_days_in_month(t.year, t.month))
			return false;
		if (t.second == 60) /* a leap second, which Unix time does not have */
			t.second = 59;
		*out_s = clock_utc_to_ms(&t) / 1000;
		return true;
	}
	return false;
}
