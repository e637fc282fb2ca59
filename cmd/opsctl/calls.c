#include "calls.h"

/* Which service a value means; what begins with none of these is not AWS. */
static const struct {
	const char *prefix;
	enum aws_service_id service;
} schemes[] = {
	{ "ssm:", AWS_SSM },
	{ "secretsmanager:", AWS_SECRETSMANAGER },
	{ "s3://", AWS_S3 },
	{ "https://", AWS_SQS },
	{ "http://", AWS_SQS },
};

/* Values without a scheme are names of what only AWS has. */
static bool is_of_service(const char *value, enum aws_service_id service)
{
	bool has_scheme = strchr(value, ':') != NULL;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_has_prefix(str_from(value), str_from(schemes[i].prefix)))
			return schemes[i].service == service;
	return value[0] != '\0' && !has_scheme;
}

static bool has_option(const struct cli *cli, const char *names)
{
	struct str name, rest = str_from(names);
	char text[64];

	while (rest.n > 0) {
		(void)str_cut(rest, '|', &name, &rest);
		(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
		if (cli_is_set(cli, text))
			return true;
	}
	return names == NULL;
}

bool calls_apply(const struct command_call *call, const struct cli *cli)
{
	return is_of_service(cli->context.values[call->key], aws_operations[call->op].service) &&
	    has_option(cli, call->option);
}
