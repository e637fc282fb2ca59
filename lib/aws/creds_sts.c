/* STS, asked for a role's credentials: https://docs.aws.amazon.com/STS/latest/APIReference/ */
#include "aws_core.h"
#include "creds_provider.h"
#include "iso8601.h"

enum {
	TRIES = 3,
	TIMEOUT_MS = 10000,
	DURATION_MIN_S = 900,
	DURATION_MAX_S = 43200,
	TOKEN_MAX = 32 * 1024,
	BODY_MAX = 4 * TOKEN_MAX, /* every byte of the token may become three */
	URL_MAX_BYTES = ENDPOINT_URL_MAX + 1,
	WHAT_SIZE = CREDS_LABEL_SIZE + 64,
	HEADERS_MAX = 4,
	SECRETS_MAX = 2,
};

/* One request and its answer; zeroed at first. */
struct sts {
	char what[WHAT_SIZE]; /* "profile x: role: STS AssumeRole" */
	char region[REGION_MAX + 1], url[URL_MAX_BYTES];
	struct buf body;
	struct http_header headers[HEADERS_MAX];
	size_t header_count;
	struct str secrets[SECRETS_MAX]; /* that were sent */
	size_t secret_count;
	struct http_response response;
	struct skew_reading skew;
	int64_t signed_with_s; /* the offset of the latest try */
};

/* ---- the request ---- */

static void add_header(struct sts *s, const char *name, const char *value)
{
	s->headers[s->header_count++] = (struct http_header){ name, value };
}

