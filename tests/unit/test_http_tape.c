/* http_tape: kept without secrets, played without a network, each exchange in its turn. */
#include "http_tape.h"

#include "json.h"
#include "test.h"

#define SECRET "s3cr3t/val+ue"

/* As STR(), for tables. */
#define LITERAL(text)                                                                              \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* ---- recording ---- */

struct lines {
	struct buf text;
	unsigned count;
};

static void put(void *arg, struct str line)
{
	struct lines *l = arg;

	CHECK_INT(str_find(line, '\n'), line.n);
	buf_add(&l->text, line);
	buf_addc(&l->text, '\n');
	l->count++;
}

static const struct http_header headers[] = {
	{ "X-Amz-Target", "AmazonSSM.GetParameter" },
	{ "Authorization", "AWS4 " SECRET },
};
static const struct str secrets[] = { { SECRET, sizeof(SECRET) - 1 } };

static struct http_request request_of(const char *url, const char *body)
{
	return (struct http_request){
		.method = "POST",
		.url = url,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.body = str_from(body),
		.has_body = true,
		.secrets = secrets,
		.secret_count = ARRAY_SIZE(secrets),
	};
}

static void keep_answer(struct http_tape *t, const struct http_request *r, int status,
    const char *head, struct str body, const struct err *failure)
{
	struct http_response response;

	http_response_init(&response, 64 * 1024);
	response.status = status;
	buf_adds(&response.headers, head);
	buf_add(&response.body, body);
	http_tape_keep(t, r, &response, failure, 1795248930123);
	http_response_release(&response);
}

static void keep(struct http_tape *t, const struct http_request *r, const char *head,
    struct str body, const struct err *failure)
{
	keep_answer(t, r, 200, head, body, failure);
}

static void keep_status(struct http_tape *t, const struct http_request *r, int status,
    struct str body)
{
	keep_answer(t, r, status, "", body, NULL);
}

/* Answers, and what must be found in the line, and what must not. */
static const struct {
	const char *name, *url, *request, *head;
	struct str body;
	const char *wanted;
} kept[] = {
	{ "a parameter", "http://a/", "{\"Name\":\"/t\"}",
	    "HTTP/1.1 200\r\nDate: today\r\nSet-Cookie: c\r\n",
	    LITERAL("{\"Parameter\":{\"Name\":\"/t\",\"Value\":\"" SECRET "\",\"Version\":3}}"),
	    "{\\\"Parameter\\\":{\\\"Name\\\":\\\"/t\\\",\\\"Value\\\":\\\"[redacted]\\\",\\\"Version\\\":3}}" },
	{ "a list of secrets", "http://a/", "{}", "",
	    LITERAL("{\"secrets\":[{\"name\":\"n\",\"valueFrom\":\"" SECRET "\"}],\"n\":1}"),
	    "{\\\"secrets\\\":[{\\\"name\\\":\\\"[redacted]\\\",\\\"valueFrom\\\":\\\"[redacted]\\\"}],\\\"n\\\":1}" },
	{ "by value, wherever it stands", "http://a/?x=" SECRET, "{\"a\":\"" SECRET "\"}", "",
	    LITERAL("<a>\n " SECRET "\n</a>"), "<a>\\n [redacted]\\n</a>" },
	{ "in a text within", "http://a/", "{}", "",
	    LITERAL("{\"message\":\"{\\\"token\\\":\\\"hidden\\\"}\"}"), "[redacted]" },
	{ "figures", "http://a/", "{}", "", LITERAL("up 1\nrate 2\n"),
	    "\"body\":\"up 1\\nrate 2\\n\"" },
	{ "bytes, in which nobody could find a secret", "http://a/", "{}", "",
	    LITERAL("\0\1 " SECRET), "\"not_kept\":\"no text\"" },
};

