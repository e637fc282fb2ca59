/*
 * The one command table: parsing, --help, completions and `opsctl help --json` are made
 * from it, and tests/docs holds the manual pages against it.
 */
#include "cli.h"

#define OPTIONS(rows) .options = (rows), .option_count = ARRAY_SIZE(rows)

const struct option_row global_options[] = {
	{ "help", 'h', OPTION_FLAG, .help = "show help for the command" },
	{ "version", 0, OPTION_FLAG, .help = "show the version" },
	{ "json", 0, OPTION_FLAG, .help = "print JSON, for failures too" },
	{ "context", 0, OPTION_TEXT, "NAME",
	    .help = "the system to work on; see opsctl context ls" },
	{ "quiet", 'q', OPTION_FLAG, .help = "results and errors only" },
	{ "verbose", 'v', OPTION_FLAG, .help = "show each step on stderr; twice for more" },
	{ "color", 0, OPTION_CHOICE, "WHEN", "auto", .choices = "auto|always|never",
	    .help = "when to use colours" },
	{ "no-input", 0, OPTION_FLAG, .help = "never ask; fail where a question would be" },
};
const size_t global_option_count = ARRAY_SIZE(global_options);

#define DRY_RUN                                                                                    \
	{                                                                                          \
		"dry-run", 'n', OPTION_FLAG, .help = "show what would be done, change nothing"     \
	}

static const struct option_row up_options[] = {
	{ "dir", 0, OPTION_FILE, "DIR",
	    .help = "keep token, queue, store and logs there; default: that of context local" },
	{ "listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:8080",
	    .help = "address of ops-api; with port 0 all ports are free ones" },
	{ "admin-listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:9090",
	    .help = "address of the admin port of ops-api" },
	{ "worker-listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:9091",
	    .help = "address of the admin port of ops-worker" },
	{ "log-level", 0, OPTION_CHOICE, "LEVEL", "info", .choices = "debug|info|warn|error",
	    .help = "how much the services write to their logs" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
	    .help = "how long the services may take to become ready" },
};

static const struct option_row token_show_options[] = {
	{ "reveal", 0, OPTION_FLAG, .help = "print the token itself, alone on a line" },
};

static const struct option_row token_rotate_options[] = {
	{ "from-file", 0, OPTION_FILE, "FILE",
	    .help = "take the new token from FILE, or from standard input with -" },
	DRY_RUN,
	{ "yes", 'y', OPTION_FLAG, .help = "do not ask" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 0, .max = 3600 * 1000,
	    .help = "how long the services may take to accept the new token" },
};

static const struct option_row context_import_options[] = {
	{ "from-terraform", 0, OPTION_FILE, "DIR",
	    .help = "run terraform output -json in DIR instead of reading standard input" },
	{ "use", 0, OPTION_FLAG, .help = "make it the current context as well" },
	DRY_RUN,
};

static const struct option_row context_rm_options[] = {
	DRY_RUN,
};

