/* tally: how often each operation was called, repeated, refused. Any thread. */
#ifndef OPS_FAULTS_TALLY_H
#define OPS_FAULTS_TALLY_H

#include "json.h"
#include "wire.h"

/* What is refused was counted as a call before. Beyond 63 operations all others are one. */
void tally_call(const char *op, const struct wire_request *r);
void tally_refused(const char *op);

/* Members "calls", "repeats" (by what the client says) and "refused", each {op: n}. */
void tally_write(struct json_writer *w);

#endif