static void test_keeps_no_secret(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct lines lines = { .text = BUF_INIT(64 * 1024) };
		struct http_tape *t = http_tape_recorder(put, &lines);
		struct http_request r = request_of(kept[i].url, kept[i].request);

		test_case = kept[i].name;
		keep(t, &r, kept[i].head, kept[i].body, NULL);
		CHECK_INT(lines.count, 1);
		CHECK(str_contains(buf_str(&lines.text), str_from(kept[i].wanted)));
		if (!str_contains(buf_str(&lines.text), str_from(kept[i].wanted)))
			TEST_FAIL("%s", buf_text(&lines.text));
		CHECK(!str_contains(buf_str(&lines.text), STR(SECRET)));
		CHECK(!str_contains(buf_str(&lines.text), STR("hidden")));
		CHECK(!str_contains(buf_str(&lines.text), STR("Authorization")));
		CHECK(!str_contains(buf_str(&lines.text), STR("Cookie")));
		http_tape_close(t);
		buf_release(&lines.text);
	}
}

static bool take_stream(void *arg, struct str bytes)
{
	(void)arg, (void)bytes;
	return true;
}

static void test_leaves_out(void)
{
	struct lines lines = { .text = BUF_INIT(64 * 1024) };
	struct http_tape *t = http_tape_recorder(put, &lines);
	struct http_request off = request_of("http://a/", "{}"), data = off, stream = off;

	off.is_off_tape = true;
	keep(t, &off, "", STR("x"), NULL);
	CHECK_INT(lines.count, 0);
	data.body = STR("question");
	data.hides_request = data.hides_answer = true;
	keep(t, &data, "", STR("the answer"), NULL);
	CHECK(!str_contains(buf_str(&lines.text), STR("question")));
	CHECK(!str_contains(buf_str(&lines.text), STR("the answer")));
	CHECK(str_contains(buf_str(&lines.text), STR("\"not_kept\":\"a client's data\"")));
	keep_status(t, &data, 403, STR("a refusal"));
	CHECK(str_contains(buf_str(&lines.text), STR("\"body\":\"a refusal\"")));
	stream.take = take_stream;
	keep(t, &stream, "", STR(""), NULL);
	CHECK(str_contains(buf_str(&lines.text), STR("\"not_kept\":\"a stream\"")));
	http_tape_close(t);
	buf_release(&lines.text);
}

/* ---- playing ---- */

static void load(struct http_tape *t, const char *operation, const char *url, const char *request,
    const char *answer)
{
	struct buf line = BUF_INIT(4096);
	struct err err;

	buf_addf(&line,
	    "{\"operation\":\"%s\",\"method\":\"POST\",\"url\":\"%s\",\"request\":\"%s\",%s}",
	    operation, url, request, answer);
	CHECK_OK(http_tape_load(t, buf_str(&line), &err), &err);
	buf_release(&line);
}

/* The body of the answer, or the name of the failure. */
static const char *play(struct http_tape *t, const char *url, const char *body, char out[64])
{
	struct http_request r = request_of(url, body);
	struct http_response response;
	struct err err;

	http_response_init(&response, 1024);
	if (http_tape_play(t, &r, &response, &err) == 0)
		(void)snprintf(out, 64, "%s", buf_text(&response.body));
	else
		(void)snprintf(out, 64, "%s", err_name(err.code));
	http_response_release(&response);
	return out;
}

static void test_plays_in_turn(void)
{
	struct http_tape *t = http_tape_player(1000);
	char out[64];

	load(t, "AmazonSSM.GetParameter", "http://a/", "b", "\"status\":200,\"body\":\"one\"");
	load(t, "AmazonSSM.GetParameter", "http://a/", "b", "\"status\":200,\"body\":\"two\"");
	load(t, "AmazonSSM.GetParameter", "http://a/", "t 1795248930123",
	    "\"status\":200,\"body\":\"at\"");
	load(t, "AmazonSSM.GetParameter", "http://a/", "c",
	    "\"failure\":\"timeout\",\"text\":\"x\"");
	load(t, "AmazonSQS.Other", "http://a/", "b", "\"status\":200,\"body\":\"other\"");
	CHECK_TEXT(play(t, "http://a/", "t 1795248999999", out), "at");
	CHECK_TEXT(play(t, "http://a/", "b", out), "one");
	CHECK_TEXT(play(t, "http://a/", "b", out), "two");
	CHECK_TEXT(play(t, "http://elsewhere/", "unknown", out), "timeout");
	CHECK_TEXT(play(t, "http://a/", "b", out), "two"); /* the last word, again */
	CHECK_TEXT(play(t, "http://a/", "d", out), "not_found");
	http_tape_close(t);
}

