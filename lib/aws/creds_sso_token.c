#include "creds_sso.h"
#include "digest.h"
#include "file.h"
#include "iso8601.h"
#include "log.h"

enum {
	EARLY_S = 15 * 60,
	TRIES = 3,
	TIMEOUT_MS = 10000,
	MS_PER_S = 1000,
	LIFE_MAX_S = 90 * 24 * 3600, /* no session is longer */
	URL_MAX_BYTES = ENDPOINT_URL_MAX + 16,
};

void sso_token_init(struct sso_token *t)
{
	*t = (struct sso_token){
		.access_token = BUF_INIT(CREDS_VALUE_MAX),
		.refresh_token = BUF_INIT(CREDS_VALUE_MAX),
		.client_id = BUF_INIT(CREDS_VALUE_MAX),
		.client_secret = BUF_INIT(CREDS_VALUE_MAX),
	};
}

void sso_token_wipe(struct sso_token *t)
{
	buf_wipe(&t->access_token);
	buf_wipe(&t->refresh_token);
	buf_wipe(&t->client_id);
	buf_wipe(&t->client_secret);
	sso_token_init(t);
}

/* ---- the cache file ---- */

static void take_text(const struct json *doc, const char *key, struct buf *out)
{
	const char *text = json_get_text(json_get(doc, key), "");

	if (!*text)
		return;
	buf_reset(out);
	buf_adds(out, text);
}

/* An absent time is the epoch: over. */
static bool take_time(const struct json *doc, const char *key, int64_t *out)
{
	const char *text = json_get_text(json_get(doc, key), NULL);

	*out = 0;
	return !text || iso8601_parse(str_from(text), out);
}

static bool is_full(const struct sso_token *t)
{
	return t->access_token.full || t->refresh_token.full || t->client_id.full ||
	    t->client_secret.full;
}

static int read_token(const struct json *doc, struct sso_token *t, struct err *err)
{
	take_text(doc, "accessToken", &t->access_token);
	take_text(doc, "refreshToken", &t->refresh_token);
	take_text(doc, "clientId", &t->client_id);
	take_text(doc, "clientSecret", &t->client_secret);
	if (t->access_token.n == 0 || is_full(t))
		return err_set(err, ERR_CORRUPT, "accessToken is missing, or something too long");
	if (!take_time(doc, "expiresAt", &t->expires_at) ||
	    !take_time(doc, "registrationExpiresAt", &t->client_expires_at))
		return err_set(err, ERR_CORRUPT,
		    "expiresAt or registrationExpiresAt is not a time");
	return 0;
}

int sso_token_parse(struct str text, struct sso_token *t, struct err *err)
{
	struct json *doc;
	int rc;

	if (json_parse(text, &doc, err) != 0) {
		err->code = ERR_CORRUPT;
		return -1;
	}
	rc = read_token(doc, t, err);
	json_free(doc);
	return rc;
}

/* Judged before anything of *t is lost: it may still hold when its renewal is no good. */
static int take_renewal(const struct json *doc, int64_t now_s, struct sso_token *t, struct err *err)
{
	const char *access = json_get_text(json_get(doc, "accessToken"), "");
	const char *refresh = json_get_text(json_get(doc, "refreshToken"), "");
	int64_t life_s = json_get_int(json_get(doc, "expiresIn"), 0);

	if (!*access || life_s <= 0 || life_s > LIFE_MAX_S)
		return err_set(err, ERR_CORRUPT, "accessToken or expiresIn is missing");
	if (strlen(access) > CREDS_VALUE_MAX || strlen(refresh) > CREDS_VALUE_MAX)
		return err_set(err, ERR_CORRUPT, "a token is too long");
	take_text(doc, "accessToken", &t->access_token);
	take_text(doc, "refreshToken", &t->refresh_token);
	t->expires_at = now_s + life_s;
	return 0;
}

int sso_token_update(struct str answer, int64_t now_s, struct sso_token *t, struct err *err)
{
	struct json *doc;
	int rc;

	if (json_parse(answer, &doc, err) != 0) {
		err->code = ERR_CORRUPT;
		return -1;
	}
	rc = take_renewal(doc, now_s, t, err);
	json_free(doc);
	return rc;
}

/* Texts, switches and numbers; the format has nothing deeper. */
static void copy_member(struct json_writer *w, const char *key, const struct json *value)
{
	const char *text = json_get_text(value, NULL);

	json_key(w, key);
	if (text)
		json_text(w, text);
	else if (json_get_bool(value, false) == json_get_bool(value, true))
		json_bool(w, json_get_bool(value, false));
	else if (json_get_int(value, 0) == json_get_int(value, 1))
		json_int(w, json_get_int(value, 0));
	else
		json_null(w);
}

int sso_token_print(struct str text, const struct sso_token *t, struct buf *out, struct err *err)
{
	char stamp[CLOCK_RFC3339_SIZE];
	struct json_writer w;
	struct json *doc;

	if (json_parse(text, &doc, err) != 0)
		return -1;
	json_writer_init(&w, out);
	json_object_begin(&w);
	for (size_t i = 0; i < json_count(doc) && json_key_at(doc, i); i++) {
		const char *key = json_key_at(doc, i);

		if (strcmp(key, "accessToken") != 0 && strcmp(key, "refreshToken") != 0 &&
		    strcmp(key, "expiresAt") != 0)
			copy_member(&w, key, json_at(doc, i));
	}
	clock_rfc3339(t->expires_at * MS_PER_S, stamp);
	json_member_str(&w, "accessToken", buf_str(&t->access_token));
	json_member_str(&w, "refreshToken", buf_str(&t->refresh_token));
	memcpy(stamp + strlen("2026-11-21T08:15:30"), "Z", 2); /* without a fraction, as the CLI */
	json_member_text(&w, "expiresAt", stamp);
	json_object_end(&w);
	json_free(doc);
	return 0;
}

