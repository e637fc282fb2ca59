/*
 * EC2's instance metadata service, version 2 only: version 1 answers whoever can make this machine
 * send a request. https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
 */
#include "creds_provider.h"

enum {
	TIMEOUT_MS = 1000, /* it is next door, and most machines are not on EC2 */
	TOKEN_LIFE_S = 21600,
	TOKEN_MARGIN_S = 60,
	MS_PER_S = 1000,
	TOKEN_MAX = 1024,
	ROLE_MAX = 64,
	URL_MAX_BYTES = ENDPOINT_URL_MAX + 256,
	HTTP_UNAUTHORIZED = 401,
	HTTP_NOT_FOUND = 404,
};

#define TOKEN_LIFE_TEXT "21600"
#define ROLE_PATH       "/latest/meta-data/iam/security-credentials/"
#define REGION_PATH     "/latest/meta-data/placement/region"

static const struct {
	const char *mode, *url;
} modes[] = {
	{ "IPv4", "http://169.254.169.254" },
	{ "IPv6", "http://[fd00:ec2::254]" },
};

static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	(void)kit;
	(void)step;
	return !str_eq_nocase(str_from(profile_env("AWS_EC2_METADATA_DISABLED")), STR("true"));
}

static const char *setting(const struct creds_kit *kit, const char *variable, const char *key)
{
	const struct creds_step step = { profile_name(kit->options->profile), NULL };
	const char *value = profile_env(variable);

	return value ? value : creds_get_key(kit, &step, key);
}

