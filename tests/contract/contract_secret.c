/*
 * What every secret backend must do. To add one, add a row to `backends`; no case may be
 * changed for it.
 *
 * Without further ado files and the environment. With CONTRACT_SECRET=ssm or secretsmanager in the
 * environment, beside the SDKs' variables, against a server: every case with a secret of its own,
 * which stays. What CONTRACT_PEER, "moto 5.2.3", is known to answer wrongly stands in
 * contract_peer.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include "contract_client.h"
#include "contract_peer.h"
#include "peer_call.h"
#include "place.h"
#include "secret_history.h"

/* ---- backends ---- */

struct backend {
	const char *name;
	void (*fresh)(struct buf *url); /* append the URL of a secret that is not there */
	/* Put it there, as an operator would. false: no such value can be there. */
	bool (*set)(const char *url, struct str value);
	bool can_rotate, has_versions;
	bool keeps_history; /* what was set before is the previous one */
};

static void file_fresh(struct buf *url)
{
	char path[PLACE_PATH_SIZE];

	place_new(path, "shared");
	buf_addf(url, "file:%s", path);
}

static bool file_set(const char *url, struct str value)
{
	place_write(url + strlen("file:"), value, 0600);
	return true;
}

static void env_fresh(struct buf *url)
{
	(void)unsetenv("CONTRACT_SECRET_VALUE");
	buf_adds(url, "env:CONTRACT_SECRET_VALUE");
}

static bool env_set(const char *url, struct str value)
{
	char text[SECRET_MAX + 16];

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(value));
	(void)setenv(url + strlen("env:"), text, 1);
	return true;
}

static void add_number(struct buf *url)
{
	static unsigned number;

	buf_addf(url, "contract-%d/%u", (int)getpid(), ++number);
}

static void ssm_fresh(struct buf *url)
{
	buf_adds(url, "ssm:/");
	add_number(url);
}

/* 4,097 bytes, newline included, need the tier "Advanced". */
static bool ssm_set(const char *url, struct str value)
{
	struct aws_request r = { .op = SSM_PUT_PARAMETER };
	struct buf body = BUF_INIT(8 * SECRET_MAX);
	struct json_writer w;
	struct json *answer;
	struct err err;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", url + strlen("ssm:"));
	json_member_str(&w, "Value", value);
	json_member_text(&w, "Type", "SecureString");
	json_member_text(&w, "Tier", "Advanced");
	json_member_bool(&w, "Overwrite", true);
	json_object_end(&w);
	r.body = buf_str(&body);
	rc = aws_call_json(client(), &r, NULL, &answer, &err);
	buf_release(&body);
	if (rc == 0)
		json_free(answer);
	else if (err.code != ERR_INVALID)
		test_die("%s", err.text);
	return rc == 0;
}

static void manager_fresh(struct buf *url)
{
	buf_adds(url, "secretsmanager:");
	add_number(url);
}

static bool manager_try(const char *action, const char *key, const char *name, struct str value)
{
	const char *endpoint = getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER");
	struct buf body = BUF_INIT(8 * SECRET_MAX);
	char target[PEER_TEXT_SIZE];
	struct json_writer w;
	bool is_done;

	(void)snprintf(target, sizeof(target), "secretsmanager.%s", action);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, key, name);
	json_member_str(&w, "SecretString", value);
	json_object_end(&w);
	is_done = peer_try(endpoint ? endpoint : "", "secretsmanager", target, buf_str(&body));
	buf_release(&body);
	return is_done;
}

static bool manager_set(const char *url, struct str value)
{
	const char *name = url + strlen("secretsmanager:");

	return value.n > 0 &&
	    (manager_try("PutSecretValue", "SecretId", name, value) ||
		manager_try("CreateSecret", "Name", name, value));
}

static const struct backend backends[] = {
	{ "file", file_fresh, file_set, .can_rotate = true, .has_versions = true },
	{ "env", env_fresh, env_set, .can_rotate = false },
	{ "ssm", ssm_fresh, ssm_set, .can_rotate = true, .has_versions = true,
	    .keeps_history = true },
	{ "secretsmanager", manager_fresh, manager_set, .can_rotate = true, .has_versions = true,
	    .keeps_history = true },
};
static const struct backend *backend;

/* ---- the secret under test ---- */

static char url[PLACE_PATH_SIZE + 16];
static struct secret *secret;

