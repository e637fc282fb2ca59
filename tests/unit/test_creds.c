/* creds.c: when the cache asks, what it hands out meanwhile, and how many ask. */
#include "fake_creds.h"
#include "test.h"

enum { THREADS = 16 };

#define KEYS(name, expiration)                                                                     \
	"{\"AccessKeyId\":\"" name "\",\"SecretAccessKey\":\"" SENTINEL "\",\"Token\":\"t\","      \
	"\"Expiration\":\"" expiration "\"}"
#define FROM_CONTAINER(name, life) name "/" SENTINEL "/t//container endpoint//" life

static const struct fake_row hour[] = { { "GET /c", 200, "", KEYS("A", "2026-11-21T09:00:00Z"),
    false } };
static const struct fake_row two_hours[] = { { "GET /c", 200, "", KEYS("B", "2026-11-21T10:00:00Z"),
    false } };
static const struct fake_row short_life[] = { { "GET /c", 200, "",
    KEYS("A", "2026-11-21T08:12:00Z"), false } };
static const struct fake_row broken[] = { { "GET /c", 500, "", SENTINEL, false } };
static const struct fake_row gone[] = { { "GET /c", 0, "", "", false } };
static const struct fake_row held_hour[] = { { "GET /c", 200, "", KEYS("A", "2026-11-21T09:00:00Z"),
    true } };
static const struct fake_row held_two[] = { { "GET /c", 200, "", KEYS("B", "2026-11-21T10:00:00Z"),
    true } };

#define ANSWER(rows) fake_answer(rows, ARRAY_SIZE(rows))

static void open_container(struct fake_session *s)
{
	fake_clear();
	env_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", fake_url("/c"));
	fake_open(s, "", NULL);
}

static void advance_s(struct fake_session *s, int64_t seconds)
{
	clock_fake_advance(&s->clock, seconds * 1000);
}

#define FAILURE "busy: container endpoint: HTTP 500"

static void test_kept(void)
{
	struct fake_session s;

	open_container(&s);
	ANSWER(hour);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "3600"));
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "3600"));
	advance_s(&s, 3600 - 15 * 60 - 1);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "901"));
	CHECK_INT(fake_requests(), 1);
	fake_close(&s);
}

/* By the latest a tenth of the 15 minutes later: that is the jitter. */
static void test_refreshed_early(void)
{
	struct fake_session s;

	open_container(&s);
	ANSWER(hour);
	(void)fake_get(&s);
	ANSWER(two_hours);
	advance_s(&s, 3600 - 15 * 60 + 91);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("B", "4409"));
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("B", "4409"));
	CHECK_INT(fake_requests(), 1);
	fake_close(&s);
}

/* Of a short life a third: else every call would refresh. */
static void test_short_life(void)
{
	struct fake_session s;

	open_container(&s);
	ANSWER(short_life);
	(void)fake_get(&s);
	advance_s(&s, 8 * 60 - 1);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 1);
	advance_s(&s, 26);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 2);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "215"));
	CHECK_INT(fake_requests(), 2);
	fake_close(&s);
}

static void test_failing(void)
{
	struct fake_session s;

	open_container(&s);
	ANSWER(hour);
	(void)fake_get(&s);

	test_case = "the old ones serve";
	ANSWER(broken);
	advance_s(&s, 3600 - 10 * 60);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "600"));
	CHECK_INT(fake_requests(), 3);
	test_case = "no try within a pause";
	advance_s(&s, 59);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "541"));
	CHECK_INT(fake_requests(), 3);
	test_case = "a try after it";
	advance_s(&s, 1);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("A", "540"));
	CHECK_INT(fake_requests(), 6);

	test_case = "expired";
	advance_s(&s, 540);
	CHECK_BEGINS(fake_get(&s), FAILURE);
	CHECK_INT(fake_requests(), 9);
	test_case = "at once, without asking";
	CHECK_BEGINS(fake_get(&s), FAILURE);
	CHECK_INT(fake_requests(), 9);
	test_case = "again after a second";
	ANSWER(two_hours);
	CHECK_BEGINS(fake_get(&s), FAILURE);
	advance_s(&s, 1);
	CHECK_TEXT(fake_get(&s), FROM_CONTAINER("B", "3599"));
	fake_close(&s);
}

