/*
 * rollout: one change of a service of ECS, begun and followed to its end by deploy, rollback and
 * restart: begin and end (rollout.c), look and wait (rollout_follow.c), show meanwhile
 * (rollout_show.c), say why it failed (rollout_why.c), note what runs then (rollout_note.c), report
 * (rollout_report.c). Main thread.
 */
#ifndef OPS_ROLLOUT_H
#define OPS_ROLLOUT_H

#include "access.h"
#include "guard.h"
#include "revision_diff.h"
#include "rollout_judge.h"
#include "rollout_why.h"
#include "workload.h"

/* What was shown last. */
struct rollout_show {
	size_t lines;                   /* that stand on the terminal, to be painted over */
	char said[3 * ECS_REASON_SIZE]; /* off a terminal: the last line, less its time */
	int64_t event_ms;               /* of the newest event, and its text */
	char event[ECS_REASON_SIZE];
};

enum { ROLLOUT_IMAGE_SIZE = 512 };

struct rollout {
	/* by the command */
	struct cli *cli;
	struct workload workload;
	const char *verb;                                    /* "deploy": also of the schema */
	char from[ECS_TASK_ARN_SIZE], to[ECS_TASK_ARN_SIZE]; /* task definitions; may be the same */
	bool is_forced;                                      /* new tasks of the same definition */
	bool is_guarded;
	char image[ROLLOUT_IMAGE_SIZE]; /* of the wanted revision; "": the image is not changed */

	/* under way */
	struct ecs_service *service; /* as it was described last */
	struct guard *guard;         /* NULL: none, or nothing was changed */
	struct ecs_deployment deployment;
	char arn[ECS_ARN_SIZE]; /* of the service deployment; "" = not known, or not yet */
	unsigned searches;      /* for it, in vain */
	int64_t began_ms, began_mono_ms;
	bool was_told_to_end; /* we asked for a rollback, because of the guard */
	struct rollout_view view;
	char cause[ECS_REASON_SIZE]; /* what ECS said first when it went wrong */
	struct rollout_show show;

	/* of the end */
	const char *outcome; /* "deployed", "timed-out", ... */
	struct rollout_why why;
	bool is_note_due;               /* nothing else changes, and what runs is not noted */
	char noted[ROLLOUT_IMAGE_SIZE]; /* then: what is, "" where nothing is; may be cut */
	bool is_noted;                  /* the image, where Terraform reads it */
	struct guard_count guard_count;
};

/* Of all three commands. */
#define OPTIONS_ROLLOUT                                                                            \
	{ "no-wait", 0, OPTION_FLAG, .help = "do not wait for the end; exit with 8" },             \
	    { "timeout", 0, OPTION_DURATION, "TIME", "20m", .min = 1000, .max = 24 * 3600 * 1000,  \
		    .help = "how long to wait for the end" },                                      \
	{                                                                                          \
		"interval", 0, OPTION_DURATION, "TIME", "3s",                                      \
		    .min = 50, .max = 60 * 1000, .help = "how often to ask ECS meanwhile"          \
	}

/* What those call that change the image: when it runs, and where it runs already. */
#define CALLS_NOTE                                                                                 \
	{ SSM_GET_PARAMETER, CALL_SERVICE(SERVICE_IMAGE_PARAMETER), NULL },                        \
	{                                                                                          \
		SSM_PUT_PARAMETER, CALL_SERVICE(SERVICE_IMAGE_PARAMETER), "!dry-run"               \
	}

/* What all three call. */
#define CALLS_ROLLOUT                                                                              \
	CALLS_IDENTITY, { ECS_DESCRIBE_SERVICES, CALL_SERVICE(SERVICE_ECS), NULL },                \
	    { ECS_UPDATE_SERVICE, CALL_SERVICE(SERVICE_ECS), "!dry-run" },                         \
	    { ECS_LIST_SERVICE_DEPLOYMENTS, CALL_SERVICE(SERVICE_ECS), "!dry-run|no-wait" },       \
	    { ECS_DESCRIBE_SERVICE_DEPLOYMENTS, CALL_SERVICE(SERVICE_ECS), "!dry-run|no-wait" },   \
	    { ECS_LIST_TASKS, CALL_SERVICE(SERVICE_ECS), "!dry-run|no-wait" },                     \
	{                                                                                          \
		ECS_DESCRIBE_TASKS, CALL_SERVICE(SERVICE_ECS), "!dry-run|no-wait"                  \
	}

/*
 * Find the workload that the first operand means, and describe it; `instead` is as of
 * workload_find(). Release *r whatever comes out. ERR_CONFIG also where not ECS deploys it.
 */
int rollout_open(struct rollout *r, struct cli *cli, const char *verb, const char *instead,
    struct err *err) ATTR_MUST_CHECK;
void rollout_release(struct rollout *r);

/* Of a command that has OPTIONS_GUARD. ERR_USAGE: not together with --no-wait. */
int rollout_read_guard(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* Whether the account is the context's, and whoever must be asked agrees: before any change. */
int rollout_consent(struct rollout *r, enum access_danger danger, const char *question,
    struct err *err) ATTR_MUST_CHECK;

/* Submit the guard's first canary, where there is a guard: before any change. */
int rollout_guard(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/*
 * Change the service to r->to, or force new tasks, and follow that to its end. 0 with
 * cli->exit_code set and all reported: also when it was rolled back or took too long. -1: nothing
 * more is known of it; the text says what goes on.
 */
int rollout_run(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* "prod-api:42", the end of an ARN. */
const char *rollout_revision(const char *arn);

/* ---- rollout_follow.c ---- */

/* Until r->view says that it is over, or --timeout has passed, or a signal came (ERR_STOPPED). */
int rollout_follow(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* Ask ECS to go back to what was before; rollout_follow() tells how that ends. */
int rollout_go_back(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* ---- rollout_show.c ---- */

void rollout_show(struct rollout *r);
void rollout_show_end(struct rollout *r); /* leaves nothing on the terminal */

/* ---- rollout_note.c ---- */

/* Where it would be noted; NULL: nowhere, or the image does not change. */
const char *rollout_note_place(const struct rollout *r);

/*
 * Before a plan that changes nothing: whether what runs is noted. A run before this one may have
 * been refused to do that, and no other would make up for it. Nothing is due before it has come up.
 */
int rollout_note_look(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* Write what is due, where something is. -1: as rollout_note(). */
int rollout_note_due(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/*
 * Write the image that runs now into the parameter that Terraform reads it from, so that its next
 * plan is empty and no apply takes the change back. After a good end only: what went back runs what
 * is noted already, and for what goes on it is left for later. Nothing where the context names no
 * parameter. -1: the change stands all the same; the text and the next step say so.
 */
int rollout_note(struct rollout *r, struct err *err) ATTR_MUST_CHECK;

/* Nobody waits any more to see whether it runs: what to type when it does. Nothing as above. */
void rollout_note_later(const struct rollout *r);

/* ---- rollout_report.c ---- */

/* What it would change; NULL: nothing. With --json the event "plan". */
void rollout_report_plan(struct rollout *r, const struct revision_diff *d);
void rollout_report_begun(struct rollout *r);
void rollout_report_end(struct rollout *r);

/* One object of the stream: begin, add members, end. */
void rollout_event_begin(struct rollout *r, struct json_writer *w, struct buf *out,
    const char *event);
void rollout_event_end(struct rollout *r, struct json_writer *w, struct buf *out);

#endif
