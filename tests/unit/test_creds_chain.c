/*
 * creds_chain.c, creds_env.c, creds_profile.c, creds_role.c: which source counts, and what is said
 * when what is configured is wrong.
 */
#include "fake_creds.h"
#include "test.h"

#define CONTAINER_KEYS                                                                             \
	"{\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"" SENTINEL "\",\"Token\":\"t\","             \
	"\"AccountId\":\"000000000003\",\"Expiration\":\"2026-11-21T09:00:00Z\"}"
#define ROLE_KEYS                                                                                  \
	"<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult>" \
	"<AssumedRoleUser><AssumedRoleId>x:y</AssumedRoleId><Arn>arn:aws:sts::123456789012:"       \
	"assumed-role/r/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>R</AccessKeyId>"        \
	"<SecretAccessKey>" SENTINEL "</SecretAccessKey><SessionToken>t</SessionToken>"            \
	"<Expiration>2026-11-21T09:00:00Z</Expiration></Credentials></AssumeRoleResult>"           \
	"</AssumeRoleResponse>"
#define PROCESS_KEYS                                                                               \
	"printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"" SENTINEL "\"}'"
#define LOGIN_KEYS                                                                                 \
	"{\"accessToken\":{\"accessKeyId\":\"L\",\"secretAccessKey\":\"" SENTINEL "\","            \
	"\"sessionToken\":\"t\",\"accountId\":\"000000000005\","                                   \
	"\"expiresAt\":\"2026-11-21T08:10:00Z\"},\"refreshToken\":\"" SENTINEL "\"}"

static const struct fake_row rows[] = {
	{ "GET /c", 200, "", CONTAINER_KEYS, false },
	{ "POST / ", 200, "", ROLE_KEYS, false },
};

static const char config[] = "[default]\n"
			     "region = eu-west-1\n"
			     "[profile keys]\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "aws_account_id = 000000000001\n"
			     "credential_process = /nonexistent\n"
			     "[profile with token]\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "aws_session_token = t\n"
			     "aws_account_id = 1\n"
			     "[profile half]\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "[profile bad]\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = a " SENTINEL "\n"
			     "[profile process]\n"
			     "credential_process = " PROCESS_KEYS "\n"
			     "aws_account_id = 000000000002\n"
			     "[profile login]\n"
			     "login_session = arn:aws:sts::000000000005:assumed-role/r/me\n"
			     "[profile empty]\n"
			     "region = eu-west-1\n"
			     "[profile role]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = keys\n"
			     "region = eu-central-1\n"
			     "external_id = a b&c\n"
			     "role_session_name = me@example.com\n"
			     "duration_seconds = 900\n"
			     "[profile chain]\n"
			     "role_arn = arn:aws:iam::123456789012:role/s\n"
			     "source_profile = role\n"
			     "region = eu-west-1\n"
			     "[profile self]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = self\n"
			     "region = eu-central-1\n"
			     "aws_access_key_id = K\n"
			     "aws_secret_access_key = " SENTINEL "\n"
			     "[profile hollow]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = hollow\n"
			     "[profile a]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = b\n"
			     "[profile b]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = c\n"
			     "[profile c]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = a\n"
			     "[profile two]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = keys\n"
			     "credential_source = Environment\n"
			     "[profile none]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "[profile lost]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = nobody\n"
			     "[profile from env]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "credential_source = Environment\n"
			     "[profile from ecs]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "credential_source = EcsContainer\n"
			     "[profile from moon]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "credential_source = Moon\n"
			     "[profile mfa]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = keys\n"
			     "mfa_serial = arn:aws:iam::123456789012:mfa/me\n"
			     "[profile short]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = keys\n"
			     "duration_seconds = 899\n"
			     "[profile long]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "source_profile = keys\n"
			     "duration_seconds = 43201\n"
			     "[profile token]\n"
			     "role_arn = arn:aws:iam::123456789012:role/r\n"
			     "web_identity_token_file = ~/token\n"
			     "[profile token alone]\n"
			     "web_identity_token_file = ~/token\n";

#define NEW_KEYS "new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"

/* "$c" is the container's URL. */
static void set_environment(const char *words)
{
	const char *url = "AWS_CONTAINER_CREDENTIALS_FULL_URI", *value;

	env_words(words);
	env_set("AWS_EC2_METADATA_DISABLED", "true");
	env_set("AWS_ENDPOINT_URL_STS", fake_url(""));
	value = getenv(url);
	if (value && strcmp(value, "$c") == 0)
		env_set(url, fake_url("/c"));
}

