#include "calls.h"
#include "commands.h"
#include "iam_check.h"
#include "json_indent.h"
#include "parse.h"
#include "policy.h"

enum { DOCUMENT_MAX = 8 * 1024 * 1024, NOTES_MAX = 4096 }; /* of 16 services with long ARNs */

struct asked {
	struct cli *cli;
	struct policy policy;
	struct buf names; /* of commands, each ended by NUL */
};

static void ask_for(struct asked *a, const struct command *command)
{
	buf_add(&a->names, (struct str){ command->name, strlen(command->name) + 1 });
	policy_add(&a->policy, command);
}

/* Every command whose first word it is; "" is every command there is. */
static void ask_for_noun(struct asked *a, const char *noun)
{
	size_t n = strlen(noun);

	for (size_t i = 0; i < command_count; i++)
		if (n == 0 ||
		    (strncmp(commands[i]->name, noun, n) == 0 && commands[i]->name[n] == ' '))
			ask_for(a, commands[i]);
}

/* "dlq ls" is a command of two words, "dlq" all of its commands. How many words were taken; 0: none. */
static int ask_for_words(struct asked *a, int at)
{
	char *const *words = a->cli->operands;
	char both[PARSE_WORDS_MAX];

	if (at + 1 < a->cli->operand_count) {
		(void)snprintf(both, sizeof(both), "%s %s", words[at], words[at + 1]);
		if (command_find(both) != NULL) {
			ask_for(a, command_find(both));
			return 2;
		}
	}
	if (command_find(words[at]) != NULL)
		ask_for(a, command_find(words[at]));
	else if (command_is_noun(words[at]))
		ask_for_noun(a, words[at]);
	else
		return 0;
	return 1;
}

static int read_commands(struct asked *a, struct err *err)
{
	int taken;

	if (a->cli->operand_count == 0)
		ask_for_noun(a, "");
	for (int at = 0; at < a->cli->operand_count; at += taken) {
		taken = ask_for_words(a, at);
		if (taken == 0) {
			(void)cli_next(a->cli, "run: opsctl help");
			return err_set(err, ERR_USAGE, "unknown command '%s'",
			    a->cli->operands[at]);
		}
	}
	return 0;
}

static void lines_json(struct json_writer *w, const char *key, struct str lines, char end)
{
	struct str line;

	json_key(w, key);
	json_array_begin(w);
	while (str_cut(lines, end, &line, &lines))
		json_str(w, line);
	json_array_end(w);
}

static void print_json(struct asked *a, struct str notes)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/iam/1");
	json_member_text(&w, "context", a->cli->context.name);
	lines_json(&w, "commands", buf_str(&a->names), '\0');
	json_key(&w, "policy");
	policy_json(&a->policy, &w);
	json_key(&w, "permissions");
	policy_permissions_json(&a->policy, &w);
	lines_json(&w, "notes", notes, '\n');
	json_object_end(&w);
	out_json(a->cli, buf_str(&out));
	buf_release(&out);
}

static void print_policy(struct asked *a)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX), indented = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	json_writer_init(&w, &out);
	policy_json(&a->policy, &w);
	json_indent(buf_str(&out), &indented);
	out_text(a->cli, "%s\n", buf_text(&indented));
	buf_release(&indented);
	buf_release(&out);
}

/* The policy alone, as it is pasted or given to a program; what is to be said of it elsewhere. */
static void print_text(struct asked *a, struct str notes)
{
	struct str line;

	if (!policy_is_empty(&a->policy))
		print_policy(a);
	while (str_cut(notes, '\n', &line, &notes))
		out_note(a->cli, "%.*s", STR_ARG(line));
}

static void print(struct asked *a)
{
	struct buf notes = BUF_INIT(NOTES_MAX);

	policy_notes(&a->policy, &notes);
	(a->cli->json ? print_json : print_text)(a, buf_str(&notes));
	buf_release(&notes);
}

/* In JSON what is not asked of AWS is said by an empty list. */
static int check(struct asked *a, struct err *err)
{
	if (policy_is_empty(&a->policy) && !a->cli->json)
		print(a);
	return iam_check(a->cli, &a->policy, buf_str(&a->names), err);
}

static int cmd_iam(struct cli *cli, struct err *err)
{
	struct asked a = { .cli = cli, .names = BUF_INIT(DOCUMENT_MAX) };
	int rc;

	if (cli_is_set(cli, "principal") && !cli_flag(cli, "check"))
		return err_set(err, ERR_USAGE, "--principal is of use with --check only");
	policy_init(&a.policy, cli);
	rc = read_commands(&a, err);
	if (rc == 0 && cli_flag(cli, "check"))
		rc = check(&a, err);
	else if (rc == 0)
		print(&a);
	buf_release(&a.names);
	return rc;
}

static const struct option_row options[] = {
	{ "check", 0, OPTION_FLAG, .help = "ask IAM which of it is denied, and print that" },
	{ "principal", 0, OPTION_TEXT, "ARN",
	    .help = "the user or role to ask about instead of who calls" },
};

static const struct command_call calls[] = {
	{ STS_GET_CALLER_IDENTITY, CALL_AWS, "check" },
	{ IAM_SIMULATE_PRINCIPAL_POLICY, CALL_AWS, "check" },
};

const struct command command_iam = {
	.name = "iam",
	.operands = "[COMMAND...]",
	.max = -1,
	.operand_completion = "command",
	.summary = "print the least IAM policy that commands need",
	.about =
	    "The policy allows what the commands may call of AWS on what the context names, and "
	    "nothing else. A noun stands for all of its commands; without COMMAND it is for all "
	    "there are. No call is made, but with --check: then IAM is asked what of it is "
	    "denied, and the exit status is 1 if anything is.",
	OPTIONS(options),
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_iam,
};
