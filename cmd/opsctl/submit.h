/*
 * submit: what the parts of `opsctl submit` share: one payload (cmd_submit.c), a file of
 * payloads (submit_bulk.c, submit_settle.c), generated load (submit_load.c), how both of these
 * end (submit_account.c), and the request as shell commands (submit_curl.c).
 */
#ifndef OPS_SUBMIT_H
#define OPS_SUBMIT_H

#include "client.h"
#include "conserve.h"
#include "journal.h"
#include "runner.h"

int submit_bulk(struct cli *cli, struct err *err);
int submit_load(struct cli *cli, struct err *err);

/* Print shell commands that do the same as `submit` would; the token appears as $TOKEN. */
int submit_curl(struct cli *cli, const char *id, struct str payload, struct err *err);

/* Fill in what the options say: threads, rate, the deadline of --duration. */
void submit_runner_options(struct cli *cli, struct runner *r);

/* Members "elapsed_ms", "rate", "statuses", "latency_ms" of a finished run. */
void submit_runner_json(struct json_writer *w, const struct runner *r);
void submit_runner_text(struct cli *cli, const struct runner *r);

/* Members "ok" and, when a run ended by an error, "error". */
void submit_fault_json(struct json_writer *w, const struct cli *cli, const struct err *fault);

/* When the first envelope of a run that began then can have been made, by ops-api's clock. */
int64_t submit_since_ms(const struct cli *cli, int64_t began_ms);

/* ---- how a run ends ---- */

/* Zeroed except for what is set; conserve is filled by the run with what was accepted. */
struct submit_account {
	struct cli *cli;
	const struct runner *runner;
	const char *schema;
	uint64_t accepted;
	bool waits; /* for all of conserve to be in the store, unless a signal came */
	int64_t since_ms;
	struct conserve conserve;
	bool is_accounted; /* conserve tells what became of all */

	/* What stands first in the report; then comes what this file knows. */
	void (*json)(void *arg, struct json_writer *w);
	void (*text)(void *arg);
	/* Called before the report of JSON: what else is wrong; -1 says it all. */
	int (*judge)(void *arg, struct err *err);
	void *arg;
};

/* Wait, report, judge. 0 with cli->exit_code set, or -1. */
int submit_account(struct submit_account *a, struct err *err) ATTR_MUST_CHECK;

/* ---- lines of a file: their ids, and those whose outcome is not known ---- */

enum { SUBMIT_PREFIX_SIZE = 7 + 16 + 2 };

/* "opsctl_<16 hex digits of the file's digest>_" */
void submit_line_prefix(const char file_sha256[HASH_HEX_SIZE], char out[SUBMIT_PREFIX_SIZE]);

/* "<prefix><line number>_<12 hex digits of the line's digest>" */
void submit_line_id(const char *prefix, uint64_t number, struct str line,
    char out[WEBHOOK_ID_MAX + 1]);

/*
 * Find out which of the unknown lines of an earlier run were accepted after all, and set them
 * so in the journal: waits until the queue has moved on from what it held, then looks through
 * store and dead letters. *found counts them. -1: it cannot be known now; the next step is set.
 */
int submit_settle(struct cli *cli, struct journal *j, const char *prefix, uint64_t *found,
    struct err *err) ATTR_MUST_CHECK;

#endif
