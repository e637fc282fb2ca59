#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t system_wall_ms(const struct clock *c)
{
	struct timespec t;

	(void)c;
	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail: a valid clock and pointer */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_mono_us(const struct clock *c)
{
	struct timespec t;

	(void)c;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const struct clock clock_system = { system_wall_ms, system_mono_us };

static int64_t fake_wall_ms(const struct clock *c)
{
	return atomic_load(&((const struct clock_fake *)c)->wall_ms_now);
}

static int64_t fake_mono_us(const struct clock *c)
{
	return atomic_load(&((const struct clock_fake *)c)->mono_us_now);
}

void clock_fake_init(struct clock_fake *c, int64_t wall_ms)
{
	c->base = (struct clock){ fake_wall_ms, fake_mono_us };
	atomic_store(&c->wall_ms_now, wall_ms);
	atomic_store(&c->mono_us_now, 0);
}

void clock_fake_advance(struct clock_fake *c, int64_t ms)
{
	atomic_fetch_add(&c->wall_ms_now, ms);
	atomic_fetch_add(&c->mono_us_now, ms * 1000);
}

int64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c);
}

int64_t clock_wall_s(const struct clock *c)
{
	return c->wall_ms(c) / 1000;
}

int64_t clock_mono_us(const struct clock *c)
{
	return c->mono_us(c);
}

int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_us(c) / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

enum {
	MS_PER_DAY = 86400000,
	DAYS_PER_ERA = 146097,  /* 400 years */
	DAYS_TO_EPOCH = 719468, /* from 0000-03-01 to 1970-01-01 */
};

/*
 * Years are counted from March, so that the leap day is the last of a year and the
 * months' lengths follow one linear formula.
 */
void clock_utc_from_ms(int64_t wall_ms, struct clock_utc *out)
{
	int64_t days = floor_div(wall_ms, MS_PER_DAY);
	int64_t ms = wall_ms - days * MS_PER_DAY;
	int64_t shifted = days + DAYS_TO_EPOCH;
	int64_t era = floor_div(shifted, DAYS_PER_ERA);
	int64_t day_of_era = shifted - era * DAYS_PER_ERA;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0 = March */

	out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
	out->hour = (int)(ms / 3600000);
	out->minute = (int)(ms / 60000 % 60);
	out->second = (int)(ms / 1000 % 60);
	out->ms = (int)(ms % 1000);
}

int64_t clock_utc_to_ms(const struct clock_utc *utc)
{
	int64_t year = utc->year - (utc->month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month = utc->month > 2 ? utc->month - 3 : utc->month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + utc->day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	int64_t days = era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;

	return days * MS_PER_DAY + utc->hour * INT64_C(3600000) + utc->minute * INT64_C(60000) +
	    utc->second * INT64_C(1000) + utc->ms;
}

static char *digits(char *out, int value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return out + width;
}

/* By hand, not with snprintf: it runs once per record and once per log line. */
void clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE])
{
	struct clock_utc t;
	char *p = out;

	clock_utc_from_ms(wall_ms, &t);
	p = digits(p, t.year, 4);
	*p++ = '-';
	p = digits(p, t.month, 2);
	*p++ = '-';
	p = digits(p, t.day, 2);
	*p++ = 'T';
	p = digits(p, t.hour, 2);
	*p++ = ':';
	p = digits(p, t.minute, 2);
	*p++ = ':';
	p = digits(p, t.second, 2);
	*p++ = '.';
	p = digits(p, t.ms, 3);
	*p++ = 'Z';
	*p = '\0';
}

int clock_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ms > 0)
		(void)nanosleep(&t, NULL); /* an early end is documented */
}
