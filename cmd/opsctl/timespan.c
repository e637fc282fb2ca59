#include "timespan.h"

#include "parse.h"
#include "timestamp.h"

int timespan_parse(const char *option, const char *text, int64_t now_ms, int64_t *out_ms,
    struct err *err)
{
	struct err not_a_time;
	int64_t ms;

	if (duration_parse(str_from(text), &ms)) {
		*out_ms = now_ms - ms;
		return 0;
	}
	if (timestamp_parse(str_from(text), out_ms, &not_a_time) == 0)
		return 0;
	return err_set(err, ERR_USAGE,
	    "--%s '%s': must be an age such as 90s, 5m, 1h, 2d, or a time such as "
	    "2026-11-21T08:15:00Z",
	    option, text);
}
