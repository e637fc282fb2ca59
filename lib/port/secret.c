#include "secret.h"

#include "port_url.h"

extern const struct secret_ops secret_env_ops, secret_file_ops, secret_secretsmanager_ops,
    secret_ssm_ops;

static const struct secret_ops *const backends[] = {
	&secret_file_ops,
	&secret_env_ops,
	&secret_ssm_ops,
	&secret_secretsmanager_ops,
};

void secret_value_init(struct secret_value *v)
{
	/* One more for the newline that secret_accept() takes off. */
	*v = (struct secret_value){ .bytes = BUF_INIT(SECRET_MAX + 1) };
}

void secret_value_wipe(struct secret_value *v)
{
	if (v)
		buf_wipe(&v->bytes);
}

static const char *scheme(size_t row)
{
	return row < ARRAY_SIZE(backends) ? backends[row]->scheme : NULL;
}

int secret_open(struct secret **out, struct str url, const struct secret_options *options,
    struct err *err)
{
	size_t row;

	/* The URL is not repeated: somebody may have put the secret itself there. */
	if (port_url_pick(url, scheme, &row, err) != 0)
		return err_wrap(err, "secret URL");
	return backends[row]->open(out, url, options, err);
}

void secret_close(struct secret *s)
{
	if (s)
		s->ops->close(s);
}

int secret_get(struct secret *s, enum secret_which which, struct secret_value *out, struct err *err)
{
	struct secret_value fresh;

	secret_value_init(&fresh);
	if (s->ops->get(s, which, &fresh, err) != 0) {
		secret_value_wipe(&fresh);
		return -1;
	}
	secret_value_wipe(out);
	*out = fresh;
	return 0;
}

int secret_rotate(struct secret *s, struct str value, struct err *err)
{
	struct buf copy = BUF_INIT(SECRET_MAX + 1);
	int rc;

	buf_add(&copy, value);
	if (copy.full)
		rc = err_set(err, ERR_INVALID, "new secret: at most %d bytes", SECRET_MAX);
	else
		rc = secret_accept(&copy, "new secret", err);
	if (rc == 0)
		rc = s->ops->rotate(s, buf_str(&copy), err);
	buf_wipe(&copy);
	return rc;
}

int secret_may_rotate(struct secret *s, struct err *err)
{
	return s->ops->may_rotate ? s->ops->may_rotate(s, err) : 0;
}

int secret_accept(struct buf *bytes, const char *source, struct err *err)
{
	if (bytes->n && bytes->p[bytes->n - 1] == '\n')
		buf_truncate(bytes, bytes->n - 1);
	if (bytes->n == 0)
		return err_set(err, ERR_INVALID, "%s: empty", source);
	if (bytes->n > SECRET_MAX)
		return err_set(err, ERR_INVALID, "%s: at most %d bytes", source, SECRET_MAX);
	for (size_t i = 0; i < bytes->n; i++)
		if (bytes->p[i] < 0x20 || bytes->p[i] > 0x7e)
			return err_set(err, ERR_INVALID, "%s: byte %zu is not printable ASCII",
			    source, i + 1);
	return 0;
}
