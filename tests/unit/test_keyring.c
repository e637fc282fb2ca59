#include "keyring.h"

#include <semaphore.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd_core.h"
#include "test.h"

/* env: has one version only; files have both. Each test has its own directory. */
static char directory[] = "/tmp/test_keyring.XXXXXX";
static char path[64], previous_path[80], url[80];
static struct clock_fake now;

static void put(const char *to, const char *text)
{
	FILE *f = fopen(to, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(to, 0600) != 0)
		test_die("%s: cannot write", to);
}

static struct keyring *open_keyring(int64_t grace_s)
{
	struct keyring_options options = { .url = url,
		.ttl_s = 300,
		.grace_s = grace_s,
		.clock = &now.base };
	struct keyring *k;
	struct err err;

	if (keyring_open(&k, &options, &err) != 0)
		test_die("%s", err.text);
	return k;
}

/* 'c' current, 'p' previous, '-' none. */
static char match(struct keyring *k, const char *token)
{
	struct key_name which = { .is_previous = false };
	unsigned generation;

	if (!keyring_match_token(k, str_from(token), &which, &generation))
		return '-';
	return which.is_previous ? 'p' : 'c';
}

static bool take_index(void *arg, const struct str *keys, size_t count, size_t *index)
{
	size_t *wanted = arg;

	(void)keys;
	*index = *wanted;
	return *wanted < count;
}

static bool has_key(struct keyring *k, size_t index)
{
	struct key_name which;
	unsigned generation;

	return keyring_match_signature(k, take_index, &index, &which, &generation);
}

static int64_t wall_of(const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0)
		test_die("%s: no such file", file);
	return st.st_mtim.tv_sec * 1000;
}

static void set_up(const char *current, const char *previous)
{
	(void)unlink(previous_path);
	if (previous)
		put(previous_path, previous);
	put(path, current);
	clock_fake_init(&now, wall_of(path));
}

static void one_key(void)
{
	struct keyring_state state;
	struct keyring *k;

	set_up("s3cret\n", NULL);
	k = open_keyring(100);
	CHECK_INT(match(k, "s3cret"), 'c');
	CHECK_INT(match(k, "s3cret\n"), '-');
	CHECK_INT(match(k, "s3cre"), '-');
	CHECK_INT(match(k, ""), '-');
	CHECK(has_key(k, 0));
	CHECK(!has_key(k, 1));
	keyring_state(k, &state);
	CHECK_INT(state.count, 1);
	CHECK_INT(strlen(state.names[0].fingerprint), 8);
	keyring_close(k);
}

static void grace(void)
{
	struct keyring *k;

	set_up("new", "old");
	k = open_keyring(100);
	CHECK_INT(match(k, "new"), 'c');
	CHECK_INT(match(k, "old"), 'p');
	CHECK(has_key(k, 1));
	clock_fake_advance(&now, 99000);
	CHECK_INT(match(k, "old"), 'p');
	clock_fake_advance(&now, 1000);
	CHECK_INT(match(k, "old"), '-');
	CHECK_INT(match(k, "new"), 'c');
	CHECK(!has_key(k, 1));
	keyring_close(k);
}

static void no_grace(void)
{
	struct keyring *k;

	set_up("new", "old");
	k = open_keyring(0);
	CHECK_INT(match(k, "old"), '-');
	keyring_close(k);
}

static void current_wins_over_an_equal_previous(void)
{
	struct keyring *k;

	set_up("same", "same");
	k = open_keyring(100);
	CHECK_INT(match(k, "same"), 'c');
	keyring_close(k);
}