static int find_origin(const struct creds_kit *kit, struct endpoint *out, struct err *err)
{
	const char *url = setting(kit, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "ec2_metadata_service_endpoint");
	const char *mode = setting(kit, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode");

	if (!mode)
		mode = modes[0].mode;
	for (size_t i = 0; !url && i < ARRAY_SIZE(modes); i++)
		if (str_eq_nocase(str_from(mode), str_from(modes[i].mode)))
			url = modes[i].url;
	if (!url)
		return err_set(err, ERR_CONFIG, "%s: endpoint mode '%s': must be IPv4 or IPv6",
		    creds_imds.name, mode);
	return endpoint_override(url, out, err) == 0 ? 0 : err_wrap(err, "%s", creds_imds.name);
}

/* ---- one call ---- */

struct call {
	const char *method, *path;
	struct http_header header;
	struct str token; /* if it is sent */
};

static int send(struct creds_kit *kit, const struct call *c, struct http_response *response,
    struct err *err)
{
	char url[URL_MAX_BYTES];
	struct endpoint origin;

	if (find_origin(kit, &origin, err) != 0)
		return -1;
	(void)snprintf(url, sizeof(url), "%s%s", origin.url, c->path); /* fits */
	return creds_http(kit,
	    &(struct creds_call){
		.what = creds_imds.name,
		.request = {
			.method = c->method,
			.url = url,
			.headers = &c->header,
			.header_count = 1,
			.total_timeout_ms = TIMEOUT_MS,
		},
		.tries = 1,
		.secrets = &c->token,
		.secret_count = 1,
	    },
	    response, err);
}

/* No answer to the first request: elsewhere, or its answer cannot come as far as a container. */
static int not_there(struct err *err)
{
	char why[ERR_TEXT_MAX];

	memcpy(why, err->text, sizeof(why));
	return err_set(err, ERR_NOTFOUND,
	    "%.150s (not on EC2; or in a container there: its hop limit must be 2)", why);
}

static int take_token(struct creds_kit *kit, const struct http_response *response, struct err *err)
{
	struct creds_imds_session *s = &kit->imds;
	struct str token = str_trim(buf_str(&response->body));

	if (response->status != 200)
		return err_set(err, response->status >= 500 ? ERR_BUSY : ERR_NOTFOUND,
		    "%s: no token: HTTP %d (switched off, or not EC2's)", creds_imds.name,
		    response->status);
	if (token.n == 0)
		return err_set(err, ERR_CORRUPT, "%s: the token is empty", creds_imds.name);
	buf_wipe(&s->token);
	buf_add(&s->token, token);
	s->token_until_ms = clock_mono_ms(&clock_system) +
	    (int64_t)(TOKEN_LIFE_S - TOKEN_MARGIN_S) * MS_PER_S;
	return 0;
}

static int get_token(struct creds_kit *kit, struct err *err)
{
	const struct call c = {
		.method = "PUT",
		.path = "/latest/api/token",
		.header = { "x-aws-ec2-metadata-token-ttl-seconds", TOKEN_LIFE_TEXT },
	};
	struct http_response response;
	int rc;

	if (kit->imds.token.n && clock_mono_ms(&clock_system) < kit->imds.token_until_ms)
		return 0;
	http_response_init(&response, TOKEN_MAX);
	rc = send(kit, &c, &response, err);
	if (rc == 0)
		rc = take_token(kit, &response, err);
	else if (err->code == ERR_TIMEOUT || err->code == ERR_IO)
		rc = not_there(err);
	http_response_release(&response);
	return rc;
}

/* With a token; with a new one when the service forgot the old one, as after a restart. */
static int get(struct creds_kit *kit, const char *path, struct http_response *response,
    struct err *err)
{
	for (int i = 0; i < 2; i++) {
		struct call c = { .method = "GET", .path = path };

		if (get_token(kit, err) != 0)
			return -1;
		c.token = buf_str(&kit->imds.token);
		c.header = (struct http_header){ "x-aws-ec2-metadata-token",
			buf_text(&kit->imds.token) };
		if (send(kit, &c, response, err) != 0)
			return -1;
		if (response->status != HTTP_UNAUTHORIZED)
			break;
		buf_wipe(&kit->imds.token);
	}
	if (response->status == 200)
		return 0;
	return err_set(err,
	    response->status == HTTP_NOT_FOUND ? ERR_NOTFOUND
		: response->status >= 500      ? ERR_BUSY
					       : ERR_CREDENTIALS,
	    "%s: %s: HTTP %d", creds_imds.name, path, response->status);
}

/* ---- credentials ---- */

static int get_role(struct creds_kit *kit, char role[ROLE_MAX + 1], struct err *err)
{
	struct http_response response;
	struct str line, rest;
	int rc;

	http_response_init(&response, CREDS_ANSWER_MAX);
	rc = get(kit, ROLE_PATH, &response, err);
	(void)str_cut(buf_str(&response.body), '\n', &line, &rest);
	line = str_trim(line);
	if (rc != 0 && err->code == ERR_NOTFOUND && response.status == HTTP_NOT_FOUND)
		(void)err_set(err, ERR_NOTFOUND, "%s: this instance has no role", creds_imds.name);
	else if (rc == 0 &&
	    (line.n == 0 || line.n > ROLE_MAX ||
		!str_only(line,
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")))
		rc = err_set(err, ERR_CORRUPT, "%s: not the name of a role", creds_imds.name);
	else if (rc == 0)
		(void)snprintf(role, ROLE_MAX + 1, "%.*s", STR_ARG(line));
	http_response_release(&response);
	return rc;
}

/* A refusal comes with status 200. */
static int check_code(const struct json *document, struct err *err)
{
	const char *code = json_get_text(json_get(document, "Code"), "Success");

	if (strcmp(code, "Success") == 0)
		return 0;
	return err_set(err, ERR_CREDENTIALS, "%.64s: %.128s", code,
	    json_get_text(json_get(document, "Message"), ""));
}

const struct creds_format creds_imds_format = {
	.access_key_id = "AccessKeyId",
	.secret_access_key = "SecretAccessKey",
	.session_token = "Token",
	.expires_at = "Expiration",
	.check = check_code,
};

static int get_credentials(struct creds_kit *kit, const char *role, struct creds_draft *d,
    struct err *err)
{
	struct http_response response;
	char path[sizeof(ROLE_PATH) + ROLE_MAX];
	int rc;

	(void)snprintf(path, sizeof(path), ROLE_PATH "%s", role);
	http_response_init(&response, CREDS_ANSWER_MAX);
	rc = get(kit, path, &response, err);
	if (rc == 0 && creds_draft_parse(buf_str(&response.body), &creds_imds_format, d, err) != 0)
		rc = err_wrap(err, "%s: role %s", creds_imds.name, role);
	http_response_release(&response);
	return rc;
}

static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	char role[ROLE_MAX + 1];
	int rc;

	creds_label(d->provider, step, creds_imds.name);
	d->is_stable = true;
	pthread_mutex_lock(&kit->imds.lock);
	rc = get_role(kit, role, err);
	if (rc == 0)
		rc = get_credentials(kit, role, d, err);
	pthread_mutex_unlock(&kit->imds.lock);
	return rc;
}

const struct creds_provider creds_imds = {
	.name = "EC2 metadata",
	.is_configured = is_configured,
	.fetch = fetch,
};

/* ---- region ---- */

int creds_imds_region(struct creds_kit *kit, char out[REGION_MAX + 1], struct err *err)
{
	struct http_response response;
	char region[REGION_MAX + 2];
	int rc;

	if (!is_configured(kit, NULL))
		return err_set(err, ERR_NOTFOUND, "%s: switched off by AWS_EC2_METADATA_DISABLED",
		    creds_imds.name);
	http_response_init(&response, CREDS_ANSWER_MAX);
	pthread_mutex_lock(&kit->imds.lock);
	rc = get(kit, REGION_PATH, &response, err);
	pthread_mutex_unlock(&kit->imds.lock);

	(void)snprintf(region, sizeof(region), "%.*s", STR_ARG(str_trim(buf_str(&response.body))));
	if (rc == 0 && !region_is_valid(region))
		rc = err_set(err, ERR_CORRUPT, "%s: not the name of a region", creds_imds.name);
	if (rc == 0)
		memcpy(out, region, strlen(region) + 1);
	http_response_release(&response);
	return rc;
}