/* ---- renewal ---- */

static bool can_renew(const struct sso_login *login, const struct sso_token *t, int64_t now_s)
{
	return login->session && t->refresh_token.n && t->client_id.n && t->client_secret.n &&
	    now_s < t->client_expires_at;
}

static void print_request(const struct sso_token *t, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_text(&w, "grantType", "refresh_token");
	json_member_str(&w, "clientId", buf_str(&t->client_id));
	json_member_str(&w, "clientSecret", buf_str(&t->client_secret));
	json_member_str(&w, "refreshToken", buf_str(&t->refresh_token));
	json_object_end(&w);
}

static int renew(struct creds_kit *kit, const struct creds_step *step,
    const struct sso_login *login, struct sso_token *t, struct err *err)
{
	const struct http_header header = { "Content-Type", "application/json" };
	const struct str secrets[] = { buf_str(&t->refresh_token), buf_str(&t->client_secret) };
	struct buf body = BUF_INIT(CREDS_ANSWER_MAX + CREDS_VALUE_MAX);
	struct creds_call call = {
		.what = "SSO CreateToken",
		.tries = TRIES,
		.secrets = secrets,
		.secret_count = ARRAY_SIZE(secrets),
	};
	struct http_response response;
	char url[URL_MAX_BYTES];
	struct endpoint e;
	int rc;

	http_response_init(&response, CREDS_ANSWER_MAX);
	rc = creds_endpoint(kit, step, "SSO_OIDC", "oidc", login->region, &e, err);
	if (rc == 0) {
		(void)snprintf(url, sizeof(url), "%s/token", e.url); /* fits: see its size */
		print_request(t, &body);
		call.request = (struct http_request){ .method = "POST",
			.url = url,
			.headers = &header,
			.header_count = 1,
			.body = buf_str(&body),
			.has_body = true,
			.total_timeout_ms = TIMEOUT_MS };
		rc = creds_http_200(kit, &call, &response, err);
	}
	if (rc == 0)
		rc = sso_token_update(buf_str(&response.body), creds_now_s(kit), t, err);
	buf_wipe(&body);
	http_response_release(&response);
	return rc;
}

/* Others read the file, too; a file that cannot be written costs a renewal, not this call. */
static void write_back(const char *path, struct str text, const struct sso_token *t)
{
	struct buf out = BUF_INIT(2 * CREDS_ANSWER_MAX);
	struct err unused;

	if (sso_token_print(text, t, &out, &unused) == 0 && !out.full &&
	    file_replace(path, buf_str(&out), 0600, &unused) != 0)
		log_debug("SSO token not written back", "reason", unused.text, NULL);
	buf_wipe(&out);
}

/* ---- both ---- */

/* Named after the session, or after the URL in the older form. */
static bool find_path(const struct sso_login *login, struct buf *path)
{
	char name[DIGEST_SHA1_HEX_SIZE];

	digest_sha1_hex(str_from(login->session ? login->session : login->start_url), name);
	if (!profile_path("~/.aws/sso/cache/", path))
		return false;
	buf_addf(path, "%s.json", name);
	return !path->full;
}

static int refuse(const struct creds_step *step, const char *why, struct err *err)
{
	char command[CREDS_LABEL_SIZE];

	creds_command(command, "aws sso login", step);
	return err_set(err, ERR_CREDENTIALS, "profile %s: SSO: %.100s; log in with: %s",
	    step->profile, why, command);
}

static int read_cache(const char *path, struct buf *text, struct sso_token *t, struct err *err)
{
	if (file_read(path, text, err) != 0)
		return -1;
	if (sso_token_parse(buf_str(text), t, err) != 0)
		return err_wrap(err, "%s", path);
	return 0;
}

/* A renewal that fails is no failure while the token holds. */
static int hold(struct creds_kit *kit, const struct creds_step *step, const struct sso_login *login,
    const char *path, struct str text, struct sso_token *t, struct err *err)
{
	int64_t now_s = creds_now_s(kit);
	const char *why = "the login has expired";
	struct err failure;

	if (now_s < t->expires_at - EARLY_S)
		return 0;
	if (can_renew(login, t, now_s)) {
		if (renew(kit, step, login, t, &failure) == 0) {
			write_back(path, text, t);
			return 0;
		}
		why = failure.text;
	}
	return now_s < t->expires_at ? 0 : refuse(step, why, err);
}

int sso_token_get(struct creds_kit *kit, const struct creds_step *step,
    const struct sso_login *login, struct sso_token *t, struct err *err)
{
	struct buf path = BUF_INIT(CREDS_PATH_MAX), text = BUF_INIT(CREDS_ANSWER_MAX);
	int rc = -1;

	if (!find_path(login, &path))
		(void)err_set(err, ERR_CONFIG, "profile %s: SSO: HOME is not set", step->profile);
	else if (read_cache(buf_text(&path), &text, t, err) == 0)
		rc = hold(kit, step, login, buf_text(&path), buf_str(&text), t, err);
	else if (err->code == ERR_NOTFOUND)
		(void)refuse(step, "nobody has logged in", err);
	else
		(void)err_wrap(err, "profile %s: SSO", step->profile);
	buf_release(&path);
	buf_wipe(&text);
	return rc;
}
