/*
 * reconcile: the account of a span of time: what ops-api accepted, by its audit log, against what the
 * store holds and the dead letters. Lines and records are put in, in any order, and sums come out.
 * Pure; one thread.
 */
#ifndef OPS_RECONCILE_H
#define OPS_RECONCILE_H

#include "buf.h"
#include "idset.h"
#include "json.h"
#include "record.h"

enum { RECONCILE_MAX = 1000 * 1000, RECONCILE_NAMES_MAX = 64 * 1024 * 1024 };

struct reconcile {
	int64_t since_ms, until_ms; /* of acceptance; until is exclusive */
	struct idset requests; /* that were accepted; word: where its record's id is in names */
	struct idset ids;      /* of records that were accepted; count: how often stored */
	struct idset others;   /* of records that are stored, and are not among ids */
	struct buf names;      /* ids of records, each ended by NUL */
	/* Requests with good credentials, less checks; of them not taken; questions of opsctl. */
	uint64_t accepted, refused, checks;
	uint64_t unnamed; /* accepted without an id of the client's: counted only */
	uint64_t replays; /* answered again, with the first one's answer */
	uint64_t audit_lines;
	int64_t first_line_ms; /* the time of the first line of the log; INT64_MAX: none */
	uint64_t stored, found, doubled; /* records in the span; of ids; ids stored twice or more */
	uint64_t dead;                   /* of ids, only among the dead letters */
	uint64_t left_out;               /* more than can be looked at */
};

void reconcile_init(struct reconcile *r, int64_t since_ms, int64_t until_ms);
void reconcile_release(struct reconcile *r);

/* A line of ops-api's log; what is none of the audit's is left alone. */
void reconcile_line(struct reconcile *r, struct str line);

/* When all lines are in, before the first record. */
void reconcile_settle(struct reconcile *r);

/* A record that is stored; one accepted outside of the span does not count. */
void reconcile_stored(struct reconcile *r, const struct record *record);

/* A record of a dead letter; when all stored ones are in. */
void reconcile_dead(struct reconcile *r, const struct record *record);

/* Accepted under an id, neither stored nor dead. */
uint64_t reconcile_missing(const struct reconcile *r);

/*
 * Accepted without an id, less what is stored and not among the ids: so many are missing, as far as
 * counting tells; negative: more are stored than the log tells of.
 */
int64_t reconcile_unnamed_missing(const struct reconcile *r);

/* Ids of the missing, or of those stored more than once, until fn returns false. */
typedef bool reconcile_fn(void *arg, const char *id);
void reconcile_each_missing(const struct reconcile *r, reconcile_fn *fn, void *arg);
void reconcile_each_doubled(const struct reconcile *r, reconcile_fn *fn, void *arg);

#endif