static void test_clock(void)
{
	struct http_tape *t = http_tape_player(1000);
	char out[64];

	CHECK_INT(clock_wall_ms(http_tape_clock(t)), 1000);
	load(t, "AmazonSSM.GetParameter", "http://a/", "b",
	    "\"at_ms\":5000,\"status\":200,\"body\":\"\"");
	load(t, "AmazonSSM.GetParameter", "http://a/", "c",
	    "\"at_ms\":3000,\"status\":200,\"body\":\"\"");
	(void)play(t, "http://a/", "b", out);
	CHECK_INT(clock_wall_ms(http_tape_clock(t)), 5000);
	(void)play(t, "http://a/", "c", out);
	CHECK_INT(clock_wall_ms(http_tape_clock(t)), 5000);
	http_tape_close(t);
}

/* What was kept is what is answered: status, headers, body. */
static void test_there_and_back(void)
{
	struct lines lines = { .text = BUF_INIT(64 * 1024) };
	struct http_tape *recorder = http_tape_recorder(put, &lines);
	struct http_tape *player = http_tape_player(0);
	struct http_request r = request_of("http://a/b?c", "{\"d\": 1}");
	const struct err failure = { .code = ERR_TIMEOUT, .text = "POST http://a: too slow" };
	struct http_response response;
	struct str line, rest;
	struct err err;

	keep(recorder, &r, "HTTP/1.1 200\r\nDate: today\r\nx-amz-id: 1\r\n\r\n",
	    STR("{\"e\":[1,2]}"), NULL);
	keep(recorder, &r, "", STR(""), &failure);
	for (rest = buf_str(&lines.text); str_cut(rest, '\n', &line, &rest);)
		CHECK_OK(http_tape_load(player, line, &err), &err);
	http_response_init(&response, 1024);
	CHECK_OK(http_tape_play(player, &r, &response, &err), &err);
	CHECK_INT(response.status, 200);
	CHECK_STR(buf_str(&response.body), STR("{\"e\":[1,2]}"));
	CHECK_STR(http_response_header(&response, "Date"), STR("today"));
	CHECK_STR(http_response_header(&response, "Content-Length"), STR("11"));
	CHECK_ERR(http_tape_play(player, &r, &response, &err), &err, ERR_TIMEOUT);
	CHECK_TEXT(err.text, failure.text);
	CHECK_INT(clock_wall_ms(http_tape_clock(player)), 1795248930123);
	http_response_release(&response);
	http_tape_close(recorder);
	http_tape_close(player);
	buf_release(&lines.text);
}

static const char *const no_exchanges[] = { "", "{", "[]", "{}", "{\"url\":\"u\"}",
	"{\"operation\":\"o\"}", "{\"url\":1,\"operation\":\"o\"}" };

static void test_malformed(void)
{
	struct http_tape *t = http_tape_player(0);
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(no_exchanges); i++) {
		test_case = no_exchanges[i];
		CHECK_ERR(http_tape_load(t, str_from(no_exchanges[i]), &err), &err, ERR_CORRUPT);
	}
	http_tape_close(t);
}

static const struct test tests[] = {
	{ "keeps no secret", test_keeps_no_secret },
	{ "leaves out", test_leaves_out },
	{ "plays in turn", test_plays_in_turn },
	{ "clock", test_clock },
	{ "there and back", test_there_and_back },
	{ "malformed", test_malformed },
};

TEST_MAIN(tests)
