#include "calls.h"

#include "prefix.h"

/* The token is in one of two services, each of which has operations of its own. */
static const char *const secret_schemes[AWS_SERVICE_COUNT] = {
	[AWS_SSM] = "ssm:",
	[AWS_SECRETSMANAGER] = "secretsmanager:",
};

/* What has none of these schemes is on AWS, or a name of what only AWS has. */
static bool is_on_aws(const char *value)
{
	return value[0] != '\0' && !prefix_is_one_of("sqlite:|file:|env:", value);
}

static bool has_service_value(const struct context *c, enum context_service_key key)
{
	for (size_t i = 0; i < c->service_count; i++)
		if (c->services[i].values[key][0] != '\0')
			return true;
	return false;
}

bool calls_fit(const struct command_call *call, const struct context *c)
{
	const char *scheme = secret_schemes[aws_operations[call->op].service];
	enum context_key key = CONTEXT_QUEUE; /* also of CALL_DEAD_LETTERS */

	if (call->key == CALL_AWS)
		return context_is_aws(c);
	if (call->key >= CONTEXT_KEY_COUNT && call->key < CALL_DEAD_LETTERS)
		return has_service_value(c,
		    (enum context_service_key)(call->key - CONTEXT_KEY_COUNT));
	if (call->key < CONTEXT_KEY_COUNT)
		key = (enum context_key)call->key;
	if (key == CONTEXT_SECRET && scheme != NULL)
		return prefix_is_one_of(scheme, c->values[key]);
	return is_on_aws(c->values[key]);
}

/* ---- options ---- */

/* An operand has that name, or none is there, which asks for everything. */
static bool is_asked(const struct cli *cli, struct str name)
{
	for (int i = 0; i < cli->operand_count; i++)
		if (str_is(name, cli->operands[i]))
			return true;
	return cli->operand_count == 0;
}

static bool is_given(const struct cli *cli, struct str name)
{
	char text[64];

	if (str_is(name, "OPERAND"))
		return cli->operand_count > 0;
	if (str_has_prefix(name, STR("=")))
		return is_asked(cli, str_skip(name, 1));
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	return cli_is_set(cli, text);
}

/* "a|b", "!a|b" */
static bool is_term_true(const struct cli *cli, struct str term)
{
	bool is_negated = str_has_prefix(term, STR("!")), is_one = false;
	struct str name, rest = str_skip(term, is_negated);

	while (rest.n > 0) {
		(void)str_cut(rest, '|', &name, &rest); /* the last one has no bar behind it */
		is_one = is_one || is_given(cli, name);
	}
	return is_one != is_negated;
}

bool calls_apply(const struct command_call *call, const struct cli *cli)
{
	struct str term, rest = str_from(call->option);

	if (!calls_fit(call, &cli->context))
		return false;
	while (rest.n > 0) {
		(void)str_cut(rest, '&', &term, &rest); /* as above */
		if (!is_term_true(cli, term))
			return false;
	}
	return true;
}
