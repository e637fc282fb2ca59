/*
 * guard: canaries that are submitted while something is changed: a signed payload a few times a
 * second from threads of its own, each request counted as its sender saw it, without repeats; at the
 * end all that were accepted are looked for in the store. Opened, asked and closed by the main thread.
 */
#ifndef OPS_GUARD_H
#define OPS_GUARD_H

#include "cli.h"

/* The options of commands that have one; client_open() reads --auth. */
#define OPTIONS_GUARD                                                                              \
	{ "guard", 0, OPTION_FLAG,                                                                 \
		.help = "submit canaries meanwhile; roll back when they fail" },                   \
	    { "guard-rate", 0, OPTION_INT, "N", "5", .min = 1, .max = 100,                         \
		    .help = "canaries a second" },                                                 \
	    { "guard-allow", 0, OPTION_INT, "N", "2", .min = 0, .max = 1000000,                    \
		    .help = "canaries that may fail before it rolls back" },                       \
	    { "guard-wait", 0, OPTION_DURATION, "TIME", "1m", .min = 100, .max = 3600 * 1000,      \
		    .help = "how long canaries may take into the store" },                         \
	{                                                                                          \
		"auth", 0, OPTION_CHOICE, "HOW", "signature",                                      \
		    .choices = "signature|token|bearer", .help = "how canaries show the token"     \
	}

/* What a guard calls. */
#define CALLS_GUARD                                                                                \
	{ SSM_GET_PARAMETER, CONTEXT_SECRET, "guard" },                                            \
	    { SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, "guard" },                          \
	    { S3_GET_OBJECT, CONTEXT_STORE, "guard" },                                             \
	{                                                                                          \
		ECS_STOP_SERVICE_DEPLOYMENT, CALL_SERVICE(SERVICE_ECS), "guard"                    \
	}

struct guard;

struct guard_count {
	uint64_t sent, failed;    /* with their outcome known */
	uint64_t sought;          /* of those that were accepted: so many as can be remembered */
	uint64_t stored;          /* of these, after guard_settle() */
	bool is_settled;          /* stored was counted */
	char first[ERR_TEXT_MAX]; /* what the first that failed was told, or "" */
};

/*
 * Submit one canary and wait until it is accepted: whatever fails before the change is not the
 * change's fault. The next step is set.
 */
int guard_open(struct guard **out, struct cli *cli, struct err *err) ATTR_MUST_CHECK;
int guard_start(struct guard *g, struct err *err) ATTR_MUST_CHECK;

/* So far; and whether more have failed than --guard-allow. */
void guard_count(struct guard *g, struct guard_count *out);
bool guard_has_failed(struct guard *g);

/*
 * End the canaries, wait for those under way, and look for all that were accepted in the store, at
 * most for --guard-wait. Where the context has no store is_settled stays false. 0 also when some are
 * missing.
 */
int guard_settle(struct guard *g, struct err *err) ATTR_MUST_CHECK;
void guard_close(struct guard *g); /* NULL is fine */

/* "0 of 431 failed, 431 of 431 stored" */
void guard_text(const struct guard_count *c, struct buf *out);
void guard_json(struct json_writer *w, const struct guard_count *c); /* "guard" */

#endif
