/*
 * aws_error: what a service or a proxy answers instead of success. The input's first line is a
 * header, the rest the body: JSON, XML of three shapes, or neither.
 */
#include "aws_core.h"
#include "fuzz.h"

static const struct str secret = { "hunter2", 7 };

static void check_text(const char *text, size_t size)
{
	struct str s = str_from(text);

	FUZZ_CHECK(s.n < size);
	FUZZ_CHECK(str_find(s, '\n') == s.n && !str_contains(s, secret));
}

static void check(const struct http_response *r)
{
	struct aws_error e;

	aws_error_read(r, &secret, 1, &e);
	check_text(e.message, sizeof(e.message));
	FUZZ_CHECK(strlen(e.code) < sizeof(e.code) && strlen(e.request_id) < sizeof(e.request_id));
	FUZZ_CHECK(!e.region[0] || region_is_valid(e.region));
	FUZZ_CHECK(aws_error_code(400, str_from(e.code)) != ERR_NONE);
	(void)aws_error_is_document(buf_str(&r->body)); /* must return, whatever it says */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct http_response r;
	struct str header, body;

	http_response_init(&r, 1024 * 1024);
	(void)str_cut(fuzz_input(bytes, size), '\n', &header, &body);
	buf_add(&r.headers, header);
	buf_adds(&r.headers, "\r\n\r\n");
	buf_add(&r.body, body);
	check(&r);
	http_response_release(&r);
	return 0;
}
