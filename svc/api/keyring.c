#include "keyring.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api_metrics.h"
#include "log.h"
#include "mem.h"
#include "webhook.h"

struct key {
	struct key_name name;
	struct buf webhook; /* HMAC key of signatures */
	unsigned char token_mac[HASH_SIZE];
	int64_t not_after_s; /* previous: end of its grace */
};

struct ring {
	struct key keys[KEYRING_MAX];
	size_t count;
};

struct keyring {
	struct keyring_options o;
	struct secret *secret;
	unsigned char
	    mac_key[HASH_SIZE]; /* random per process: digests of tokens mean nothing elsewhere */

	pthread_rwlock_t ring_lock;
	struct ring ring;
	unsigned generation;
	int64_t read_at_s;

	pthread_mutex_t lock; /* over the rest */
	pthread_cond_t wanted;
	pthread_t thread;
	bool is_running, is_stopping, is_wanted, is_reading;
	int64_t read_started_ms;
	struct httpd_request *waiting, **waiting_tail; /* oldest first */
};

/* ---- one key ---- */

static void key_wipe(struct key *key)
{
	buf_wipe(&key->webhook);
	mem_wipe(key, sizeof(*key));
}

static void ring_wipe(struct ring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		key_wipe(&ring->keys[i]);
	ring->count = 0;
}

static void token_mac(const struct keyring *k, struct str token, unsigned char out[HASH_SIZE])
{
	hash_hmac_sha256((struct str){ (const char *)k->mac_key, HASH_SIZE }, &token, 1, out);
}

static int key_make(const struct keyring *k, const struct secret_value *value, struct key *out,
    struct err *err)
{
	struct str bytes = buf_str(&value->bytes);

	*out = (struct key){ .webhook = BUF_INIT(SECRET_MAX) };
	if (webhook_key(bytes, &out->webhook, err) != 0) {
		key_wipe(out);
		return -1;
	}
	token_mac(k, bytes, out->token_mac);
	hash_fingerprint(bytes, out->name.fingerprint);
	memcpy(out->name.version, value->version, sizeof(out->name.version));
	return 0;
}

static int key_read(struct keyring *k, enum secret_which which, struct key *out, struct err *err)
{
	struct secret_value value;
	int rc;

	secret_value_init(&value);
	rc = secret_get(k->secret, which, &value, err);
	if (rc == 0)
		rc = key_make(k, &value, out, err);
	if (rc == 0 && which == SECRET_PREVIOUS) {
		out->name.is_previous = true;
		out->not_after_s = (value.changed_at ? value.changed_at : k->read_at_s) +
		    k->o.grace_s;
	}
	secret_value_wipe(&value);
	return rc;
}

/* ---- reading both ---- */

/* Whether there is no such version, or one that no further try makes good. */
static bool is_unusable(enum err_code code)
{
	return code == ERR_NOTFOUND || code == ERR_DENIED || code == ERR_INVALID;
}

/* A previous version that cannot be used is a warning; one that cannot be reached, an error. */
static int ring_read(struct keyring *k, struct ring *out, struct err *err)
{
	*out = (struct ring){ .count = 0 };
	if (key_read(k, SECRET_CURRENT, &out->keys[0], err) != 0)
		return -1;
	out->count = 1;
	if (k->o.grace_s == 0)
		return 0;
	if (key_read(k, SECRET_PREVIOUS, &out->keys[1], err) == 0) {
		out->count = 2;
		return 0;
	}
	if (!is_unusable(err->code)) {
		ring_wipe(out);
		return -1;
	}
	if (err->code != ERR_NOTFOUND)
		log_warn("previous secret not used", "error.message", err->text, NULL);
	return 0;
}

static bool ring_is_same(const struct ring *a, const struct ring *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(a->keys[i].token_mac, b->keys[i].token_mac, HASH_SIZE) != 0 ||
		    a->keys[i].not_after_s != b->keys[i].not_after_s)
			return false;
	return true;
}

