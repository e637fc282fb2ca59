#include "complete.h"

#include "cli.h"
#include "complete_tasks.h"
#include "contexts_file.h"
#include "local_service.h"
#include "mem.h"
#include "parse.h"
#include "profile.h"

struct completion {
	struct str typed;    /* the word under way */
	const char *context; /* of --context; NULL: not given */
	struct str prefix;   /* "--color=": printed before every candidate */
	const struct command *command;
	const struct option_row *pending; /* the option whose value is under way */
	char words[PARSE_WORDS_MAX];      /* a noun so far, or "" */
	bool options_ended;
};

static void offer(const struct completion *c, struct str word, const char *text)
{
	if (str_has_prefix(word, c->typed))
		printf("%.*s%.*s\t%s\n", STR_ARG(c->prefix), STR_ARG(word), text);
}

static void offer_name(void *arg, const char *name)
{
	offer(arg, str_from(name), "context");
}

static void offer_contexts(struct completion *c)
{
	struct err err;

	if (context_names(offer_name, c, &err) == -1)
		return; /* a broken file has no names to offer */
}

/* Those of context local are none of ECS. */
static void offer_services(const struct completion *c, bool are_of_ecs)
{
	struct context *context = xcalloc(1, sizeof(*context));
	bool is_known;
	struct err err;

	is_known = context_resolve(c->context, context, &err) == 0;
	if (is_known && context->local_dir[0] != '\0' && !are_of_ecs)
		for (size_t i = 0; i < LOCAL_SERVICES; i++)
			offer(c, str_from(local_services[i].name), "service");
	for (size_t i = 0; is_known && i < context->service_count; i++)
		offer(c, str_from(context->services[i].name), "service");
	free(context);
}

static bool offer_task(void *arg, const char *id, const char *service)
{
	offer(arg, str_from(id), service);
	return true;
}

/* Of the AWS configuration files. */
static void offer_profiles(const struct completion *c)
{
	struct profiles *profiles;
	const char *name;
	struct err err;

	if (profiles_load(&profiles, &err) != 0)
		return; /* as above */
	for (size_t i = 0; (name = profiles_name_at(profiles, i)) != NULL; i++)
		offer(c, str_from(name), "");
	profiles_free(profiles);
}

static void offer_choices(const struct completion *c, const char *choices)
{
	struct str choice, rest = str_from(choices);

	while (rest.n > 0) {
		(void)str_cut(rest, '|', &choice, &rest); /* the last one has no bar behind it */
		offer(c, choice, "");
	}
}

static void offer_value(struct completion *c, const struct option_row *row)
{
	if (row->type == OPTION_CHOICE)
		offer_choices(c, row->choices);
	else if (row->type == OPTION_FILE)
		puts(strcmp(row->arg, "DIR") == 0 ? ":dir" : ":file");
	else if (strcmp(row->name, "context") == 0)
		offer_contexts(c);
	else if (strcmp(row->name, "profile") == 0)
		offer_profiles(c);
	else if (strcmp(row->name, "service") == 0)
		offer_services(c, false);
	else if (strcmp(row->name, "task") == 0)
		complete_tasks(c->context, offer_task, c);
}

static void offer_options(const struct completion *c, const struct option_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char word[64];

		(void)snprintf(word, sizeof(word), "--%s", rows[i].name);
		offer(c, str_from(word), rows[i].help);
	}
}

/* The next word of every command whose words so far are those typed. */
static void offer_words(const struct completion *c)
{
	struct str last = STR_NONE;
	size_t skip = strlen(c->words);

	for (size_t i = 0; i < command_count; i++) {
		struct str rest, word, name = str_from(commands[i]->name);

		if (!str_has_prefix(name, str_from(c->words)) ||
		    (skip > 0 && (name.n <= skip || name.p[skip] != ' ')))
			continue;
		rest = str_skip(name, skip > 0 ? skip + 1 : 0);
		if (str_cut(rest, ' ', &word, &rest) && str_eq(word, last))
			continue; /* one line per noun; its rows stand together */
		last = word;
		offer(c, word, rest.n > 0 ? "commands" : commands[i]->summary);
	}
}

