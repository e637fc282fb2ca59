#include "queue_sqs.h"

enum {
	AGE_PERIOD_S = 60,      /* the metric has one value a minute, and each question is billed */
	AGE_WINDOW_S = 10 * 60, /* values come late */
};

int sqs_figures(struct queue_sqs *q, const struct sqs_place *place, struct sqs_figures *out,
    struct err *err)
{
	struct aws_request r = { .op = SQS_GET_QUEUE_ATTRIBUTES };
	struct buf body = BUF_INIT(1024);
	struct json_writer w;
	struct json *answer;
	int rc;

	sqs_body_begin(&w, &body, place);
	json_key(&w, "AttributeNames");
	json_array_begin(&w);
	json_text(&w, "All");
	json_array_end(&w);
	sqs_body_end(&w);
	rc = sqs_call(q, place, &r, &body, NULL, &answer, err);
	buf_release(&body);
	if (rc != 0)
		return -1;
	rc = sqs_figures_read(answer, out, err);
	json_free(answer);
	return rc == 0 ? 0 : err_wrap(err, "queue '%s'", place->name);
}

static int set_no_dead(const struct queue_sqs *q, struct err *err)
{
	return err_set(err, ERR_NOTFOUND,
	    "queue '%s' has no dead-letter queue: set its RedrivePolicy", q->place.name);
}

int sqs_dead_place(struct queue_sqs *q, struct sqs_place *out, char arn[SQS_ARN_SIZE],
    struct err *err)
{
	struct sqs_figures figures;

	if (sqs_figures(q, &q->place, &figures, err) != 0)
		return -1;
	if (!figures.dead_arn[0])
		return set_no_dead(q, err);
	if (sqs_place_beside(&q->place, str_from(figures.dead_arn), out, err) != 0)
		return -1;
	memcpy(arn, figures.dead_arn, SQS_ARN_SIZE);
	return 0;
}

/* ---- the age, which SQS tells to CloudWatch only ---- */

static void write_query(struct json_writer *w, const char *queue)
{
	json_object_begin(w);
	json_member_text(w, "Id", "age");
	json_key(w, "MetricStat");
	json_object_begin(w);
	json_key(w, "Metric");
	json_object_begin(w);
	json_member_text(w, "Namespace", "AWS/SQS");
	json_member_text(w, "MetricName", "ApproximateAgeOfOldestMessage");
	json_key(w, "Dimensions");
	json_array_begin(w);
	json_object_begin(w);
	json_member_text(w, "Name", "QueueName");
	json_member_text(w, "Value", queue);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
	json_member_uint(w, "Period", AGE_PERIOD_S);
	json_member_text(w, "Stat", "Maximum");
	json_object_end(w);
	json_object_end(w);
}

static void write_question(const struct queue_sqs *q, struct buf *out)
{
	int64_t now_s = clock_wall_s(q->clock) + aws_skew_s(q->aws);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_int(&w, "StartTime", now_s - AGE_WINDOW_S);
	json_member_int(&w, "EndTime", now_s);
	json_member_text(&w, "ScanBy", "TimestampDescending");
	json_key(&w, "MetricDataQueries");
	json_array_begin(&w);
	write_query(&w, q->place.name);
	json_array_end(&w);
	json_object_end(&w);
}

/* AWS's own CloudWatch knows nothing of a queue on another server. */
static bool is_worth_asking(struct queue_sqs *q)
{
	bool is_sqs_real = false, is_metrics_real = true;
	struct err ignored;

	if (aws_is_real(q->aws, AWS_SQS, &is_sqs_real, &ignored) != 0 ||
	    aws_is_real(q->aws, AWS_CLOUDWATCH, &is_metrics_real, &ignored) != 0)
		return false;
	return !is_metrics_real || (is_sqs_real && q->place.region[0]);
}

/* Of what cannot be known the figures say so: that is no reason for them to fail. */
static int64_t ask_age(struct queue_sqs *q, bool *is_denied)
{
	struct aws_request r = {
		.op = CLOUDWATCH_GET_METRIC_DATA,
		.region = q->place.region[0] ? q->place.region : NULL,
		.total_ms = SQS_TOTAL_MS,
	};
	struct buf body = BUF_INIT(2048);
	struct json *answer;
	struct err err;
	int64_t age_s = -1;

	write_question(q, &body);
	r.body = buf_str(&body);
	if (aws_call_json(q->aws, &r, NULL, &answer, &err) == 0) {
		age_s = sqs_age_read(answer);
		json_free(answer);
	} else {
		*is_denied = err.code == ERR_DENIED;
	}
	buf_release(&body);
	return age_s;
}

/* One thread asks; the others take what is known. */
static int64_t oldest_age_s(struct queue_sqs *q)
{
	int64_t now_ms = clock_mono_ms(q->clock), age_s;
	bool is_denied = false, is_due;

	(void)pthread_mutex_lock(&q->age_lock);
	age_s = q->age_s;
	is_due = !q->is_age_denied && (q->age_due_ms == 0 || now_ms >= q->age_due_ms);
	if (is_due)
		q->age_due_ms = now_ms + AGE_PERIOD_S * INT64_C(1000);
	(void)pthread_mutex_unlock(&q->age_lock);
	if (!is_due)
		return age_s;
	age_s = is_worth_asking(q) ? ask_age(q, &is_denied) : -1;
	(void)pthread_mutex_lock(&q->age_lock);
	q->age_s = age_s;
	q->is_age_denied = is_denied;
	(void)pthread_mutex_unlock(&q->age_lock);
	return age_s;
}

/* ---- all figures ---- */

static int count_dead(struct queue_sqs *q, const struct sqs_figures *figures, uint64_t *out,
    struct err *err)
{
	struct sqs_figures dead;
	struct sqs_place place;

	if (!figures->dead_arn[0])
		return set_no_dead(q, err);
	if (sqs_place_beside(&q->place, str_from(figures->dead_arn), &place, err) != 0 ||
	    sqs_figures(q, &place, &dead, err) != 0)
		return -1;
	*out = dead.visible + dead.in_flight + dead.delayed;
	return 0;
}

int sqs_stats(struct queue *base, struct queue_stats *out, struct err *err)
{
	struct queue_sqs *q = (struct queue_sqs *)base;
	struct sqs_figures figures;
	struct err dead_fault = { .code = ERR_NONE };
	uint64_t dead = 0;

	if (sqs_figures(q, &q->place, &figures, err) != 0)
		return -1;
	if (count_dead(q, &figures, &dead, &dead_fault) != 0 && dead_fault.code == ERR_STOPPED) {
		*err = dead_fault;
		return -1;
	}
	*out = (struct queue_stats){
		.visible = figures.visible,
		.in_flight = figures.in_flight,
		.delayed = figures.delayed,
		.dead = dead,
		.dead_fault = dead_fault,
	};
	if (figures.visible + figures.in_flight + figures.delayed > 0)
		out->oldest_age_s = oldest_age_s(q);
	return 0;
}
