/*
 * verify: what the parts of `opsctl verify-s3` share: named records and objects
 * (cmd_verify.c), a span of time (verify_span.c), what lands now (verify_follow.c), and how
 * these print what they find (verify_print.c).
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
	/* Of verify_follow(): what else is looked at, between two looks; -1 ends it. NULL: nothing. */
	int (*beside)(void *arg, struct err *err);
	void *beside_arg;
};

int verify_span(struct verify *v, struct err *err);
int verify_follow(struct verify *v, struct err *err);

/* Members "ok", "object", "bytes", "sha256", "records", "foreign", "stored_at", "fault". */
void verify_object_json(struct json_writer *w, const struct walk_object *o);

/* The line of a record, as it is stored, for people and pipes; nothing with --json. */
void verify_print_line(struct cli *cli, struct str line);

/* A document of its own: "opsctl/verify-s3-object/1". */
void verify_print_object_json(struct cli *cli, const struct walk_object *o);

/* A document of its own: "opsctl/verify-s3-record/1"; with --body the record's data are in it. */
void verify_print_record_json(const struct verify *v, const struct walk_object *o, struct str line,
    const struct record *r);

#endif
