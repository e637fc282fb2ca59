/* One exchange as a line of JSON, and back. */
#include <inttypes.h>

#include "hash.h"
#include "http_tape_core.h"
#include "redact.h"

enum { URL_MAX = 32 * 1024, BODY_MAX = 4 * 1024 * 1024, DEPTH_MAX = JSON_DEPTH_MAX - 2 };

/* ---- what a call is ---- */

static struct str header_of(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(str_from(r->headers[i].name), str_from(name)))
			return str_from(r->headers[i].value);
	return STR_NONE;
}

void http_tape_operation(const struct http_request *r, struct buf *out)
{
	struct str target = header_of(r, "X-Amz-Target"), rest = str_from(r->url), head;
	struct str action = STR("Action=");

	if (target.n > 0) {
		buf_add(out, target);
		return;
	}
	if (str_has_prefix(r->body, action)) {
		(void)str_cut(str_skip(r->body, action.n), '&', &head, &rest);
		buf_add(out, head);
		return;
	}
	(void)str_cut(rest, '?', &rest, &head);
	buf_addf(out, "%s %.*s", r->method, STR_ARG(rest));
}

void http_tape_url(const struct http_request *r, struct buf *out)
{
	redact_body(out, str_from(r->url), URL_MAX, r->secrets, r->secret_count);
}

/* ---- bodies ---- */

struct secrets {
	const struct str *values;
	size_t count;
};

/* Line by line: what is redacted would lose the ends of lines, by which some answers are read. */
static void add_text(struct str text, const struct secrets *s, struct buf *out)
{
	struct str line;

	while (str_cut(text, '\n', &line, &text)) {
		redact_body(out, line, BODY_MAX, s->values, s->count);
		buf_addc(out, '\n');
	}
	redact_body(out, line, BODY_MAX, s->values, s->count);
}

static void write_text(struct json_writer *w, const char *text, const struct secrets *s)
{
	struct buf shown = BUF_INIT(2 * BODY_MAX);

	add_text(str_from(text), s, &shown);
	json_str(w, buf_str(&shown));
	buf_release(&shown);
}

static void write_value(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s);

static void write_members(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	const char *key;

	json_object_begin(w);
	for (size_t i = 0; (key = json_key_at(value, i)) != NULL; i++) {
		json_key(w, key);
		write_value(w, json_get(value, key), is_hidden || redact_hides(str_from(key)), s);
	}
	json_object_end(w);
}

static void write_elements(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	json_array_begin(w);
	for (size_t i = 0; i < json_count(value); i++)
		write_value(w, json_at(value, i), is_hidden, s);
	json_array_end(w);
}

/* The same document without secrets: it must still be one, or nobody could read it again. */
static void write_value(struct json_writer *w, const struct json *value, bool is_hidden,
    const struct secrets *s)
{
	const char *text = json_get_text(value, NULL);
	bool is_scalar = json_count(value) == 0;

	if ((text && is_hidden) || (!is_scalar && w->depth >= DEPTH_MAX))
		json_text(w, REDACTED);
	else if (text)
		write_text(w, text, s);
	else if (is_scalar)
		json_value(w, value);
	else if (json_key_at(value, 0))
		write_members(w, value, is_hidden, s);
	else
		write_elements(w, value, is_hidden, s);
}

void http_tape_body(struct str body, const struct str *secrets, size_t count, struct buf *out)
{
	struct str trimmed = str_trim(body);
	struct secrets s = { secrets, count };
	struct json *doc = NULL;
	struct json_writer w;
	struct err ignored; /* what is no JSON is kept as text */

	if (trimmed.n == 0 || *trimmed.p != '{' || json_parse(trimmed, &doc, &ignored) != 0) {
		add_text(body, &s, out);
		return;
	}
	json_writer_init(&w, out);
	write_value(&w, doc, false, &s);
	json_free(doc);
}

static bool is_text(struct str s)
{
	while (s.n > 0) {
		size_t n = str_utf8_length(s);

		if (n == 0 || *s.p == '\0')
			return false;
		s = str_skip(s, n);
	}
	return true;
}

static void member_body(struct json_writer *w, const char *key, const char *key_base64,
    struct str body, const struct http_request *r)
{
	struct buf kept = BUF_INIT(2 * BODY_MAX);

	if (is_text(body)) {
		http_tape_body(body, r->secrets, r->secret_count, &kept);
		json_member_str(w, key, buf_str(&kept));
	} else {
		hash_base64_encode(&kept,
		    body); /* gRPC: neither names nor secrets are to be seen */
		json_member_str(w, key_base64, buf_str(&kept));
	}
	buf_wipe(&kept);
}

/* ---- headers ---- */

/* By what answers are read; all that begin with x-amz are the service's own. */
static const char *const kept_headers[] = { "Age", "Content-Type", "Date", "ETag", "Last-Modified",
	"Retry-After", "grpc-message", "grpc-status" };

