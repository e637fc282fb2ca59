#include "creds_provider.h"
#include "iso8601.h"

enum { ACCOUNT_DIGITS = 12, MS_PER_S = 1000 };

void creds_draft_init(struct creds_draft *d)
{
	*d = (struct creds_draft){
		.access_key_id = BUF_INIT(CREDS_VALUE_MAX),
		.secret_access_key = BUF_INIT(CREDS_VALUE_MAX),
		.session_token = BUF_INIT(CREDS_VALUE_MAX),
		.account_id = BUF_INIT(ACCOUNT_DIGITS),
	};
}

void creds_draft_wipe(struct creds_draft *d)
{
	buf_wipe(&d->access_key_id);
	buf_wipe(&d->secret_access_key);
	buf_wipe(&d->session_token);
	buf_wipe(&d->account_id);
	creds_draft_init(d);
}

static void set(struct buf *b, const char *value)
{
	buf_reset(b);
	buf_adds(b, value);
}

void creds_draft_set(struct creds_draft *d, const char *access_key_id,
    const char *secret_access_key, const char *session_token)
{
	set(&d->access_key_id, access_key_id);
	set(&d->secret_access_key, secret_access_key);
	set(&d->session_token, session_token);
}

void creds_draft_set_account(struct creds_draft *d, struct str account_id)
{
	buf_reset(&d->account_id);
	if (account_id.n == ACCOUNT_DIGITS && str_only(account_id, "0123456789"))
		buf_add(&d->account_id, account_id);
}

/* Absent and null: never. */
static int parse_expiry(const struct json *value, const char *name, int64_t *out, struct err *err)
{
	int64_t ms = json_get_int(value, -1);

	*out = 0;
	if (json_is_null(value))
		return 0;
	if (ms >= 0)
		*out = ms / MS_PER_S;
	else if (!iso8601_parse(str_from(json_get_text(value, "")), out))
		return err_set(err, ERR_CORRUPT, "%s is not a time", name);
	if (*out == 0) /* long ago, which is not the 0 that means never */
		*out = 1;
	return 0;
}

static int read_object(const struct json *object, const struct creds_format *f,
    struct creds_draft *d, struct err *err)
{
	const char *key = json_get_text(json_get(object, f->access_key_id), "");
	const char *secret = json_get_text(json_get(object, f->secret_access_key), "");
	int64_t expires_at;

	if (!*key || !*secret)
		return err_set(err, ERR_CORRUPT, "%s is missing",
		    *key ? f->secret_access_key : f->access_key_id);
	if (parse_expiry(json_get(object, f->expires_at), f->expires_at, &expires_at, err) != 0)
		return -1;
	creds_draft_set(d, key, secret, json_get_text(json_get(object, f->session_token), NULL));
	if (f->account_id)
		creds_draft_set_account(d,
		    str_from(json_get_text(json_get(object, f->account_id), NULL)));
	d->expires_at = expires_at;
	return 0;
}

int creds_draft_parse(struct str text, const struct creds_format *f, struct creds_draft *d,
    struct err *err)
{
	struct json *doc;
	int rc = 0;

	if (json_parse(text, &doc, err) != 0) {
		err->code = ERR_CORRUPT;
		return -1;
	}
	if (f->check)
		rc = f->check(doc, err);
	if (rc == 0)
		rc = read_object(f->member ? json_get(doc, f->member) : doc, f, d, err);
	json_free(doc);
	return rc;
}

/* Visible ASCII: what goes into a header, and is no line end. */
static bool is_value(const struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] <= ' ' || b->p[i] > '~')
			return false;
	return !b->full;
}

int creds_draft_check(const struct creds_draft *d, int64_t now_s, struct err *err)
{
	const struct {
		const char *name;
		const struct buf *value;
		bool is_required;
	} rows[] = {
		{ "access key id", &d->access_key_id, true },
		{ "secret access key", &d->secret_access_key, true },
		{ "session token", &d->session_token, false },
	};
	char expired[CLOCK_RFC3339_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((rows[i].is_required && rows[i].value->n == 0) || !is_value(rows[i].value))
			return err_set(err, ERR_CREDENTIALS, "%s: its %s %s", d->provider,
			    rows[i].name,
			    rows[i].value->n || rows[i].value->full
				? "has characters or a length that none has"
				: "is empty");
	if (d->expires_at == 0 || d->is_stable || now_s < d->expires_at)
		return 0;
	clock_rfc3339(d->expires_at * MS_PER_S, expired);
	return err_set(err, ERR_CREDENTIALS, "%s: expired at %.19sZ%s%s", d->provider, expired,
	    *d->renew ? "; renew with: " : "", d->renew);
}
