#include "ports.h"

int ports_failed(struct cli *cli, struct err *err)
{
	if (err->code == ERR_INVALID || err->code == ERR_CORRUPT)
		err->code = ERR_CONFIG;
	cli->next[0] = '\0';
	cli_take_next(cli, err);
	if (cli->next[0] != '\0')
		return -1;
	if (cli->context.local_dir[0] == '\0')
		return cli_next(cli, "run: opsctl context check %s", cli->context.name);
	return err->code == ERR_NOTFOUND ? cli_next(cli, "run: opsctl up") : -1;
}

int ports_queue(struct cli *cli, struct queue **out, struct err *err)
{
	const struct queue_options options = { .clock = cli->clock };
	const char *url;

	if (context_require(&cli->context, CONTEXT_QUEUE, &url, err) != 0)
		return -1;
	if (queue_open(out, str_from(url), &options, err) != 0)
		return ports_failed(cli, err);
	return 0;
}

int ports_store(struct cli *cli, struct store **out, struct err *err)
{
	const struct store_options options = { .clock = cli->clock };
	const char *url;

	if (context_require(&cli->context, CONTEXT_STORE, &url, err) != 0)
		return -1;
	if (store_open(out, str_from(url), &options, err) != 0)
		return ports_failed(cli, err);
	return 0;
}

int ports_secret(struct cli *cli, struct secret **out, struct err *err)
{
	const char *url;

	if (context_require(&cli->context, CONTEXT_SECRET, &url, err) != 0)
		return -1;
	if (secret_open(out, str_from(url), NULL, err) != 0)
		return ports_failed(cli, err);
	return 0;
}

int ports_token(struct cli *cli, struct secret_value *out, struct err *err)
{
	struct secret *secret;
	int rc;

	secret_value_init(out);
	if (ports_secret(cli, &secret, err) != 0)
		return -1;
	rc = secret_get(secret, SECRET_CURRENT, out, err);
	secret_close(secret);
	return rc == 0 ? 0 : ports_failed(cli, err);
}

int ports_http(struct http **out, int timeout_ms, struct err *err)
{
	const struct http_options options = {
		.user_agent = "opsctl/" OPS_VERSION,
		.total_timeout_ms = timeout_ms,
	};

	return http_open(out, &options, err);
}

void ports_url(struct buf *out, const char *base, const char *path)
{
	struct str s = str_from(base);

	if (str_has_suffix(s, STR("/")))
		s.n--;
	buf_add(out, s);
	buf_adds(out, path);
}

int ports_get(struct http *h, const char *base, const char *path, struct http_response *out,
    struct err *err)
{
	struct buf url = BUF_INIT(2 * CONTEXT_VALUE_MAX);
	struct http_request request = { .method = "GET" };
	int rc;

	ports_url(&url, base, path);
	request.url = buf_text(&url);
	rc = http_call(h, &request, out, err);
	buf_release(&url);
	return rc;
}