/* action: "AssumeRole..." */
static int begin(struct sts *s, struct creds_kit *kit, const struct creds_step *step,
    const char *action, struct err *err)
{
	struct endpoint e;

	buf_init(&s->body, BODY_MAX);
	http_response_init(&s->response, CREDS_ANSWER_MAX);
	if (creds_region_of(kit, step, s->region, err) != 0 ||
	    creds_endpoint(kit, step, "STS", "sts", s->region, &e, err) != 0)
		return err_wrap(err, "%s", s->what);
	(void)snprintf(s->url, sizeof(s->url), "%s/", e.url); /* fits: see its size */
	buf_addf(&s->body, "Action=%s&Version=2011-06-15", action);
	add_header(s, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	return 0;
}

static void release(struct sts *s)
{
	http_response_release(&s->response);
	buf_wipe(&s->body);
}

static void add(struct sts *s, const char *name, struct str value)
{
	buf_addf(&s->body, "&%s=", name);
	sigv4_encode(&s->body, value, false);
}

static int add_duration(struct sts *s, const char *text, struct err *err)
{
	uint64_t seconds;

	if (!str_to_u64(str_from(text), &seconds) || seconds < DURATION_MIN_S ||
	    seconds > DURATION_MAX_S)
		return err_set(err, ERR_CONFIG, "%s: duration_seconds '%s': must be %d to %d",
		    s->what, text, DURATION_MIN_S, DURATION_MAX_S);
	add(s, "DurationSeconds", str_from(text));
	return 0;
}

static int add_role(struct sts *s, const struct creds_kit *kit,
    const struct creds_role_request *role, struct err *err)
{
	char made_up[32];

	(void)snprintf(made_up, sizeof(made_up), "ops-%lld", (long long)creds_now_s(kit));
	add(s, "RoleArn", str_from(role->arn));
	add(s, "RoleSessionName", str_from(role->session_name ? role->session_name : made_up));
	if (role->external_id)
		add(s, "ExternalId", str_from(role->external_id));
	return role->duration_seconds ? add_duration(s, role->duration_seconds, err) : 0;
}

/* ---- the answer ---- */

/* "arn:aws:sts::123456789012:assumed-role/x/y" */
static struct str account_of(const char *arn)
{
	struct str field, rest = str_from(arn);

	for (int i = 0; i < 5; i++)
		(void)str_cut(rest, ':', &field, &rest);
	return field;
}

/* <...Response><...Result><Credentials/><AssumedRoleUser/></...Result></...Response> */
static int read_result(const struct xml *root, struct creds_draft *d, struct err *err)
{
	const struct xml *result = xml_first(root);
	const struct xml *keys = xml_get(result, "Credentials");
	const char *key = xml_get_text(keys, "AccessKeyId", "");
	const char *secret = xml_get_text(keys, "SecretAccessKey", "");
	const char *expiration = xml_get_text(keys, "Expiration", "");
	const char *arn = xml_get_text(xml_get(result, "AssumedRoleUser"), "Arn", "");
	int64_t expires_at;

	if (!*key || !*secret)
		return err_set(err, ERR_CORRUPT, "no credentials in the answer");
	if (!iso8601_parse(str_trim(str_from(expiration)), &expires_at))
		return err_set(err, ERR_CORRUPT, "Expiration is not a time");
	creds_draft_set(d, key, secret, xml_get_text(keys, "SessionToken", NULL));
	creds_draft_set_account(d, account_of(arn));
	d->expires_at = expires_at;
	return 0;
}

int creds_sts_parse(struct str body, struct creds_draft *d, struct err *err)
{
	struct xml *root;
	int rc;

	if (xml_parse(body, &root, err) != 0)
		return -1;
	rc = read_result(root, d, err);
	xml_free(root);
	return rc;
}

/* ---- the call ---- */

static struct creds_call call_of(const struct sts *s)
{
	return (struct creds_call){
		.what = s->what,
		.request = {
			.method = "POST",
			.url = s->url,
			.headers = s->headers,
			.header_count = s->header_count,
			.body = buf_str(&s->body),
			.has_body = true,
			.total_timeout_ms = TIMEOUT_MS,
		},
		.tries = TRIES,
		.secrets = s->secrets,
		.secret_count = s->secret_count,
	};
}

static int exchange(struct sts *s, struct creds_kit *kit, struct err *err)
{
	struct creds_call call = call_of(s);
	int64_t sent_ms = clock_wall_ms(kit->options->clock);

	if (s->body.full)
		return err_set(err, ERR_CONFIG, "%s: its parameters are too long", s->what);
	if (creds_http(kit, &call, &s->response, err) != 0)
		return -1;
	s->skew = skew_learn(&kit->skew, http_response_header(&s->response, "Date"),
	    http_response_header(&s->response, "Age"), sent_ms, clock_wall_ms(kit->options->clock));
	return 0;
}

static int take_answer(const struct sts *s, struct creds_draft *d, struct err *err)
{
	struct creds_call call = call_of(s);

	if (s->response.status != 200)
		return creds_http_refused(&call, &s->response, err);
	if (creds_sts_parse(buf_str(&s->response.body), d, err) != 0)
		return err_wrap(err, "%s", s->what);
	return 0;
}

/* ---- by a token ---- */

static int read_token(const char *path, struct buf *out, struct err *err)
{
	if (creds_read_file(path, out, err) != 0)
		return err_wrap(err, "web identity token");
	if (str_trim(buf_str(out)).n > 0)
		return 0;
	return err_set(err, ERR_CREDENTIALS, "web identity token: %s: empty", path);
}

int creds_assume_role_with_token(struct creds_kit *kit, const struct creds_step *step,
    const struct creds_role_request *role, const char *token_file, struct creds_draft *d,
    struct err *err)
{
	struct buf token = BUF_INIT(TOKEN_MAX);
	struct sts s = { 0 };
	int rc = -1;

	(void)snprintf(s.what, sizeof(s.what), "%s: STS AssumeRoleWithWebIdentity", d->provider);
	if (read_token(token_file, &token, err) != 0 ||
	    begin(&s, kit, step, "AssumeRoleWithWebIdentity", err) != 0 ||
	    add_role(&s, kit, role, err) != 0)
		goto out;
	s.secrets[s.secret_count++] = str_trim(buf_str(&token));
	add(&s, "WebIdentityToken", s.secrets[0]);
	if (exchange(&s, kit, err) == 0)
		rc = take_answer(&s, d, err);
out:
	release(&s);
	buf_wipe(&token);
	return rc;
}

/* ---- by a signature ---- */

/* What of a signature lives as long as the request. */
struct signature {
	char date[SIGV4_DATE_SIZE];
	struct buf authorization;
};

static int sign(struct sts *s, const struct creds_kit *kit, const struct creds_draft *source,
    struct signature *out, struct err *err)
{
	struct endpoint_parts parts = endpoint_split(s->url);
	const struct sigv4_keys keys = { buf_str(&source->access_key_id),
		buf_str(&source->secret_access_key), buf_str(&source->session_token) };
	struct sigv4_pair headers[] = {
		{ STR("content-type"), str_from(s->headers[0].value) },
		{ STR("host"), parts.host },
		{ STR("x-amz-date"), { out->date, SIGV4_DATE_SIZE - 1 } },
		{ STR("x-amz-security-token"), keys.session_token },
	};
	char hash[HASH_HEX_SIZE];
	struct sigv4_request r = {
		.method = STR("POST"),
		.path = parts.path,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers) - (keys.session_token.n == 0),
		.payload_hash = { hash, HASH_HEX_LEN },
		.region = str_from(s->region),
		.service = STR("sts"),
	};

	s->signed_with_s = skew_s(&kit->skew);
	r.at_s = creds_now_s(kit) + s->signed_with_s;
	hash_sha256_hex(buf_str(&s->body), hash);
	sigv4_date(r.at_s, out->date);
	buf_reset(&out->authorization);
	if (sigv4_authorize(&r, &keys, NULL, &out->authorization, err) != 0)
		return err_wrap(err, "%s", s->what);

	s->header_count = 1; /* the content type; the rest is of an earlier try */
	add_header(s, "X-Amz-Date", out->date);
	add_header(s, "Authorization", buf_text(&out->authorization));
	if (keys.session_token.n)
		add_header(s, "X-Amz-Security-Token", buf_text(&source->session_token));
	return 0;
}

