/*
 * iso8601: points in time as AWS and its tools write them into JSON, XML and cache files:
 * "2026-11-21T08:15:30Z", with a fraction, with an offset, with "UTC" for Z. Pure; any thread.
 */
#ifndef OPS_ISO8601_H
#define OPS_ISO8601_H

#include "str.h"

/* Unix seconds, the fraction cut; years 1970 to 9999. */
bool iso8601_parse(struct str text, int64_t *out_s);

#endif
