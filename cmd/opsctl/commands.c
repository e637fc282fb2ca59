/*
 * The one command table: parsing, --help, completions and `opsctl help --json` are made
 * from it, and tests/docs holds the manual pages against it. In the order of help.
 */
#include "commands.h"

const struct option_row global_options[] = {
	{ "help", 'h', OPTION_FLAG, .help = "show help for the command" },
	{ "version", 0, OPTION_FLAG, .help = "show the version" },
	{ "json", 0, OPTION_FLAG, .help = "print JSON, for failures too" },
	{ "context", 0, OPTION_TEXT, "NAME",
	    .help = "the system to work on; see opsctl context ls" },
	{ "quiet", 'q', OPTION_FLAG, .help = "results and errors only" },
	{ "verbose", 'v', OPTION_COUNT,
	    .help = "show on stderr what the command works on and each AWS call; twice: in full" },
	{ "color", 0, OPTION_CHOICE, "WHEN", "auto", .choices = "auto|always|never",
	    .help = "when to use colours" },
	{ "plan", 0, OPTION_FLAG,
	    .help = "print which calls of AWS would be made and what is billed, and make none" },
	{ "record", 0, OPTION_FILE, "FILE",
	    .help = "keep what is said over HTTP, redacted, in this file" },
	{ "replay", 0, OPTION_FILE, "FILE",
	    .help = "answer from such a file: no network, no credentials" },
	{ "no-input", 0, OPTION_FLAG, .help = "never ask; fail where a question would be" },
	{ "url", 0, OPTION_TEXT, "URL", .help = "URL of ops-api instead of the context's" },
	{ "secret", 0, OPTION_TEXT, "URL", .help = "URL of the token instead of the context's" },
	{ "queue", 0, OPTION_TEXT, "URL", .help = "URL of the queue instead of the context's" },
	{ "store", 0, OPTION_TEXT, "URL", .help = "URL of the store instead of the context's" },
	{ "region", 0, OPTION_TEXT, "NAME", .help = "AWS region instead of the context's" },
	{ "profile", 0, OPTION_TEXT, "NAME",
	    .help = "profile of the AWS configuration files instead of the context's" },
	{ "endpoint-url", 0, OPTION_TEXT, "URL",
	    .help = "where all AWS services are, instead of what the environment says" },
};
const size_t global_option_count = ARRAY_SIZE(global_options);

const struct command *const commands[] = {
	&command_up,
	&command_submit,
	&command_probe,
	&command_verify,
	&command_health,
	&command_logs,
	&command_token_show,
	&command_token_rotate,
	&command_token_check,
	&command_queue_stat,
	&command_dlq_ls,
	&command_dlq_show,
	&command_dlq_redrive,
	&command_dlq_purge,
	&command_reconcile,
	&command_preflight,
	&command_iam,
	&command_deploy,
	&command_rollback,
	&command_restart,
	&command_exec,
	&command_context_ls,
	&command_context_use,
	&command_context_show,
	&command_context_import,
	&command_context_check,
	&command_context_rm,
	&command_completion,
	&command_version,
	&command_help,
};
const size_t command_count = ARRAY_SIZE(commands);