const struct command commands[] = {
	{
	    .name = "up",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "run the whole system on this machine, in the foreground",
	    .about = "Starts ops-api and ops-worker on a queue file and a store directory, makes a "
		     "token when there is none, restarts a service that dies, and drains both on "
		     "Ctrl-C or SIGTERM. Everything is kept in one directory and is there again "
		     "the next time. This is the context local.",
	    OPTIONS(up_options),
	    .need = NEED_STREAM,
	    .run = cmd_up,
	},
	{
	    .name = "submit",
	    .operands = "[PAYLOAD]",
	    .max = 1,
	    .operand_completion = "file",
	    .summary = "send signed payloads, one or many",
	    .about = "Signs a JSON payload with the token of the context and sends it to ops-api.",
	    .need = NEED_CONTEXT,
	    .run = cmd_submit,
	},
	{
	    .name = "verify-s3",
	    .operands = "[ID...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "prove that records are in the store, unharmed",
	    .about =
		"Finds records and objects in the store of the context and checks their digests "
		"and their form.",
	    .need = NEED_CONTEXT,
	    .run = cmd_verify_s3,
	},
	{
	    .name = "health",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "say whether the system is healthy, and if not, why",
	    .about = "Asks every part of the system and gives one verdict.",
	    .need = NEED_CONTEXT,
	    .run = cmd_health,
	},
	{
	    .name = "token show",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "show the fingerprint, version and age of the token",
	    .about =
		"A fingerprint is the first 8 hex digits of the SHA-256 of the token. The token "
		"itself is printed with --reveal only, for use in a script: "
		"TOKEN=$(opsctl token show --reveal).",
	    OPTIONS(token_show_options),
	    .need = NEED_CONTEXT,
	    .run = cmd_token_show,
	},
	{
	    .name = "token rotate",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "replace the token and prove that the services accept the new one",
	    .about =
		"Makes a new random token current and keeps the present one as previous, which "
		"the services accept until their grace period (OPS_SECRET_GRACE_S) ends. "
		"Then tells the local services to read it again, and asks ops-api whether it "
		"accepts both. Nothing is queued by the questions.",
	    OPTIONS(token_rotate_options),
	    .need = NEED_CONTEXT,
	    .run = cmd_token_rotate,
	},
	{
	    .name = "token check",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "ask ops-api which versions of the token it accepts",
	    .about =
		"Sends a signed request with a payload that no policy accepts: the answer 400 "
		"says that the signature was accepted, 401 that it was not. Nothing is queued. "
		"Exits with 1 when the current token is refused.",
	    .need = NEED_CONTEXT,
	    .run = cmd_token_check,
	},
	{
	    .name = "queue stat",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "count what waits, what is under way and what is dead",
	    .about =
		"Shows the depth of the queue of the context and the age of its oldest message.",
	    .need = NEED_CONTEXT,
	    .run = cmd_queue_stat,
	},
	{
	    .name = "dlq ls",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "list dead letters, oldest first",
	    .about = "Dead letters are messages that were received too often without being stored.",
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_ls,
	},
	{
	    .name = "dlq show",
	    .operands = "ID",
	    .min = 1,
	    .max = 1,
	    .operand_completion = "none",
	    .summary = "show one dead letter and its records",
	    .about = "Prints the attributes and the body of a dead letter.",
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_show,
	},
	{
	    .name = "dlq redrive",
	    .operands = "[ID...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "put dead letters back into the queue",
	    .about = "Moves dead letters back into the queue with a receive count of 0.",
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_redrive,
	},
	{
	    .name = "dlq purge",
	    .operands = "[ID...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "remove dead letters for good",
	    .about = "Removes dead letters. What they hold is lost.",
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_purge,
	},
	{
	    .name = "context ls",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "list the contexts",
	    .about = "A context names a system: its URL and where its token, queue and store are. "
		     "The context local is built in: it is the system of opsctl up.",
	    .run = cmd_context_ls,
	},
	{
	    .name = "context use",
	    .operands = "NAME",
	    .min = 1,
	    .max = 1,
	    .operand_completion = "context",
	    .summary = "make a context the current one",
	    .about =
		"Commands work on the current context unless --context or OPSCTL_CONTEXT names "
		"another.",
	    .run = cmd_context_use,
	},
	{
	    .name = "context show",
	    .operands = "[NAME]",
	    .max = 1,
	    .operand_completion = "context",
	    .summary = "show the values of a context",
	    .about = "Without NAME it shows the context that a command would work on.",
	    .run = cmd_context_show,
	},
	{
	    .name = "context import",
	    .operands = "NAME",
	    .min = 1,
	    .max = 1,
	    .operand_completion = "context",
	    .summary = "make a context from the outputs of Terraform",
	    .about = "Reads what terraform output -json prints, from standard input or by running "
		     "terraform, and writes the section NAME of contexts.ini anew.",
	    OPTIONS(context_import_options),
	    .run = cmd_context_import,
	},
	{
	    .name = "context check",
	    .operands = "[NAME]",
	    .max = 1,
	    .operand_completion = "context",
	    .summary = "try every part of a context",
	    .about =
		"Reads the token, opens the queue and the store, and asks ops-api. Exits with 1 "
		"when a part does not work.",
	    .run = cmd_context_check,
	},
	{
	    .name = "context rm",
	    .operands = "NAME",
	    .min = 1,
	    .max = 1,
	    .operand_completion = "context",
	    .summary = "remove a context from contexts.ini",
	    .about = "The system itself is not touched.",
	    OPTIONS(context_rm_options),
	    .run = cmd_context_rm,
	},
	{
	    .name = "completion",
	    .operands = "bash|zsh|fish",
	    .min = 1,
	    .max = 1,
	    .operand_completion = "shell",
	    .summary = "print a completion script for a shell",
	    .about = "For bash: source <(opsctl completion bash). For zsh: save it as _opsctl in a "
		     "directory of fpath. For fish: opsctl completion fish | source.",
	    .run = cmd_completion,
	},
	{
	    .name = "version",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "show the version",
	    .about = "With --json also the versions of the libraries that are linked.",
	    .run = cmd_version,
	},
	{
	    .name = "help",
	    .operands = "[COMMAND]",
	    .max = 2,
	    .operand_completion = "command",
	    .summary = "show help for a command",
	    .about = "With --json it prints the whole command table.",
	    .run = cmd_help,
	},
};
const size_t command_count = ARRAY_SIZE(commands);
