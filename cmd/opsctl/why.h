/*
 * why: finds causes in the facts about a system and ranks them: what may be the reason for others
 * stands first. A table of rules, each of which looks for one cause and tells its evidence and the
 * next command. Pure.
 */
#ifndef OPS_WHY_H
#define OPS_WHY_H

#include "facts.h"

enum { WHY_CAUSES_MAX = 24, WHY_EVIDENCE_MAX = 8, WHY_EVIDENCE_SIZE = 288 };

struct cause {
	const char *name;        /* of the rule, for programs: "failing-open" */
	const char *service;     /* of the context, or NULL */
	char text[ERR_TEXT_MAX]; /* "no target is healthy: the load balancer is failing open" */
	char cure[ERR_TEXT_MAX]; /* what usually helps, or "" */
	char next[ERR_TEXT_MAX]; /* "run: opsctl logs --service api" */
	char evidence[WHY_EVIDENCE_MAX][WHY_EVIDENCE_SIZE];
	size_t evidence_count;
};

struct causes {
	struct cause items[WHY_CAUSES_MAX];
	size_t count, left_out; /* left_out: those for which there is no room */
};

/* "api: no target is healthy" */
enum { CAUSE_TITLE_SIZE = ERR_TEXT_MAX + CONTEXT_SERVICE_NAME_MAX + 3 };
const char *cause_title(const struct cause *c, char out[CAUSE_TITLE_SIZE]);

void why_rank(const struct facts *f, struct causes *out);

#endif
