#include "alarms.h"

#include "field.h"
#include "mem.h"

enum {
	PAGE = 100,
	TOKEN_SIZE = 4096,
	BODY_MAX = 2 * TOKEN_SIZE,
	ANSWER_MAX = 8 * 1024 * 1024,
};

static const char *const state_names[ALARM_STATE_COUNT] = {
	[ALARM_OK] = "OK",
	[ALARM_FIRING] = "ALARM",
	[ALARM_NO_DATA] = "INSUFFICIENT_DATA",
	[ALARM_STATE_OTHER] = "unknown",
};

void alarms_release(struct alarms *alarms)
{
	if (alarms != NULL) {
		free(alarms->items);
		*alarms = (struct alarms){ .count = 0 };
	}
}

/* ---- reading ---- */

static int read_actions(const struct json *list, struct alarm *out, struct err *err)
{
	for (size_t i = 0; i < json_count(list) && i < ALARM_ACTIONS_MAX; i++) {
		const char *arn = json_get_text(json_at(list, i), "");

		if (strlen(arn) >= ALARM_ARN_SIZE)
			return err_set(err, ERR_CORRUPT, "AlarmActions: longer than %d bytes",
			    ALARM_ARN_SIZE - 1);
		field_copy(out->actions[out->action_count++], ALARM_ARN_SIZE, arn);
	}
	return 0;
}

static int read_alarm(const struct json *a, bool is_composite, struct alarm *out, struct err *err)
{
	const char *state = json_get_text(json_get(a, "StateValue"), "");

	*out = (struct alarm){ .is_composite = is_composite };
	out->state = (enum alarm_state)field_choice(state, state_names, ALARM_STATE_OTHER,
	    ALARM_STATE_OTHER);
	field_json(out->reason, sizeof(out->reason), a, "StateReason");
	field_json(out->metric, sizeof(out->metric), a, "MetricName");
	field_json(out->metric_namespace, sizeof(out->metric_namespace), a, "Namespace");
	out->since_ms = field_json_ms(a, "StateTransitionedTimestamp");
	if (out->since_ms == 0)
		out->since_ms = field_json_ms(a, "StateUpdatedTimestamp");
	out->acts = json_get_bool(json_get(a, "ActionsEnabled"), true);
	if (field_json_name(out->name, sizeof(out->name), a, "AlarmName", err) != 0)
		return -1;
	return read_actions(json_get(a, "AlarmActions"), out, err);
}

static int read_list(const struct json *list, bool is_composite, struct alarms *out,
    struct err *err)
{
	size_t n = json_count(list), room = ALARMS_MAX - out->count;

	out->is_cut = out->is_cut || n > room;
	n = n < room ? n : room;
	if (n == 0)
		return 0;
	out->items = xrealloc(out->items, (out->count + n) * sizeof(out->items[0]));
	for (size_t i = 0; i < n; i++) {
		struct alarm *a = &out->items[out->count];

		if (read_alarm(json_at(list, i), is_composite, a, err) != 0)
			return err_wrap(err, "cloudwatch DescribeAlarms");
		out->by_state[a->state]++;
		out->count++;
	}
	return 0;
}

int alarms_read(const struct json *page, struct alarms *out, struct err *err)
{
	const struct json *metric;

	if (field_json_list(page, "MetricAlarms", &metric, err) != 0)
		return err_wrap(err, "cloudwatch DescribeAlarms");
	return read_list(metric, false, out, err) == 0
	    ? read_list(json_get(page, "CompositeAlarms"), true, out, err)
	    : -1;
}

/* ---- asking ---- */

static void write_request(struct buf *body, const char *prefix, const char *token)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	json_member_text(&w, "AlarmNamePrefix", prefix);
	json_key(&w, "AlarmTypes"); /* without it: metric alarms only */
	json_array_begin(&w);
	json_text(&w, "MetricAlarm");
	json_text(&w, "CompositeAlarm");
	json_array_end(&w);
	json_member_int(&w, "MaxRecords", PAGE);
	if (token[0] != '\0')
		json_member_text(&w, "NextToken", token);
	json_object_end(&w);
}

/* `token`: of the page; then of the next one, "" behind the last. */
static int page(struct aws *a, const char *prefix, char token[TOKEN_SIZE], struct alarms *out,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = CLOUDWATCH_DESCRIBE_ALARMS, .resource = prefix };
	struct json *answer = NULL;
	int rc;

	write_request(&body, prefix, token);
	r.body = buf_str(&body);
	r.answer_max = ANSWER_MAX;
	rc = body.full ? err_set(err, ERR_INVALID, "alarms: the prefix is too long")
		       : aws_call_json(a, &r, NULL, &answer, err);
	if (rc == 0)
		rc = alarms_read(answer, out, err);
	if (rc == 0)
		rc = field_json_name(token, TOKEN_SIZE, answer, "NextToken", err);
	json_free(answer);
	buf_release(&body);
	return rc;
}

int alarms_describe(struct aws *a, const char *prefix, struct alarms *out, struct err *err)
{
	char token[TOKEN_SIZE] = "";
	int rc;

	*out = (struct alarms){ .count = 0 };
	do {
		rc = page(a, prefix, token, out, err);
	} while (rc == 0 && token[0] != '\0' && out->count < ALARMS_MAX);
	out->is_cut = out->is_cut || token[0] != '\0';
	return rc;
}
