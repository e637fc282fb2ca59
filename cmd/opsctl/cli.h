/*
 * cli: the command table and what a command's run function may use. Parsing, --help,
 * man page agreement and completions all come from the rows that commands.c lists.
 *
 * To add a command: write cmd_<noun>.c (or extend it) with its row at the end, name the row in
 * commands.h and commands.c, add a section to man/man1/opsctl-<noun>.1 and a case to tests/cli.
 */
#ifndef OPS_CLI_H
#define OPS_CLI_H

#include <stdio.h>

#include "clock.h"
#include "context.h"
#include "err.h"
#include "json.h"

/* design.md section 8; man page opsctl-exit-codes(7). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_BAD = 1, /* the command ran and the answer is bad */
	EXIT_USAGE = 2,
	EXIT_CONFIG = 3,
	EXIT_CREDENTIALS = 4,
	EXIT_PERMISSION = 5,
	EXIT_NOTFOUND = 6,
	EXIT_ROLLED_BACK = 7,
	EXIT_IN_PROGRESS = 8,
	EXIT_TIMED_OUT = 9,
	EXIT_REMOTE = 10,
	EXIT_PROBE_HOP = 20, /* and above: the hop at which a probe got stuck, as in probe.h */
	EXIT_SIGINT = 130,
	EXIT_SIGTERM = 143,
};

enum exit_code exit_code_of(enum err_code code);

enum option_type {
	OPTION_FLAG,  /* no value */
	OPTION_COUNT, /* no value either; may be given twice, and is a number: 0, 1, 2 */
	OPTION_TEXT,
	OPTION_INT,      /* min..max of the row */
	OPTION_DURATION, /* "500ms", "30s", "5m", "2h", "1d"; read with cli_ms() */
	OPTION_FILE,     /* a path; "-" is standard input where the command says so */
	OPTION_CHOICE,   /* "a|b|c" in `choices` */
};

struct option_row {
	const char *name; /* long, without dashes */
	char letter;      /* 0: none */
	enum option_type type;
	const char *arg;      /* shown in help: "N", "FILE"; NULL for flags */
	const char *fallback; /* default as text, shown in help; NULL: unset */
	int64_t min, max;     /* OPTION_INT, and OPTION_DURATION in ms */
	const char *choices;
	const char *help; /* one line, lower case, no full stop */
};

enum command_need {
	NEED_CONTEXT = 1 << 0, /* resolve the context first; cli->context is set */
	NEED_STREAM = 1 << 1,  /* --json gives one object per line */
	NEED_NAMED = 1 << 2,   /* with NEED_CONTEXT: that of the operand, if there is one */
};

struct cli;
struct command_call;

/*
 * Run functions die by SIGINT and SIGTERM at once, the usual way, unless they call stop_init();
 * those that do return ERR_STOPPED, or 0 with an account of where they stopped.
 */
struct command {
	const char *name;               /* "dlq ls": words separated by one space */
	const char *operands;           /* "[ID...]" or "" */
	int min, max;                   /* number of operands; max -1: any */
	const char *operand_completion; /* "context", "service", "ecs-service", ..., "none" */
	const char *summary;            /* one line, imperative, no full stop */
	const char *about;              /* paragraph for --help and the manual */
	const struct option_row *options;
	size_t option_count;
	unsigned need;
	const struct command_call *calls; /* of AWS; calls.h */
	size_t call_count;
	int (*run)(struct cli *cli, struct err *err);
};

extern const struct command *const commands[];
extern const size_t command_count;
extern const struct option_row global_options[]; /* json, quiet, verbose, context, color, ... */
extern const size_t global_option_count;

struct aws;

struct cli {
	const struct command *command;
	int operand_count;
	char *const *operands;
	const struct clock *clock;
	struct context context;      /* valid with NEED_CONTEXT */
	struct aws *aws;             /* ports.c opens it at need, main closes it */
	struct recording *recording; /* --record, --replay; NULL: neither */

	bool json, quiet;
	int64_t verbosity;         /* 0, 1: what is worked on, AWS calls; 2: those in full */
	bool color_out, color_err; /* per stream: --color, NO_COLOR, CLICOLOR, TERM, isatty */
	bool is_tty_err, is_tty_in;
	bool no_input;

