/* Services of a context, from lines of contexts.ini and from outputs of Terraform. */
#include "context_service.h"

#include "test.h"

static struct context_service services[CONTEXT_SERVICES_MAX];
static size_t count;

static int take(const char *key, const char *value, struct err *err)
{
	return context_service_take(services, &count, key, value, err);
}

static const struct {
	const char *key, *value;
	bool is_good;
} lines[] = {
	{ "api.ecs", "prod-api", true },
	{ "api.targets", "arn:aws:elasticloadbalancing:r:1:targetgroup/a/1", true },
	{ "api.targets-2", "arn:b", true },
	{ "api.probe", "https://api.example.com/health", true },
	{ "api.probe", "grpc://h:5000/grpc.health.v1.Health/Check", true },
	{ "api.probe", "grpcs://h/x", true },
	{ "worker.logs", "/prod/worker", true },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123.ecs", "31 characters", true },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123", "no key", false },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234.ecs", "too long", false },
	{ "api.targets", "not an ARN", false },
	{ "api.probe", "ftp://h", false },
	{ "api.nonsense", "x", false },
	{ "api.", "x", false },
	{ ".ecs", "x", false },
	{ "", "x", false },
	{ "a b.ecs", "x", false },
	{ "a_b.ecs", "x", false },
};

static void test_lines(void)
{
	count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct err err;

		test_case = lines[i].key;
		if (lines[i].is_good)
			CHECK_OK(take(lines[i].key, lines[i].value, &err), &err);
		else
			CHECK_ERR(take(lines[i].key, lines[i].value, &err), &err, ERR_CONFIG);
	}
	CHECK_TEXT(services[0].name, "api");
	CHECK_TEXT(services[0].values[SERVICE_ECS], "prod-api");
	CHECK_TEXT(services[0].values[SERVICE_PROBE], "grpcs://h/x");
	CHECK_TEXT(services[1].name, "worker");
	CHECK_TEXT(services[1].values[SERVICE_LOGS], "/prod/worker");
}

static void test_limits(void)
{
	static char value[CONTEXT_VALUE_MAX + 1];
	char key[32];
	struct err err;

	test_case = "limits";
	count = 0;
	for (int i = 0; i < CONTEXT_SERVICES_MAX; i++) {
		(void)snprintf(key, sizeof(key), "s%d.ecs", i);
		CHECK_OK(take(key, "x", &err), &err);
	}
	CHECK_ERR(take("more.ecs", "x", &err), &err, ERR_CONFIG);
	CHECK_INT(count, CONTEXT_SERVICES_MAX);
	CHECK_OK(take("s0.logs", "x", &err), &err); /* one that is there */

	memset(value, 'v', CONTEXT_VALUE_MAX - 1);
	CHECK_OK(take("s0.ecs", value, &err), &err);
	value[CONTEXT_VALUE_MAX - 1] = 'v';
	CHECK_ERR(take("s0.ecs", value, &err), &err, ERR_CONFIG);
}

static const struct {
	const char *name, *json;
	enum err_code code;
} outputs[] = {
	{ "whole",
	    "{\"api\":{\"ecs_service\":\"prod-api\",\"target_group_arns\":[\"arn:1\",\"arn:2\"],"
	    "\"elb\":null,\"log_group\":\"/prod/api\",\"container\":\"api\","
	    "\"image_repository\":\"r/api\",\"probe\":\"https://h/health\",\"more\":[1]},"
	    "\"worker\":{\"ecs_service\":\"prod-worker\"}}",
	    ERR_NONE },
	{ "none", "{}", ERR_NONE },
	{ "not a map", "[]", ERR_NONE },
	{ "an empty service", "{\"api\":{}}", ERR_NONE },
	{ "three target groups",
	    "{\"api\":{\"target_group_arns\":[\"arn:1\",\"arn:2\",\"arn:3\"]}}", ERR_INVALID },
	{ "a bad name", "{\"a b\":{}}", ERR_CONFIG },
	{ "a bad value", "{\"api\":{\"probe\":\"x\"}}", ERR_CONFIG },
};

static void test_import(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		struct json *map;
		struct err err;

		test_case = outputs[i].name;
		count = 0;
		if (json_parse(str_from(outputs[i].json), &map, &err) != 0)
			test_die("%s", err.text);
		if (outputs[i].code == ERR_NONE)
			CHECK_OK(context_service_import(map, services, &count, &err), &err);
		else
			CHECK_ERR(context_service_import(map, services, &count, &err), &err,
			    outputs[i].code);
		json_free(map);
		if (i > 0)
			continue;
		CHECK_INT(count, 2);
		CHECK_TEXT(services[0].values[SERVICE_TARGETS], "arn:1");
		CHECK_TEXT(services[0].values[SERVICE_TARGETS_2], "arn:2");
		CHECK_TEXT(services[0].values[SERVICE_ELB], "");
		CHECK_TEXT(services[0].values[SERVICE_IMAGE], "r/api");
		CHECK_TEXT(services[1].values[SERVICE_ECS], "prod-worker");
	}
}

static const struct test tests[] = {
	{ "lines", test_lines },
	{ "limits", test_limits },
	{ "import", test_import },
};

TEST_MAIN(tests)
