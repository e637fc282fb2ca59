/* skew_time: the times of tests/data/clock-skew, and as a Date header tells them. */
#ifndef OPS_TEST_SKEW_TIME_H
#define OPS_TEST_SKEW_TIME_H

#include "clock.h"
#include "iso8601.h"
#include "test.h"

/* "2026-01-01T00:05:01Z" in Unix seconds. */
static inline int64_t skew_time_s(const char *text)
{
	int64_t at_s;

	if (!iso8601_parse(str_from(text), &at_s))
		test_die("'%s' is no time", text);
	return at_s;
}

/* "Thu, 01 Jan 2026 00:05:01 GMT" */
static inline void skew_add_date(struct buf *out, int64_t at_s)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct clock_utc t;

	clock_utc_from_ms(at_s * 1000, &t);
	buf_addf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * (at_s / 86400 % 7),
	    t.day, months + 3 * (t.month - 1), t.year, t.hour, t.minute, t.second);
}

#endif
