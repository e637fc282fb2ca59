#include "parse.h"

#include "mem.h"
#include "suggest.h"

struct parser {
	struct cli *cli;
	int argc, at; /* argv[at] is under way */
	char *const *argv;
	char *words;
	char **operands;
	bool options_ended;
	struct err *err;
};

/* ---- the table ---- */

const struct option_row *option_find(const struct option_row *rows, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

bool option_takes_value(const struct option_row *row)
{
	return row->type != OPTION_FLAG && row->type != OPTION_COUNT;
}

const struct command *command_find(const char *words)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i]->name, words) == 0)
			return commands[i];
	return NULL;
}

static struct str first_word(const char *name)
{
	struct str word, rest;

	(void)str_cut(str_from(name), ' ', &word, &rest); /* one word or two, both are fine */
	return word;
}

bool command_is_noun(const char *words)
{
	for (size_t i = 0; i < command_count; i++)
		if (!str_is(str_from(commands[i]->name), words) &&
		    str_is(first_word(commands[i]->name), words))
			return true;
	return false;
}

/* ---- values ---- */

bool duration_parse(struct str text, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 3600 * 1000 },
		{ "d", 86400 * 1000 },
	};
	size_t digits = 0;
	uint64_t n;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!str_to_u64(str_slice(text, 0, digits), &n))
		return false;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (str_is(str_skip(text, digits), units[i].unit) &&
		    n <= (uint64_t)(INT64_MAX / units[i].ms)) {
			*ms = (int64_t)n * units[i].ms;
			return true;
		}
	}
	return false;
}

