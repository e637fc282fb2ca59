/* One exchange as a line of JSON, and back. */
#include <inttypes.h>
#include <string.h>

#include "hash.h"
#include "http_tape_core.h"
#include "redact.h"

enum { URL_MAX = 32 * 1024 };

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

/* The members by which they are kept; how much of a line each may take, so that it has room for both. */
struct part {
	const char *text, *base64, *not_kept;
	size_t max;
};
static const struct part request_part = {
	"request",
	"request_base64",
	"request_not_kept",
	1024 * 1024,
};
static const struct part answer_part = {
	"body",
	"body_base64",
	"not_kept",
	HTTP_TAPE_LINE_MAX - 2 * 1024 * 1024,
};

static void member_body(struct json_writer *w, const struct part *part, struct str body,
    const struct http_request *r)
{
	struct buf kept = BUF_INIT(HTTP_TAPE_LINE_MAX), quoted = { 0 };
	enum http_tape_form form = http_tape_body(r, body, &kept);
	struct json_writer value;

	buf_init(&quoted, part->max);
	json_writer_init(&value, &quoted);
	json_str(&value, buf_str(&kept));
	if (form == HTTP_TAPE_NO_TEXT) {
		json_member_text(w, part->not_kept, "no text");
	} else if (form == HTTP_TAPE_TOO_LARGE || quoted.full) {
		json_member_text(w, part->not_kept, "too large");
	} else {
		json_key(w, form == HTTP_TAPE_TEXT ? part->text : part->base64);
		json_raw(w, buf_str(&quoted));
	}
	buf_wipe(&kept);
	buf_wipe(&quoted);
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
	struct str version, rest;

	(void)str_cut(buf_str(&response->headers), ' ', &version, &rest);
	json_member_str(w, "version", version); /* gRPC wants to know */
	json_member_int(w, "status", response->status);
	json_member_int(w, "took_us", response->timing.total_us);
	member_headers(w, "headers", &response->headers, r);
	member_headers(w, "trailers", &response->trailers, r);
	json_member_uint(w, "bytes", response->body.n);
	if (r->take)
		json_member_text(w, answer_part.not_kept, "a stream");
	else if (r->hides_answer && response->status < 300)
		json_member_text(w, answer_part.not_kept, "a client's data");
	else
		member_body(w, &answer_part, buf_str(&response->body), r);
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
		member_body(&w, &request_part, r->body, r);
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

/* Bytes of which only the first were kept: the others are zeros. */
static void pad(const struct json *line, struct buf *out)
{
	int64_t bytes = json_get_int(json_get(line, "bytes"), 0);
	size_t missing = bytes > (int64_t)out->n ? (size_t)bytes - out->n : 0;
	char *room = missing > 0 ? buf_room(out, missing) : NULL;

	if (!room)
		return;
	memset(room, 0, missing);
	buf_added(out, missing);
}

static int read_body(const struct json *line, struct buf *out, struct err *err)
{
	const char *base64 = json_get_text(json_get(line, answer_part.base64), NULL);

	if (base64 && !hash_base64_decode(out, str_from(base64)))
		return err_set(err, ERR_CORRUPT, "recording: a body is not base64");
	if (base64)
		pad(line, out);
	buf_adds(out, json_get_text(json_get(line, answer_part.text), ""));
	if (out->full)
		return err_set(err, ERR_CORRUPT, "the answer is larger than %zu bytes", out->max);
	return 0;
}

int http_tape_answer(const struct json *line, struct http_response *response, struct err *err)
{
	const char *failure = json_get_text(json_get(line, "failure"), NULL);
	const char *why = json_get_text(json_get(line, answer_part.not_kept), NULL);

	if (failure)
		return read_failure(failure, line, err);
	if (why)
		return err_set(err, ERR_NOTFOUND,
		    HTTP_TAPE_LACKS "the answer to %.160s, which is %.64s",
		    json_get_text(json_get(line, "operation"), ""), why);
	/* Its end was told by the length that it came with. */
	buf_addf(&response->headers, "%s %" PRId64 "\r\n",
	    json_get_text(json_get(line, "version"), "HTTP/1.1"),
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
