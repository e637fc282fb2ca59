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
	{ "verbose", 'v', OPTION_COUNT,
	    .help = "show on stderr what the command works on and each AWS call; twice: in full" },
	{ "color", 0, OPTION_CHOICE, "WHEN", "auto", .choices = "auto|always|never",
	    .help = "when to use colours" },
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
	{ "log-level", 0, OPTION_CHOICE, "LEVEL", "info", .choices = "debug|info",
	    .help = "how much the services write to their logs" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
	    .help = "how long the services may take to become ready" },
};

static const struct option_row submit_options[] = {
	{ "data", 'd', OPTION_TEXT, "JSON", .help = "the payload itself instead of a file" },
	{ "auth", 0, OPTION_CHOICE, "HOW", "signature", .choices = "signature|token|bearer",
	    .help = "how the token is used: to sign, in the body, or as a bearer token" },
	{ "id", 0, OPTION_TEXT, "ID",
	    .help = "webhook id of the payload; default: opsctl_ and a new UUID" },
	{ "wait", 'w', OPTION_FLAG,
	    .help = "go on until what was accepted is stored and its bytes are verified" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "how long to wait for an answer, and with --wait for the store" },
	{ "ndjson", 0, OPTION_FILE, "FILE", .help = "submit each line of FILE as one payload" },
	{ "journal", 0, OPTION_FILE, "FILE",
	    .help = "where --ndjson keeps what it has done; default: FILE.opsctl-journal" },
	{ "stop-on-error", 0, OPTION_FLAG, .help = "with --ndjson, stop at the first bad line" },
	{ "rejects", 0, OPTION_FILE, "FILE",
	    .help = "with --ndjson, copy the lines that are refused to FILE" },
	{ "retry-refused", 0, OPTION_FLAG,
	    .help = "with --ndjson, send again what an earlier run had refused" },
	{ "resend-unknown", 0, OPTION_FLAG,
	    .help = "with --ndjson, do not look up lines that were sent without an answer" },
	{ "count", 0, OPTION_INT, "N", .min = 1, .max = 1000 * 1000 * 1000,
	    .help = "generate load: send N test payloads" },
	{ "duration", 0, OPTION_DURATION, "TIME", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "generate load for that long" },
	{ "payload-bytes", 0, OPTION_INT, "BYTES", "256", .min = 256, .max = 1024 * 1024,
	    .help = "size of a test payload" },
	{ "concurrency", 'c', OPTION_INT, "N", "8", .min = 1, .max = 256,
	    .help = "requests under way at once" },
	{ "rate", 0, OPTION_INT, "N", .min = 1, .max = 1000 * 1000,
	    .help = "send at most N payloads a second" },
	{ "retries", 0, OPTION_INT, "N", .min = 0, .max = 100,
	    .help = "tries after a busy answer or a lost connection; 8 with --ndjson, else 0" },
	{ "dry-run", 'n', OPTION_FLAG,
	    .help = "print the shell commands that do the same; send nothing" },
};

static const struct option_row verify_options[] = {
	{ "since", 0, OPTION_TEXT, "TIME",
	    .help = "begin of the span: an age such as 1h, or an RFC 3339 time" },
	{ "until", 0, OPTION_TEXT, "TIME", .help = "end of the span; default: none" },
	{ "body", 0, OPTION_FLAG, .help = "print the records themselves" },
	{ "follow", 'f', OPTION_FLAG, .help = "print records as they land, until interrupted" },
	{ "late", 0, OPTION_DURATION, "TIME", "15m", .min = 1000, .max = 24 * 3600 * 1000,
	    .help = "with --follow, how late an object may land and still be seen" },
	{ "timeout", 0, OPTION_DURATION, "TIME", .min = 1, .max = 24 * 3600 * 1000,
	    .help = "with --follow, end after that time; else wait that long for what is missing" },
};

static const struct option_row health_options[] = {
	{ "watch", 0, OPTION_FLAG, .help = "go on: refresh on a terminal, else a line per change" },
	{ "interval", 0, OPTION_DURATION, "TIME", "2s", .min = 100, .max = 3600 * 1000,
	    .help = "with --watch, time between two looks" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "5s", .min = 1, .max = 600 * 1000,
	    .help = "how long one service may take to answer" },
};