static bool is_kept(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept_headers); i++)
		if (str_eq_nocase(name, str_from(kept_headers[i])))
			return true;
	return str_eq_nocase(str_slice(name, 0, 5), STR("x-amz"));
}

static void member_headers(struct json_writer *w, const char *key, const struct buf *lines,
    const struct http_request *r)
{
	struct str rest = buf_str(lines), line, name, value;

	json_key(w, key);
	json_array_begin(w);
	while (rest.n > 0) {
		struct buf shown = BUF_INIT(64 * 1024);

		(void)str_cut(rest, '\n', &line, &rest);
		line = str_trim(line);
		if (str_cut(line, ':', &name, &value) && is_kept(name)) {
			redact_header(&shown, line, r->secrets, r->secret_count);
			json_str(w, buf_str(&shown));
		}
		buf_wipe(&shown);
	}
	json_array_end(w);
}

/* ---- lines ---- */

static void write_answer(struct json_writer *w, const struct http_request *r,
    const struct http_response *response)
{
	json_member_int(w, "status", response->status);
	json_member_int(w, "took_us", response->timing.total_us);
	member_headers(w, "headers", &response->headers, r);
	member_headers(w, "trailers", &response->trailers, r);
	if (r->take)
		json_member_text(w, "not_kept", "a stream");
	else if (r->hides_answer)
		json_member_text(w, "not_kept", "a client's data");
	else
		member_body(w, "body", "body_base64", buf_str(&response->body), r);
}

void http_tape_write(const struct http_request *r, const struct http_response *response,
    const struct err *failure, int64_t began_ms, struct buf *out)
{
	struct buf text = BUF_INIT(URL_MAX + 1024);
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(began_ms, at);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_text(&w, "at", at);
	json_member_int(&w, "at_ms", began_ms);
	http_tape_operation(r, &text);
	json_member_str(&w, "operation", buf_str(&text));
	json_member_text(&w, "method", r->method);
	buf_reset(&text);
	http_tape_url(r, &text);
	json_member_str(&w, "url", buf_str(&text));
	if (!r->hides_request)
		member_body(&w, "request", "request_base64", r->body, r);
	if (failure) {
		json_member_text(&w, "failure", err_name(failure->code));
		json_member_text(&w, "text", failure->text);
	} else {
		write_answer(&w, r, response);
	}
	json_object_end(&w);
	buf_release(&text);
}

/* ---- and back ---- */

static int read_failure(const char *name, const struct json *line, struct err *err)
{
	for (int code = ERR_NONE + 1; code < ERR_CODE_COUNT; code++)
		if (strcmp(err_name((enum err_code)code), name) == 0)
			return err_set(err, (enum err_code)code, "%s",
			    json_get_text(json_get(line, "text"), ""));
	return err_set(err, ERR_CORRUPT, "recording: no failure is called '%.32s'", name);
}

static void read_headers(const struct json *lines, struct buf *out)
{
	for (size_t i = 0; i < json_count(lines); i++)
		buf_addf(out, "%s\r\n", json_get_text(json_at(lines, i), ""));
}

static int read_body(const struct json *line, struct buf *out, struct err *err)
{
	const char *base64 = json_get_text(json_get(line, "body_base64"), NULL);

	if (base64 && !hash_base64_decode(out, str_from(base64)))
		return err_set(err, ERR_CORRUPT, "recording: a body is not base64");
	buf_adds(out, json_get_text(json_get(line, "body"), ""));
	if (out->full)
		return err_set(err, ERR_CORRUPT, "the answer is larger than %zu bytes", out->max);
	return 0;
}

int http_tape_answer(const struct json *line, struct http_response *response, struct err *err)
{
	const char *failure = json_get_text(json_get(line, "failure"), NULL);
	const char *why = json_get_text(json_get(line, "not_kept"), NULL);

	if (failure)
		return read_failure(failure, line, err);
	if (why)
		return err_set(err, ERR_NOTFOUND, "the recording does not hold the answer: %s",
		    why);
	/* Its end was told by the length that it came with. */
	buf_addf(&response->headers, "HTTP/1.1 %" PRId64 "\r\n",
	    json_get_int(json_get(line, "status"), 0));
	read_headers(json_get(line, "headers"), &response->headers);
	read_headers(json_get(line, "trailers"), &response->trailers);
	if (read_body(line, &response->body, err) != 0)
		return -1;
	buf_addf(&response->headers, "Content-Length: %zu\r\n\r\n", response->body.n);
	response->status = (int)json_get_int(json_get(line, "status"), 0);
	response->timing = (struct http_timing){
		.total_us = json_get_int(json_get(line, "took_us"), 0),
	};
	return 0;
}