static void begin(void)
{
	struct buf text = BUF_INIT(sizeof(url) - 1);
	struct secret_options options = { .aws = getenv("CONTRACT_SECRET") ? client() : NULL };
	struct err err;

	backend->fresh(&text);
	memcpy(url, buf_text(&text), text.n + 1);
	buf_release(&text);
	if (secret_open(&secret, str_from(url), &options, &err) != 0)
		test_die("%s: %s", url, err.text);
}

static void end(void)
{
	secret_close(secret);
}

static void set(const char *value)
{
	if (!backend->set(url, str_from(value)))
		test_die("%s: '%s' cannot be set", url, value);
}

static void check_get(enum secret_which which, const char *want)
{
	struct secret_value v;
	struct err err;

	secret_value_init(&v);
	CHECK_OK(secret_get(secret, which, &v, &err), &err);
	CHECK_STR(buf_str(&v.bytes), str_from(want));
	CHECK_INT(v.version[0] != '\0', backend->has_versions);
	secret_value_wipe(&v);
	CHECK_INT(v.bytes.n, 0);
}

/* ---- cases ---- */

static void test_get(void)
{
	struct secret_value v;
	struct err err;

	begin();
	secret_value_init(&v);
	CHECK_ERR(secret_get(secret, SECRET_CURRENT, &v, &err), &err, ERR_NOTFOUND);
	CHECK_INT(v.bytes.n, 0);
	set("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	check_get(SECRET_CURRENT, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	CHECK_ERR(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err, ERR_NOTFOUND);
	set("changed behind our back");
	check_get(SECRET_CURRENT, "changed behind our back");
	if (backend->keeps_history)
		check_get(SECRET_PREVIOUS, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	end();
}

static char longest[SECRET_MAX + 3];

static void test_values(void)
{
	static const struct {
		const char *name, *value, *want; /* want NULL: ERR_INVALID */
	} rows[] = {
		{ "one byte", "x", "x" },
		{ "newline", "token\n", "token" },
		{ "inner blanks", " a b ", " a b " },
		{ "all printable", "!~#$%&'()*+,-./:;<=>?@[]^_`{|}\"\\",
		    "!~#$%&'()*+,-./:;<=>?@[]^_`{|}\"\\" },
		{ "empty", "", NULL },
		{ "newline only", "\n", NULL },
		{ "two newlines", "token\n\n", NULL },
		{ "CR LF", "token\r\n", NULL },
		{ "two lines", "to\nken", NULL },
		{ "tab", "to\tken", NULL },
		{ "DEL", "to\x7fken", NULL },
		{ "not ASCII", "t\xc3\xb6ken", NULL },
		{ "too long", longest, NULL },
	};
	struct err err;

	memset(longest, 'k', SECRET_MAX + 1);
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_value v;

		test_case = rows[i].name;
		if (!backend->set(url, str_from(rows[i].value))) {
			CHECK(rows[i].want == NULL);
			printf("%s: cannot hold: %s\n", backend->name, rows[i].name);
			continue;
		}
		if (rows[i].want) {
			check_get(SECRET_CURRENT, rows[i].want);
			continue;
		}
		secret_value_init(&v);
		buf_adds(&v.bytes, "before");
		CHECK_ERR(secret_get(secret, SECRET_CURRENT, &v, &err), &err, ERR_INVALID);
		CHECK_STR(buf_str(&v.bytes), STR("before")); /* untouched */
		CHECK(!str_contains(str_from(err.text), STR("ken")));
		secret_value_wipe(&v);
	}
	longest[SECRET_MAX] = '\n';
	CHECK(backend->set(url, str_from(longest)));
	longest[SECRET_MAX] = '\0';
	check_get(SECRET_CURRENT, longest);
	end();
}

static void test_rotate(void)
{
	struct secret_value before, after;
	struct err err;

	begin();
	set("first\n");
	if (!backend->can_rotate) {
		CHECK_ERR(secret_may_rotate(secret, &err), &err, ERR_DENIED);
		CHECK_ERR(secret_rotate(secret, STR("second"), &err), &err, ERR_DENIED);
		check_get(SECRET_CURRENT, "first");
		end();
		return;
	}
	secret_value_init(&before);
	secret_value_init(&after);
	CHECK_OK(secret_get(secret, SECRET_CURRENT, &before, &err), &err);
	CHECK_OK(secret_may_rotate(secret, &err), &err);
	CHECK_OK(secret_rotate(secret, STR("second\n"), &err), &err);
	check_get(SECRET_CURRENT, "second");
	check_get(SECRET_PREVIOUS, "first");
	CHECK_OK(secret_get(secret, SECRET_CURRENT, &after, &err), &err);
	CHECK(!str_is(str_from(before.version), after.version));
	CHECK(after.changed_at >= before.changed_at && before.changed_at > 0);
	secret_value_wipe(&before);
	CHECK_OK(secret_get(secret, SECRET_PREVIOUS, &before, &err), &err);
	CHECK_INT(before.changed_at, after.changed_at); /* then it stopped being current */
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err); /* again: nothing to do */
	check_get(SECRET_CURRENT, "second");
	check_get(SECRET_PREVIOUS, "first");
	CHECK_OK(secret_rotate(secret, STR("third"), &err), &err);
	check_get(SECRET_CURRENT, "third");
	check_get(SECRET_PREVIOUS, "second");
	secret_value_wipe(&before);
	secret_value_wipe(&after);
	end();
}

