#include <stdatomic.h>

#include "creds_provider.h"
#include "hash.h"
#include "mem.h"

enum {
	EARLY_MAX_S = 15 * 60,
	EARLY_SHARE = 3,   /* of a life shorter than three times that, a third */
	JITTER_SHARE = 10, /* of that time: many tasks that began together drift apart */
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 60 * 1000,
	PAUSE_SHARE = 8, /* of the life that is left */
	PROCESS_TIMEOUT_MS = 60 * 1000,
	MS_PER_S = 1000,
};

/* One set as callers hold it: `view` is first, so that it leads back to the whole. */
struct set {
	struct creds view;
	_Atomic unsigned refs;
	struct creds_draft draft;
};

struct creds_cache {
	struct creds_options options;
	struct creds_kit kit;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t refreshed;
	struct set *current; /* NULL: none yet */
	bool is_refreshing;  /* by one caller, without the lock */
	bool is_rejected;    /* a service does not want the current one */
	int64_t refresh_at_s;
	struct err failure; /* of the last try */

	/* By clock_mono_ms(): no try after one that failed, and no rejection, before. */
	int64_t pause_until_ms, deaf_until_ms;
};

/* ---- one set ---- */

static struct set *set_new(struct creds_draft *d)
{
	struct set *s = xcalloc(1, sizeof(*s));

	s->draft = *d;
	creds_draft_init(d); /* its content is now the set's */
	s->view = (struct creds){
		.access_key_id = buf_text(&s->draft.access_key_id),
		.secret_access_key = buf_text(&s->draft.secret_access_key),
		.session_token = buf_text(&s->draft.session_token),
		.account_id = buf_text(&s->draft.account_id),
		.provider = s->draft.provider,
		.renew = s->draft.renew,
		.expires_at = s->draft.expires_at,
	};
	atomic_init(&s->refs, 1);
	return s;
}

static const struct creds *set_take(struct set *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return &s->view;
}

static void set_give(struct set *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	creds_draft_wipe(&s->draft);
	free(s);
}

void creds_release(const struct creds *creds)
{
	set_give((struct set *)(void *)creds);
}

/* ---- when ---- */

static int64_t mono_ms(const struct creds_cache *c)
{
	return clock_mono_ms(c->options.clock);
}

/* Also: somebody should refresh them now. */
static bool is_due(const struct creds_cache *c)
{
	return !c->current || c->is_rejected || creds_now_s(&c->kit) >= c->refresh_at_s;
}

static bool is_usable(const struct creds_cache *c)
{
	const struct set *s = c->current;

	return s && !c->is_rejected &&
	    (s->view.expires_at == 0 || s->draft.is_stable ||
		creds_now_s(&c->kit) < s->view.expires_at);
}

static int64_t at_most(int64_t value, int64_t max)
{
	return value < max ? value : max;
}

static int64_t refresh_time(int64_t now_s, int64_t expires_at)
{
	int64_t left_s = expires_at - now_s, early_s = at_most(left_s / EARLY_SHARE, EARLY_MAX_S);
	uint32_t random;

	if (expires_at == 0)
		return INT64_MAX;
	if (left_s <= 0) /* EC2's, in an outage */
		return now_s + PAUSE_MAX_MS / MS_PER_S;
	hash_random(&random, sizeof(random));
	return expires_at - early_s + random % (early_s / JITTER_SHARE + 1);
}

/* Until the next try after one that failed. */
static int64_t pause_ms(const struct creds_cache *c)
{
	int64_t left_ms;

	if (!is_usable(c))
		return PAUSE_MIN_MS;
	left_ms = (c->current->view.expires_at - creds_now_s(&c->kit)) * MS_PER_S;
	if (left_ms <= 0)
		return PAUSE_MAX_MS;
	left_ms = at_most(left_ms / PAUSE_SHARE, PAUSE_MAX_MS);
	return left_ms > PAUSE_MIN_MS ? left_ms : PAUSE_MIN_MS;
}

/* ---- the cache ---- */

int creds_open(struct creds_cache **out, const struct creds_options *o, struct err *err)
{
	struct creds_cache *c = xcalloc(1, sizeof(*c));

	(void)err; /* nothing can fail yet: files and network are asked by creds_get() */
	c->options = *o;
	c->kit.options = &c->options;
	c->kit.process_timeout_ms = PROCESS_TIMEOUT_MS;
	retry_bucket_init(&c->kit.bucket);
	pthread_mutex_init(&c->kit.imds.lock, NULL);
	buf_init(&c->kit.imds.token, CREDS_VALUE_MAX);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->refreshed, NULL);
	*out = c;
	return 0;
}

void creds_close(struct creds_cache *c)
{
	if (!c)
		return;
	set_give(c->current);
	buf_wipe(&c->kit.imds.token);
	pthread_mutex_destroy(&c->kit.imds.lock);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->refreshed);
	free(c);
}

static void install(struct creds_cache *c, struct creds_draft *d)
{
	set_give(c->current);
	c->current = set_new(d);
	c->refresh_at_s = refresh_time(creds_now_s(&c->kit), c->current->view.expires_at);
	/* What is rejected again at once is not to be fetched in a loop. */
	if (c->is_rejected)
		c->deaf_until_ms = mono_ms(c) + PAUSE_MIN_MS;
	c->is_rejected = false;
}

/* Called with the lock, which is open while the provider works. */
static int refresh(struct creds_cache *c)
{
	struct creds_draft d;
	struct err err;
	int rc;

	c->is_refreshing = true;
	pthread_mutex_unlock(&c->lock);
	creds_draft_init(&d);
	rc = creds_fetch(&c->kit, &d, &err);
	pthread_mutex_lock(&c->lock);
	c->is_refreshing = false;

	if (rc == 0) {
		install(c, &d);
	} else {
		c->failure = err;
		c->pause_until_ms = mono_ms(c) + pause_ms(c);
	}
	creds_draft_wipe(&d);
	pthread_cond_broadcast(&c->refreshed);
	return rc;
}

/* Until there is something to hand out, or a failure that is younger than a second. */
static int wait_usable(struct creds_cache *c)
{
	while (is_due(c)) {
		bool is_pausing = mono_ms(c) < c->pause_until_ms;

		if (!c->is_refreshing && !is_pausing)
			return refresh(c) == 0 || is_usable(c) ? 0 : -1;
		if (is_usable(c))
			return 0;
		if (is_pausing && !c->is_refreshing)
			return -1;
		pthread_cond_wait(&c->refreshed, &c->lock);
	}
	return 0;
}

int creds_get(struct creds_cache *c, const struct creds **out, struct err *err)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = wait_usable(c);
	if (rc == 0)
		*out = set_take(c->current);
	else
		*err = c->failure;
	pthread_mutex_unlock(&c->lock);
	return rc;
}

int64_t creds_expire_at(struct creds_cache *c)
{
	int64_t at;

	pthread_mutex_lock(&c->lock);
	at = c->current ? c->current->view.expires_at : 0;
	pthread_mutex_unlock(&c->lock);
	return at;
}

void creds_reject(struct creds_cache *c, const struct creds *creds)
{
	int64_t now_ms = mono_ms(c);

	pthread_mutex_lock(&c->lock);
	if (c->current && creds == &c->current->view && now_ms >= c->deaf_until_ms) {
		c->is_rejected = true;
		c->pause_until_ms = at_most(c->pause_until_ms, now_ms + PAUSE_MIN_MS);
	}
	pthread_mutex_unlock(&c->lock);
}

int creds_region(struct creds_cache *c, char out[REGION_MAX + 1], struct err *err)
{
	return creds_imds_region(&c->kit, out, err);
}
