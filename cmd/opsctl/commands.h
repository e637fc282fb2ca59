/*
 * commands: the row of each command, at the end of the file that runs it. Constant data.
 */
#ifndef OPS_COMMANDS_H
#define OPS_COMMANDS_H

#include "cli.h"

extern const struct command command_up;
extern const struct command command_submit;
extern const struct command command_probe;
extern const struct command command_verify;
extern const struct command command_health;
extern const struct command command_logs;
extern const struct command command_tail;
extern const struct command command_token_show;
extern const struct command command_token_history;
extern const struct command command_token_rotate;
extern const struct command command_token_check;
extern const struct command command_queue_stat;
extern const struct command command_dlq_ls;
extern const struct command command_dlq_show;
extern const struct command command_dlq_redrive;
extern const struct command command_dlq_purge;
extern const struct command command_reconcile;
extern const struct command command_trace;
extern const struct command command_preflight;
extern const struct command command_iam;
extern const struct command command_deploy;
extern const struct command command_rollback;
extern const struct command command_restart;
extern const struct command command_exec;
extern const struct command command_context_ls;
extern const struct command command_context_use;
extern const struct command command_context_show;
extern const struct command command_context_import;
extern const struct command command_context_check;
extern const struct command command_context_rm;
extern const struct command command_completion;
extern const struct command command_version;
extern const struct command command_help;

/* For the rows. */
#define OPTIONS(rows) .options = (rows), .option_count = ARRAY_SIZE(rows)
#define CALLS(rows)   .calls = (rows), .call_count = ARRAY_SIZE(rows)
#define OPTION_DRY_RUN                                                                             \
	{                                                                                          \
		"dry-run", 'n', OPTION_FLAG, .help = "show what would be done, change nothing"     \
	}
#define OPTION_YES                                                                                 \
	{                                                                                          \
		"yes", 'y', OPTION_FLAG, .help = "do not ask"                                      \
	}
/* Of commands that call access_change() with ACCESS_DANGEROUS. */
#define OPTION_CONFIRM                                                                             \
	{                                                                                          \
		"confirm", 0, OPTION_TEXT, "NAME",                                                 \
		    .help = "the name of the context, where it wants that typed"                   \
	}

#endif
