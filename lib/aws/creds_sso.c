/*
 * Profiles of IAM Identity Center: the token of `aws sso login` is exchanged for a role's
 * credentials. https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
#include "creds_sso.h"
#include "sigv4.h"

enum { TRIES = 3, TIMEOUT_MS = 10000, URL_MAX_BYTES = ENDPOINT_URL_MAX + 512 };

const struct creds_format creds_sso_format = {
	.member = "roleCredentials",
	.access_key_id = "accessKeyId",
	.secret_access_key = "secretAccessKey",
	.session_token = "sessionToken",
	.expires_at = "expiration",
};

/* The two keys that ask for a role; a session alone may be there for bearer tokens. */
static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "sso_account_id") ||
	    creds_get_key(kit, step, "sso_role_name");
}

/* ---- what the profile says ---- */

struct sso {
	struct sso_login login;
	const char *account_id, *role_name;
};

/* Of the session, where there is one, else of the profile. */
static const char *get_login_key(const struct creds_kit *kit, const struct creds_step *step,
    const char *session, const char *key)
{
	return session ? profiles_get(kit->options->profiles, PROFILE_SSO_SESSION, session, key)
		       : creds_get_key(kit, step, key);
}

static int read_profile(const struct creds_kit *kit, const struct creds_step *step, struct sso *s,
    struct err *err)
{
	const char *session = creds_get_key(kit, step, "sso_session");
	const struct {
		const char *key, **value;
	} rows[] = {
		{ "sso_start_url", &s->login.start_url },
		{ "sso_region", &s->login.region },
		{ "sso_account_id", &s->account_id },
		{ "sso_role_name", &s->role_name },
	};

	*s = (struct sso){
		.login = {
			.session = session,
			.start_url = get_login_key(kit, step, session, "sso_start_url"),
			.region = get_login_key(kit, step, session, "sso_region"),
		},
		.account_id = creds_get_key(kit, step, "sso_account_id"),
		.role_name = creds_get_key(kit, step, "sso_role_name"),
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!*rows[i].value)
			return err_set(err, ERR_CONFIG, "profile %s: SSO: %s is missing%s%s",
			    step->profile, rows[i].key, session ? "; its sso-session is " : "",
			    session ? session : "");
	return 0;
}

/* ---- the call ---- */

static int make_url(struct creds_kit *kit, const struct creds_step *step, const struct sso *s,
    struct buf *url, struct err *err)
{
	struct endpoint e;

	if (creds_endpoint(kit, step, "SSO", "portal.sso", s->login.region, &e, err) != 0)
		return -1;
	buf_addf(url, "%s/federation/credentials?role_name=", e.url);
	sigv4_encode(url, str_from(s->role_name), false);
	buf_adds(url, "&account_id=");
	sigv4_encode(url, str_from(s->account_id), false);
	return url->full ? err_set(err, ERR_CONFIG, "%s: sso_role_name is too long", s->role_name)
			 : 0;
}

static int call(struct creds_kit *kit, const char *url, const struct sso_token *t,
    struct creds_draft *d, struct err *err)
{
	const struct http_header header = { "x-amz-sso_bearer_token", buf_text(&t->access_token) };
	const struct str secret = buf_str(&t->access_token);
	const struct creds_call c = {
		.what = d->provider,
		.request = {
			.method = "GET",
			.url = url,
			.headers = &header,
			.header_count = 1,
			.total_timeout_ms = TIMEOUT_MS,
		},
		.tries = TRIES,
		.secrets = &secret,
		.secret_count = 1,
	};

	if (creds_http_draft(kit, &c, &creds_sso_format, d, err) == 0)
		return 0;
	if (err->code == ERR_CREDENTIALS)
		(void)err_wrap(err, "log in with '%s'", d->renew);
	return -1;
}

static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	struct buf url = BUF_INIT(URL_MAX_BYTES);
	struct sso_token token;
	struct sso s;
	int rc = -1;

	sso_token_init(&token);
	creds_command(d->renew, "aws sso login", step);
	if (read_profile(kit, step, &s, err) == 0 && make_url(kit, step, &s, &url, err) == 0 &&
	    sso_token_get(kit, step, &s.login, &token, err) == 0)
		rc = call(kit, buf_text(&url), &token, d, err);
	if (rc == 0)
		creds_draft_set_account(d, str_from(s.account_id));
	sso_token_wipe(&token);
	buf_release(&url);
	return rc;
}

const struct creds_provider creds_sso = {
	.name = "SSO",
	.is_configured = is_configured,
	.fetch = fetch,
};
