/* The account of a span of time: lines of the audit and records in, sums and names out. */
#include "reconcile.h"

#include "clock.h"

#include "test.h"

enum { SINCE_MS = 1000 * 1000, UNTIL_MS = 2000 * 1000, LINE_MAX = 512 };

static struct reconcile r;

static void line_at(int64_t at_ms, const char *action, const char *request, const char *id)
{
	char at[CLOCK_RFC3339_SIZE], text[LINE_MAX];

	clock_rfc3339(at_ms, at);
	(void)snprintf(text, sizeof(text),
	    "{\"@timestamp\":\"%s\",\"message\":\"audit\",\"event.action\":\"%s\","
	    "\"http.request.id\":\"%s\"%s%s%s}",
	    at, action, request, id[0] ? ",\"webhook.id\":\"" : "", id, id[0] ? "\"" : "");
	reconcile_line(&r, str_from(text));
}

static void line(const char *action, const char *request, const char *id)
{
	line_at(SINCE_MS, action, request, id);
}

static void stored(const char *id, int64_t accepted_at_ms)
{
	const struct record record = { .id = str_from(id), .accepted_at_ms = accepted_at_ms };

	reconcile_stored(&r, &record);
}

static void dead(const char *id)
{
	const struct record record = { .id = str_from(id), .accepted_at_ms = SINCE_MS };

	reconcile_dead(&r, &record);
}

static bool add_name(void *arg, const char *id)
{
	buf_addf(arg, "%s ", id);
	return true;
}

static void check_names(const char *missing, const char *doubled)
{
	struct buf names = BUF_INIT(1024);

	reconcile_each_missing(&r, add_name, &names);
	CHECK_TEXT(buf_text(&names), missing);
	buf_reset(&names);
	reconcile_each_doubled(&r, add_name, &names);
	CHECK_TEXT(buf_text(&names), doubled);
	buf_release(&names);
}

static void begin(const char *name)
{
	test_case = name;
	reconcile_init(&r, SINCE_MS, UNTIL_MS);
}

static void test_balanced(void)
{
	begin("balanced");
	line("token-accepted", "r1", "a");
	line("previous-key-used", "r2", "b");
	line("token-accepted", "r3", "");
	line("signature-refused", "r4", "d");
	reconcile_settle(&r);
	stored("a", SINCE_MS);
	stored("b", SINCE_MS + 1);
	stored("its own", UNTIL_MS - 1);
	CHECK_INT(r.accepted, 3);
	CHECK_INT(r.unnamed, 1);
	CHECK_INT(r.stored, 3);
	CHECK_INT(reconcile_missing(&r), 0);
	CHECK_INT(reconcile_unnamed_missing(&r), 0);
	check_names("", "");
	reconcile_release(&r);
}

static void test_refused(void)
{
	begin("refused after its credentials were good");
	line("token-accepted", "r1", "a");
	line("submission-refused", "r1", "a");
	line("submission-refused", "r1", "a"); /* a line that is read twice */
	line("token-accepted", "r2", "");
	line("submission-refused", "r2", "");
	line("submission-refused", "before the span", "z");
	line("token-accepted", "r3", "a");       /* tried again */
	line("token-accepted", "opsctl-1", "c"); /* a question about the token */
	line("submission-refused", "opsctl-1", "c");
	line("token-accepted", "opsctl-2", "d"); /* a client's that looks like one, and is taken */
	reconcile_settle(&r);
	stored("d", SINCE_MS);
	CHECK_INT(r.accepted, 4);
	CHECK_INT(r.checks, 1);
	CHECK_INT(r.refused, 2);
	CHECK_INT(r.unnamed, 0);
	CHECK_INT(r.ids.count, 2);
	check_names("a ", "");
	reconcile_release(&r);
}

static void test_one_request_id(void)
{
	begin("a client that gives all its requests one id");
	line("token-accepted", "always", "a");
	line("token-accepted", "always", "b");
	line("submission-refused", "always", "b");
	line("token-accepted", "always", "c");
	line("token-accepted", "always", "c"); /* a line that is read twice */
	line("submission-refused", "always", "c");
	line("token-accepted", "always", "");
	line("token-accepted", "always", "d");
	reconcile_settle(&r);
	stored("d", SINCE_MS);
	CHECK_INT(r.refused, 2);
	CHECK_INT(r.unnamed, 1);
	CHECK_INT(r.ids.count, 2);
	CHECK_INT(reconcile_missing(&r), 1);
	check_names("a ", "");
	reconcile_release(&r);
}

static void test_lost_and_doubled(void)
{
	begin("lost and doubled");
	line("token-accepted", "r1", "a");
	line("token-accepted", "r2", "b");
	line("token-accepted", "r3", "b");
	line("replay", "r3", "b");
	line("token-accepted", "r4", "c");
	reconcile_settle(&r);
	stored("b", SINCE_MS);
	stored("b", SINCE_MS);
	stored("b", SINCE_MS);
	stored("twice", SINCE_MS);
	stored("twice", SINCE_MS);
	dead("c");
	dead("c");
	dead("b"); /* stored all the same */
	dead("another's");
	CHECK_INT(r.replays, 1);
	CHECK_INT(r.doubled, 2);
	CHECK_INT(r.dead, 1);
	CHECK_INT(reconcile_missing(&r), 1);
	CHECK_INT(reconcile_unnamed_missing(&r), -1);
	check_names("a ", "b twice ");
	reconcile_release(&r);
}

static void test_edges(void)
{
	begin("edges");
	line_at(SINCE_MS - 1, "token-accepted", "r1", "before");
	line_at(UNTIL_MS, "token-accepted", "r2", "after");
	line_at(SINCE_MS, "token-accepted", "r3", "first");
	line_at(UNTIL_MS - 1, "token-accepted", "r4", "last");
	reconcile_line(&r, STR("not JSON"));
	reconcile_line(&r, STR(""));
	reconcile_line(&r, STR("{\"@timestamp\":\"yesterday\",\"event.action\":\"replay\"}"));
	reconcile_line(&r, STR("[]"));
	reconcile_settle(&r);
	CHECK_INT(r.first_line_ms, SINCE_MS - 1);
	CHECK_INT(r.audit_lines, 2);
	stored("first", SINCE_MS - 5); /* its first attempt came before */
	stored("other", SINCE_MS - 1);
	stored("other", UNTIL_MS);
	CHECK_INT(r.stored, 1);
	CHECK_INT(reconcile_missing(&r), 1);
	check_names("last ", "");
	reconcile_release(&r);
}

static void test_nothing(void)
{
	begin("nothing");
	reconcile_settle(&r);
	CHECK_INT(reconcile_missing(&r), 0);
	CHECK_INT(r.first_line_ms, INT64_MAX);
	check_names("", "");
	reconcile_release(&r);
}

static const struct test tests[] = {
	{ "balanced", test_balanced },
	{ "refused", test_refused },
	{ "one request id", test_one_request_id },
	{ "lost and doubled", test_lost_and_doubled },
	{ "edges", test_edges },
	{ "nothing", test_nothing },
};

TEST_MAIN(tests)
