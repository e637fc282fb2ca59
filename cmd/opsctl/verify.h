/*
 * verify: what the parts of `opsctl verify-s3` share: named records and objects
 * (cmd_verify.c), a span of time (verify_span.c), what lands now (verify_follow.c).
 */
#ifndef OPS_VERIFY_H
#define OPS_VERIFY_H

#include "cli.h"
#include "store.h"
#include "walk.h"

struct verify {
	struct cli *cli;
	struct store *store;
	int64_t now_ms, since_ms, until_ms;
	bool has_since;
	bool with_body;
};

int verify_span(struct verify *v, struct err *err);
int verify_follow(struct verify *v, struct err *err);

/* Members "key", "bytes", "sha256", "records", "stored_at", "ok", "fault" of an object. */
void verify_object_json(struct json_writer *w, const struct walk_object *o);

/* The line of a record, as it is stored, for people and pipes; nothing with --json. */
void verify_print_line(struct cli *cli, struct str line);

#endif
