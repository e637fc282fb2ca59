#include "overrides.h"

#include <string.h>

static const struct {
	enum context_key key; /* the option has its name */
	bool is_place;        /* of a part of the system */
} options[] = {
	{ CONTEXT_URL, true },
	{ CONTEXT_SECRET, true },
	{ CONTEXT_QUEUE, true },
	{ CONTEXT_STORE, true },
	{ CONTEXT_REGION, false },
	{ CONTEXT_PROFILE, false },
};

/* The name of the option that says so, or NULL. */
static const char *elsewhere(const struct cli *cli)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].is_place && cli_is_set(cli, context_key_name(options[i].key)))
			return context_key_name(options[i].key);
	return NULL;
}

static int apply(struct cli *cli, struct context *c, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *name = context_key_name(options[i].key), *value = cli_text(cli, name);

		if (value == NULL)
			continue;
		if (context_check_value(options[i].key, value, err) == -1) {
			err->code = ERR_USAGE;
			return err_wrap(err, "option --%s", name);
		}
		(void)snprintf(c->values[options[i].key], CONTEXT_VALUE_MAX, "%s", value);
	}
	return 0;
}

int overrides_resolve(struct cli *cli, const char *name, struct err *err)
{
	struct context c;

	if (context_resolve(name, &c, err) == -1)
		return cli_next(cli, "see: opsctl.conf(5)");
	if (c.local_dir[0] != '\0' && elsewhere(cli) != NULL) {
		if (cli_is_set(cli, "context"))
			return err_set(err, ERR_USAGE,
			    "--%s is a part of another system than context local: leave one of them "
			    "out",
			    elsewhere(cli));
		c = (struct context){ .name = CONTEXT_FLAGS };
	}
	if (apply(cli, &c, err) == -1)
		return -1;
	cli->context = c;
	return 0;
}

static bool is_option(enum context_key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].key == key)
			return true;
	return false;
}

const char *overrides_lack(const struct context *c, enum context_key key,
    char out[OVERRIDES_LACK_SIZE])
{
	const char *name = context_key_name(key);

	if (strcmp(c->name, CONTEXT_FLAGS) != 0)
		(void)snprintf(out, OVERRIDES_LACK_SIZE, "the context has no %s", name);
	else if (is_option(key))
		(void)snprintf(out, OVERRIDES_LACK_SIZE, "--%s is not given", name);
	else
		(void)snprintf(out, OVERRIDES_LACK_SIZE, "%s comes with a context only", name);
	return out;
}
