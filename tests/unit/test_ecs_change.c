/* What ECS answers to changes, and what is sent to register a revision. */
#include "ecs_change.h"
#include "ecs_revision.h"

#include "test.h"

static struct json *parse(const char *text)
{
	struct json *doc;
	struct err err;

	if (json_parse(str_from(text), &doc, &err) != 0)
		test_die("%s: %s", text, err.text);
	return doc;
}

/* ---- names ---- */

static const struct {
	const char *arn, *family;
	int revision; /* 0: it is no such ARN */
} names[] = {
	{ "arn:aws:ecs:eu-west-1:123456789012:task-definition/prod-api:42", "prod-api", 42 },
	{ "arn:aws-cn:ecs:cn-north-1:1:task-definition/a:1", "a", 1 },
	{ "arn:aws:ecs:r:1:task-definition/a:2147483647", "a", 2147483647 },
	{ "arn:aws:ecs:r:1:task-definition/a:2147483648", "", 0 },
	{ "arn:aws:ecs:r:1:task-definition/a:0", "", 0 },
	{ "arn:aws:ecs:r:1:task-definition/a", "", 0 },
	{ "arn:aws:ecs:r:1:task-definition/:1", "", 0 },
	{ "a:1", "", 0 },
	{ "", "", 0 },
};

static void test_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char family[ECS_NAME_SIZE] = "";
		int revision = 0;

		test_case = names[i].arn;
		CHECK_INT(ecs_revision_name(names[i].arn, family, &revision),
		    names[i].revision > 0);
		CHECK_TEXT(family, names[i].family);
		CHECK_INT(revision, names[i].revision);
	}
}

/* ---- registering ---- */

#define DESCRIBED                                                                                  \
	"{\"taskDefinition\":{\"taskDefinitionArn\":\"x\",\"revision\":3,\"status\":\"ACTIVE\","   \
	"\"family\":\"f\",\"cpu\":\"256\",\"runtimePlatform\":{\"future\":[1.5,null,true]},"       \
	"\"containerDefinitions\":[{\"name\":\"a\",\"image\":\"old\",\"cpu\":7},"                  \
	"{\"name\":\"b\",\"image\":\"side\"}],\"registeredAt\":1}"

static const struct {
	const char *name, *described, *container, *want; /* want NULL: there is no such container */
} bodies[] = {
	{ "the first", DESCRIBED "}", NULL,
	    "{\"family\":\"f\",\"cpu\":\"256\",\"runtimePlatform\":{\"future\":[1.5,null,true]},"
	    "\"containerDefinitions\":[{\"name\":\"a\",\"cpu\":7,\"image\":\"new\"},"
	    "{\"name\":\"b\",\"image\":\"side\"}]}" },
	{ "by name", DESCRIBED "}", "b",
	    "{\"family\":\"f\",\"cpu\":\"256\",\"runtimePlatform\":{\"future\":[1.5,null,true]},"
	    "\"containerDefinitions\":[{\"name\":\"a\",\"image\":\"old\",\"cpu\":7},"
	    "{\"name\":\"b\",\"image\":\"new\"}]}" },
	{ "tags, less those of AWS",
	    "{\"taskDefinition\":{\"containerDefinitions\":[{}]},\"tags\":[{\"key\":\"aws:x\","
	    "\"value\":\"1\"},{\"key\":\"team\",\"value\":\"2\"}]}",
	    "",
	    "{\"containerDefinitions\":[{\"image\":\"new\"}],"
	    "\"tags\":[{\"key\":\"team\",\"value\":\"2\"}]}" },
	{ "no tags but those of AWS",
	    "{\"taskDefinition\":{\"containerDefinitions\":[{}]},\"tags\":[{\"key\":\"aws:x\"}]}",
	    "", "{\"containerDefinitions\":[{\"image\":\"new\"}]}" },
	{ "no such container", DESCRIBED "}", "c", NULL },
	{ "no containers", "{\"taskDefinition\":{}}", "", NULL },
	{ "nothing", "{}", "", NULL },
};

static void test_bodies(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct json *described = parse(bodies[i].described);
		struct buf out = BUF_INIT(4096);
		struct err err;

		test_case = bodies[i].name;
		if (bodies[i].want != NULL) {
			CHECK_OK(ecs_revision_with_image(described, bodies[i].container, "new",
				     &out, &err),
			    &err);
			CHECK_STR(buf_str(&out), str_from(bodies[i].want));
		} else {
			CHECK_ERR(ecs_revision_with_image(described, bodies[i].container, "new",
				      &out, &err),
			    &err, ERR_NOTFOUND);
		}
		buf_release(&out);
		json_free(described);
	}
}