/* *fresh becomes the ring; what was it is wiped. */
static void ring_swap(struct keyring *k, struct ring *fresh)
{
	struct ring old;
	bool has_changed;

	pthread_rwlock_wrlock(&k->ring_lock);
	old = k->ring;
	k->ring = *fresh;
	has_changed = !ring_is_same(&old, fresh);
	if (has_changed)
		k->generation++;
	k->read_at_s = clock_wall_s(k->o.clock);
	pthread_rwlock_unlock(&k->ring_lock);
	if (has_changed)
		log_info("secret changed", "event.dataset", "ops.audit", "event.action",
		    "secret-refreshed", "secret.fingerprint", fresh->keys[0].name.fingerprint,
		    "secret.version", fresh->keys[0].name.version, "secret.previous",
		    fresh->count > 1 ? fresh->keys[1].name.fingerprint : NULL, NULL);
	ring_wipe(&old);
}

static bool reread(struct keyring *k)
{
	struct ring fresh;
	struct err err;

	if (ring_read(k, &fresh, &err) != 0) {
		if (err.code == ERR_STOPPED)
			return false;
		metric_add(&secret_reads[SECRET_READ_FAILED], 1);
		log_warn("secret not read, the last one stays", "error.code", err_name(err.code),
		    "error.message", err.text, NULL);
		return false;
	}
	metric_add(&secret_reads[SECRET_READ_OK], 1);
	ring_swap(k, &fresh);
	return true;
}

/* ---- the thread ---- */

static int64_t mono_ms(const struct keyring *k)
{
	return clock_mono_ms(k->o.clock);
}

/* Until somebody wants it or it is due. The lock is held. */
static void wait_until(struct keyring *k, int64_t due_ms)
{
	int64_t until_ms = clock_mono_ms(&clock_system) + due_ms - mono_ms(k);
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };

	while (!k->is_wanted && !k->is_stopping && mono_ms(k) < due_ms)
		(void)pthread_cond_timedwait(&k->wanted, &k->lock, &until); /* the loop judges */
}

static void give_back(struct keyring *k, struct httpd_request *list)
{
	struct httpd_request *next;

	for (; list; list = next) {
		next = list->next;
		list->next = NULL;
		k->o.give_back(k->o.arg, list->loop, list);
	}
}

/* All that wait. The lock is held. */
static struct httpd_request *take_waiting(struct keyring *k)
{
	struct httpd_request *list = k->waiting;

	k->waiting = NULL;
	k->waiting_tail = &k->waiting;
	return list;
}

static void *keyring_main(void *arg)
{
	struct keyring *k = arg;
	int64_t due_ms = mono_ms(k) + k->o.ttl_s * 1000;
	struct httpd_request *waiting;
	bool is_read;

	pthread_mutex_lock(&k->lock);
	while (wait_until(k, due_ms), !k->is_stopping) {
		k->is_wanted = false;
		k->is_reading = true;
		k->read_started_ms = mono_ms(k);
		pthread_mutex_unlock(&k->lock);
		is_read = reread(k);
		pthread_mutex_lock(&k->lock);
		k->is_reading = false;
		due_ms = mono_ms(k) + (is_read ? k->o.ttl_s : KEYRING_REREAD_S) * 1000;
		waiting = take_waiting(k);
		pthread_mutex_unlock(&k->lock);
		give_back(k, waiting);
		pthread_mutex_lock(&k->lock);
	}
	waiting = take_waiting(k);
	pthread_mutex_unlock(&k->lock);
	give_back(k, waiting);
	return NULL;
}

void keyring_reload(struct keyring *k)
{
	pthread_mutex_lock(&k->lock);
	k->is_wanted = true;
	pthread_cond_signal(&k->wanted);
	pthread_mutex_unlock(&k->lock);
}

static unsigned generation_now(struct keyring *k)
{
	unsigned generation;

	pthread_rwlock_rdlock(&k->ring_lock);
	generation = k->generation;
	pthread_rwlock_unlock(&k->ring_lock);
	return generation;
}

enum keyring_wait keyring_await(struct keyring *k, unsigned generation, struct httpd_request *r)
{
	enum keyring_wait result = KEYRING_NO;
	bool is_allowed;

	if (generation_now(k) != generation)
		return KEYRING_AGAIN;
	pthread_mutex_lock(&k->lock);
	is_allowed = k->is_reading || k->is_wanted ||
	    mono_ms(k) - k->read_started_ms >= KEYRING_REREAD_S * 1000;
	if (is_allowed && k->is_running && !k->is_stopping) {
		httpd_defer(r);
		r->next = NULL;
		*k->waiting_tail = r;
		k->waiting_tail = &r->next;
		if (!k->is_reading) {
			k->is_wanted = true;
			pthread_cond_signal(&k->wanted);
		}
		result = KEYRING_WAITING;
	}
	pthread_mutex_unlock(&k->lock);
	return result;
}

