#include "sns.h"

#include <string.h>

#include "field.h"

enum { BODY_MAX = 8 * 1024 };

int sns_read_page(const struct xml *root, struct sns_receivers *out, char token[SNS_TOKEN_SIZE],
    struct err *err)
{
	const struct xml *result = xml_get(root, "ListSubscriptionsByTopicResult"),
			 *list = xml_get(result, "Subscriptions");

	if (result == NULL)
		return err_set(err, ERR_CORRUPT,
		    "sns ListSubscriptionsByTopic: the answer has no result");
	token[0] = '\0';
	if (xml_get(result, "NextToken") != NULL &&
	    field_xml_name(token, SNS_TOKEN_SIZE, result, "NextToken", err) != 0)
		return -1;
	for (const struct xml *m = xml_first(list); m != NULL; m = xml_next(m)) {
		const char *arn = xml_get_text(m, "SubscriptionArn", "");

		if (strncmp(arn, "arn:", strlen("arn:")) == 0)
			out->confirmed++;
		else
			out->pending++; /* "PendingConfirmation" stands for the ARN */
	}
	return 0;
}

static int ask(struct aws *a, const char *topic_arn, const char *token, struct xml **root,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = SNS_LIST_SUBSCRIPTIONS_BY_TOPIC };
	int rc;

	buf_adds(&body, "TopicArn=");
	sigv4_encode(&body, str_from(topic_arn), false);
	if (token[0] != '\0') {
		buf_adds(&body, "&NextToken=");
		sigv4_encode(&body, str_from(token), false);
	}
	r.body = buf_str(&body);
	r.resource = str_behind_last(topic_arn, ':');
	rc = body.full ? err_set(err, ERR_INVALID, "sns: the topic's name is too long")
		       : aws_call_xml(a, &r, NULL, root, err);
	buf_release(&body);
	return rc;
}

int sns_receivers(struct aws *a, const char *topic_arn, struct sns_receivers *out, struct err *err)
{
	struct sns_receivers all = { .confirmed = 0 };
	char token[SNS_TOKEN_SIZE] = "";
	unsigned pages = 0;

	do {
		struct xml *root = NULL;
		int rc = ask(a, topic_arn, token, &root, err);

		if (rc == 0)
			rc = sns_read_page(root, &all, token, err);
		xml_free(root);
		if (rc != 0)
			return -1;
	} while (token[0] != '\0' && ++pages < SNS_PAGES_MAX);
	all.is_cut = token[0] != '\0';
	*out = all;
	return 0;
}
