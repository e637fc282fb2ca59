#include "policy_arn.h"

#include <string.h>

#include "endpoint.h"
#include "ports.h"

/* ---- scope ---- */

/* Behind the prefix, with the slash that the ARN has of its own taken off. */
static struct str value_behind(const char *url, const char *scheme)
{
	struct str value = str_from(url);

	if (!str_has_prefix(value, str_from(scheme)))
		return STR_NONE;
	value = str_skip(value, strlen(scheme));
	return str_skip(value, str_has_prefix(value, STR("/")));
}

/* "s3://bucket/prefix?option=..." */
static void read_store(struct policy_scope *s, const char *url)
{
	struct str options;

	if (!str_has_prefix(str_from(url), STR("s3://")))
		return;
	(void)str_cut(str_from(url + strlen("s3://")), '?', &s->bucket, &options);
	(void)str_cut(s->bucket, '/', &s->bucket, &s->prefix);
}

/* The context's, else that of the queue, else as the SDKs have it. */
static void read_region(struct policy_scope *s, struct cli *cli)
{
	const char *region = cli->context.values[CONTEXT_REGION];
	struct aws *aws;
	struct err ignored; /* an ARN may leave it open */

	if (region[0] == '\0')
		region = s->queue.region;
	if (region[0] == '\0' &&
	    (ports_aws(cli, &aws, &ignored) != 0 || aws_region(aws, &region, &ignored) != 0))
		region = "";
	cli->next[0] = '\0';
	(void)snprintf(s->region, sizeof(s->region), "%.63s", region);
	s->partition = region_partition(s->region);
}

/* The last part of an ARN, or all of a name. */
static struct str last_part(const char *value)
{
	return str_from(str_behind_last(value, '/'));
}

void policy_scope_init(struct policy_scope *s, struct cli *cli)
{
	const struct context *c = &cli->context;
	const char *account = c->values[CONTEXT_ACCOUNT], *secret = c->values[CONTEXT_SECRET];
	struct err ignored; /* a queue that is not of SQS is in no ARN */

	*s = (struct policy_scope){ .context = c };
	if (context_value_is_aws(CONTEXT_QUEUE, c->values[CONTEXT_QUEUE]) &&
	    sqs_place_parse(str_from(c->values[CONTEXT_QUEUE]), &s->queue, &ignored) != 0)
		s->queue = (struct sqs_place){ 0 };
	read_region(s, cli);
	(void)snprintf(s->account, sizeof(s->account), "%.15s",
	    account[0] != '\0' ? account : s->queue.account);
	s->parameter = value_behind(secret, "ssm:");
	s->secret = value_behind(secret, "secretsmanager:");
	read_store(s, c->values[CONTEXT_STORE]);
	s->cluster = last_part(c->values[CONTEXT_CLUSTER]);
}

/* ---- templates ---- */

/* "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ops/api": what stands behind the host. */
static struct str repository_of(const char *image)
{
	struct str host, name;

	return str_cut(str_from(image), '/', &host, &name) ? name : STR_NONE;
}

/* Words of services; the others are of the scope. */
static bool find_service_word(const struct context_service *service, struct str word,
    struct str *out)
{
	const struct {
		const char *word;
		struct str value;
	} known[] = {
		{ "ecs", last_part(service->values[SERVICE_ECS]) },
		{ "logs", str_from(service->values[SERVICE_LOGS]) },
		{ "repository", repository_of(service->values[SERVICE_IMAGE]) },
		{ "image-parameter", value_behind(service->values[SERVICE_IMAGE_PARAMETER], "") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_is(word, known[i].word)) {
			*out = known[i].value;
			return true;
		}
	return false;
}

static struct str find_word(const struct policy_scope *s, struct str word)
{
	const struct {
		const char *word;
		struct str value;
	} known[] = {
		{ "partition", str_from(s->partition) },
		{ "region", str_from(s->region) },
		{ "account", str_from(s->account) },
		{ "queue", str_from(s->queue.name) },
		{ "parameter", s->parameter },
		{ "secret", s->secret },
		{ "bucket", s->bucket },
		{ "prefix", s->prefix },
		{ "cluster", s->cluster },
		{ "alarms", str_from(s->context->values[CONTEXT_ALARMS]) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_is(word, known[i].word))
			return known[i].value;
	return STR_NONE;
}

/* Words whose absence is no "anything". */
static bool may_be_empty(struct str word)
{
	return str_is(word, "prefix") || str_is(word, "alarms");
}

/* false: a word of services that this one has not; where there is none, it may be anything. */
static bool expand(const struct policy_scope *s, const struct context_service *service,
    struct str template, struct buf *out)
{
	struct str text, word, value;
	size_t before = out->n;

	while (str_cut(template, '{', &text, &template)) {
		buf_add(out, text);
		(void)str_cut(template, '}', &word, &template); /* our own templates are whole */
		if (find_service_word(service, word, &value)) {
			if (value.n == 0 && service->name[0] != '\0')
				return false;
		} else {
			value = find_word(s, word);
		}
		if (value.n == 0 && !may_be_empty(word))
			value = STR("*");
		if (str_has_prefix(value, STR("arn:"))) { /* given by its ARN: that is all of it */
			buf_truncate(out, before);
			buf_add(out, value);
			return true;
		}
		buf_add(out, value);
	}
	buf_add(out, text);
	return true;
}

static bool is_of_services(const char *template)
{
	struct str rest = str_from(template), text, word, value;
	const struct context_service none = { 0 };

	while (str_cut(rest, '{', &text, &rest)) {
		(void)str_cut(rest, '}', &word, &rest); /* as above */
		if (find_service_word(&none, word, &value))
			return true;
	}
	return false;
}

/* One that stands there already: services may share what they have. */
static bool is_there(const struct buf *out, size_t before)
{
	struct str all = str_slice(buf_str(out), 0, before), one;
	struct str added = str_skip(buf_str(out), before);

	while (str_cut(all, '\0', &one, &all))
		if (str_eq(one, added))
			return true;
	return false;
}

static void add_one(const struct policy_scope *s, const struct context_service *service,
    const char *template, struct buf *out)
{
	size_t before = out->n;

	if (!expand(s, service, str_from(template), out) || is_there(out, before))
		buf_truncate(out, before);
	else
		buf_addc(out, '\0');
}

void policy_arns(const struct policy_scope *s, const char *template, struct buf *out)
{
	const struct context_service none = { 0 };
	size_t before = out->n;

	for (size_t i = 0; is_of_services(template) && i < s->context->service_count; i++)
		add_one(s, &s->context->services[i], template, out);
	if (out->n == before)
		add_one(s, &none, template, out);
}
