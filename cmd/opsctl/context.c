#include "context.h"

#include <unistd.h>

#include "contexts_file.h"
#include "prefix.h"
#include "upstate.h"

static const struct {
	const char *name, *help;
	const char *prefixes; /* a value begins with one of these; NULL: any text */
	const char *aws;      /* those of them that mean AWS; NULL: none */
} keys[CONTEXT_KEY_COUNT] = {
	[CONTEXT_URL] = { "url", "URL of ops-api", "http://|https://", NULL },
	[CONTEXT_SECRET] = { "secret", "URL of the token",
	    "file:|env:|ssm:|secretsmanager:", "ssm:|secretsmanager:" },
	[CONTEXT_QUEUE] = { "queue", "URL of the queue", "sqlite:|https://|http://",
	    "https://|http://" },
	[CONTEXT_STORE] = { "store", "URL of the store", "file:|s3://", "s3://" },
	[CONTEXT_API_ADMIN_URL] = { "api-admin-url", "URL of the admin port of ops-api",
	    "http://|https://", NULL },
	[CONTEXT_WORKER_ADMIN_URL] = { "worker-admin-url", "URL of the admin port of ops-worker",
	    "http://|https://", NULL },
	[CONTEXT_ACCOUNT] = { "account", "AWS account id, 12 digits", NULL, NULL },
	[CONTEXT_REGION] = { "region", "AWS region", NULL, NULL },
	[CONTEXT_PROFILE] = { "profile", "profile in the AWS configuration files", NULL, NULL },
	[CONTEXT_CLUSTER] = { "cluster", "ECS cluster", NULL, NULL },
	[CONTEXT_ALARMS] = { "alarms", "what the names of its CloudWatch alarms begin with", NULL,
	    NULL },
	[CONTEXT_ACCESS] = { "access", "what may be changed", "full|confirm|read-only", NULL },
};

const char *context_key_name(enum context_key key)
{
	return keys[key].name;
}

static int nothing_runs(const struct context *c, struct err *err)
{
	if (!c->is_recorded && upstate_is_running(c->local_dir))
		return err_set(err, ERR_BUSY, "opsctl up in %s is not ready yet", c->local_dir);
	return err_set(err, ERR_IO, "nothing runs in %s; run: opsctl up", c->local_dir);
}

int context_require(const struct context *c, enum context_key key, const char **out,
    struct err *err)
{
	if (c->values[key][0] == '\0' && c->local_dir[0] != '\0')
		return nothing_runs(c, err); /* all else it has always */
	if (c->values[key][0] == '\0' && strcmp(c->name, CONTEXT_FLAGS) == 0)
		return err_set(err, ERR_CONFIG,
		    "--%s (%s) is needed, too: the options name another system than context local",
		    keys[key].name, keys[key].help);
	if (c->values[key][0] == '\0')
		return err_set(err, ERR_CONFIG,
		    "context '%s' has no %s (%s): add it to its section of contexts.ini", c->name,
		    keys[key].name, keys[key].help);
	*out = c->values[key];
	return 0;
}

/* ---- checks ---- */

int context_check_value(enum context_key key, const char *value, struct err *err)
{
	if (strlen(value) >= CONTEXT_VALUE_MAX)
		return err_set(err, ERR_CONFIG, "%s: longer than %d bytes", keys[key].name,
		    CONTEXT_VALUE_MAX - 1);
	if (key == CONTEXT_ACCOUNT &&
	    (strlen(value) != 12 || !str_only(str_from(value), "0123456789")))
		return err_set(err, ERR_CONFIG, "account: '%s' is not 12 digits", value);
	if (keys[key].prefixes == NULL || prefix_is_one_of(keys[key].prefixes, value))
		return 0;
	return err_set(err, ERR_CONFIG, "%s: '%s' begins with none of %s", keys[key].name, value,
	    keys[key].prefixes);
}

bool context_value_is_aws(enum context_key key, const char *value)
{
	return prefix_is_one_of(keys[key].aws, value);
}

bool context_is_aws(const struct context *c)
{
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (context_value_is_aws((enum context_key)key, c->values[key]))
			return true;
	return false;
}

