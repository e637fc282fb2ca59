/*
 * timespan: the span of time that --since and --until name.
 */
#ifndef OPS_TIMESPAN_H
#define OPS_TIMESPAN_H

#include "cli.h"

/*
 * The instant of an age before now ("90s", "1h") or of an RFC 3339 time. ERR_USAGE naming `option`.
 */
int timespan_parse(const char *option, const char *text, int64_t now_ms, int64_t *out_ms,
    struct err *err) ATTR_MUST_CHECK;

#endif
