#include "token_versions.h"

#include "ports.h"

static const char *const which_names[] = {
	[SECRET_CURRENT] = "current", [SECRET_PREVIOUS] = "previous"
};

void token_versions_release(struct token_versions *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(v->values); i++)
		secret_value_wipe(&v->values[i]);
	secret_close(v->secret);
	v->secret = NULL;
}

static void take_fingerprint(struct token_versions *v, enum secret_which which)
{
	hash_fingerprint(buf_str(&v->values[which].bytes), v->fingerprints[which]);
}

static int read_current(struct token_versions *v, struct err *err)
{
	if (secret_get(v->secret, SECRET_CURRENT, &v->values[SECRET_CURRENT], err) == -1)
		return -1;
	take_fingerprint(v, SECRET_CURRENT);
	return 0;
}

int token_versions_read(struct token_versions *v, struct err *err)
{
	if (read_current(v, err) == -1)
		return -1;
	v->has_previous = secret_get(v->secret, SECRET_PREVIOUS, &v->values[SECRET_PREVIOUS],
			      err) == 0;
	if (!v->has_previous && err->code != ERR_NOTFOUND)
		return -1;
	if (v->has_previous)
		take_fingerprint(v, SECRET_PREVIOUS);
	return 0;
}

static int open_and(struct cli *cli, struct token_versions *v,
    int (*read)(struct token_versions *v, struct err *err), struct err *err)
{
	*v = (struct token_versions){ 0 };
	v->url = cli->context.values[CONTEXT_SECRET];
	if (ports_secret(cli, &v->secret, err) == -1)
		return -1;
	if (read(v, err) == 0)
		return 0;
	token_versions_release(v);
	return ports_refused(cli, CONTEXT_SECRET, err);
}

int token_versions_open(struct cli *cli, struct token_versions *v, struct err *err)
{
	return open_and(cli, v, token_versions_read, err);
}

int token_current_open(struct cli *cli, struct token_versions *v, struct err *err)
{
	return open_and(cli, v, read_current, err);
}

void token_document_begin(struct cli *cli, struct json_writer *w, struct buf *out,
    const char *schema, const struct token_versions *v)
{
	out_json_begin(w, out, schema);
	json_member_text(w, "context", cli->context.name);
	json_member_text(w, "secret", v->url);
}

void token_document_end(struct cli *cli, struct json_writer *w, struct buf *out)
{
	json_object_end(w);
	if (cli->json)
		out_json(cli, buf_str(out));
	buf_wipe(out); /* the token may stand in it */
}

void token_version_json(struct json_writer *w, const struct token_versions *v,
    enum secret_which which, bool is_revealed)
{
	const struct secret_value *value = &v->values[which];
	char time[CLOCK_RFC3339_SIZE];

	json_key(w, which_names[which]);
	if (which == SECRET_PREVIOUS && !v->has_previous) {
		json_null(w);
		return;
	}
	clock_rfc3339(value->changed_at * 1000, time);
	json_object_begin(w);
	json_member_text(w, "fingerprint", v->fingerprints[which]);
	json_member_text(w, "version", value->version[0] != '\0' ? value->version : NULL);
	json_member_text(w, "changed_at", value->changed_at > 0 ? time : NULL);
	if (is_revealed)
		json_member_str(w, "token", buf_str(&value->bytes));
	json_object_end(w);
}

void token_versions_print(struct cli *cli, const struct token_versions *v)
{
	static const char *const header[] = { "VERSION", "FINGERPRINT", "NAME", "CHANGED" };
	struct out_table t;

	out_table_init(&t, header, ARRAY_SIZE(header));
	for (int i = 0; i <= v->has_previous; i++) {
		char time[CLOCK_RFC3339_SIZE];

		clock_rfc3339(v->values[i].changed_at * 1000, time);
		out_table_cell(&t, "%s", which_names[i]);
		out_table_cell(&t, "%s", v->fingerprints[i]);
		out_table_cell(&t, "%s",
		    v->values[i].version[0] != '\0' ? v->values[i].version : "-");
		out_table_cell(&t, "%s", v->values[i].changed_at > 0 ? time : "-");
	}
	out_table_print(cli, &t);
}

int token_check_open(struct cli *cli, struct token_check *c, struct err *err)
{
	*c = (struct token_check){ 0 };
	if (context_require(&cli->context, CONTEXT_URL, &c->url, err) == -1)
		return -1;
	return ports_http(&c->http, TOKEN_ANSWER_MS, err);
}

int token_check_ask(struct cli *cli, struct token_check *c, const struct token_versions *v,
    int timeout_ms, struct err *err)
{
	struct token_question q = { .http = c->http,
		.url = c->url,
		.clock = cli->clock,
		.deadline_ms = clock_mono_ms(cli->clock) + timeout_ms };

	for (int i = 0; i <= v->has_previous; i++) {
		q.token = buf_str(&v->values[i].bytes);
		if (token_probe(&q, &c->probes[i], err) == -1)
			return -1;
	}
	return 0;
}

void token_check_json(struct json_writer *w, const struct token_check *c,
    const struct token_versions *v)
{
	json_member_text(w, "url", c->url);
	json_key(w, "versions");
	json_array_begin(w);
	for (int i = 0; i <= v->has_previous; i++) {
		json_object_begin(w);
		json_member_text(w, "version", which_names[i]);
		json_member_text(w, "fingerprint", v->fingerprints[i]);
		json_member_bool(w, "accepted", c->probes[i].is_accepted);
		json_member_int(w, "status", c->probes[i].status);
		json_object_end(w);
	}
	json_array_end(w);
}

void token_check_print(struct cli *cli, const struct token_check *c, const struct token_versions *v)
{
	static const char *const header[] = { "VERSION", "FINGERPRINT", "OPS-API" };
	struct out_table t;

	out_table_init(&t, header, ARRAY_SIZE(header));
	for (int i = 0; i <= v->has_previous; i++) {
		out_table_cell(&t, "%s", which_names[i]);
		out_table_cell(&t, "%s", v->fingerprints[i]);
		out_table_cell(&t, "%s%s", c->probes[i].is_accepted ? "accepted" : "refused",
		    c->probes[i].is_by_bearer ? " (not as a signature)" : "");
	}
	out_table_print(cli, &t);
}
