#include "settings.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "OPS_"

static const char *const type_names[] = {
	[SETTING_TEXT] = "text",
	[SETTING_INT] = "number",
	[SETTING_CHOICE] = "choice",
	[SETTING_ADDRESS] = "address",
	[SETTING_URL] = "URL",
};

void settings_option_name(const struct setting *row, struct buf *out)
{
	for (const char *p = row->env + strlen(PREFIX); *p; p++)
		buf_addc(out, *p == '_' ? '-' : (char)tolower((unsigned char)*p));
}

/* Whether `name` is the row's option, without building the option's name. */
static bool is_option(const struct setting *row, struct str name)
{
	struct str env = str_skip(str_from(row->env), strlen(PREFIX));

	if (env.n != name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != (env.p[i] == '_' ? '-' : (char)tolower((unsigned char)env.p[i])))
			return false;
	return true;
}

/* ---- one value ---- */

/* IPv6 stands in brackets, so that its last group is not taken for the port. */
static bool is_numeric(struct str host, char out[64])
{
	unsigned char binary[sizeof(struct in6_addr)];
	bool is_v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (is_v6)
		host = str_slice(host, 1, host.n - 1);
	if (host.n >= 64)
		return false;
	memcpy(out, host.p, host.n);
	out[host.n] = '\0';
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, out, binary) == 1;
}

int setting_address_parse(struct str text, struct setting_address *out, struct err *err)
{
	struct setting_address a = { .host = "" };
	size_t colon = text.n;
	struct str host;
	uint64_t port;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || !str_to_u64(str_skip(text, colon), &port) || port > UINT16_MAX)
		return err_set(err, ERR_CONFIG, "must be <address>:<port>, the port 0 to 65535");
	host = str_slice(text, 0, colon - 1);
	if (!is_numeric(host.n ? host : STR("0.0.0.0"), a.host))
		return err_set(err, ERR_CONFIG,
		    "'%.*s' must be a numeric address: 127.0.0.1, 0.0.0.0 or [::1]", STR_ARG(host));
	a.port = (uint16_t)port;
	*out = a;
	return 0;
}

static int set_int(const struct setting *row, struct str text, void *field, struct err *err)
{
	uint64_t value;

	if (!str_to_u64(text, &value) || value > INT64_MAX || (int64_t)value < row->min ||
	    (int64_t)value > row->max)
		return err_set(err, ERR_CONFIG,
		    "must be a whole number from %" PRId64 " to %" PRId64 "%s%s", row->min,
		    row->max, row->unit ? " " : "", row->unit ? row->unit : "");
	*(int64_t *)field = (int64_t)value;
	return 0;
}

/* Position of `word` in "a|b|c", or -1. */
static int choice_index(const char *choices, struct str word)
{
	struct str rest = str_from(choices), one;

	for (int i = 0; rest.n; i++) {
		(void)str_cut(rest, '|', &one, &rest);
		if (str_eq(one, word))
			return i;
	}
	return -1;
}

static int set_choice(const struct setting *row, struct str text, void *field, struct err *err)
{
	int index = choice_index(row->choices, text);

	if (index < 0)
		return err_set(err, ERR_CONFIG, "must be one of %s", row->choices);
	*(int *)field = index;
	return 0;
}

static int set_text(const struct setting *row, struct str text, void *field, struct err *err)
{
	int64_t max = row->max ? row->max : 4096;

	if ((int64_t)text.n < row->min || (int64_t)text.n > max)
		return err_set(err, ERR_CONFIG, "must have %" PRId64 " to %" PRId64 " characters",
		    row->min, max);
	*(const char **)field = text.p; /* argv, envp and the table are all terminated */
	return 0;
}

static int set_url(const struct setting *row, struct str text, void *field, struct err *err)
{
	struct str scheme, rest;

	if (!str_cut(text, ':', &scheme, &rest) || rest.n == 0 ||
	    choice_index(row->choices, scheme) < 0)
		return err_set(err, ERR_CONFIG,
		    "must be a URL that begins with one of %s and a colon", row->choices);
	return set_text(row, text, field, err);
}

static int set_address(const struct setting *row, struct str text, void *field, struct err *err)
{
	(void)row;
	return setting_address_parse(text, field, err);
}

static int (*const setters[])(const struct setting *, struct str, void *, struct err *) = {
	[SETTING_TEXT] = set_text,
	[SETTING_INT] = set_int,
	[SETTING_CHOICE] = set_choice,
	[SETTING_ADDRESS] = set_address,
	[SETTING_URL] = set_url,
};

/* ---- sources ---- */

static const char *env_value(char *const *envp, const char *name)
{
	struct str head, tail, wanted = str_from(name);

	for (; *envp; envp++)
		if (str_cut(str_from(*envp), '=', &head, &tail) && str_eq(head, wanted))
			return tail.p;
	return NULL;
}

static bool is_known(const struct settings_spec *spec, struct str name)
{
	for (size_t i = 0; i < spec->count; i++)
		if (str_is(name, spec->rows[i].env))
			return true;
	for (const char *const *f = spec->foreign; f && *f; f++)
		if (str_is(name, *f))
			return true;
	return false;
}

