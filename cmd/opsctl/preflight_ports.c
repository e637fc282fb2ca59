/* The preflight of token, queue and store, and of who is told when something is wrong. */
#include <inttypes.h>
#include <string.h>

#include "alarms.h"
#include "bucket.h"
#include "managed_secret.h"
#include "preflight.h"
#include "sns.h"
#include "sqs_settings.h"
#include "ssm_parameter.h"

enum { DAY_S = 86400, RECEIVES_MIN = 3, TOPICS_MAX = 16 };

/* ---- token ---- */

int preflight_token(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	const char *url = part->p->context->values[CONTEXT_SECRET];
	struct ssm_parameter found;

	if (ssm_parameter(part->p->aws, url + strlen("ssm:"), &found, err) != 0) {
		preflight_failed(part, CHECK_TOKEN_READABLE, err);
		return 0;
	}
	preflight_found(part, CHECK_TOKEN_READABLE, true, "version %" PRId64, found.version);
	preflight_found(part, CHECK_TOKEN_TYPE, strcmp(found.type, "SecureString") == 0, "%s",
	    found.type);
	return 0;
}

/* Secrets Manager encrypts everything; by whose key is worth knowing. */
int preflight_secret(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	const char *url = part->p->context->values[CONTEXT_SECRET];
	struct managed_secret s;

	if (managed_secret(part->p->aws, url + strlen("secretsmanager:"), &s, err) != 0) {
		preflight_failed(part, CHECK_TOKEN_READABLE, err);
		return 0;
	}
	preflight_found(part, CHECK_TOKEN_READABLE, !s.is_deleted, "%s",
	    s.is_deleted ? "it is to be deleted, and cannot be read" : "it can be read");
	preflight_found(part, CHECK_TOKEN_TYPE, true, "by %s",
	    s.key[0] != '\0' ? s.key : "the account's key aws/secretsmanager");
	preflight_found(part, CHECK_TOKEN_STAGES, s.current[0] != '\0',
	    "current %.36s, previous %.36s", s.current[0] != '\0' ? s.current : "none",
	    s.previous[0] != '\0' ? s.previous : "none");
	if (s.pending[0] != '\0')
		preflight_found(part, CHECK_TOKEN_ROTATION, false, "%.36s is pending", s.pending);
	else
		preflight_found(part, CHECK_TOKEN_ROTATION, true, "%s",
		    s.rotates ? "by itself" : "by opsctl token rotate");
	return 0;
}

/* ---- queue ---- */

static int ask_queue(const struct preflight *p, const struct sqs_place *place,
    struct sqs_settings *out, struct err *err)
{
	const struct sqs_question q = { place->url, place->name, place->region, place->endpoint };

	return sqs_settings(p->aws, &q, out, err);
}

static const char *encryption_of(const struct sqs_settings *s)
{
	if (s->key[0] != '\0')
		return s->key;
	return s->is_encrypted ? "by SQS" : "none";
}

static void check_dead(struct preflight_part *part, const struct sqs_settings *queue,
    struct err *err)
{
	const struct preflight *p = part->p;
	struct sqs_settings dead;
	struct sqs_place place;

	if (sqs_place_beside(&p->scope.queue, str_from(queue->dead_arn), &place, err) != 0 ||
	    ask_queue(p, &place, &dead, err) != 0) {
		preflight_failed(part, CHECK_DEAD_THERE, err);
		return;
	}
	preflight_found(part, CHECK_DEAD_THERE, true, "%s", place.name);
	preflight_found(part, CHECK_DEAD_RETENTION,
	    dead.retention_s > queue->retention_s ||
		(dead.retention_s == queue->retention_s && dead.retention_s == 14 * DAY_S),
	    "%" PRId64 " days, the queue's is %" PRId64, dead.retention_s / DAY_S,
	    queue->retention_s / DAY_S);
	preflight_found(part, CHECK_DEAD_ENCRYPTION, dead.is_encrypted, "%s", encryption_of(&dead));
}