static bool int_parse(struct str text, int64_t *out)
{
	bool is_negative = str_has_prefix(text, STR("-"));
	uint64_t n;

	if (!str_to_u64(str_skip(text, is_negative), &n) || n > INT64_MAX)
		return false;
	*out = is_negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool choice_has(const char *choices, struct str value)
{
	struct str choice, rest = str_from(choices);

	while (str_cut(rest, '|', &choice, &rest))
		if (str_eq(choice, value))
			return true;
	return str_eq(choice, value);
}

static int value_check(const struct option_row *row, const char *text, struct err *err)
{
	struct str value = str_from(text);
	int64_t n;

	switch (row->type) {
	case OPTION_INT:
		if (!int_parse(value, &n))
			return err_set(err, ERR_USAGE, "option --%s: '%s' is not a whole number",
			    row->name, text);
		if (n < row->min || n > row->max)
			return err_set(err, ERR_USAGE, "option --%s: %s is not within %lld to %lld",
			    row->name, text, (long long)row->min, (long long)row->max);
		return 0;
	case OPTION_DURATION:
		if (!duration_parse(value, &n))
			return err_set(err, ERR_USAGE,
			    "option --%s: '%s' is not a time such as 500ms, 30s, 5m, 2h or 1d",
			    row->name, text);
		if (n < row->min || n > row->max)
			return err_set(err, ERR_USAGE,
			    "option --%s: %s is not within %lld to %lld ms", row->name, text,
			    (long long)row->min, (long long)row->max);
		return 0;
	case OPTION_CHOICE:
		if (!choice_has(row->choices, value))
			return err_set(err, ERR_USAGE, "option --%s: '%s' is not one of %s",
			    row->name, text, row->choices);
		return 0;
	case OPTION_TEXT:
	case OPTION_FILE:
		if (value.n == 0)
			return err_set(err, ERR_USAGE, "option --%s: the value is empty",
			    row->name);
		return 0;
	case OPTION_FLAG:
	case OPTION_COUNT:
		break;
	}
	return 0;
}

/* ---- options ---- */

static size_t own_count(const struct cli *cli)
{
	return cli->command == NULL ? 0 : cli->command->option_count;
}

/* How often it was given with this time; more than twice is not told apart. */
static const char *count_next(const char *given)
{
	return given == NULL ? "1" : "2";
}

static int option_set(struct parser *p, const struct option_row *row, const char *value)
{
	bool is_own = p->cli->command != NULL && row >= p->cli->command->options &&
	    row < p->cli->command->options + own_count(p->cli);
	size_t index = is_own ? global_option_count + (size_t)(row - p->cli->command->options)
			      : (size_t)(row - global_options);

	if (value_check(row, value, p->err) == -1)
		return -1;
	/* Given twice: the last one counts. */
	p->cli->values[index] = row->type == OPTION_COUNT ? count_next(p->cli->values[index])
							  : value;
	return 0;
}

/* The value that stands in the next argument. */
static const char *value_next(struct parser *p, const struct option_row *row)
{
	const char *value = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;

	if (value == NULL || strncmp(value, "--", 2) == 0) {
		(void)err_set(p->err, ERR_USAGE, "option --%s needs a value: %s", row->name,
		    row->arg);
		return NULL;
	}
	p->at++;
	return value;
}

/* A command's option before the command's words is a mistake of order: say so. */
static const struct command *option_owner(struct str name)
{
	for (size_t i = 0; i < command_count; i++)
		if (option_find(commands[i]->options, commands[i]->option_count, name) != NULL)
			return commands[i];
	return NULL;
}

static int unknown_option(struct parser *p, struct str name)
{
	const struct command *command = p->cli->command, *owner = option_owner(name);
	struct suggest s;

	if (command == NULL && owner != NULL)
		return err_set(p->err, ERR_USAGE,
		    "option --%.*s belongs behind the command, as in 'opsctl %s --%.*s'",
		    STR_ARG(name), owner->name, STR_ARG(name));

	suggest_init(&s, name);
	for (size_t i = 0; i < global_option_count; i++)
		suggest_try(&s, str_from(global_options[i].name), str_from(global_options[i].name));
	for (size_t i = 0; i < own_count(p->cli); i++)
		suggest_try(&s, str_from(command->options[i].name),
		    str_from(command->options[i].name));
	if (s.best.n > 0)
		return err_set(p->err, ERR_USAGE, "unknown option '--%.*s'; did you mean '--%.*s'?",
		    STR_ARG(name), STR_ARG(s.best));
	return err_set(p->err, ERR_USAGE, "unknown option '--%.*s'", STR_ARG(name));
}

static int long_option(struct parser *p, const char *arg)
{
	const struct option_row *row;
	struct str name, value;
	bool has_value = str_cut(str_from(arg + 2), '=', &name, &value);
	const char *text = has_value ? value.p : NULL;

	row = option_find(global_options, global_option_count, name);
	if (row == NULL && p->cli->command != NULL)
		row = option_find(p->cli->command->options, own_count(p->cli), name);
	if (row == NULL)
		return unknown_option(p, name);

	if (!option_takes_value(row) && has_value)
		return err_set(p->err, ERR_USAGE, "option --%s takes no value", row->name);
	if (!option_takes_value(row))
		text = "";
	else if (!has_value)
		text = value_next(p, row);
	return text == NULL ? -1 : option_set(p, row, text);
}

static const struct option_row *letter_find(const struct option_row *rows, size_t count,
    char letter)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* "-qv", "-nFILE", "-n FILE". */
static int short_options(struct parser *p, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct option_row *row = letter_find(global_options, global_option_count,
		    *letters);
		const char *value = "";
		bool is_last;

		if (row == NULL && p->cli->command != NULL)
			row = letter_find(p->cli->command->options, own_count(p->cli), *letters);
		if (row == NULL)
			return err_set(p->err, ERR_USAGE, "unknown option '-%c'", *letters);

		is_last = option_takes_value(row);
		if (is_last)
			value = letters[1] != '\0' ? letters + 1 : value_next(p, row);
		if (value == NULL || option_set(p, row, value) == -1)
			return -1;
		if (is_last)
			break;
	}
	return 0;
}

/* ---- words ---- */