static void test_never_there(void)
{
	struct fake_session s;

	open_container(&s);
	ANSWER(gone);
	CHECK_BEGINS(fake_get(&s), "io: container endpoint: GET http://127.0.0.1:");
	CHECK(!strstr(fake_get(&s), "/c")); /* the path of ECS is as good as a password */
	CHECK_INT(fake_requests(), 3);

	test_case = "expired on arrival";
	ANSWER(hour);
	advance_s(&s, 3600);
	CHECK_TEXT(fake_get(&s),
	    "credentials: container endpoint: expired at 2026-11-21T09:00:00Z");
	fake_close(&s);
}

static void reject(struct fake_session *s)
{
	const struct creds *c;
	struct err err;

	CHECK_OK(creds_get(s->cache, &c, &err), &err);
	creds_reject(s->cache, c);
	creds_release(c);
}

static void test_rejected(void)
{
	struct fake_session s;
	const struct creds *old;
	struct err err;

	open_container(&s);
	ANSWER(hour);
	CHECK_OK(creds_get(s.cache, &old, &err), &err);

	test_case = "refreshed once";
	creds_reject(s.cache, old);
	creds_reject(s.cache, old);
	(void)fake_get(&s);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 2);
	test_case = "an old one does not count";
	creds_reject(s.cache, old);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 2);
	test_case = "readable as long as it is held";
	CHECK_TEXT(old->access_key_id, "A");
	creds_release(old);

	test_case = "rejected again at once";
	reject(&s);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 2);
	test_case = "rejected a second later";
	advance_s(&s, 1);
	reject(&s);
	(void)fake_get(&s);
	CHECK_INT(fake_requests(), 3);

	test_case = "rejected, and no new ones come";
	advance_s(&s, 1);
	reject(&s);
	ANSWER(broken);
	CHECK_BEGINS(fake_get(&s), FAILURE);
	fake_close(&s);
	creds_release(NULL);
	creds_close(NULL);
}

/* Those that never expire. */
static void test_static(void)
{
	struct fake_session s;

	fake_clear();
	env_set("AWS_ACCESS_KEY_ID", "A");
	env_set("AWS_SECRET_ACCESS_KEY", SENTINEL);
	fake_open(&s, "", NULL);
	(void)fake_get(&s);
	env_set("AWS_ACCESS_KEY_ID", "B");
	advance_s(&s, (int64_t)100 * 365 * 86400);
	CHECK_TEXT(fake_get(&s),
	    "A/" SENTINEL "///environment/new AWS_ACCESS_KEY_ID, "
	    "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN/never");
	reject(&s);
	CHECK_BEGINS(fake_get(&s), "B/");
	fake_close(&s);
}

/* ---- EC2's are used beyond their expiry ---- */

#define IMDS_ROWS(status, keys)                                                                    \
	{                                                                                          \
		{ "PUT /latest/api/token", status, "", "token", false },                           \
		    { "GET /latest/meta-data/iam/security-credentials/role", status, "", keys,     \
			    false },                                                               \
		    { "GET /latest/meta-data/iam/security-credentials/ ", status, "", "role",      \
			    false },                                                               \
	}
#define FROM_EC2(name, life) name "/" SENTINEL "/t//EC2 metadata//" life

static const struct fake_row imds_hour[] = IMDS_ROWS(200, KEYS("A", "2026-11-21T09:00:00Z"));
static const struct fake_row imds_later[] = IMDS_ROWS(200, KEYS("B", "2026-11-21T12:00:00Z"));
static const struct fake_row imds_down[] = IMDS_ROWS(503, "");

