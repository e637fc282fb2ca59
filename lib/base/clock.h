/*
 * clock: the time, injected so that tests decide what it is. A struct clock is
 * borrowed everywhere and must outlive its users; reading is thread-safe.
 */
#ifndef OPS_CLOCK_H
#define OPS_CLOCK_H

#include <stdatomic.h>

#include "buf.h"

struct clock {
	int64_t (*wall_ms)(const struct clock *c); /* Unix time in ms; may jump */
	int64_t (*mono_us)(const struct clock *c); /* never goes back; for durations */
};

/* The machine's own clock. */
extern const struct clock clock_system;

/* For tests: stands still until it is advanced. Pass &fake.base. Any thread. */
struct clock_fake {
	struct clock base;
	_Atomic int64_t wall_ms_now, mono_us_now;
};
void clock_fake_init(struct clock_fake *c, int64_t wall_ms);
void clock_fake_advance(struct clock_fake *c, int64_t ms); /* both times */

int64_t clock_wall_ms(const struct clock *c);
int64_t clock_wall_s(const struct clock *c);
int64_t clock_mono_us(const struct clock *c);
int64_t clock_mono_ms(const struct clock *c);

/* "2026-11-21T08:15:30.123Z" (24 characters) from Unix ms; years 0001 to 9999. */
enum { CLOCK_RFC3339_SIZE = 25 };
void clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE]);

/* Broken-down UTC, proleptic Gregorian, no time zone data needed. */
struct clock_utc {
	int year, month, day, hour, minute, second, ms;
};
void clock_utc_from_ms(int64_t wall_ms, struct clock_utc *out);
int64_t clock_utc_to_ms(const struct clock_utc *utc); /* fields must be in range */

/* 28 to 31; month 1 to 12. */
int clock_days_in_month(int year, int month);

/* Sleep; returns early only when a signal arrives. */
void clock_sleep_ms(int64_t ms);

#endif