static void start_refuses(void)
{
	static const struct {
		const char *name, *content;
		enum err_code code;
	} cases[] = {
		{ "empty", "", ERR_INVALID },
		{ "not base64", "whsec_***", ERR_INVALID },
		{ "missing", NULL, ERR_NOTFOUND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct keyring_options options = { .url = url, .ttl_s = 1, .clock = &now.base };
		struct keyring *k;
		struct err err;

		test_case = cases[i].name;
		(void)unlink(path);
		if (cases[i].content)
			put(path, cases[i].content);
		CHECK_ERR(keyring_open(&k, &options, &err), &err, cases[i].code);
		CHECK(strstr(err.text, "OPS_SECRET") != NULL);
	}
}

/* The thread reads again on demand; a source that fails leaves what was there. */
static void reload(void)
{
	struct keyring *k;
	struct err err;

	set_up("one", NULL);
	k = open_keyring(1000000000);
	CHECK_OK(keyring_start(k, &err), &err);
	put(path, "whsec_***");
	keyring_reload(k);
	clock_sleep_ms(50);
	CHECK_INT(match(k, "one"), 'c');
	put(previous_path, "one");
	put(path, "two");
	keyring_reload(k);
	for (int i = 0; i < 12000 && match(k, "two") != 'c'; i++)
		clock_sleep_ms(5);
	CHECK_INT(match(k, "two"), 'c');
	CHECK_INT(match(k, "one"), 'p');
	keyring_close(k);
}

/* What came back, in the order in which it did; each waits for leave to go on. */
struct returned {
	struct httpd_request *list[8];
	size_t count;
	sem_t arrived, leave;
};

static void take_back(void *arg, unsigned loop, struct httpd_request *r)
{
	struct returned *back = arg;

	(void)loop;
	back->list[back->count++] = r;
	sem_post(&back->arrived);
	while (sem_wait(&back->leave) != 0)
		continue;
}

static void wait_for_one(struct returned *back)
{
	while (sem_wait(&back->arrived) != 0)
		continue;
}

/* While the thread gives the first back, three others come. */
static void first_come_first_served(void)
{
	struct request requests[4] = { 0 };
	struct returned back = { .count = 0 };
	struct keyring_options options = { .url = url,
		.ttl_s = 300,
		.clock = &now.base,
		.give_back = take_back,
		.arg = &back };
	struct keyring *k;
	struct err err;

	set_up("a", NULL);
	if (sem_init(&back.arrived, 0, 0) != 0 || sem_init(&back.leave, 0, 0) != 0 ||
	    keyring_open(&k, &options, &err) != 0)
		test_die("set-up");
	clock_fake_advance(&now, KEYRING_REREAD_S * 1000);
	CHECK_OK(keyring_start(k, &err), &err);
	CHECK_INT(keyring_await(k, 1, &requests[0].pub), KEYRING_WAITING);
	wait_for_one(&back);
	clock_fake_advance(&now, KEYRING_REREAD_S * 1000);
	for (size_t i = 1; i < ARRAY_SIZE(requests); i++)
		CHECK_INT(keyring_await(k, 1, &requests[i].pub), KEYRING_WAITING);
	for (size_t i = 1; i < ARRAY_SIZE(requests); i++) {
		sem_post(&back.leave);
		wait_for_one(&back);
	}
	sem_post(&back.leave);
	keyring_close(k);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		CHECK(back.list[i] == &requests[i].pub);
	CHECK_INT(back.count, ARRAY_SIZE(requests));
	(void)sem_destroy(&back.arrived);
	(void)sem_destroy(&back.leave);
}

static void remove_files(void)
{
	(void)unlink(path);
	(void)unlink(previous_path);
	(void)rmdir(directory);
}

static const struct test tests[] = {
	{ "one key", one_key },
	{ "grace", grace },
	{ "no grace", no_grace },
	{ "current wins over an equal previous", current_wins_over_an_equal_previous },
	{ "start refuses", start_refuses },
	{ "reload", reload },
	{ "first come, first served", first_come_first_served },
};

int main(int argc, char **argv)
{
	if (!mkdtemp(directory))
		test_die("no directory");
	(void)atexit(remove_files);
	(void)snprintf(path, sizeof(path), "%s/token", directory);
	(void)snprintf(previous_path, sizeof(previous_path), "%s.previous", path);
	(void)snprintf(url, sizeof(url), "file:%s", path);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