/* ---- judging ---- */

static bool is_valid(const struct keyring *k, const struct key *key)
{
	return !key->name.is_previous || clock_wall_s(k->o.clock) < key->not_after_s;
}

bool keyring_match_token(struct keyring *k, struct str token, struct key_name *which,
    unsigned *generation)
{
	unsigned char mac[HASH_SIZE];
	bool is_found = false;

	token_mac(k, token, mac);
	pthread_rwlock_rdlock(&k->ring_lock);
	*generation = k->generation;
	for (size_t i = k->ring.count;
	     i-- > 0;) { /* the current one last: it wins over an equal one */
		const struct key *key = &k->ring.keys[i];
		bool is_equal = mem_eq_const_time((struct str){ (const char *)mac, HASH_SIZE },
		    (struct str){ (const char *)key->token_mac, HASH_SIZE });

		if (is_equal && is_valid(k, key)) {
			*which = key->name;
			is_found = true;
		}
	}
	pthread_rwlock_unlock(&k->ring_lock);
	return is_found;
}

bool keyring_match_signature(struct keyring *k, keyring_verify *verify, void *arg,
    struct key_name *which, unsigned *generation)
{
	struct str keys[KEYRING_MAX];
	size_t count = 0, index = 0;
	bool is_found;

	pthread_rwlock_rdlock(&k->ring_lock);
	*generation = k->generation;
	while (count < k->ring.count && is_valid(k, &k->ring.keys[count])) {
		keys[count] = buf_str(&k->ring.keys[count].webhook);
		count++;
	}
	is_found = verify(arg, keys, count, &index);
	if (is_found)
		*which = k->ring.keys[index].name;
	pthread_rwlock_unlock(&k->ring_lock);
	return is_found;
}

void keyring_state(struct keyring *k, struct keyring_state *out)
{
	pthread_rwlock_rdlock(&k->ring_lock);
	out->count = k->ring.count;
	out->read_at_s = k->read_at_s;
	for (size_t i = 0; i < k->ring.count; i++)
		out->names[i] = k->ring.keys[i].name;
	pthread_rwlock_unlock(&k->ring_lock);
}

/* ---- open and close ---- */

static void init_locks(struct keyring *k)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wanted, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&k->lock, NULL);
	pthread_rwlock_init(&k->ring_lock, NULL);
}

int keyring_open(struct keyring **out, const struct keyring_options *options, struct err *err)
{
	struct keyring *k = xcalloc(1, sizeof(*k));
	struct ring first;
	const struct secret_options secret_options = { .aws = options->aws };

	k->o = *options;
	k->waiting_tail = &k->waiting;
	init_locks(k);
	hash_random(k->mac_key, sizeof(k->mac_key));
	k->read_at_s = clock_wall_s(k->o.clock);
	k->read_started_ms = mono_ms(k);
	if (secret_open(&k->secret, str_from(options->url), &secret_options, err) != 0 ||
	    ring_read(k, &first, err) != 0) {
		keyring_close(k);
		return err_wrap(err, "OPS_SECRET");
	}
	metric_add(&secret_reads[SECRET_READ_OK], 1);
	ring_swap(k, &first);
	*out = k;
	return 0;
}

int keyring_start(struct keyring *k, struct err *err)
{
	errno = pthread_create(&k->thread, NULL, keyring_main, k);
	if (errno != 0)
		return err_errno(err, "thread");
	k->is_running = true;
	return 0;
}

void keyring_close(struct keyring *k)
{
	if (!k)
		return;
	if (k->is_running) {
		pthread_mutex_lock(&k->lock);
		k->is_stopping = true;
		pthread_cond_signal(&k->wanted);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->thread, NULL);
	}
	assert(!k->waiting);
	ring_wipe(&k->ring);
	secret_close(k->secret);
	pthread_cond_destroy(&k->wanted);
	pthread_mutex_destroy(&k->lock);
	pthread_rwlock_destroy(&k->ring_lock);
	mem_wipe(k, sizeof(*k));
	free(k);
}
