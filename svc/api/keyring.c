#include "keyring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api_metrics.h"
#include "cond.h"
#include "log.h"
#include "mem.h"
#include "ring.h"

struct keyring {
	struct keyring_options o;
	struct ring_source source; /* its known_at is of who reads; the rest never changes */

	pthread_rwlock_t ring_lock; /* over the next three */
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

/* ---- reading ---- */

/* *fresh becomes the ring; what was it is wiped. */
static void ring_swap(struct keyring *k, struct ring *fresh)
{
	struct ring old;
	bool has_changed;

	pthread_rwlock_wrlock(&k->ring_lock);
	old = k->ring;
	ring_keep_end(fresh, &old);
	k->ring = *fresh;
	has_changed = !ring_is_same(&old, fresh);
	if (has_changed)
		k->generation++;
	k->read_at_s = k->source.known_at = clock_wall_s(k->o.clock);
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

	if (ring_read(&k->source, &fresh, &err) != 0) {
		if (err.code == ERR_STOPPED)
			return false;
		metric_add(&secret_reads[SECRET_READ_FAILED], 1);
		log_warn("secret not read, the last one stays", "error.type", err_name(err.code),
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
	while (!k->is_wanted && !k->is_stopping && mono_ms(k) < due_ms)
		cond_wait(&k->wanted, &k->lock, k->o.clock, due_ms * 1000);
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

bool keyring_match_token(struct keyring *k, struct str token, struct key_name *which,
    unsigned *generation)
{
	const struct key *key;

	pthread_rwlock_rdlock(&k->ring_lock);
	*generation = k->generation;
	key = ring_find_token(&k->ring, &k->source, token, clock_wall_s(k->o.clock));
	if (key)
		*which = key->name;
	pthread_rwlock_unlock(&k->ring_lock);
	return key != NULL;
}

bool keyring_match_signature(struct keyring *k, keyring_verify *verify, void *arg,
    struct key_name *which, unsigned *generation)
{
	struct str keys[KEYRING_MAX];
	size_t count, index = 0;
	bool is_found;

	pthread_rwlock_rdlock(&k->ring_lock);
	*generation = k->generation;
	count = ring_webhook_keys(&k->ring, clock_wall_s(k->o.clock), keys);
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
	cond_init(&k->wanted);
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
	k->source.grace_s = options->grace_s;
	k->source.known_at = clock_wall_s(k->o.clock);
	hash_random(k->source.mac_key, sizeof(k->source.mac_key));
	k->read_started_ms = mono_ms(k);
	if (secret_open(&k->source.secret, str_from(options->url), &secret_options, err) != 0 ||
	    ring_read(&k->source, &first, err) != 0) {
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
	secret_close(k->source.secret);
	pthread_cond_destroy(&k->wanted);
	pthread_mutex_destroy(&k->lock);
	pthread_rwlock_destroy(&k->ring_lock);
	mem_wipe(k, sizeof(*k));
	free(k);
}