int preflight_queue(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	struct sqs_settings s;

	if (ask_queue(part->p, &part->p->scope.queue, &s, err) != 0) {
		preflight_failed(part, CHECK_QUEUE_THERE, err);
		return 0;
	}
	preflight_found(part, CHECK_QUEUE_THERE, true, "%s", part->p->scope.queue.name);
	preflight_found(part, CHECK_QUEUE_ENCRYPTION, s.is_encrypted, "%s", encryption_of(&s));
	preflight_found(part, CHECK_QUEUE_TLS, s.wants_tls, "%s",
	    s.wants_tls ? "its policy asks for it" : "no policy asks for it");
	preflight_found(part, CHECK_QUEUE_RETENTION, s.retention_s >= DAY_S, "%" PRId64 " hours",
	    s.retention_s / 3600);
	preflight_found(part, CHECK_QUEUE_DEAD, s.dead_arn[0] != '\0', "%s",
	    s.dead_arn[0] != '\0' ? s.dead_arn : "none");
	if (s.dead_arn[0] == '\0')
		return 0;
	preflight_found(part, CHECK_QUEUE_RECEIVES, s.receives_max >= RECEIVES_MIN, "%" PRId64,
	    s.receives_max);
	check_dead(part, &s, err);
	return 0;
}

/* ---- store ---- */

static void check_block(struct preflight_part *part, struct err *err)
{
	struct bucket_block b;

	if (bucket_block(part->p->aws, part->p->scope.bucket, &b, err) != 0)
		preflight_failed(part, CHECK_BUCKET_PRIVATE, err);
	else
		preflight_found(part, CHECK_BUCKET_PRIVATE,
		    b.acls && b.ignored_acls && b.policy && b.restricted, "%d of 4 blocked",
		    b.acls + b.ignored_acls + b.policy + b.restricted);
}

int preflight_store(void *arg, struct err *err)
{
	static const char *const versions[] = { "off", "on", "suspended" };
	struct preflight_part *part = arg;
	const struct preflight *p = part->p;
	struct bucket_encryption e;
	enum bucket_versioning v;

	if (bucket_encryption(p->aws, p->scope.bucket, &e, err) != 0)
		preflight_failed(part, CHECK_BUCKET_ENCRYPTION, err);
	else
		preflight_found(part, CHECK_BUCKET_ENCRYPTION, e.is_set, "%s",
		    e.is_set ? e.algorithm : "none by default");
	check_block(part, err);
	if (bucket_versioning(p->aws, p->scope.bucket, &v, err) != 0)
		preflight_failed(part, CHECK_BUCKET_VERSIONS, err);
	else
		preflight_found(part, CHECK_BUCKET_VERSIONS, v == BUCKET_VERSIONED, "%s",
		    versions[v]);
	return 0;
}

/* ---- alarms ---- */

/* Topics that alarms are sent to, each once; borrowed from the alarms. */
struct topics {
	const char *arns[TOPICS_MAX];
	size_t count;
};

static void add_topic(struct topics *t, const char *arn)
{
	if (strncmp(arn, "arn:", strlen("arn:")) != 0 || strstr(arn, ":sns:") == NULL)
		return; /* another kind of action: it scales, or stops an instance */
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->arns[i], arn) == 0)
			return;
	if (t->count < TOPICS_MAX)
		t->arns[t->count++] = arn;
}

static void check_topic(struct preflight_part *part, const char *arn, struct err *err)
{
	struct sns_receivers r;

	if (sns_receivers(part->p->aws, arn, &r, err) != 0)
		preflight_failed(part, CHECK_ALARMS_RECEIVED, err);
	else
		preflight_found(part, CHECK_ALARMS_RECEIVED, r.confirmed > 0,
		    "%.100s: %u confirmed, %u not yet", str_behind_last(arn, ':'), r.confirmed,
		    r.pending);
}

static void check_alarms(struct preflight_part *part, const struct alarms *all, struct err *err)
{
	struct topics topics = { .count = 0 };
	const char *silent = "";
	size_t silent_count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct alarm *a = &all->items[i];

		if (!a->acts || a->action_count == 0) {
			silent = silent_count == 0 ? a->name : silent;
			silent_count++;
		}
		for (size_t k = 0; a->acts && k < a->action_count; k++)
			add_topic(&topics, a->actions[k]);
	}
	preflight_found(part, CHECK_ALARMS_ACT, silent_count == 0, "%zu of %zu call nobody%s%.100s",
	    silent_count, all->count, silent_count > 0 ? ", such as " : "", silent);
	for (size_t i = 0; i < topics.count; i++)
		check_topic(part, topics.arns[i], err);
}

int preflight_alarms(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	const char *prefix = part->p->context->values[CONTEXT_ALARMS];
	struct alarms all;

	if (alarms_describe(part->p->aws, prefix, &all, err) != 0) {
		preflight_failed(part, CHECK_ALARMS_THERE, err);
	} else {
		preflight_found(part, CHECK_ALARMS_THERE, all.count > 0, "%zu%s begin with %.100s",
		    all.count, all.is_cut ? " and more" : "", prefix);
		if (all.count > 0)
			check_alarms(part, &all, err);
	}
	alarms_release(&all);
	return 0;
}
