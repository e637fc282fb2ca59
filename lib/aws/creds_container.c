/*
 * The endpoint that ECS and EKS Pod Identity give a container:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "creds_provider.h"

enum { TRIES = 3, TIMEOUT_MS = 2000, URL_MAX_BYTES = 2048, HOST_MAX = 255 };

static const char ecs_origin[] = "http://169.254.170.2";

const struct creds_format creds_container_format = {
	.access_key_id = "AccessKeyId",
	.secret_access_key = "SecretAccessKey",
	.session_token = "Token",
	.account_id = "AccountId",
	.expires_at = "Expiration",
};

static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	(void)kit;
	(void)step;
	return profile_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
	    profile_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

/* ---- where to: the answer is a secret, and so is the token that is sent ---- */

/* 127.0.0.0/8 and ::1; where a number was written, the endpoints of ECS and EKS, too. */
static bool is_trusted(const struct sockaddr *a, bool is_number)
{
	static const char *const numbers[] = { "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
	char text[INET6_ADDRSTRLEN] = "";

	if (a->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr,
		    text, sizeof(text));
	else if (a->sa_family == AF_INET6)
		(void)inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, text, sizeof(text));
	if (str_has_prefix(str_from(text), STR("127.")) || strcmp(text, "::1") == 0)
		return true;
	for (size_t i = 0; is_number && i < ARRAY_SIZE(numbers); i++)
		if (strcmp(text, numbers[i]) == 0)
			return true;
	return false;
}

/* Every address that the name has. */
static bool is_trusted_host(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	bool is_number = getaddrinfo(host, NULL, &hints, &found) == 0, is_good;

	hints.ai_flags = 0;
	if (!is_number && getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	is_good = found != NULL;
	for (const struct addrinfo *a = found; a; a = a->ai_next)
		is_good = is_good && is_trusted(a->ai_addr, is_number);
	freeaddrinfo(found);
	return is_good;
}

/* "[::1]:80" is "::1". */
static struct str without_port(struct str host)
{
	if (host.n && host.p[0] == '[')
		return str_slice(host, 1, str_find(host, ']'));
	return str_slice(host, 0, str_find(host, ':'));
}

static bool is_plain_url(const char *url)
{
	for (; *url; url++)
		if (*url <= ' ' || *url > '~' || *url == '@' || *url == '\\')
			return false;
	return true;
}

static int check_full_uri(const char *url, struct err *err)
{
	struct endpoint_parts parts = endpoint_split(url);
	struct str name = without_port(parts.host);
	char host[HOST_MAX + 1];

	if (!is_plain_url(url) || name.n == 0 || name.n > HOST_MAX ||
	    (!str_is(parts.scheme, "http") && !str_is(parts.scheme, "https")))
		return err_set(err, ERR_CONFIG,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI: must be an http or https URL without a "
		    "user");
	(void)snprintf(host, sizeof(host), "%.*s", STR_ARG(name));
	if (str_is(parts.scheme, "http") && !is_trusted_host(host))
		return err_set(err, ERR_CONFIG,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI: host '%s': without TLS it must be this "
		    "machine, or the endpoint of ECS or EKS",
		    host);
	return 0;
}

static int find_url(char out[URL_MAX_BYTES], struct err *err)
{
	const char *relative = profile_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = profile_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	int n;

	if (relative && (relative[0] != '/' || !is_plain_url(relative)))
		return err_set(err, ERR_CONFIG,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: must begin with '/'");
	if (!relative && check_full_uri(full, err) != 0)
		return -1;
	n = snprintf(out, URL_MAX_BYTES, "%s%s", relative ? ecs_origin : "",
	    relative ? relative : full);
	return n < URL_MAX_BYTES
	    ? 0
	    : err_set(err, ERR_CONFIG, "URL of the container endpoint: longer than %d characters",
		  URL_MAX_BYTES - 1);
}

/* ---- with what ---- */

/* The file is read each time: EKS replaces it. Empty: there is none. */
static int read_token(struct buf *out, struct err *err)
{
	const char *path = profile_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");

	if (path && creds_read_file(path, out, err) != 0)
		return err_wrap(err, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	if (!path)
		buf_adds(out, profile_env("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	if (!out->full && str_find(buf_str(out), '\r') == out->n &&
	    str_find(buf_str(out), '\n') == out->n && str_find(buf_str(out), '\0') == out->n)
		return 0;
	return err_set(err, ERR_CONFIG, "%s: too long, or more than one line",
	    path ? path : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
}

/* ---- the call ---- */

static int call(struct creds_kit *kit, const char *url, struct str token, struct creds_draft *d,
    struct err *err)
{
	const struct http_header header = { "Authorization", token.p };
	const struct creds_call c = {
		.what = d->provider,
		.request = {
			.method = "GET",
			.url = url,
			.headers = &header,
			.header_count = token.n > 0,
			.total_timeout_ms = TIMEOUT_MS,
		},
		.tries = TRIES,
		.secrets = &token,
		.secret_count = 1,
	};

	return creds_http_draft(kit, &c, &creds_container_format, d, err);
}

static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	struct buf token = BUF_INIT(CREDS_VALUE_MAX);
	char url[URL_MAX_BYTES];
	int rc = -1;

	creds_label(d->provider, step, creds_container.name);
	if (find_url(url, err) == 0 && read_token(&token, err) == 0)
		rc = call(kit, url, buf_str(&token), d, err);
	buf_wipe(&token);
	return rc;
}

const struct creds_provider creds_container = {
	.name = "container endpoint",
	.is_configured = is_configured,
	.fetch = fetch,
};
