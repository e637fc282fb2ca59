/*
 * traceparent: W3C Trace Context, level 1, section 3.2. Pure; any thread.
 */
#ifndef OPS_TRACEPARENT_H
#define OPS_TRACEPARENT_H

#include "str.h"

enum { TRACEPARENT_LEN = 55, TRACEPARENT_SIZE = 56 };

struct traceparent {
	char trace_id[33];
	char span_id[17];
	char flags[3];
};

/* false when invalid (then a new trace begins). A future version is read as version 00. */
bool traceparent_parse(struct str value, struct traceparent *out);

/* "00-<trace>-<span>-<flags>", terminated. */
void traceparent_format(const struct traceparent *t, char out[TRACEPARENT_SIZE]);

/* A random span id for our own hop; random trace id too when `trace_id` is empty. */
void traceparent_new_span(struct traceparent *t);

#endif
