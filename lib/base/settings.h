/*
 * settings: one table row per setting parses, checks, documents. A value comes
 * from --<name> on the command line, else from the environment variable, else
 * from the default. An unknown OPS_ variable, a bad value, or a missing required
 * one is ERR_CONFIG naming the variable, the value (not of a private one) and what is
 * allowed.
 */
#ifndef OPS_SETTINGS_H
#define OPS_SETTINGS_H

#include "buf.h"
#include "err.h"

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_CHOICE, SETTING_ADDRESS, SETTING_URL };

/* "host:port", "[v6]:port" or ":port"; port 0 picks a free one. */
struct setting_address {
	char host[64]; /* numeric */
	uint16_t port;
};

struct setting {
	const char *env; /* "OPS_MAX_BODY_BYTES"; the option is --max-body-bytes */
	enum setting_type type;
	const char *fallback; /* default as text; NULL: required */
	int64_t min, max;     /* SETTING_INT, inclusive; or lengths of text */
	const char *choices;  /* SETTING_CHOICE "a|b|c"; SETTING_URL: schemes "sqlite|https" */
	const char *unit;     /* "bytes", "s", or NULL */
	const char *help;     /* one line, no full stop */
	size_t offset;        /* of the field in the program's struct: const char *, int64_t,
				 int (index into choices), struct setting_address */
	bool is_reloaded;     /* read again on SIGHUP */
	bool is_private; /* a wrong value is not repeated: it may be what it should only name */
};

struct settings_spec {
	const struct setting *rows;
	size_t count;
	const char *const *foreign; /* variables of the other service, ignored; NULL-ended */
	const char *const *flags; /* extra bare options main handles ("healthcheck"); NULL-ended */
};

/*
 * Fill *out (the program's struct) from argv and envp. Text fields point into
 * argv, envp or the table. *flag_seen gets a bit per seen row of spec->flags.
 * Options: --name=value or --name value. *flag_seen is set even on -1, so that --help works in
 * a wrong environment; with a flag seen, a missing required setting leaves its field alone.
 * A stray operand is ERR_USAGE, as is an
 * unknown option; everything else wrong is ERR_CONFIG.
 */
int settings_load(const struct settings_spec *spec, int argc, char *const *argv, char *const *envp,
    void *out, unsigned *flag_seen, struct err *err) ATTR_MUST_CHECK;

/* The option's name of a row: "max-body-bytes". */
void settings_option_name(const struct setting *row, struct buf *out);

/* --help text: usage line, then one paragraph per row with type, default and limits. */
void settings_help(const struct settings_spec *spec, const char *program, const char *about,
    struct buf *out);

int setting_address_parse(struct str text, struct setting_address *out, struct err *err);

#endif
