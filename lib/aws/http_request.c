#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "http_core.h"
#include "mem.h"

/*
 * Above this libcurl asks before it sends a body ("Expect: 100-continue"), as do other clients of
 * S3. For smaller ones that costs a round trip, or a second where the other side does not know it.
 */
enum { UNASKED_MAX = 1024 * 1024 };

/* ---- headers ---- */

static bool is_token(struct str s)
{
	return s.n > 0 &&
	    str_only(s,
		"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* A line break in a value would begin another header of the caller's choosing. */
static bool is_field_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool has_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(str_from(r->headers[i].name), str_from(name)))
			return true;
	return false;
}

static void add_line(struct curl_slist **lines, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*lines, line);

	if (!longer)
		abort(); /* out of memory, as everywhere */
	*lines = longer;
}

/* libcurl's notation: "Name: value", "Name;" sends it empty, "Name:" takes a default away. */
static int add_header(struct curl_slist **lines, const struct http_header *h, struct err *err)
{
	struct buf line = BUF_INIT(HTTP_HEADERS_MAX);
	bool is_full;

	if (!is_token(str_from(h->name)) || !is_field_value(str_from(h->value)))
		return err_set(err, ERR_INVALID, "header '%s': characters not allowed", h->name);

	buf_addf(&line, *h->value ? "%s: %s" : "%s;", h->name, h->value);
	is_full = line.full;
	if (!is_full)
		add_line(lines, buf_text(&line));
	buf_wipe(&line); /* may be a credential */
	return is_full ? err_set(err, ERR_INVALID, "header '%s': too long", h->name) : 0;
}

int http_lines_make(const struct http_request *r, struct curl_slist **out, struct err *err)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (add_header(out, &r->headers[i], err) != 0)
			return -1;
	if (!has_header(r, "Accept"))
		add_line(out, "Accept:");
	if (!has_header(r, "Content-Type"))
		add_line(out, "Content-Type:");
	if (!has_header(r, "Expect") && r->body.n <= UNASKED_MAX)
		add_line(out, "Expect:");
	return 0;
}

/* Overwritten before it is freed: Authorization and signatures stand in it. */
void http_lines_free(struct curl_slist *lines)
{
	for (struct curl_slist *l = lines; l; l = l->next)
		mem_wipe(l->data, strlen(l->data));
	curl_slist_free_all(lines);
}

/* ---- where to ---- */

/* Addresses behind no proxy: the first bits are those of `prefix`. */
static const struct {
	int family, bits;
	const char *prefix;
} local_nets[] = {
	{ AF_INET, 8, "127.0.0.0" },
	{ AF_INET, 16, "169.254.0.0" }, /* metadata of EC2 and ECS, EKS Pod Identity */
	{ AF_INET6, 128, "::1" }, { AF_INET6, 10, "fe80::" },
	{ AF_INET6, 32, "fd00:ec2::" }, /* the same services of EC2 and EKS */
};

enum { ADDRESS_SIZE = 16 };

static bool has_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, (size_t)whole) == 0 &&
	    (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool is_local_address(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(local_nets); i++) {
		unsigned char address[ADDRESS_SIZE] = { 0 }, prefix[ADDRESS_SIZE] = { 0 };

		if (inet_pton(local_nets[i].family, text, address) == 1 &&
		    inet_pton(local_nets[i].family, local_nets[i].prefix, prefix) == 1 &&
		    has_bits(address, prefix, local_nets[i].bits))
			return true;
	}
	return false;
}

/* This machine and link-local metadata services are never behind a proxy. */
static bool is_local_host(struct str host)
{
	char address[INET6_ADDRSTRLEN];

	if (str_eq_nocase(host, STR("localhost")))
		return true;
	if (str_has_prefix(host, STR("[")) && str_has_suffix(host, STR("]")))
		host = str_slice(host, 1, host.n - 1);
	if (host.n >= sizeof(address))
		return false;
	(void)snprintf(address, sizeof(address), "%.*s", STR_ARG(host)); /* measured just above */
	return is_local_address(address);
}

/* What may be shown of a URL in which a user and a password may stand. */
static struct str without_user(const char *url)
{
	struct str user, rest = http_origin(url);

	while (str_cut(rest, '@', &user, &rest))
		user = rest;
	return user;
}

/* Checks the URL; *is_local says that no proxy may stand between. */
static int judge_url(const char *url, bool *is_local, struct err *err)
{
	struct str text = str_from(url);
	CURLU *parts = NULL;
	char *host = NULL, *user = NULL;
	CURLUcode code;
	int rc = -1;

	/* libcurl would take a URL without a scheme for http. */
	if (!str_has_prefix(text, STR("https://")) && !str_has_prefix(text, STR("http://")))
		return err_set(err, ERR_INVALID,
		    "URL of '%.*s': must begin with http:// or https://",
		    STR_ARG(without_user(url)));

	parts = curl_url();
	if (!parts)
		abort();
	code = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
	if (code != CURLUE_OK) {
		(void)err_set(err, ERR_INVALID, "URL of '%.*s': %s", STR_ARG(without_user(url)),
		    curl_url_strerror(code));
		goto out;
	}
	if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK) {
		(void)err_set(err, ERR_INVALID, "URL of '%s': must not hold a user name", host);
		goto out;
	}

	*is_local = is_local_host(str_from(host));
	rc = 0;
out:
	curl_free(user);
	curl_free(host);
	curl_url_cleanup(parts);
	return rc;
}

int http_request_check(const struct http_request *r, bool *is_local, struct err *err)
{
	if (!is_token(str_from(r->method)))
		return err_set(err, ERR_INVALID, "method '%s': characters not allowed", r->method);
	return judge_url(r->url, is_local, err);
}
