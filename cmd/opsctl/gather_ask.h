/*
 * gather_ask: one thing that gather.c asks for, on a thread of its own. It fills its part of the
 * facts and no other; gather.c notes how it went. Private to gather*.c.
 */
#ifndef OPS_GATHER_ASK_H
#define OPS_GATHER_ASK_H

#include "gather.h"
#include "http.h"
#include "store.h"

struct ask {
	int (*run)(struct ask *a, struct err *err);
	const char *what;  /* for the progress line */
	struct fact *fact; /* how it went */
	struct cli *cli;   /* its own, where it opens ports, which set the next step there */
	const struct gather_wish *wish;
	struct http *http;     /* shared */
	struct http_stop stop; /* of calls on a connection of their own */
	struct aws *aws;       /* shared */
	struct facts *facts;
	struct facts_service *service; /* of which service, or NULL */
	size_t part;                   /* which path, group, or first service of several */
};

/* gather_process.c: of a system on this machine; nothing where there is none. */
void gather_processes(struct facts *f);

/* gather_core.c */
int ask_path(struct ask *a, struct err *err);    /* part: enum facts_path */
int ask_metrics(struct ask *a, struct err *err); /* part: enum context_key of the admin port */
int ask_queue(struct ask *a, struct err *err);
int ask_store(struct ask *a, struct err *err);
int ask_secret(struct ask *a, struct err *err); /* and ops-api about it */
int ask_alarms(struct ask *a, struct err *err);

/* gather_dead.c: look at dead letters, where that changes nothing about them; store may be NULL. */
void gather_dead(struct queue *queue, struct store *store, struct facts_queue *out);

/* gather_service.c */
enum { ASK_SERVICES = 10 };
int ask_services(struct ask *a, struct err *err); /* part: the first; it and some that follow */
int ask_rollout(struct ask *a, struct err *err);
int ask_waiting(struct ask *a, struct err *err);
int ask_stops(struct ask *a, struct err *err);
int ask_targets(struct ask *a, struct err *err); /* part: which group */
int ask_probe(struct ask *a, struct err *err);

#endif
