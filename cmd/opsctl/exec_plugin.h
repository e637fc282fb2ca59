/*
 * exec_plugin: session-manager-plugin of AWS, the program that speaks the protocol of a session. It
 * wants a terminal, so what is none of its standard input and output becomes a pseudo-terminal; what
 * it prints passes through us, because the exit status of the command stands in it. Main thread.
 */
#ifndef OPS_EXEC_PLUGIN_H
#define OPS_EXEC_PLUGIN_H

#include "cli.h"
#include "ecs_change.h"
#include "exec_sentinel.h"

#define EXEC_PLUGIN "session-manager-plugin"

/*
 * Whether it is there and takes a session from its environment, as it has since 1.2.497: on its
 * command line everybody could read the token. `version` becomes what it says of itself.
 * ERR_NOTFOUND: it is not in PATH; ERR_CONFIG: too old. The next step is set.
 */
enum { EXEC_VERSION_SIZE = 32 };
int exec_plugin_check(struct cli *cli, char version[EXEC_VERSION_SIZE], struct err *err)
    ATTR_MUST_CHECK;

/* What the command printed, as far as it fits. */
struct exec_output {
	struct buf kept;
	uint64_t bytes; /* of all of it */
};

struct exec_session {
	const struct ecs_session *session;
	const char *cluster, *task_id, *runtime_id;
	const char *region, *profile; /* profile "": none */
	struct sentinel *sentinel;    /* NULL: the output goes through as it is */
	struct exec_output *capture;  /* takes the output; NULL: standard output does */
};

/* Hand over until it ends. ERR_IO: it could not be run, or it failed. */
int exec_plugin_run(const struct exec_session *s, struct err *err) ATTR_MUST_CHECK;

#endif
