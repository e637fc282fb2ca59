#include "world.h"

#include <stdatomic.h>
#include <string.h>

#include "clock.h"
#include "hash.h"

enum { DATE_WINDOW_S = 300 };

pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;

static _Atomic int64_t offset_ms;
static unsigned tokens, revoked; /* session-token-<n>: given out, expired; world_lock */

int64_t world_now_ms(void)
{
	return clock_wall_ms(&clock_system) + offset_ms;
}

void world_set_offset(int64_t offset_s)
{
	offset_ms = offset_s * 1000;
}

unsigned world_new_token(void)
{
	return ++tokens;
}

void world_revoke(void)
{
	revoked = tokens;
}

static bool is_revoked(struct str token)
{
	static const struct str prefix = { "session-token-", 14 };
	uint64_t n;

	return str_has_prefix(token, prefix) && str_to_u64(str_skip(token, prefix.n), &n) &&
	    n <= revoked;
}

/* ---- refusals ---- */

void world_refuse_json(struct wire_answer *a, int status, const char *code, const char *text)
{
	struct json_writer w;

	buf_reset(&a->body);
	a->status = status;
	buf_adds(&a->headers, "Content-Type: application/x-amz-json-1.0\r\n");
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_member_text(&w, "__type", code);
	json_member_text(&w, "message", text);
	json_object_end(&w);
}

void world_refuse_xml(struct wire_answer *a, int status, const char *code, const char *text)
{
	buf_reset(&a->body);
	a->status = status;
	buf_adds(&a->headers, "Content-Type: application/xml\r\n");
	buf_addf(&a->body,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message>"
	    "<RequestId>fault</RequestId></Error>",
	    code, text);
}

static void refuse(bool is_xml, struct wire_answer *a, int status, const char *code,
    const char *text)
{
	if (is_xml)
		world_refuse_xml(a, status, code, text);
	else
		world_refuse_json(a, status, code, text);
}

/* ---- what is signed ---- */

/* "20261121T081530Z" */
static bool parse_date(struct str s, int64_t *out_s)
{
	static const size_t ends[] = { 4, 6, 8, 11, 13, 15 };
	uint64_t parts[6];
	struct clock_utc t = { 0 };

	if (s.n != 16 || s.p[8] != 'T' || s.p[15] != 'Z')
		return false;
	for (size_t i = 0, from = 0; i < 6; from = ends[i] + (ends[i] == 8), i++)
		if (!str_to_u64(str_slice(s, i == 3 ? 9 : from, ends[i]), &parts[i]))
			return false;
	t.year = (int)parts[0];
	t.month = (int)parts[1];
	t.day = (int)parts[2];
	t.hour = (int)parts[3];
	t.minute = (int)parts[4];
	t.second = (int)parts[5];
	*out_s = clock_utc_to_ms(&t) / 1000;
	return true;
}

static bool is_in_window(int64_t then_s)
{
	int64_t late_s = world_now_ms() / 1000 - then_s;

	return late_s >= -DATE_WINDOW_S && late_s <= DATE_WINDOW_S;
}

bool world_check_signed(const struct wire_request *r, bool is_xml, struct wire_answer *a)
{
	struct str authorization = wire_header(r, "Authorization");
	struct str hash = wire_header(r, "x-amz-content-sha256");
	struct str token = wire_header(r, "x-amz-security-token");
	char real[HASH_HEX_SIZE];
	int64_t then_s;

	if (!str_has_prefix(authorization, STR("AWS4-HMAC-SHA256 Credential="))) {
		refuse(is_xml, a, 403, is_xml ? "AccessDenied" : "MissingAuthenticationToken",
		    "not signed");
		return false;
	}
	if (!parse_date(wire_header(r, "x-amz-date"), &then_s) || !is_in_window(then_s)) {
		refuse(is_xml, a, is_xml ? 403 : 400,
		    is_xml ? "RequestTimeTooSkewed" : "InvalidSignatureException",
		    "Signature expired: the date is not within 5 minutes of the server's");
		return false;
	}
	hash_sha256_hex(r->body, real);
	if (is_xml && !str_is(hash, real)) {
		refuse(true, a, 400, "XAmzContentSHA256Mismatch", "the body is another");
		return false;
	}
	if (is_revoked(token)) {
		refuse(is_xml, a, 400, is_xml ? "ExpiredToken" : "ExpiredTokenException",
		    "The security token included in the request is expired");
		return false;
	}
	return true;
}
