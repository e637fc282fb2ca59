/*
 * Profiles of `aws login`: the credentials stand in its cache. They live 15 minutes, and only that
 * tool renews them (the renewal needs its device key).
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
 */
#include "creds_provider.h"
#include "file.h"
#include "hash.h"

const struct creds_format creds_login_format = {
	.member = "accessToken",
	.access_key_id = "accessKeyId",
	.secret_access_key = "secretAccessKey",
	.session_token = "sessionToken",
	.account_id = "accountId",
	.expires_at = "expiresAt",
};

static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "login_session") != NULL;
}

static bool find_path(const char *session, struct buf *path)
{
	const char *dir = profile_env("AWS_LOGIN_CACHE_DIRECTORY");
	char name[HASH_HEX_SIZE];

	hash_sha256_hex(str_trim(str_from(session)), name);
	if (!profile_path(dir ? dir : "~/.aws/login/cache", path))
		return false;
	buf_addf(path, "/%s.json", name);
	return !path->full;
}

static int read_cache(const char *path, struct creds_draft *d, struct err *err)
{
	struct buf text = BUF_INIT(CREDS_ANSWER_MAX);
	int rc = file_read(path, &text, err);

	if (rc == 0)
		rc = creds_draft_parse(buf_str(&text), &creds_login_format, d, err);
	buf_wipe(&text);
	return rc;
}

static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	struct buf path = BUF_INIT(CREDS_PATH_MAX);
	int rc = -1;

	creds_command(d->renew, "aws login", step);
	if (!find_path(creds_get_key(kit, step, "login_session"), &path))
		(void)err_set(err, ERR_CONFIG, "%s: HOME is not set", d->provider);
	else if (read_cache(buf_text(&path), d, err) == 0)
		rc = 0;
	else if (err->code == ERR_NOTFOUND)
		(void)err_set(err, ERR_CREDENTIALS, "%s: nobody has logged in; log in with: %s",
		    d->provider, d->renew);
	else
		(void)err_wrap(err, "%s", d->provider);
	buf_release(&path);
	return rc;
}

const struct creds_provider creds_login = {
	.name = "login_session",
	.is_configured = is_configured,
	.fetch = fetch,
};
