#include <stdlib.h>

#include "mem.h"
#include "secret.h"

struct secret_env {
	struct secret base;
	char *name;
};

static int env_open(struct secret **out, struct str url, const struct secret_options *o,
    struct err *err)
{
	extern const struct secret_ops secret_env_ops;
	struct secret_env *s;
	struct str scheme, name;

	(void)o;
	(void)str_cut(url, ':', &scheme, &name);
	if (name.n == 0 ||
	    !str_only(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"))
		return err_set(err, ERR_CONFIG,
		    "secret URL 'env:': the name of a variable must follow");
	s = xcalloc(1, sizeof(*s));
	s->base.ops = &secret_env_ops;
	s->name = xstrndup(name);
	*out = &s->base;
	return 0;
}

static void env_close(struct secret *base)
{
	struct secret_env *s = (struct secret_env *)base;

	free(s->name);
	free(s);
}

static int env_get(struct secret *base, enum secret_which which, struct secret_value *out,
    struct err *err)
{
	const struct secret_env *s = (const struct secret_env *)base;
	const char *value = getenv(s->name);

	if (which == SECRET_PREVIOUS || !value)
		return err_set(err, ERR_NOTFOUND, "variable %s: %s", s->name,
		    value ? "has no previous value" : "not set");
	buf_adds(&out->bytes, value);
	if (out->bytes.full)
		return err_set(err, ERR_INVALID, "variable %s: at most %d bytes", s->name,
		    SECRET_MAX);
	return secret_accept(&out->bytes, s->name, err);
}

static int env_may_rotate(struct secret *base, struct err *err)
{
	return err_set(err, ERR_DENIED, "variable %s: the environment cannot be changed from here",
	    ((const struct secret_env *)base)->name);
}

static int env_rotate(struct secret *base, struct str value, struct err *err)
{
	(void)value;
	return env_may_rotate(base, err);
}

const struct secret_ops secret_env_ops = {
	.scheme = "env",
	.open = env_open,
	.close = env_close,
	.get = env_get,
	.rotate = env_rotate,
	.may_rotate = env_may_rotate,
};