static void offer_operand(struct completion *c)
{
	const char *kind = c->command->operand_completion;

	if (strcmp(kind, "context") == 0)
		offer_contexts(c);
	else if (strcmp(kind, "service") == 0 || strcmp(kind, "ecs-service") == 0)
		offer_services(c, strcmp(kind, "ecs-service") == 0);
	else if (strcmp(kind, "shell") == 0)
		offer_choices(c, c->command->operands);
	else if (strcmp(kind, "file") == 0)
		puts(":file");
	else if (strcmp(kind, "command") == 0)
		offer_words(c);
}

static const struct option_row *find_option(const struct completion *c, struct str name)
{
	const struct option_row *row = option_find(global_options, global_option_count, name);

	if (row == NULL && c->command != NULL)
		row = option_find(c->command->options, c->command->option_count, name);
	return row;
}

static const struct option_row *find_letter(const struct completion *c, char letter)
{
	for (size_t i = 0; i < global_option_count; i++)
		if (global_options[i].letter == letter)
			return &global_options[i];
	for (size_t i = 0; c->command != NULL && i < c->command->option_count; i++)
		if (c->command->options[i].letter == letter)
			return &c->command->options[i];
	return NULL;
}

static void pass_option(struct completion *c, struct str arg)
{
	const struct option_row *row;
	bool is_long = str_has_prefix(arg, STR("--"));

	if (str_has_prefix(arg, STR("--context=")))
		c->context = arg.p + strlen("--context=");
	if (str_find(arg, '=') < arg.n)
		return;
	row = is_long ? find_option(c, str_skip(arg, 2)) : find_letter(c, arg.p[arg.n - 1]);
	if (row != NULL && option_takes_value(row))
		c->pending = row;
}

/* A word before the one under way. */
static void pass_word(struct completion *c, struct str arg)
{
	size_t n = strlen(c->words);

	if (c->pending != NULL) {
		if (strcmp(c->pending->name, "context") == 0)
			c->context = arg.p; /* the end of an argument is that of the slice */
		c->pending = NULL;
		return;
	}
	if (!c->options_ended && arg.n > 1 && arg.p[0] == '-') {
		c->options_ended = str_is(arg, "--");
		pass_option(c, arg);
		return;
	}
	if (c->command != NULL && strcmp(c->command->operand_completion, "command") != 0)
		return;
	(void)snprintf(c->words + n, sizeof(c->words) - n, "%s%.*s", n > 0 ? " " : "",
	    STR_ARG(arg));
	if (c->command != NULL)
		return;
	c->command = command_find(c->words);
	if (c->command != NULL)
		c->words[0] = '\0'; /* behind `help` the words of a command follow */
}

static void offer_all(struct completion *c)
{
	struct str name, value;

	if (c->pending != NULL) {
		offer_value(c, c->pending);
	} else if (!c->options_ended && str_has_prefix(c->typed, STR("--")) &&
	    str_cut(c->typed, '=', &name, &value)) {
		const struct option_row *row = find_option(c, str_skip(name, 2));

		c->prefix = str_slice(c->typed, 0, name.n + 1);
		c->typed = value;
		if (row != NULL)
			offer_value(c, row);
	} else if (!c->options_ended && str_has_prefix(c->typed, STR("-"))) {
		if (c->command != NULL)
			offer_options(c, c->command->options, c->command->option_count);
		offer_options(c, global_options, global_option_count);
	} else if (c->command != NULL) {
		offer_operand(c);
	} else {
		offer_words(c);
	}
}

int complete_print(int argc, char *const *argv)
{
	struct completion c = { 0 };

	for (int i = 0; i + 1 < argc; i++)
		pass_word(&c, str_from(argv[i]));
	if (argc > 0)
		c.typed = str_from(argv[argc - 1]);
	offer_all(&c);
	(void)fflush(stdout); /* nobody is there to hear of it */
	return 0;
}
