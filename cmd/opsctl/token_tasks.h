/*
 * token_tasks: which versions of the token each running task of ops-api accepts. A task is asked
 * itself where its address can be reached from here, which shows within two seconds; the others
 * leave a trail in their log (token_trail.h). Main thread.
 */
#ifndef OPS_TOKEN_TASKS_H
#define OPS_TOKEN_TASKS_H

#include "token_versions.h"
#include "workload.h"

#define TOKEN_SERVICE "api" /* the service of a context that accepts tokens */

enum { TOKEN_TASK_MAX = 512 }; /* bytes of JSON for one */

/* What asking them calls. */
#define CALLS_TOKEN_TASKS                                                                          \
	{ ECS_DESCRIBE_SERVICES, CALL_SERVICE(SERVICE_ECS), NULL },                                \
	    { ECS_LIST_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },                                   \
	    { ECS_DESCRIBE_TASKS, CALL_SERVICE(SERVICE_ECS), NULL },                               \
	{                                                                                          \
		LOGS_FILTER_LOG_EVENTS, CALL_SERVICE(SERVICE_LOGS), NULL                           \
	}

enum token_answer { TOKEN_UNKNOWN, TOKEN_ACCEPTED, TOKEN_REFUSED };

struct token_task {
	char id[64], address[48];
	enum token_answer answers[2]; /* by enum secret_which */
	bool is_from_log;
};

struct token_tasks {
	struct token_task *items;
	size_t count;
	char trouble[ERR_TEXT_MAX]; /* why not all of them are known, or "" */
};

/* Whether the context says which tasks there are. */
bool token_tasks_are_known(const struct cli *cli);

/*
 * Ask all of them until deadline_ms on the monotonic clock; `check` has been asked. 0 also when some
 * answers stay unknown. Release *out whatever comes out.
 */
int token_tasks_ask(struct cli *cli, const struct token_versions *v,
    const struct token_check *check, int64_t deadline_ms, struct token_tasks *out, struct err *err)
    ATTR_MUST_CHECK;
void token_tasks_release(struct token_tasks *t);

/* How many answered so about that version. */
size_t token_tasks_count(const struct token_tasks *t, enum secret_which which,
    enum token_answer answer);

/* Of how many tasks not all is known. */
size_t token_tasks_unknown(const struct token_tasks *t, bool has_previous);

void token_tasks_json(struct json_writer *w, const struct token_tasks *t, bool has_previous);
void token_tasks_print(struct cli *cli, const struct token_tasks *t, bool has_previous);

#endif