static void check_past(const struct secret_history *h, size_t at, const char *value)
{
	char want[HASH_FINGERPRINT_SIZE];

	CHECK(at < h->count);
	if (at >= h->count)
		return;
	hash_fingerprint(str_from(value), want);
	CHECK_TEXT(h->items[at].fingerprint, want);
	CHECK_INT(h->items[at].is_current, at == 0);
	CHECK(h->items[at].version[0] != '\0' || !backend->has_versions);
}

/* The latest first; of a source that keeps all of them, the first one is the last. */
static void test_history(void)
{
	struct secret_history h;
	struct err err;

	begin();
	if (strcmp(backend->name, "secretsmanager") != 0 || !peer_differs("history of nothing"))
		CHECK_ERR(secret_history_read(secret, &h, &err), &err, ERR_NOTFOUND);
	set("first\n");
	CHECK_OK(secret_history_read(secret, &h, &err), &err);
	check_past(&h, 0, "first");
	CHECK_INT(h.count, 1);
	secret_history_release(&h);
	if (backend->can_rotate) {
		CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
		CHECK_OK(secret_rotate(secret, STR("third"), &err), &err);
		CHECK_OK(secret_history_read(secret, &h, &err), &err);
		check_past(&h, 0, "third");
		check_past(&h, 1, "second");
		CHECK_INT(h.count, backend->keeps_history ? 3 : 2);
		CHECK(!h.is_cut && h.items[0].made_at > 0);
		secret_history_release(&h);
	}
	end();
}

static void test_bad_rotations(void)
{
	static const char *const rows[] = { "", "\n", "t\xc3\xb6ken", "to\nken", longest };
	struct err err;

	memset(longest, 'k', SECRET_MAX + 1);
	longest[SECRET_MAX + 1] = '\0';
	begin();
	set("first");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(secret_rotate(secret, str_from(rows[i]), &err), &err, ERR_INVALID);
		check_get(SECRET_CURRENT, "first");
	}
	end();
}

static void test_bad_urls(void)
{
	static const char *const rows[] = { "", "the-secret-itself", "nosuch:the-secret-itself",
		"file:", "env:", "env:A B", "ssm:", "ssm:the secret itself", "ssm:/api/itself:7",
		"ssm:arn:aws:ssm", "ssm:/without-a-client",
		"secretsmanager:", "secretsmanager:the secret itself" };
	struct secret *s = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_case = rows[i];
		CHECK_ERR(secret_open(&s, str_from(rows[i]), NULL, &err), &err, ERR_CONFIG);
		CHECK(s == NULL && !str_contains(str_from(err.text), STR("itself")));
	}
}

static const struct test tests[] = {
	{ "get", test_get },
	{ "values", test_values },
	{ "rotate", test_rotate },
	{ "history", test_history },
	{ "bad_rotations", test_bad_rotations },
	{ "bad_urls", test_bad_urls },
};

/* The local ones, or the one that is asked for. */
int main(int argc, char **argv)
{
	const char *wanted = getenv("CONTRACT_SECRET");
	bool is_met = false;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		backend = &backends[i];
		if (wanted ? strcmp(backend->name, wanted) != 0 : backend->keeps_history)
			continue;
		is_met = true;
		printf("%s: ", backend->name);
		rc |= test_main(tests, ARRAY_SIZE(tests), argc, argv);
	}
	if (!is_met)
		test_die("CONTRACT_SECRET=%s: no such backend", wanted);
	if (wanted)
		aws_close(client());
	return rc;
}