#define YES                                                                                        \
	{                                                                                          \
		"yes", 'y', OPTION_FLAG, .help = "do not ask"                                      \
	}

static const struct option_row dlq_ls_options[] = {
	{ "max", 0, OPTION_INT, "N", "1000", .min = 1, .max = 1000 * 1000,
	    .help = "list at most N dead letters" },
};

static const struct option_row dlq_show_options[] = {
	{ "body", 0, OPTION_FLAG, .help = "print the body alone, byte for byte" },
};

static const struct option_row dlq_redrive_options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	{ "passing", 0, OPTION_FLAG, .help = "all that would be stored now" },
	DRY_RUN,
	YES,
};

static const struct option_row dlq_purge_options[] = {
	{ "all", 0, OPTION_FLAG, .help = "all dead letters instead of those named" },
	DRY_RUN,
	YES,
};

static const struct option_row token_show_options[] = {
	{ "reveal", 0, OPTION_FLAG, .help = "print the token itself, alone on a line" },
};

static const struct option_row token_rotate_options[] = {
	{ "from-file", 0, OPTION_FILE, "FILE",
	    .help = "take the new token from FILE, or from standard input with -" },
	DRY_RUN,
	{ "yes", 'y', OPTION_FLAG, .help = "do not ask" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
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
	    .about =
		"Signs a JSON payload, flat or nested as it is given, with the token of the context "
		"and sends it to ops-api. PAYLOAD is a file, or - for standard input; without "
		"it and --data a test payload with the time now is made. With --ndjson every "
		"line of a file is a payload; a later run goes on where an earlier one ended "
		"and stores no line twice. With --count or --duration load is generated and "
		"measured. With --wait the command goes on until what was accepted is in the "
		"store with the bytes that were sent.",
	    OPTIONS(submit_options),
	    .need = NEED_CONTEXT,
	    .run = cmd_submit,
	},
	{
	    .name = "verify-s3",
	    .operands = "[ID|KEY...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "prove that records are in the store, unharmed",
	    .about =
		"Takes record ids and object keys, or without them a span of time, by default the "
		"last hour. Checks the digest of each object and the form of each record, and "
		"counts ids that are there more than once. Exits with 6 when something is not "
		"there, with 1 when something is damaged.",
	    OPTIONS(verify_options),
	    .need = NEED_CONTEXT | NEED_STREAM,
	    .run = cmd_verify_s3,
	},
	{
	    .name = "health",
	    .operands = "",
	    .operand_completion = "none",
	    .summary = "say whether the system is healthy, and if not, why",
	    .about =
		"Asks the services, the queue, the store and the secret, each for itself, and says "
		"what is wrong and what to do next. Exits with 1 when something is wrong.",
	    OPTIONS(health_options),
	    .need = NEED_CONTEXT | NEED_STREAM,
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
	    .about = "Dead letters are messages that were received too often without being stored. "
		     "Each is judged by the code that the worker uses: whether it would pass now, "
		     "and if not, why.",
	    OPTIONS(dlq_ls_options),
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
	    .about =
		"Prints the attributes of a dead letter and the ids of its records; with --body its "
		"body, byte for byte.",
	    OPTIONS(dlq_show_options),
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_show,
	},
	{
	    .name = "dlq redrive",
	    .operands = "[ID...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "put dead letters back into the queue",
	    .about =
		"Moves dead letters back into the queue with a receive count of 0. One that still "
		"cannot be stored dies again; how many those are is said before anything is "
		"done, and which with --dry-run.",
	    OPTIONS(dlq_redrive_options),
	    .need = NEED_CONTEXT,
	    .run = cmd_dlq_redrive,
	},
	{
	    .name = "dlq purge",
	    .operands = "[ID...]",
	    .max = -1,
	    .operand_completion = "none",
	    .summary = "remove dead letters for good",
	    .about = "Removes dead letters. What they hold was accepted and is lost.",
	    OPTIONS(dlq_purge_options),
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
		"Says who we are to AWS, reads the token, opens the queue and the store, and asks "
		"ops-api. Exits with 1 when a part does not work, with 4 when credentials do not.",
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