static void test_stable(void)
{
	struct fake_session s;

	fake_clear();
	env_set("AWS_EC2_METADATA_DISABLED", NULL);
	env_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake_url(""));
	fake_open(&s, "", NULL);
	ANSWER(imds_hour);
	CHECK_TEXT(fake_get(&s), FROM_EC2("A", "3600"));

	test_case = "the service is down";
	ANSWER(imds_down);
	advance_s(&s, 2 * 3600);
	CHECK_TEXT(fake_get(&s), FROM_EC2("A", "-3600"));
	test_case = "the service hands out old ones";
	ANSWER(imds_hour);
	advance_s(&s, 60);
	CHECK_TEXT(fake_get(&s), FROM_EC2("A", "-3660"));
	CHECK_INT(fake_requests(), 2);
	CHECK_TEXT(fake_get(&s), FROM_EC2("A", "-3660"));
	CHECK_INT(fake_requests(), 2);
	test_case = "rejected is rejected";
	ANSWER(imds_down);
	reject(&s);
	CHECK_BEGINS(fake_get(&s), "busy: EC2 metadata: ");
	test_case = "new ones";
	ANSWER(imds_later);
	advance_s(&s, 1);
	CHECK_TEXT(fake_get(&s), FROM_EC2("B", "7139"));
	fake_close(&s);
}

/* ---- many threads ---- */

struct caller {
	struct creds_cache *cache;
	const char *want;
	bool is_good;
	pthread_t thread;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	const struct creds *creds;
	struct err err;

	if (creds_get(c->cache, &creds, &err) != 0)
		return NULL;
	c->is_good = strcmp(creds->access_key_id, c->want) == 0;
	creds_release(creds);
	return NULL;
}

static void start_callers(struct caller *callers, size_t count, struct fake_session *s,
    const char *want)
{
	for (size_t i = 0; i < count; i++) {
		callers[i] = (struct caller){ .cache = s->cache, .want = want };
		if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
			test_die("no thread");
	}
}

static void join_callers(struct caller *callers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK(callers[i].is_good);
	}
}

static void test_herd(void)
{
	struct caller callers[THREADS];
	struct fake_session s;

	open_container(&s);
	ANSWER(held_hour);
	start_callers(callers, THREADS, &s, "A");
	fake_wait_held(1);
	fake_release();
	join_callers(callers, THREADS);
	CHECK_INT(fake_requests(), 1);

	test_case = "while one refreshes, the others go on with the old";
	ANSWER(held_two);
	advance_s(&s, 3600 - 60);
	start_callers(callers, 1, &s, "B");
	fake_wait_held(1);
	start_callers(callers + 1, THREADS - 1, &s, "A");
	join_callers(callers + 1, THREADS - 1);
	fake_release();
	join_callers(callers, 1);
	CHECK_INT(fake_requests(), 1);
	fake_close(&s);
}

/* All that wait get the one failure. */
static void test_herd_failing(void)
{
	static const struct fake_row refused[] = { { "GET /c", 403, "", "", true } };
	struct caller callers[THREADS];
	struct fake_session s;

	open_container(&s);
	ANSWER(refused);
	start_callers(callers, THREADS, &s, "none");
	fake_wait_held(1);
	fake_release();
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK(!callers[i].is_good);
	}
	CHECK_INT(fake_requests(), 1);
	fake_close(&s);
}

/* Readers, rejecters and refreshers at once: for the sanitizers. */
static void *call_often(void *arg)
{
	struct caller *c = arg;

	for (int i = 0; i < 200; i++) {
		const struct creds *creds;
		struct err err;

		if (creds_get(c->cache, &creds, &err) != 0)
			return NULL;
		if (i % 50 == 0)
			creds_reject(c->cache, creds);
		c->is_good = strcmp(creds->access_key_id, c->want) == 0;
		creds_release(creds);
	}
	return NULL;
}

static void test_mixed(void)
{
	struct caller callers[8];
	struct fake_session s;

	open_container(&s);
	ANSWER(hour);
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		callers[i] = (struct caller){ .cache = s.cache, .want = "A" };
		if (pthread_create(&callers[i].thread, NULL, call_often, &callers[i]) != 0)
			test_die("no thread");
	}
	for (int i = 0; i < 20; i++)
		clock_fake_advance(&s.clock, 100);
	join_callers(callers, ARRAY_SIZE(callers));
	fake_close(&s);
}

static const struct test tests[] = {
	{ "kept", test_kept },
	{ "refreshed early", test_refreshed_early },
	{ "short life", test_short_life },
	{ "failing", test_failing },
	{ "never there", test_never_there },
	{ "rejected", test_rejected },
	{ "static", test_static },
	{ "stable", test_stable },
	{ "herd", test_herd },
	{ "herd failing", test_herd_failing },
	{ "mixed", test_mixed },
};

FAKE_MAIN(tests)
