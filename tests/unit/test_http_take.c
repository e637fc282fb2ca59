/* http.c: a body that is taken as it comes, to its end or until there is enough of it. */
#include "http.h"
#include "test.h"
#include "web.h"

#define CHUNKED                                                                                    \
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"

static bool answer(void *arg, struct str request, struct buf *out)
{
	(void)arg;
	if (str_is(web_target(request), "/chunked"))
		buf_adds(out, CHUNKED);
	else if (str_is(web_target(request), "/torn"))
		buf_adds(out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
	else
		web_answer(out, str_is(web_target(request), "/refused") ? 400 : 200, "",
		    STR("abcdef"));
	return false;
}

struct taken {
	struct buf text;
	size_t enough; /* bytes */
};

static bool take(void *arg, struct str bytes)
{
	struct taken *t = arg;

	buf_add(&t->text, bytes);
	return t->text.n < t->enough;
}

static const struct {
	const char *name, *path;
	size_t enough;
	enum err_code want;
	const char *taken, *collected;
} cases[] = {
	{ "to its end", "/", 100, ERR_NONE, "abcdef", "" },
	{ "in chunks", "/chunked", 100, ERR_NONE, "abcdef", "" },
	{ "enough of it", "/", 6, ERR_STOPPED, "abcdef", "" },
	{ "a refusal is collected", "/refused", 100, ERR_NONE, "", "abcdef" },
	{ "torn", "/torn", 100, ERR_IO, "abc", "" },
};

static void test_take(void)
{
	const struct http_options options = { .user_agent = "test/1" };
	struct http *h = NULL;
	struct err err;

	CHECK_OK(http_open(&h, &options, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct taken t = { .text = BUF_INIT(100), .enough = cases[i].enough };
		struct http_response response;
		char url[64];
		const struct http_request request = {
			.method = "GET",
			.url = url,
			.take = take,
			.take_arg = &t,
		};

		test_case = cases[i].name;
		(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", web_port(),
		    cases[i].path);
		http_response_init(&response, 100);
		if (cases[i].want == ERR_NONE)
			CHECK_OK(http_call(h, &request, &response, &err), &err);
		else
			CHECK_ERR(http_call(h, &request, &response, &err), &err, cases[i].want);
		CHECK_TEXT(buf_text(&t.text), cases[i].taken);
		CHECK_TEXT(buf_text(&response.body), cases[i].collected);
		http_response_release(&response);
		buf_release(&t.text);
	}
	http_close(h);
}

static const struct test tests[] = {
	{ "take", test_take },
};

int main(int argc, char **argv)
{
	int rc;

	web_start(answer, NULL);
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	web_stop();
	return rc;
}