int context_check_name(const char *name, struct err *err)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (strcmp(name, CONTEXT_LOCAL) == 0)
		return err_set(err, ERR_USAGE, "context 'local' is built in and cannot be changed");
	if (name[0] == '\0' || strlen(name) > CONTEXT_NAME_MAX ||
	    !str_only(str_from(name), allowed))
		return err_set(err, ERR_USAGE,
		    "context name '%s': 1 to %d letters, digits, dots, underscores and hyphens",
		    name, CONTEXT_NAME_MAX);
	return 0;
}

/* ---- directories ---- */

/* "$<variable>/<rest>", or "$HOME/<home_part>/<rest>"; the XDG rules ignore relative values. */
static int xdg_path(const char *variable, const char *home_part, const char *rest, struct buf *out,
    struct err *err)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base != NULL && base[0] == '/')
		buf_addf(out, "%s/%s", base, rest);
	else if (home != NULL && home[0] == '/')
		buf_addf(out, "%s/%s/%s", home, home_part, rest);
	else
		return err_set(err, ERR_CONFIG, "neither %s nor HOME is an absolute path",
		    variable);
	return 0;
}

static int add_absolute(const char *path, struct buf *out, struct err *err)
{
	char here[CONTEXT_VALUE_MAX];

	if (path[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return err_errno(err, "current directory");
		buf_addf(out, "%s/", here);
	}
	buf_adds(out, path);
	return 0;
}

int context_local_dir(const char *override, struct buf *out, struct err *err)
{
	const char *variable = getenv("OPSCTL_LOCAL_DIR");

	if (override == NULL && variable != NULL && variable[0] != '\0')
		override = variable;
	if (override != NULL
		? add_absolute(override, out, err) == -1
		: xdg_path("XDG_STATE_HOME", ".local/state", "opsctl/local", out, err) == -1)
		return -1;
	/* Room for the scheme before it and a file's name behind it, in a value of a context. */
	if (out->full || out->n > CONTEXT_VALUE_MAX - 32)
		return err_set(err, ERR_CONFIG, "directory of context local: path is too long");
	return 0;
}

int context_file_path(struct buf *out, struct err *err)
{
	return xdg_path("XDG_CONFIG_HOME", ".config", "opsctl/contexts.ini", out, err);
}

/* ---- local ---- */

static void set_local_urls(struct context *c)
{
	struct upstate state = { 0 };
	struct err ignored; /* context_require() says it to who needs a URL */

	if (!upstate_is_running(c->local_dir) || upstate_read(c->local_dir, &state, &ignored) == -1)
		return;
	(void)snprintf(c->values[CONTEXT_URL], CONTEXT_VALUE_MAX, "%s", state.url);
	(void)snprintf(c->values[CONTEXT_API_ADMIN_URL], CONTEXT_VALUE_MAX, "%s",
	    state.api_admin_url);
	(void)snprintf(c->values[CONTEXT_WORKER_ADMIN_URL], CONTEXT_VALUE_MAX, "%s",
	    state.worker_admin_url);
}

int context_local(const char *dir_override, struct context *out, struct err *err)
{
	struct context c = { .name = CONTEXT_LOCAL };
	struct buf dir = BUF_INIT(CONTEXT_VALUE_MAX);
	int rc = context_local_dir(dir_override, &dir, err);

	if (rc == 0) {
		const char *path = buf_text(&dir);

		(void)snprintf(c.local_dir, sizeof(c.local_dir), "%s", path);
		(void)snprintf(c.values[CONTEXT_SECRET], CONTEXT_VALUE_MAX, "file:%s/token", path);
		(void)snprintf(c.values[CONTEXT_QUEUE], CONTEXT_VALUE_MAX, "sqlite:%s/queue.db",
		    path);
		(void)snprintf(c.values[CONTEXT_STORE], CONTEXT_VALUE_MAX, "file:%s/store", path);
		set_local_urls(&c);
		*out = c;
	}
	buf_release(&dir);
	return rc;
}

int context_resolve(const char *name, struct context *out, struct err *err)
{
	char current[CONTEXT_NAME_MAX + 1];
	const char *decided_by;

	if (name == NULL) {
		if (context_current(current, &decided_by, err) == -1)
			return -1;
		name = current;
	}
	if (strcmp(name, CONTEXT_LOCAL) == 0)
		return context_local(NULL, out, err);
	return context_load(name, out, err);
}
