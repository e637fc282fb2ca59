/* http_tape: bodies are kept whole or not at all, and what is no text only where it may be. */
#include "http_tape.h"
#include "test.h"

/* As STR(), for tables. */
#define LITERAL(text)                                                                              \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct http_header headers[] = { { "X-Amz-Target", "AmazonSSM.GetParameter" } };

static struct http_request request_of(struct str body)
{
	return (struct http_request){
		.method = "POST",
		.url = "http://a/",
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.body = body,
		.has_body = true,
	};
}

static void put(void *arg, struct str line)
{
	buf_add(arg, line);
}

/* Keep one answer, and play it: the code of the failure, its text in err. */
static enum err_code pass(const struct http_request *r, const char *head, struct str body,
    struct http_response *out, struct err *err)
{
	struct buf line = BUF_INIT(HTTP_TAPE_LINE_MAX);
	struct http_tape *recorder = http_tape_recorder(put, &line), *player = http_tape_player(0);
	struct http_response answer;
	int rc;

	http_response_init(&answer, body.n);
	answer.status = 200;
	buf_adds(&answer.headers, head);
	buf_add(&answer.body, body);
	http_tape_keep(recorder, r, &answer, NULL, 0);
	http_response_release(&answer);
	CHECK_OK(http_tape_load(player, buf_str(&line), err), err);
	rc = http_tape_play(player, r, out, err);
	http_tape_close(recorder);
	http_tape_close(player);
	buf_release(&line);
	return rc == 0 ? ERR_NONE : err->code;
}

/* Whole, or not at all: half of a document is none. */
static const struct {
	const char *name;
	size_t size;
	bool is_kept;
} sizes[] = {
	{ "empty", 0, true },
	{ "as much as fits", 6 * 1024 * 1024 - 2, true }, /* there are quotes around it */
	{ "a byte more", 6 * 1024 * 1024 - 1, false },
	{ "more than a line", HTTP_TAPE_LINE_MAX + 1, false },
};

static void test_sizes(void)
{
	const struct http_request r = request_of(STR("{}"));
	static char bytes[HTTP_TAPE_LINE_MAX + 1];

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct str body = { bytes, sizes[i].size };
		struct http_response response;
		struct err err;

		test_case = sizes[i].name;
		http_response_init(&response, sizeof(bytes));
		CHECK_INT(pass(&r, "HTTP/1.1 200\r\n", body, &response, &err),
		    sizes[i].is_kept ? ERR_NONE : ERR_NOTFOUND);
		if (sizes[i].is_kept)
			CHECK(str_eq(buf_str(&response.body), body));
		else
			CHECK_TEXT(err.text,
			    "not in the recording: the answer to AmazonSSM.GetParameter, which is "
			    "too large");
		http_response_release(&response);
	}
}

/* Bodies that are no text: so much of them as the caller says is nobody's. */
static const struct {
	const char *name;
	size_t keeps;
	struct str body, want; /* want.p NULL: it was not kept */
} binary[] = {
	{ "nothing is said", 0, LITERAL("\0\1\2\3"), { NULL, 0 } },
	{ "all", SIZE_MAX, LITERAL("\0\1\2\3"), LITERAL("\0\1\2\3") },
	{ "just all", 4, LITERAL("\0\1\2\3"), LITERAL("\0\1\2\3") },
	{ "the first", 2, LITERAL("\0\1\2\3"), LITERAL("\0\1\0\0") },
	{ "no UTF-8", 1,
	    LITERAL("\xff"
		    "a"),
	    LITERAL("\xff\0") },
	{ "a text", 1, LITERAL("text"), LITERAL("text") },
};

static void test_binary(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(binary); i++) {
		struct http_request r = request_of(STR(""));
		struct http_response response;
		struct err err;

		test_case = binary[i].name;
		r.keeps_bytes = binary[i].keeps;
		r.body = binary[i].body;
		http_response_init(&response, 1024);
		if (pass(&r, "HTTP/2 200\r\n", binary[i].body, &response, &err) == ERR_NONE)
			CHECK_STR(buf_str(&response.body), binary[i].want);
		else
			CHECK(binary[i].want.p == NULL &&
			    str_contains(str_from(err.text), STR("which is no text")));
		CHECK(binary[i].want.p == NULL ||
		    str_has_prefix(buf_str(&response.headers), STR("HTTP/2 200\r\n")));
		http_response_release(&response);
	}
}

static void load_line(struct http_tape *t, const char *members)
{
	struct buf line = BUF_INIT(4096);
	struct err err;

	buf_addf(&line,
	    "{\"operation\":\"AmazonSSM.GetParameter\",\"method\":\"POST\","
	    "\"url\":\"http://a/\",%s}",
	    members);
	CHECK_OK(http_tape_load(t, buf_str(&line), &err), &err);
	buf_release(&line);
}

/* Two that differ in bytes only are told apart. */
static void test_binary_questions(void)
{
	struct http_tape *t = http_tape_player(0);
	struct http_request r = request_of(STR(""));
	struct http_response response;
	struct err err;

	load_line(t, "\"request_base64\":\"AAE=\",\"status\":200,\"body\":\"one\"");
	load_line(t, "\"request_base64\":\"AAI=\",\"status\":200,\"body\":\"two\"");
	http_response_init(&response, 1024);
	r.body = (struct str){ "\0\2", 2 };
	r.keeps_bytes = 2;
	CHECK_OK(http_tape_play(t, &r, &response, &err), &err);
	CHECK_STR(buf_str(&response.body), STR("two"));
	http_response_release(&response);
	http_tape_close(t);
}

/* What says to be of more bytes than anybody takes. */
static void test_pads_no_more_than_is_taken(void)
{
	struct http_tape *t = http_tape_player(0);
	struct http_request r = request_of(STR("b"));
	struct http_response response;
	struct err err;

	load_line(t,
	    "\"request\":\"b\",\"status\":200,\"bytes\":9007199254740991,\"body_base64\":\"AAE=\"");
	load_line(t, "\"request\":\"b\",\"status\":200,\"bytes\":-1,\"body_base64\":\"AAE=\"");
	http_response_init(&response, 1024);
	CHECK_ERR(http_tape_play(t, &r, &response, &err), &err, ERR_CORRUPT);
	http_response_release(&response);
	http_response_init(&response, 1024);
	CHECK_OK(http_tape_play(t, &r, &response, &err), &err);
	CHECK_INT(response.body.n, 2);
	http_response_release(&response);
	http_tape_close(t);
}

static const struct test tests[] = {
	{ "sizes", test_sizes },
	{ "binary", test_binary },
	{ "binary questions", test_binary_questions },
	{ "pads no more than is taken", test_pads_no_more_than_is_taken },
};

TEST_MAIN(tests)
