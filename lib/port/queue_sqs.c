#include "queue_sqs.h"

#include <stdlib.h>

#include "mem.h"

/* ---- calls ---- */

void sqs_body_begin(struct json_writer *w, struct buf *out, const struct sqs_place *place)
{
	json_writer_init(w, out);
	json_object_begin(w);
	json_member_text(w, "QueueUrl", place->url);
}

void sqs_body_end(struct json_writer *w)
{
	json_object_end(w);
}

int sqs_call(struct queue_sqs *q, const struct sqs_place *place, struct aws_request *r,
    const struct buf *body, struct aws_answer *answer, struct json **out, struct err *err)
{
	if (body->full)
		return err_set(err, ERR_INVALID, "queue '%s': the request is too long",
		    place->name);
	r->body = buf_str(body);
	r->resource = place->name;
	r->region = place->region[0] ? place->region : NULL;
	r->endpoint_url = place->endpoint[0] ? place->endpoint : NULL;
	if (r->wait_s == 0 && r->total_ms == 0)
		r->total_ms = SQS_TOTAL_MS;
	return aws_call_json(q->aws, r, answer, out, err);
}

/* ---- open ---- */

/* A queue may allow less than SQS does; who may not ask is told by the first send. */
static int look(struct queue_sqs *q, struct err *err)
{
	struct sqs_figures figures;

	if (sqs_figures(q, &q->place, &figures, err) != 0)
		return err->code == ERR_DENIED ? 0 : -1;
	if (figures.message_max > 0 && figures.message_max < q->traits.body_max)
		q->traits.body_max = figures.message_max;
	return 0;
}

static void sqs_close(struct queue *base)
{
	struct queue_sqs *q = (struct queue_sqs *)base;

	sqs_walk_end(&q->walk, q);
	(void)pthread_mutex_destroy(&q->age_lock);
	(void)pthread_mutex_destroy(&q->walk_lock);
	free(q);
}

static int sqs_open(struct queue **out, struct str url, const struct queue_options *o,
    struct err *err)
{
	extern const struct queue_ops queue_sqs_ops;
	struct sqs_place place;
	struct queue_sqs *q;

	if (sqs_place_parse(url, &place, err) != 0)
		return -1;
	if (!o || !o->aws)
		return err_set(err, ERR_CONFIG, "queue URL '%.*s': needs an AWS client",
		    STR_ARG(url));
	q = xcalloc(1, sizeof(*q));
	q->base.ops = &queue_sqs_ops;
	q->traits = queue_sqs_ops.traits;
	q->base.traits = &q->traits;
	q->aws = o->aws;
	q->clock = o->clock ? o->clock : &clock_system;
	q->progress = o->progress;
	q->progress_arg = o->progress_arg;
	q->redrive_rate = o->redrive_rate;
	q->place = place;
	q->sleep_ms = clock_sleep_ms;
	q->age_s = -1;
	(void)pthread_mutex_init(&q->age_lock, NULL); /* cannot fail without attributes */
	(void)pthread_mutex_init(&q->walk_lock, NULL);
	if (look(q, err) != 0) {
		sqs_close(&q->base);
		return -1;
	}
	*out = &q->base;
	return 0;
}

static void sqs_interrupt(struct queue *q)
{
	atomic_store(&((struct queue_sqs *)q)->interrupted, true);
}

const struct queue_ops queue_sqs_ops = {
	.traits = { .senders = 8,
	    .batch_max = QUEUE_BATCH_MAX,
	    .body_max = QUEUE_BODY_MAX,
	    .stats_period_s = 60 },
	.open = sqs_open,
	.close = sqs_close,
	.send = sqs_send,
	.receive = sqs_receive,
	.interrupt = sqs_interrupt,
	.remove = sqs_remove,
	.extend = sqs_extend,
	.stats = sqs_stats,
	.dead_list = sqs_dead_list,
	.dead_redrive = sqs_dead_redrive,
	.dead_purge = sqs_dead_purge,
};
