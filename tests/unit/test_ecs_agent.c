/* ecs_agent.c against a server that answers as the container agent does. */
#include "ecs_agent.h"

#include "test.h"
#include "web.h"

static struct {
	int status;
	const char *body;
	struct buf request; /* the last one */
} agent = { .request = BUF_INIT(64 * 1024) };

static bool answer(void *arg, struct str request, struct buf *out)
{
	(void)arg;
	buf_reset(&agent.request);
	buf_add(&agent.request, request);
	web_answer(out, agent.status, "", str_from(agent.body));
	return true;
}

static struct http *client_open(void)
{
	const struct http_options options = { .user_agent = "test/1" };
	struct http *h = NULL;
	struct err err;

	if (http_open(&h, &options, &err) != 0)
		test_die("http_open: %s", err.text);
	return h;
}

/* The agent's variables name the server, or nothing. */
static void set_agent(bool is_there)
{
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v4/abc", web_port());
	if (is_there) {
		setenv("ECS_CONTAINER_METADATA_URI_V4", url, 1);
		setenv("ECS_AGENT_URI", url, 1);
	} else {
		unsetenv("ECS_CONTAINER_METADATA_URI_V4");
		unsetenv("ECS_AGENT_URI");
	}
}

#define ARN "arn:aws:ecs:eu-west-1:111122223333:task/prod/158d1c8083dd49d6b527399fd6414f5c"

static void test_task(void)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
		enum err_code code;
		const char *id, *zone;
	} rows[] = {
		{ "whole", 200,
		    "{\"Cluster\":\"prod\",\"TaskARN\":\"" ARN
		    "\",\"Family\":\"ops\",\"Revision\":\"26\",\"AvailabilityZone\":\"eu-west-1a\"}",
		    ERR_NONE, "158d1c8083dd49d6b527399fd6414f5c", "eu-west-1a" },
		{ "members missing", 200, "{}", ERR_NONE, "", "" },
		{ "not JSON", 200, "no", ERR_CORRUPT, "", "" },
		{ "error", 500, "{}", ERR_IO, "", "" },
	};
	struct http *h = client_open();

	set_agent(true);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ecs_this_task task;
		struct err err = { 0 };
		int rc;

		test_case = rows[i].name;
		agent.status = rows[i].status;
		agent.body = rows[i].body;
		rc = ecs_agent_task(h, &task, &err);
		CHECK_INT(rc, rows[i].code == ERR_NONE ? 0 : -1);
		CHECK_INT(rc ? err.code : ERR_NONE, rows[i].code);
		CHECK_STR(web_target(buf_str(&agent.request)), STR("/v4/abc/task"));
		if (rc == 0) {
			CHECK_TEXT(task.task_id, rows[i].id);
			CHECK_TEXT(task.zone, rows[i].zone);
		}
	}
	http_close(h);
}

static void test_not_on_ecs(void)
{
	struct http *h = client_open();
	struct ecs_this_task task;
	struct err err;

	set_agent(false);
	CHECK_ERR(ecs_agent_task(h, &task, &err), &err, ERR_NOTFOUND);
	CHECK(!ecs_agent_can_protect());
	CHECK_ERR(ecs_agent_protect(h, 10, &err), &err, ERR_NOTFOUND);
	http_close(h);
}

#define ON  "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":10}"
#define OFF "{\"ProtectionEnabled\":false}"

static void test_protect(void)
{
	static const struct {
		const char *name;
		unsigned minutes;
		const char *asked;
		int status;
		const char *body;
		enum err_code code;
	} rows[] = {
		{ "on", 10, ON, 200, "{\"protection\":{\"ProtectionEnabled\":true}}", ERR_NONE },
		{ "off", 0, OFF, 200, "{\"protection\":{\"ProtectionEnabled\":false}}", ERR_NONE },
		{ "denied", 10, ON, 400,
		    "{\"requestID\":\"1\",\"error\":{\"Arn\":\"" ARN
		    "\",\"Code\":\"AccessDeniedException\",\"Message\":\"no\"}}",
		    ERR_DENIED },
		{ "throttled", 10, ON, 429, "{\"error\":{\"Code\":\"ThrottlingException\"}}",
		    ERR_BUSY },
		{ "deployment blocked", 10, ON, 200,
		    "{\"failure\":{\"Arn\":\"" ARN "\",\"Reason\":\"DEPLOYMENT_BLOCKED\"}}",
		    ERR_INVALID },
		{ "nothing said", 10, ON, 200, "{}", ERR_CORRUPT },
		{ "error without body", 10, ON, 502, "{}", ERR_IO },
	};
	struct http *h = client_open();

	set_agent(true);
	CHECK(ecs_agent_can_protect());
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		int rc;

		test_case = rows[i].name;
		agent.status = rows[i].status;
		agent.body = rows[i].body;
		rc = ecs_agent_protect(h, rows[i].minutes, &err);
		CHECK_INT(rc, rows[i].code == ERR_NONE ? 0 : -1);
		CHECK_INT(rc ? err.code : ERR_NONE, rows[i].code);
		CHECK_STR(web_method(buf_str(&agent.request)), STR("PUT"));
		CHECK_STR(web_target(buf_str(&agent.request)),
		    STR("/v4/abc/task-protection/v1/state"));
		CHECK_STR(web_body(buf_str(&agent.request)), str_from(rows[i].asked));
	}
	http_close(h);
}

static const struct test tests[] = {
	{ "task", test_task },
	{ "not on ECS", test_not_on_ecs },
	{ "protect", test_protect },
};

int main(int argc, char **argv)
{
	int rc;

	web_start(answer, NULL);
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	web_stop();
	buf_release(&agent.request);
	return rc;
}
