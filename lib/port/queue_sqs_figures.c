#include "queue_sqs_figures.h"

#include <string.h>

static const struct count {
	const char *name;
	size_t offset;
} counts[] = {
	{ "ApproximateNumberOfMessages", offsetof(struct sqs_figures, visible) },
	{ "ApproximateNumberOfMessagesNotVisible", offsetof(struct sqs_figures, in_flight) },
	{ "ApproximateNumberOfMessagesDelayed", offsetof(struct sqs_figures, delayed) },
};

static int read_counts(const struct json *attributes, struct sqs_figures *out, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		const char *text = json_get_text(json_get(attributes, counts[i].name), "");
		uint64_t n;

		if (!str_to_u64(str_from(text), &n))
			return err_set(err, ERR_CORRUPT, "attribute %s: '%.32s' is not a number",
			    counts[i].name, text);
		memcpy((char *)out + counts[i].offset, &n, sizeof(n));
	}
	return 0;
}

/* RedrivePolicy is JSON in a string. */
static int read_policy(const char *text, struct sqs_figures *out, struct err *err)
{
	struct json *policy;
	const char *arn;

	if (!*text)
		return 0;
	if (json_parse(str_from(text), &policy, err) != 0) {
		err->code = ERR_CORRUPT;
		return err_wrap(err, "attribute RedrivePolicy");
	}
	arn = json_get_text(json_get(policy, "deadLetterTargetArn"), "");
	if (strlen(arn) < sizeof(out->dead_arn))
		memcpy(out->dead_arn, arn, strlen(arn) + 1);
	json_free(policy);
	if (!out->dead_arn[0])
		return err_set(err, ERR_CORRUPT, "attribute RedrivePolicy: no deadLetterTargetArn");
	return 0;
}

int sqs_figures_read(const struct json *answer, struct sqs_figures *out, struct err *err)
{
	const struct json *attributes = json_get(answer, "Attributes");
	struct sqs_figures found = { .visible = 0 };
	uint64_t max = 0;

	if (read_counts(attributes, &found, err) != 0 ||
	    read_policy(json_get_text(json_get(attributes, "RedrivePolicy"), ""), &found, err) != 0)
		return -1;
	if (str_to_u64(str_from(json_get_text(json_get(attributes, "MaximumMessageSize"), "")),
		&max))
		found.message_max = (size_t)max;
	*out = found;
	return 0;
}

int64_t sqs_age_read(const struct json *answer)
{
	const struct json *first = json_at(json_get(answer, "MetricDataResults"), 0);
	double age_s = json_get_double(json_at(json_get(first, "Values"), 0), -1);

	return age_s >= 0 && age_s < 1e12 ? (int64_t)age_s : -1;
}
