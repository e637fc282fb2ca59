#include "elb.h"

#include "buf.h"
#include "test.h"

static struct xml *parse(struct str text)
{
	struct xml *root;
	struct err err;

	if (xml_parse(text, &root, &err) != 0)
		test_die("%s", err.text);
	return root;
}

#define TARGET(id, health)                                                                         \
	"<member><HealthCheckPort>8080</HealthCheckPort><Target><Id>" id                           \
	"</Id><Port>8080</Port><AvailabilityZone>eu-west-1a</AvailabilityZone></Target>"           \
	"<TargetHealth>" health "</TargetHealth></member>"

static const char targets[] =
    "<DescribeTargetHealthResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">"
    "<DescribeTargetHealthResult><TargetHealthDescriptions>" TARGET("10.0.1.1",
	"<State>healthy</State>") TARGET("10.0.1.2",
	"<State>unhealthy</State><Reason>Target.Timeout"
	"</Reason><Description>Request timed out"
	"</Description>") TARGET("10.0.1.3", "<State>draining</State>") TARGET("10.0.1.4",
	"<State>new one</State>") "</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>";

static void test_targets(void)
{
	struct xml *root = parse(str_from(targets));
	struct elb_targets t = { .count = 0 };
	struct err err;

	CHECK_OK(elb_read_target_health(root, &t, &err), &err);
	CHECK_INT(t.count, 4);
	CHECK_TEXT(t.items[0].id, "10.0.1.1");
	CHECK_INT(t.items[0].port, 8080);
	CHECK_INT(t.items[0].state, ELB_HEALTHY);
	CHECK_TEXT(t.items[0].reason, "");
	CHECK_INT(t.items[1].state, ELB_UNHEALTHY);
	CHECK_TEXT(t.items[1].reason, "Target.Timeout");
	CHECK_TEXT(t.items[1].description, "Request timed out");
	CHECK_INT(t.items[2].state, ELB_DRAINING);
	CHECK_INT(t.items[3].state, ELB_STATE_OTHER);
	CHECK_INT(t.by_state[ELB_HEALTHY], 1);
	elb_targets_release(&t);
	elb_targets_release(&t);
	elb_targets_release(NULL);
	xml_free(root);
}

static void test_states(void)
{
	static const char *const names[] = { "healthy", "initial", "unhealthy", "draining",
		"unhealthy.draining", "unused", "unavailable", "unknown" };

	for (unsigned i = 0; i < ELB_STATE_COUNT; i++)
		CHECK_TEXT(elb_state_name((enum elb_state)i), names[i]);
}

static void test_instances(void)
{
	struct xml *root = parse(STR(
	    "<DescribeInstanceHealthResponse><DescribeInstanceHealthResult><InstanceStates>"
	    "<member><InstanceId>i-1</InstanceId><State>InService</State><ReasonCode>N/A</ReasonCode>"
	    "<Description>N/A</Description></member>"
	    "<member><InstanceId>i-2</InstanceId><State>OutOfService</State><ReasonCode>Instance"
	    "</ReasonCode><Description>it fails</Description></member>"
	    "<member><InstanceId>i-3</InstanceId><State>Unknown</State></member>"
	    "</InstanceStates></DescribeInstanceHealthResult></DescribeInstanceHealthResponse>"));
	struct elb_targets t = { .count = 0 };
	struct err err;

	CHECK_OK(elb_read_instance_health(root, &t, &err), &err);
	CHECK_INT(t.count, 3);
	CHECK_INT(t.items[0].state, ELB_HEALTHY);
	CHECK_TEXT(t.items[0].description, "");
	CHECK_INT(t.items[1].state, ELB_UNHEALTHY);
	CHECK_TEXT(t.items[1].reason, "Instance");
	CHECK_INT(t.items[2].state, ELB_STATE_OTHER);
	elb_targets_release(&t);
	xml_free(root);
}