#define ENV_KEYS  "AWS_ACCESS_KEY_ID=E AWS_SECRET_ACCESS_KEY=" SENTINEL
#define ENV_TOKEN "AWS_WEB_IDENTITY_TOKEN_FILE=~/token AWS_ROLE_ARN=arn:x AWS_REGION=eu-west-1"
#define ENV_ECS   "AWS_CONTAINER_CREDENTIALS_FULL_URI=$c"

static void test_sources(void)
{
	static const struct {
		const char *name, *env, *profile, *want;
	} cases[] = {
		{ "environment", ENV_KEYS, NULL,
		    "E/" SENTINEL "///environment/" NEW_KEYS "/never" },
		{ "environment first",
		    ENV_KEYS " AWS_SESSION_TOKEN=t AWS_ACCOUNT_ID=000000000009 AWS_PROFILE=keys "
			     "" ENV_ECS " " ENV_TOKEN,
		    NULL, "E/" SENTINEL "/t/000000000009/environment/" NEW_KEYS "/never" },
		{ "empty variables are none",
		    "AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= AWS_PROFILE=keys", NULL,
		    "K/" SENTINEL "//000000000001/profile keys: keys/aws configure --profile "
		    "keys/never" },
		{ "a named profile before the environment", ENV_KEYS, "keys",
		    "K/" SENTINEL "//000000000001/profile keys: keys/aws configure --profile "
		    "keys/never" },
		{ "web identity before the profile", ENV_TOKEN " AWS_PROFILE=keys", NULL,
		    "R/" SENTINEL "/t/123456789012/web identity//3600" },
		{ "profile before the container", "AWS_PROFILE=process " ENV_ECS, NULL,
		    "P/" SENTINEL "//000000000002/profile process: credential_process//never" },
		{ "no account that is none", "", "with token",
		    "K/" SENTINEL "/t//profile with token: keys/aws configure --profile 'with "
		    "token'/never" },
		{ "default without any, then the container", ENV_ECS, NULL,
		    "C/" SENTINEL "/t/000000000003/container endpoint//3600" },
		{ "a profile without any, then the container", "AWS_PROFILE=empty " ENV_ECS, NULL,
		    "C/" SENTINEL "/t/000000000003/container endpoint//3600" },
		{ "login", "", "login",
		    "L/" SENTINEL "/t/000000000005/profile login: login_session/aws login "
		    "--profile login/600" },
		{ "role", "", "role",
		    "R/" SENTINEL "/t/123456789012/profile role: role/aws configure --profile "
		    "keys/3600" },
		{ "role of a role", "", "chain",
		    "R/" SENTINEL "/t/123456789012/profile chain: role/aws configure --profile "
		    "keys/3600" },
		{ "role by its own keys", "", "self",
		    "R/" SENTINEL "/t/123456789012/profile self: role/aws configure --profile "
		    "self/3600" },
		{ "role by the environment", ENV_KEYS " AWS_REGION=eu-west-1", "from env",
		    "R/" SENTINEL "/t/123456789012/profile from env: role/" NEW_KEYS "/3600" },
		{ "role by the container", ENV_ECS " AWS_REGION=eu-west-1", "from ecs",
		    "R/" SENTINEL "/t/123456789012/profile from ecs: role//3600" },
		{ "role by a token", "AWS_REGION=eu-west-1", "token",
		    "R/" SENTINEL "/t/123456789012/profile token: role by web identity//3600" },
	};

	fake_answer(rows, ARRAY_SIZE(rows));
	fake_write("token", SENTINEL "\n");
	/* sha256 of the session's name */
	fake_write("login/"
		   "5d6a81343c02560101fb9b68d49cf4b7503f7efc3c6c8b2e0e38986e6bf0aaba.json",
	    LOGIN_KEYS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		set_environment(cases[i].env);
		env_set("AWS_LOGIN_CACHE_DIRECTORY", "~/login");
		fake_open(&s, config, cases[i].profile);
		CHECK_TEXT(fake_get(&s), cases[i].want);
		fake_close(&s);
	}
	fake_remove("token");
	fake_remove("login/"
		    "5d6a81343c02560101fb9b68d49cf4b7503f7efc3c6c8b2e0e38986e6bf0aaba.json");
}

/* The profiles, and two that are too large to be written down. */
static const char *whole_config(void)
{
	static char text[sizeof(config) + 200 * 1024];
	static char filler[150 * 1024];

	memset(filler, 'e', sizeof(filler) - 1);
	(void)snprintf(text, sizeof(text),
	    "%s"
	    "[profile endless]\n"
	    "role_arn = arn:aws:iam::123456789012:role/r\n"
	    "source_profile = keys\n"
	    "external_id = %s\n"
	    "[profile huge]\n"
	    "aws_access_key_id = K\n"
	    "aws_secret_access_key = " SENTINEL "\n"
	    "aws_session_token = %.16385s\n",
	    config, filler, filler);
	return text;
}

