#include "step.h"

#include <string.h>

#include "prefix.h"
#include "recording.h"

#define RUN     "run: "
#define PROGRAM "opsctl "

/* The context that whoever types the step must name; NULL: it is the same without. */
static const char *context_to_name(const struct cli *cli)
{
	const char *name = cli->context.name;

	if (cli->values == NULL || name[0] == '\0' || strcmp(name, CONTEXT_FLAGS) == 0)
		return NULL;
	return recording_is_replay(cli) || cli_is_set(cli, "context") ? name : NULL;
}

/* "context show" alone is of the one that it is told; all else of that noun says which, or is of all. */
static bool needs_context(struct str command)
{
	static const char needless[] = "up |help|version|completion|context ";

	if (str_is(command, "context show") || str_is(command, "context check"))
		return true;
	return !str_is(command, "up") && !prefix_is_one_of(needless, command.p) &&
	    !str_contains(command, STR("--context")) && !str_has_suffix(command, STR("--help"));
}

/* The system has no name, then: whoever types the step must give the same options again. */
static bool is_by_options(const struct cli *cli)
{
	return cli->values != NULL && strcmp(cli->context.name, CONTEXT_FLAGS) == 0 &&
	    !recording_is_replay(cli);
}

/* Up to what ends a command in a text: a comment, or words about another. */
static struct str command_at(const char *p)
{
	return str_trim((struct str){ p, strcspn(p, ";,#") });
}

/* Not where a comment stands already: it may be this one. */
static bool needs_options(const char *text)
{
	return strncmp(text, RUN PROGRAM, strlen(RUN PROGRAM)) == 0 && strchr(text, '#') == NULL &&
	    needs_context(command_at(text + strlen(RUN PROGRAM)));
}

static void add_contexts(struct buf *out, const char *text, const char *context)
{
	const char *at;

	while ((at = strstr(text, PROGRAM)) != NULL) {
		struct str command = command_at(at + strlen(PROGRAM));
		const char *end = command.p + command.n;

		buf_add(out, (struct str){ text, (size_t)(end - text) });
		if (needs_context(command))
			buf_addf(out, " --context %s", context);
		text = end;
	}
	buf_adds(out, text);
}

const char *step_show(const struct cli *cli, const char *text, char out[ERR_TEXT_MAX])
{
	struct buf shown = BUF_INIT(2 * ERR_TEXT_MAX);
	const char *context = context_to_name(cli);
	bool is_command = strncmp(text, RUN, strlen(RUN)) == 0;

	if (is_command && recording_is_replay(cli))
		buf_adds(&shown, "on the system that was recorded, ");
	if (is_command && context != NULL)
		add_contexts(&shown, text, context);
	else
		buf_adds(&shown, text);
	if (is_by_options(cli) && needs_options(text))
		buf_adds(&shown, "  # with the same options");
	(void)snprintf(out, ERR_TEXT_MAX, "%s", buf_text(&shown)); /* may be cut, as all hints */
	buf_release(&shown);
	return out;
}
