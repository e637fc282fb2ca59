#include "access.h"

static bool is(const struct cli *cli, const char *access)
{
	return strcmp(cli->context.values[CONTEXT_ACCESS], access) == 0;
}

/* The name of the context, typed or given. */
static int confirm_by_name(struct cli *cli, const char *question, struct err *err)
{
	const char *given = cli_text(cli, "confirm");

	if (given == NULL)
		return cli_confirm_name(cli, question, cli->context.name, err);
	if (strcmp(given, cli->context.name) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "--confirm %s: the context is %s", given, cli->context.name);
}

int access_change(struct cli *cli, enum access_danger danger, const char *question, struct err *err)
{
	if (is(cli, "read-only")) {
		(void)err_set(err, ERR_DENIED, "context %s is read-only", cli->context.name);
		return cli_next(cli, "see: access in opsctl.conf(5)");
	}
	if (danger == ACCESS_DANGEROUS && is(cli, "confirm"))
		return confirm_by_name(cli, question, err);
	if (danger == ACCESS_MILD || question == NULL || cli_flag(cli, "yes"))
		return 0;
	return cli_confirm(cli, question, "--yes", err);
}