static void test_body_too_large(void)
{
	struct json *described = parse(DESCRIBED "}");
	struct buf out = BUF_INIT(64);
	struct err err;

	CHECK_ERR(ecs_revision_with_image(described, "", "new", &out, &err), &err, ERR_INVALID);
	buf_release(&out);
	json_free(described);
}

/* ---- answers ---- */

static void test_revisions(void)
{
	static struct ecs_revisions all;
	static const struct {
		const char *json;
		int count; /* -1: ERR_CORRUPT */
		bool is_cut;
	} cases[] = {
		{ "{\"taskDefinitionArns\":[]}", 0, false },
		{ "{\"taskDefinitionArns\":[\"arn:x/a:2\",\"arn:x/a:1\"],\"nextToken\":\"t\"}", 2,
		    true },
		{ "{\"taskDefinitionArns\":[\"arn:x/a:2\"],\"nextToken\":null}", 1, false },
		{ "{\"taskDefinitionArns\":[\"a\"]}", -1, false },
		{ "{\"taskDefinitionArns\":[7]}", -1, false },
		{ "{}", -1, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *doc = parse(cases[i].json);
		struct err err;

		test_case = cases[i].json;
		if (cases[i].count < 0) {
			CHECK_ERR(ecs_read_revisions(doc, &all, &err), &err, ERR_CORRUPT);
		} else {
			CHECK_OK(ecs_read_revisions(doc, &all, &err), &err);
			CHECK_INT(all.count, cases[i].count);
			CHECK_INT(all.is_cut, cases[i].is_cut);
		}
		json_free(doc);
	}
}

#define SERVICE(deployments)                                                                       \
	"{\"service\":{\"serviceName\":\"s\",\"deployments\":[" deployments "]}}"

static void test_updates(void)
{
	static const struct {
		const char *json, *id; /* id NULL: ERR_CORRUPT */
	} cases[] = {
		{ SERVICE("{\"id\":\"ecs-svc/1\",\"status\":\"ACTIVE\"},"
			  "{\"id\":\"ecs-svc/2\",\"status\":\"PRIMARY\"}"),
		    "ecs-svc/2" },
		{ SERVICE("{\"status\":\"PRIMARY\"}"), NULL },
		{ SERVICE(""), NULL },
		{ "{\"service\":null}", NULL },
		{ "{}", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json *doc = parse(cases[i].json);
		static struct ecs_deployment d;
		struct err err;

		test_case = cases[i].json;
		if (cases[i].id == NULL) {
			CHECK_ERR(ecs_read_update(doc, &d, &err), &err, ERR_CORRUPT);
		} else {
			CHECK_OK(ecs_read_update(doc, &d, &err), &err);
			CHECK_TEXT(d.id, cases[i].id);
		}
		json_free(doc);
	}
}

#define SESSION(id, url, token)                                                                    \
	"{\"taskArn\":\"arn:t\",\"containerName\":\"c\",\"session\":{\"sessionId\":\"" id          \
	"\",\"streamUrl\":\"" url "\",\"tokenValue\":\"" token "\"}}"

static void test_sessions(void)
{
	static const char *const bad[] = { SESSION("", "u", "t"), SESSION("i", "", "t"),
		SESSION("i", "u", ""), "{\"session\":{}}", "{}" };
	struct json *doc = parse(SESSION("i", "u", "t"));
	struct ecs_session s;
	struct err err;

	CHECK_OK(ecs_read_session(doc, &s, &err), &err);
	CHECK_STR(buf_str(&s.answer),
	    STR("{\"sessionId\":\"i\",\"streamUrl\":\"u\",\"tokenValue\":\"t\"}"));
	CHECK_TEXT(s.container, "c");
	ecs_session_wipe(&s);
	json_free(doc);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case = bad[i];
		doc = parse(bad[i]);
		CHECK_ERR(ecs_read_session(doc, &s, &err), &err, ERR_CORRUPT);
		json_free(doc);
	}
}

static const struct test tests[] = {
	{ "names", test_names },
	{ "bodies", test_bodies },
	{ "body too large", test_body_too_large },
	{ "revisions", test_revisions },
	{ "updates", test_updates },
	{ "sessions", test_sessions },
};

TEST_MAIN(tests)