static int check_environment(const struct settings_spec *spec, char *const *envp, struct err *err)
{
	struct str name, value;

	for (; *envp; envp++) {
		(void)str_cut(str_from(*envp), '=', &name, &value);
		if (str_has_prefix(name, STR(PREFIX)) && !is_known(spec, name))
			return err_set(err, ERR_CONFIG,
			    "environment variable %.*s: no such setting; see --help",
			    STR_ARG(name));
	}
	return 0;
}

static const struct setting *find_option(const struct settings_spec *spec, struct str name,
    size_t *index)
{
	for (*index = 0; *index < spec->count; (*index)++)
		if (is_option(&spec->rows[*index], name))
			return &spec->rows[*index];
	return NULL;
}

static bool find_flag(const struct settings_spec *spec, struct str name, unsigned *flag_seen)
{
	for (unsigned i = 0; spec->flags && spec->flags[i]; i++) {
		if (str_is(name, spec->flags[i])) {
			*flag_seen |= 1U << i;
			return true;
		}
	}
	return false;
}

/* given[i] is what the command line says for row i. */
static int read_options(const struct settings_spec *spec, int argc, char *const *argv,
    const char **given, unsigned *flag_seen, struct err *err)
{
	for (int a = 1; a < argc; a++) {
		struct str arg = str_from(argv[a]), name, value;
		bool has_value;
		size_t row;

		if (!str_has_prefix(arg, STR("--")) || arg.n == 2)
			return err_set(err, ERR_USAGE, "'%s': takes no operands; see --help",
			    argv[a]);
		has_value = str_cut(str_skip(arg, 2), '=', &name, &value);
		if (!has_value && find_flag(spec, name, flag_seen))
			continue;
		if (!find_option(spec, name, &row))
			return err_set(err, ERR_USAGE, "--%.*s: no such option; see --help",
			    STR_ARG(name));
		if (!has_value && ++a >= argc)
			return err_set(err, ERR_USAGE, "--%.*s: needs a value", STR_ARG(name));
		given[row] = has_value ? value.p : argv[a];
	}
	return 0;
}

enum { ROW_MAX = 64 };

static int set_row(const struct setting *row, const char *option_value, char *const *envp,
    void *out, struct err *err)
{
	const char *text = option_value ? option_value : env_value(envp, row->env);
	struct err why;

	if (!text)
		text = row->fallback;
	if (!text)
		return err_set(err, ERR_CONFIG, "%s is required: %s", row->env, row->help);
	if (setters[row->type](row, str_from(text), (char *)out + row->offset, &why) == 0)
		return 0;
	if (row->is_private)
		return err_set(err, ERR_CONFIG, "%s: %s", row->env, why.text);
	return err_set(err, ERR_CONFIG, "%s='%s': %s", row->env, text, why.text);
}

int settings_load(const struct settings_spec *spec, int argc, char *const *argv, char *const *envp,
    void *out, unsigned *flag_seen, struct err *err)
{
	const char *given[ROW_MAX] = { NULL };

	if (spec->count > ROW_MAX)
		return err_set(err, ERR_CONFIG, "more than %d settings", ROW_MAX);
	*flag_seen = 0;
	if (read_options(spec, argc, argv, given, flag_seen, err) != 0)
		return -1;
	if (check_environment(spec, envp, err) != 0)
		return -1;
	for (size_t i = 0; i < spec->count; i++) {
		if (*flag_seen && !given[i] && !env_value(envp, spec->rows[i].env) &&
		    !spec->rows[i].fallback)
			continue; /* --healthcheck needs an address, not a queue */
		if (set_row(&spec->rows[i], given[i], envp, out, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- documentation ---- */

/* "number of bytes, 1 to 1048576; default 262144" */
static void describe_value(const struct setting *row, struct buf *out)
{
	if (row->choices && row->type == SETTING_CHOICE)
		buf_addf(out, "%s", row->choices);
	else if (row->type == SETTING_URL)
		buf_addf(out, "URL (%s)", row->choices);
	else if (row->type == SETTING_INT)
		buf_addf(out, "%" PRId64 " to %" PRId64 "%s%s", row->min, row->max,
		    row->unit ? " " : "", row->unit ? row->unit : "");
	else
		buf_adds(out, type_names[row->type]);
	if (!row->fallback)
		buf_adds(out, "; required");
	else if (*row->fallback)
		buf_addf(out, "; default %s", row->fallback);
	if (row->is_reloaded)
		buf_adds(out, "; read again on SIGHUP");
}

void settings_help(const struct settings_spec *spec, const char *program, const char *about,
    struct buf *out)
{
	buf_addf(out, "usage: %s [--<setting>=<value>...]", program);
	for (const char *const *f = spec->flags; f && *f; f++)
		buf_addf(out, " [--%s]", *f);
	buf_addf(out,
	    "\n\n%s\n\nSettings, as an environment variable or an option (the option wins):\n",
	    about);
	for (size_t i = 0; i < spec->count; i++) {
		const struct setting *row = &spec->rows[i];

		buf_addf(out, "\n  %s, --", row->env);
		settings_option_name(row, out);
		buf_addf(out, "\n      %s\n      ", row->help);
		describe_value(row, out);
		buf_addc(out, '\n');
	}
}
