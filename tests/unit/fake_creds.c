#include "fake_creds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "web.h"

enum { SENT_MAX = 4 * 1024 * 1024, PATH_SIZE = 512, TEXT_SIZE = 2048 };

int fake_timeout_ms = FAKE_TIMEOUT_MS;

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct fake_row *rows;
	size_t count;
	unsigned requests, held;
	bool is_released;
	struct buf sent;
	char home[64], url[PATH_SIZE], text[TEXT_SIZE];
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the environment ---- */

void fake_clear(void)
{
	env_clear();
	env_set("AWS_EC2_METADATA_DISABLED", "true");
}

static void path_of(const char *path, char out[PATH_SIZE])
{
	(void)snprintf(out, PATH_SIZE, "%s/%s", fake.home, path);
}

void fake_write(const char *path, const char *text)
{
	char full[PATH_SIZE];
	struct err err;

	path_of(path, full);
	*strrchr(full, '/') = '\0';
	if (file_mkdirs(full, 0700, &err) != 0)
		die(err.text);
	path_of(path, full);
	if (file_replace(full, str_from(text), 0600, &err) != 0)
		die(err.text);
}

void fake_read(const char *path, struct buf *out)
{
	char full[PATH_SIZE];
	struct err err;

	path_of(path, full);
	buf_reset(out);
	if (file_read(full, out, &err) != 0 && err.code != ERR_NOTFOUND)
		die(err.text);
}

unsigned fake_mode(const char *path)
{
	char full[PATH_SIZE];
	struct stat st;

	path_of(path, full);
	return stat(full, &st) == 0 ? (unsigned)(st.st_mode & 07777) : 0;
}

/* With the directories that it leaves empty. */
void fake_remove(const char *path)
{
	char full[PATH_SIZE];

	path_of(path, full);
	if (remove(full) != 0)
		die(full);
	for (char *slash; (slash = strrchr(full, '/')) && slash > full + strlen(fake.home);) {
		*slash = '\0';
		if (rmdir(full) != 0)
			return;
	}
}

/* ---- the endpoints ---- */

static const struct fake_row *find(struct str request)
{
	for (size_t i = 0; i < fake.count; i++)
		if (str_has_prefix(request, str_from(fake.rows[i].request)))
			return &fake.rows[i];
	return NULL;
}

static void hold(void)
{
	fake.held++;
	pthread_cond_broadcast(&fake.changed);
	while (!fake.is_released)
		pthread_cond_wait(&fake.changed, &fake.lock);
}

static bool answer(void *arg, struct str request, struct buf *out)
{
	const struct fake_row *row;
	bool keeps;

	(void)arg;
	pthread_mutex_lock(&fake.lock);
	fake.requests++;
	buf_add(&fake.sent, request);
	row = find(request);
	if (row && row->is_held)
		hold();
	keeps = !row || row->status != 0;
	if (keeps)
		web_answer(out, row ? row->status : 404, row ? row->headers : "",
		    str_from(row ? row->body : NULL));
	pthread_mutex_unlock(&fake.lock);
	return keeps;
}

void fake_answer(const struct fake_row *rows, size_t count)
{
	pthread_mutex_lock(&fake.lock);
	fake.rows = rows;
	fake.count = count;
	fake.requests = fake.held = 0;
	fake.is_released = false;
	buf_reset(&fake.sent);
	pthread_mutex_unlock(&fake.lock);
}

unsigned fake_requests(void)
{
	unsigned n;

	pthread_mutex_lock(&fake.lock);
	n = fake.requests;
	pthread_mutex_unlock(&fake.lock);
	return n;
}

bool fake_was_sent(const char *part)
{
	bool was_sent;

	pthread_mutex_lock(&fake.lock);
	was_sent = str_contains(buf_str(&fake.sent), str_from(part));
	pthread_mutex_unlock(&fake.lock);
	return was_sent;
}

void fake_wait_held(unsigned count)
{
	pthread_mutex_lock(&fake.lock);
	while (fake.held < count)
		pthread_cond_wait(&fake.changed, &fake.lock);
	pthread_mutex_unlock(&fake.lock);
}

void fake_release(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.is_released = true;
	pthread_cond_broadcast(&fake.changed);
	pthread_mutex_unlock(&fake.lock);
}

const char *fake_url(const char *path)
{
	(void)snprintf(fake.url, sizeof(fake.url), "http://127.0.0.1:%u%s", web_port(), path);
	return fake.url;
}

void fake_start(void)
{
	(void)snprintf(fake.home, sizeof(fake.home), "/tmp/fake-creds-XXXXXX");
	if (!mkdtemp(fake.home))
		die("mkdtemp");
	env_set("HOME", fake.home);
	fake_clear();
	buf_init(&fake.sent, SENT_MAX);
	web_start(answer, NULL);
}

void fake_stop(void)
{
	fake_release();
	web_stop();
	buf_release(&fake.sent);
	if (rmdir(fake.home) != 0)
		die(fake.home);
}

/* ---- the cache ---- */

void fake_open(struct fake_session *s, const char *config, const char *profile)
{
	const struct http_options http = { .user_agent = "test/1" };
	struct creds_options o = { .profile = profile,
		.clock = &s->clock.base,
		.timeout_ms = fake_timeout_ms };
	struct err err;

	clock_fake_init(&s->clock, FAKE_START_S * INT64_C(1000));
	if (http_open(&s->http, &http, &err) != 0 ||
	    profiles_parse(&s->profiles, str_from(config), "config", STR_NONE, "credentials",
		&err) != 0)
		die(err.text);
	o.http = s->http;
	o.profiles = s->profiles;
	if (creds_open(&s->cache, &o, &err) != 0)
		die(err.text);
}

void fake_open_in(struct fake_session *s, const struct fake_setting *setting, const char *profile)
{
	fake_clear();
	for (size_t i = 0; i < ARRAY_SIZE(setting->variables) && setting->variables[i].name; i++)
		env_set(setting->variables[i].name,
		    setting->variables[i].path ? fake_url(setting->variables[i].path)
					       : setting->variables[i].text);
	fake_open(s, setting->config, profile);
}

void fake_close(struct fake_session *s)
{
	creds_close(s->cache);
	profiles_free(s->profiles);
	http_close(s->http);
}

const char *fake_get(struct fake_session *s)
{
	const struct creds *c;
	struct err err;
	char life[32] = "never";

	if (creds_get(s->cache, &c, &err) != 0) {
		(void)snprintf(fake.text, sizeof(fake.text), "%s: %s", err_name(err.code),
		    err.text);
		if (strstr(err.text, SENTINEL)) {
			fprintf(stderr, "a secret in: %s\n", err.text);
			exit(1);
		}
		return fake.text;
	}
	if (c->expires_at)
		(void)snprintf(life, sizeof(life), "%lld",
		    (long long)(c->expires_at - clock_wall_s(&s->clock.base)));
	(void)snprintf(fake.text, sizeof(fake.text), "%s/%s/%s/%s/%s/%s/%s", c->access_key_id,
	    c->secret_access_key, c->session_token, c->account_id, c->provider, c->renew, life);
	creds_release(c);
	return fake.text;
}