/* As many as there is room for, and one more. */
static void test_bound(void)
{
	struct buf text = BUF_INIT(1024 * 1024);
	struct elb_targets t = { .count = 0 };
	struct xml *root;
	struct err err;

	buf_adds(&text, "<r><DescribeTargetHealthResult><TargetHealthDescriptions>");
	for (int i = 0; i <= ELB_TARGETS_MAX; i++)
		buf_addf(&text, "<member><Target><Id>%d</Id></Target></member>", i);
	buf_adds(&text, "</TargetHealthDescriptions></DescribeTargetHealthResult></r>");
	root = parse(buf_str(&text));
	CHECK_OK(elb_read_target_health(root, &t, &err), &err);
	CHECK_INT(t.count, ELB_TARGETS_MAX);
	CHECK(t.is_cut);
	elb_targets_release(&t);
	xml_free(root);
	buf_release(&text);
}

static void test_group(void)
{
	struct xml *root = parse(STR(
	    "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>"
	    "<TargetGroupArn>arn:aws:elasticloadbalancing:x:1:targetgroup/a/b</TargetGroupArn>"
	    "<TargetGroupName>a</TargetGroupName><Protocol>HTTP</Protocol><Port>8080</Port>"
	    "<ProtocolVersion>GRPC</ProtocolVersion><TargetType>ip</TargetType>"
	    "<HealthCheckEnabled>true</HealthCheckEnabled><HealthCheckPath>/x/y</HealthCheckPath>"
	    "<HealthCheckPort>traffic-port</HealthCheckPort>"
	    "<HealthCheckIntervalSeconds>15</HealthCheckIntervalSeconds>"
	    "<HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>"
	    "<HealthyThresholdCount>2</HealthyThresholdCount>"
	    "<UnhealthyThresholdCount>3</UnhealthyThresholdCount>"
	    "<Matcher><GrpcCode>0-99</GrpcCode></Matcher>"
	    "<LoadBalancerArns><member>arn:lb</member></LoadBalancerArns>"
	    "</member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>"));
	struct elb_target_group g;
	struct err err;

	CHECK_OK(elb_read_target_group(root, &g, &err), &err);
	CHECK_TEXT(g.name, "a");
	CHECK_TEXT(g.version, "GRPC");
	CHECK_TEXT(g.check_path, "/x/y");
	CHECK_TEXT(g.matcher, "0-99");
	CHECK(g.is_checked);
	CHECK_INT(g.port, 8080);
	CHECK_INT(g.interval_s, 15);
	CHECK_INT(g.unhealthy_threshold, 3);
	CHECK_INT(g.balancer_count, 1);
	CHECK_TEXT(g.balancers[0], "arn:lb");
	xml_free(root);
}

static void test_malformed(void)
{
	static const char no_lists[] =
	    "<r><DescribeTargetHealthResult/><DescribeInstanceHealthResult/>"
	    "<DescribeTargetGroupsResult/></r>";
	static const char *const texts[] = {
		"<r/>",
		no_lists,
		"<r><DescribeTargetGroupsResult><TargetGroups/></DescribeTargetGroupsResult></r>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct xml *root = parse(str_from(texts[i]));
		struct elb_targets t = { .count = 0 };
		struct elb_target_group g;
		struct err err;

		test_case = texts[i];
		CHECK_ERR(elb_read_target_health(root, &t, &err), &err, ERR_CORRUPT);
		CHECK_ERR(elb_read_instance_health(root, &t, &err), &err, ERR_CORRUPT);
		CHECK_ERR(elb_read_target_group(root, &g, &err), &err, ERR_CORRUPT);
		CHECK_INT(t.count, 0);
		xml_free(root);
	}
}

static const struct test tests[] = {
	{ "targets", test_targets },
	{ "states", test_states },
	{ "instances", test_instances },
	{ "bound", test_bound },
	{ "group", test_group },
	{ "malformed", test_malformed },
};

TEST_MAIN(tests)