static void test_refused(void)
{
	static const struct {
		const char *name, *env, *profile, *want;
	} cases[] = {
		{ "nothing", "", NULL,
		    "credentials: no AWS credentials: AWS_ACCESS_KEY_ID is not set, profile "
		    "'default' has none (aws configure, aws sso login), there is no container "
		    "endpoint; EC2's metadata service is switched off" },
		{ "no secret", "AWS_ACCESS_KEY_ID=E AWS_PROFILE=keys", NULL,
		    "credentials: environment: AWS_ACCESS_KEY_ID is set, but "
		    "AWS_SECRET_ACCESS_KEY is not" },
		{ "no key", "AWS_SECRET_ACCESS_KEY=" SENTINEL, NULL,
		    "credentials: environment: AWS_SECRET_ACCESS_KEY is set, but "
		    "AWS_ACCESS_KEY_ID is not" },
		{ "no role", "AWS_WEB_IDENTITY_TOKEN_FILE=~/token " ENV_ECS, NULL,
		    "config: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not" },
		{ "no token file", ENV_TOKEN " " ENV_ECS, NULL,
		    "credentials: web identity token: " },
		{ "no such profile", "AWS_PROFILE=nobody " ENV_ECS, NULL,
		    "config: profile nobody: neither in ~/.aws/config nor in ~/.aws/credentials" },
		{ "no such profile named", "", "nobody", "config: profile nobody: neither in " },
		{ "no credentials in it", ENV_KEYS " " ENV_ECS, "empty",
		    "credentials: profile empty: has no credentials; set some with: aws configure "
		    "--profile empty" },
		{ "half", "AWS_PROFILE=half " ENV_ECS, NULL,
		    "credentials: profile half: aws_access_key_id is missing; set it with: aws "
		    "configure --profile half" },
		{ "not a secret", "", "bad",
		    "credentials: profile bad: keys: its secret access key has characters or a "
		    "length that none has" },
		{ "not logged in", "", "login",
		    "credentials: profile login: login_session: nobody has logged in; log in with: "
		    "aws login --profile login" },
		{ "loop", "", "a", "config: profile a: source_profile of c leads back to it" },
		{ "loop further on", "", "b", "config: profile b: source_profile of a leads" },
		{ "itself without keys", "", "hollow",
		    "config: profile hollow: source_profile is itself, which needs keys in it" },
		{ "two sources", "", "two",
		    "config: profile two: role_arn needs only one of source_profile, "
		    "credential_source and web_identity_token_file" },
		{ "no source", "", "none", "config: profile none: role_arn needs one of " },
		{ "no such source", "", "lost", "config: profile nobody: neither in " },
		{ "no such source by name", "", "from moon",
		    "config: profile from moon: credential_source 'Moon': must be Environment, "
		    "Ec2InstanceMetadata or EcsContainer" },
		{ "source is not configured", "", "from ecs",
		    "credentials: profile from ecs: credential_source EcsContainer: nothing of it "
		    "is configured" },
		{ "code of a device", "", "mfa",
		    "credentials: profile mfa: mfa_serial: no code can be asked for here; use a "
		    "profile with: credential_process = aws configure export-credentials --format "
		    "process --profile mfa" },
		{ "duration below", "AWS_REGION=eu-west-1", "short",
		    "config: profile short: role: STS AssumeRole: duration_seconds '899': must be "
		    "900 to 43200" },
		{ "duration above", "AWS_REGION=eu-west-1", "long",
		    "config: profile long: role: STS AssumeRole: duration_seconds '43201': must "
		    "be" },
		{ "no region", ENV_KEYS, "from env",
		    "config: profile from env: role: STS AssumeRole: no region: set AWS_REGION, or " },
		{ "parameters too long", "AWS_REGION=eu-west-1", "endless",
		    "config: profile endless: role: STS AssumeRole: its parameters are too long" },
		{ "value too long", "", "huge",
		    "credentials: profile huge: keys: its session token has characters or a length" },
		{ "token without a role", "", "token alone",
		    "config: profile token alone: web_identity_token_file needs role_arn" },
	};

	fake_answer(rows, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		set_environment(cases[i].env);
		env_set("AWS_LOGIN_CACHE_DIRECTORY", "~/login");
		fake_open(&s, whole_config(), cases[i].profile);
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		fake_close(&s);
	}
	CHECK_INT(fake_requests(), 0); /* none of these is a reason to ask anybody */
}

static const struct test tests[] = {
	{ "sources", test_sources },
	{ "refused", test_refused },
};

FAKE_MAIN(tests)