	enum exit_code
	    exit_code; /* what a successful run returns: EXIT_OK unless the command sets it */
	char next[ERR_TEXT_MAX]; /* hint printed below an error: "run: opsctl up" */
	bool json_done;          /* a JSON document was printed already */
	int out_errno;           /* why stdout took no more; 0: it takes all */
	const char **values;     /* parsed option values, private to cli.c */
};

/* Options by name, the command's own and the global ones; asking for one not in the row asserts. */
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_text(const struct cli *cli, const char *name); /* NULL when unset without default */
int64_t cli_int(const struct cli *cli, const char *name);
int64_t cli_ms(const struct cli *cli, const char *name);
bool cli_is_set(const struct cli *cli, const char *name); /* given by the user */

/*
 * Set the hint shown as the next step below an error; always returns -1 for `return`. A command
 * to type is "run: opsctl up", something to read "see: ops-api(8)"; anything else is a sentence.
 * It is kept as step.h shows it; steps that are not set here go through that, too.
 */
int cli_next(struct cli *cli, const char *fmt, ...) ATTR_PRINTF(2, 3);

/*
 * Libraries have no hint to set; a text of theirs may end in one, "...; run: chmod 600 x",
 * "...; renew with: aws sso login". Move it.
 */
void cli_take_next(struct cli *cli, struct err *err);

/* ---- output: stdout is data, stderr is everything else ---- */

/* printf to stdout for people; nothing with --json, flushed. Write errors surface in main. */
void out_text(struct cli *cli, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* One JSON document (or line, for streams) to stdout; flushes. */
void out_json(struct cli *cli, struct str document);
/*
 * Whether stdout is gone (closed pipe, full disk): whoever prints without end must stop then.
 * A reader that went away is seen before anything is printed for it.
 */
bool out_failed(struct cli *cli);
/* A line for people on stderr; warnings also with --quiet. */
void out_note(struct cli *cli, const char *fmt, ...) ATTR_PRINTF(2, 3);
void out_warn(struct cli *cli, const char *fmt, ...) ATTR_PRINTF(2, 3);

enum out_color { COLOR_NONE, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_BOLD, COLOR_DIM };
/* Escape sequence for stdout, "" when colours are off. State is always in words too. */
const char *out_color(const struct cli *cli, enum out_color color);

/* Begin a document: {"schema":schema, ...; "opsctl/token-show/1". The caller ends the object. */
void out_json_begin(struct json_writer *w, struct buf *out, const char *schema);

/* A table for people: cells by column, widths found from the content; header in dim. */
struct out_table {
	struct buf cells; /* NUL-separated */
	size_t columns, count;
};
void out_table_init(struct out_table *t, const char *const *header, size_t columns);
void out_table_cell(struct out_table *t, const char *fmt, ...) ATTR_PRINTF(2, 3);
void out_table_print(struct cli *cli, struct out_table *t); /* prints and releases */

/*
 * Progress on stderr, on a terminal only, erased when done; shows after one second.
 * total 0: unknown. Any thread may add; the main thread draws.
 */
struct progress {
	struct cli *cli;
	const char *what;
	uint64_t total, done;
	int64_t began_us, drawn_us;
	bool is_shown;
};
void progress_begin(struct progress *p, struct cli *cli, const char *what, uint64_t total);
void progress_update(struct progress *p, uint64_t done, const char *extra);
void progress_end(struct progress *p);

/*
 * Ask on the terminal: y/N. Without a terminal, or with --no-input, ERR_USAGE naming `flag`,
 * the option that answers yes. 0: yes; -1 with ERR_STOPPED: no.
 */
int cli_confirm(struct cli *cli, const char *question, const char *flag, struct err *err)
    ATTR_MUST_CHECK;

/* The same, but the answer that goes on is `name`, or the option --confirm with it. */
int cli_confirm_name(struct cli *cli, const char *question, const char *name, struct err *err)
    ATTR_MUST_CHECK;

#endif
