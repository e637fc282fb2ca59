/* The rows of aws_ops.c: whole, distinct, and in the forms that the wire asks for. */
#include "aws_ops.h"

#include "test.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_made_of(const char *text, const char *set)
{
	return text && *text && str_only(str_from(text), set);
}

static void check_service(const struct aws_service *s)
{
	bool is_rest = s->protocol == AWS_REST_XML;

	test_case = s->name ? s->name : "a service without a name";
	CHECK(s->name && *s->name);
	CHECK(is_made_of(s->endpoint_id, UPPER DIGITS "_"));
	CHECK(is_made_of(s->prefix, LOWER DIGITS "."));
	CHECK(is_made_of(s->signing_name, LOWER DIGITS));
	CHECK(is_made_of(s->iam_prefix, LOWER DIGITS));
	CHECK(is_rest == !s->target);
	if (s->protocol == AWS_QUERY)
		CHECK(is_made_of(s->target, DIGITS "-") && strlen(s->target) == 10);
	if (s->has_query_mode)
		CHECK(s->protocol == AWS_JSON_1_0);
}

static void test_services(void)
{
	for (size_t i = 0; i < AWS_SERVICE_COUNT; i++) {
		check_service(&aws_services[i]);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(aws_services[i].endpoint_id, aws_services[j].endpoint_id));
	}
}

static void check_operation(const struct aws_operation *o)
{
	test_case = o->name ? o->name : "an operation without a name";
	CHECK(is_made_of(o->name, UPPER LOWER DIGITS));
	CHECK(!o->iam || is_made_of(o->iam, UPPER LOWER DIGITS));
	CHECK(!o->iam || strcmp(o->iam, o->name) != 0);
	CHECK((o->method != NULL) == (aws_services[o->service].protocol == AWS_REST_XML));
	CHECK(o->is_repeatable !=
	    (o == &aws_operations[LOGS_START_LIVE_TAIL] ||
		o == &aws_operations[ECS_EXECUTE_COMMAND]));
}

static void test_operations(void)
{
	for (size_t i = 0; i < AWS_OP_COUNT; i++) {
		check_operation(&aws_operations[i]);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(aws_operations[i].name, aws_operations[j].name) ||
			    aws_operations[i].service != aws_operations[j].service);
	}
}

/* Facts that nothing else would notice. */
static const struct {
	const char *name;
	enum aws_op op;
	const char *service, *iam, *method;
	bool is_long_poll, answers_bytes;
} facts[] = {
	{ "batches are permitted by the name of one", SQS_SEND_MESSAGE_BATCH, "sqs", "SendMessage",
	    NULL, false, false },
	{ "receive waits", SQS_RECEIVE_MESSAGE, "sqs", NULL, NULL, true, false },
	{ "HEAD is permitted as GET", S3_HEAD_OBJECT, "s3", "GetObject", "HEAD", false, false },
	{ "an object is bytes", S3_GET_OBJECT, "s3", NULL, "GET", false, true },
	{ "a listing is permitted on the bucket", S3_LIST_OBJECTS_V2, "s3", "ListBucket", "GET",
	    false, false },
	{ "metrics are signed as monitoring", CLOUDWATCH_GET_METRIC_DATA, "monitoring", NULL, NULL,
	    false, false },
};

static void test_facts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const struct aws_operation *o = &aws_operations[facts[i].op];

		test_case = facts[i].name;
		CHECK_TEXT(aws_services[o->service].signing_name, facts[i].service);
		CHECK_TEXT(o->iam, facts[i].iam);
		CHECK_TEXT(o->method, facts[i].method);
		CHECK_INT(o->is_long_poll, facts[i].is_long_poll);
		CHECK_INT(o->answers_bytes, facts[i].answers_bytes);
	}
}

/* Of these nobody is to read the body; of all others a trace and a recording show it. */
static const struct {
	enum aws_op op;
	bool request, answer;
} hidden[] = {
	{ SQS_SEND_MESSAGE_BATCH, true, false },
	{ SQS_RECEIVE_MESSAGE, false, true },
	{ S3_PUT_OBJECT, true, false },
	{ S3_GET_OBJECT, false, true },
	{ ECS_EXECUTE_COMMAND, true, false },
};

static void test_hidden(void)
{
	for (size_t op = 0; op < AWS_OP_COUNT; op++) {
		const struct aws_operation *o = &aws_operations[op];
		bool request = false, answer = false;

		for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
			request = request || (hidden[i].op == op && hidden[i].request);
			answer = answer || (hidden[i].op == op && hidden[i].answer);
		}
		test_case = o->name;
		CHECK_INT(o->hides_request, request);
		CHECK_INT(o->hides_answer, answer);
		CHECK(!o->answers_bytes || o->hides_answer);
	}
}

static const struct test tests[] = {
	{ "services", test_services },
	{ "operations", test_operations },
	{ "facts", test_facts },
	{ "hidden", test_hidden },
};

TEST_MAIN(tests)