/* Whether it was the clock, and the answer said what time it is. */
static bool was_skewed(const struct sts *s)
{
	struct aws_error e;

	if (s->response.status == 200)
		return false;
	aws_error_read(&s->response, s->secrets, s->secret_count, &e);
	return skew_explains(&s->skew, s->signed_with_s, str_from(e.code));
}

static int sign_and_exchange(struct sts *s, struct creds_kit *kit, const struct creds_draft *source,
    struct err *err)
{
	struct signature signature = { .authorization = BUF_INIT(SIGV4_TEXT_MAX) };
	int rc = -1;

	for (int i = 0; i < 2; i++) {
		rc = sign(s, kit, source, &signature, err);
		if (rc == 0)
			rc = exchange(s, kit, err);
		if (rc != 0 || !was_skewed(s))
			break;
	}
	buf_wipe(&signature.authorization);
	return rc;
}

int creds_assume_role(struct creds_kit *kit, const struct creds_step *step,
    const struct creds_role_request *role, const struct creds_draft *source, struct creds_draft *d,
    struct err *err)
{
	struct sts s = { 0 };
	int rc = -1;

	(void)snprintf(s.what, sizeof(s.what), "%s: STS AssumeRole", d->provider);
	s.secrets[s.secret_count++] = buf_str(&source->secret_access_key);
	s.secrets[s.secret_count++] = buf_str(&source->session_token);
	if (begin(&s, kit, step, "AssumeRole", err) == 0 && add_role(&s, kit, role, err) == 0 &&
	    sign_and_exchange(&s, kit, source, err) == 0)
		rc = take_answer(&s, d, err);
	if (rc != 0 && err->code == ERR_CREDENTIALS && *source->renew)
		(void)err_wrap(err, "renew with '%s'", source->renew);
	release(&s);
	return rc;
}