static int unknown_command(struct parser *p)
{
	struct str typed = str_from(p->words);
	bool is_one_word = str_find(typed, ' ') == typed.n;
	struct suggest s;

	suggest_init(&s, typed);
	for (size_t i = 0; i < command_count; i++) {
		struct str name = str_from(commands[i]->name), verb = name;

		/* Of one word verb is empty and matches nothing. */
		(void)str_cut(name, ' ', &verb, &verb);
		if (is_one_word && str_eq(verb, typed))
			suggest_try(&s, typed, name); /* "redrive" for "dlq redrive" */
		suggest_try(&s, is_one_word ? first_word(commands[i]->name) : name,
		    is_one_word ? first_word(commands[i]->name) : name);
	}
	if (s.best.n > 0)
		return err_set(p->err, ERR_USAGE, "unknown command '%s'; did you mean '%.*s'?",
		    p->words, STR_ARG(s.best));
	return err_set(p->err, ERR_USAGE, "unknown command '%s'", p->words);
}

static int take_word(struct parser *p, char *arg)
{
	size_t n = strlen(p->words);

	if (p->cli->command != NULL) {
		p->operands[p->cli->operand_count++] = arg;
		return 0;
	}
	(void)snprintf(p->words + n, PARSE_WORDS_MAX - n, "%s%s", n > 0 ? " " : "", arg);
	p->cli->command = command_find(p->words);
	return p->cli->command != NULL || command_is_noun(p->words) ? 0 : unknown_command(p);
}

static int take_argument(struct parser *p, char *arg)
{
	if (p->options_ended || arg[0] != '-' || strcmp(arg, "-") == 0)
		return take_word(p, arg);
	if (strcmp(arg, "--") == 0) {
		p->options_ended = true;
		return 0;
	}
	return arg[1] == '-' ? long_option(p, arg) : short_options(p, arg + 1);
}

static int check_operands(const struct cli *cli, struct err *err)
{
	const struct command *c = cli->command;

	if (cli->operand_count < c->min)
		return err_set(err, ERR_USAGE, "'%s' needs %s", c->name, c->operands);
	if (c->max >= 0 && cli->operand_count > c->max)
		return err_set(err, ERR_USAGE, "'%s' takes %s%s: '%s' is too much", c->name,
		    c->max == 0 ? "no operands" : "only ", c->operands, cli->operands[c->max]);
	return 0;
}

/* -h counts wherever it stands, behind a mistake too. */
static bool help_follows(const struct parser *p)
{
	for (int i = p->at + 1; i < p->argc && strcmp(p->argv[i], "--") != 0; i++)
		if (strcmp(p->argv[i], "-h") == 0 || strcmp(p->argv[i], "--help") == 0)
			return true;
	return false;
}

static void values_alloc(struct cli *cli)
{
	size_t most = 0;

	for (size_t i = 0; i < command_count; i++)
		if (commands[i]->option_count > most)
			most = commands[i]->option_count;
	cli->values = xcalloc(global_option_count + most, sizeof(cli->values[0]));
}

int parse_args(struct cli *cli, int argc, char *const *argv, char words[PARSE_WORDS_MAX],
    struct err *err)
{
	struct parser p = { .cli = cli,
		.argc = argc,
		.at = 1,
		.argv = argv,
		.words = words,
		.err = err };
	int rc = 0;

	values_alloc(cli);
	p.operands = xcalloc((size_t)argc + 1, sizeof(p.operands[0]));
	cli->operands = p.operands;
	words[0] = '\0';

	for (; p.at < argc && rc == 0; p.at++)
		rc = take_argument(&p, argv[p.at]);
	p.at--; /* the last one looked at */
	if (rc == -1 && help_follows(&p))
		rc = option_set(&p, option_find(global_options, global_option_count, STR("help")),
		    "");
	if (rc == 0 && cli->command != NULL && !cli_flag(cli, "help") && !cli_flag(cli, "version"))
		rc = check_operands(cli, err);
	if (rc == -1)
		return cli_next(cli, "run: opsctl%s%s --help", cli->command ? " " : "",
		    cli->command ? cli->command->name : "");
	return 0;
}

void parse_release(struct cli *cli)
{
	free(cli->values);
	free((void *)cli->operands);
	cli->values = NULL;
	cli->operands = NULL;
}
