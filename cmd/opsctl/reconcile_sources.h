/*
 * reconcile_sources: where an account gets its lines and records from: the audit log of ops-api, the
 * objects of the store, the dead letters. Main thread.
 */
#ifndef OPS_RECONCILE_SOURCES_H
#define OPS_RECONCILE_SOURCES_H

#include "cli.h"
#include "reconcile.h"

struct reconcile_sources {
	struct cli *cli;
	struct reconcile *account;
	const char *service; /* of the context, whose log group is read */
	uint64_t lines, objects, faulty_objects;
	bool is_log_cut; /* the group has more than we read */
};

/* All of these set the next step on -1. */
int reconcile_read_log(struct reconcile_sources *s, struct err *err) ATTR_MUST_CHECK;
int reconcile_read_store(struct reconcile_sources *s, struct err *err) ATTR_MUST_CHECK;
int reconcile_read_dead(struct reconcile_sources *s, struct err *err) ATTR_MUST_CHECK;

#endif
