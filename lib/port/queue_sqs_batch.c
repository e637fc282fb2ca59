#include "queue_sqs_batch.h"

#include <string.h>

/*
 * Where SenderFault misleads: what is to blame on the account, the key or the load is not the
 * message.
 */
static const struct row {
	const char *code;
	enum err_code err;
} codes[] = {
	{ "AccessDenied", ERR_DENIED },
	{ "AccessDeniedException", ERR_DENIED },
	{ "KmsAccessDenied", ERR_DENIED },
	{ "KmsDisabled", ERR_DENIED },
	{ "KmsInvalidKeyUsage", ERR_DENIED },
	{ "KmsInvalidState", ERR_DENIED },
	{ "KmsNotFound", ERR_DENIED },
	{ "KmsOptInRequired", ERR_DENIED },
	{ "InternalError", ERR_BUSY },
	{ "KmsThrottled", ERR_BUSY },
	{ "OverLimit", ERR_BUSY },
	{ "RequestThrottled", ERR_BUSY },
	{ "ServiceUnavailable", ERR_BUSY },
	{ "Throttling", ERR_BUSY },
	{ "ThrottlingException", ERR_BUSY },
};

static const struct row lease_codes[] = {
	{ "InvalidParameterValue",
	    ERR_CONFLICT }, /* "not available for visibility timeout change" */
	{ "MessageNotInflight", ERR_CONFLICT },
	{ "ReceiptHandleIsInvalid", ERR_CONFLICT },
};

void sqs_entry_id(size_t index, char out[SQS_ENTRY_ID_SIZE])
{
	(void)snprintf(out, SQS_ENTRY_ID_SIZE, "%u", (unsigned)index);
}

/* "AWS.SimpleQueueService.OverLimit" and "OverLimit" are one. */
static struct str short_code(const char *code)
{
	struct str prefix = STR("AWS.SimpleQueueService."), text = str_from(code);

	return str_has_prefix(text, prefix) ? str_skip(text, prefix.n) : text;
}

static bool find_index(const struct json *entry, size_t count, size_t *out)
{
	const char *said = json_get_text(json_get(entry, "Id"), "");
	char id[SQS_ENTRY_ID_SIZE];

	for (size_t i = 0; i < count; i++) {
		sqs_entry_id(i, id);
		if (strcmp(id, said) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static void read_list(const struct json *list, enum sqs_said said, size_t count,
    struct sqs_verdict *out)
{
	const struct json *entry;
	size_t at;

	for (size_t i = 0; i < 2 * QUEUE_BATCH_MAX && (entry = json_at(list, i)); i++)
		if (find_index(entry, count, &at)) {
			out[at].said = out[at].said == SQS_SAID_NOTHING ? said : SQS_SAID_TWICE;
			out[at].entry = entry;
		}
}

void sqs_batch_read(const struct json *answer, size_t count, struct sqs_verdict *out)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (struct sqs_verdict){ .said = SQS_SAID_NOTHING };
	read_list(json_get(answer, "Successful"), SQS_SAID_DONE, count, out);
	read_list(json_get(answer, "Failed"), SQS_SAID_FAILED, count, out);
}

static const struct row *find_code(const struct row *rows, size_t count, struct str code)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(code, rows[i].code))
			return &rows[i];
	return NULL;
}

static void refused(const struct sqs_verdict *v, const struct row *row, struct err *out)
{
	bool is_ours = json_get_bool(json_get(v->entry, "SenderFault"), false);
	const char *code = json_get_text(json_get(v->entry, "Code"), "no code");
	const char *message = json_get_text(json_get(v->entry, "Message"), "");

	if (!row)
		row = find_code(codes, ARRAY_SIZE(codes), short_code(code));
	(void)err_set(out,
	    row           ? row->err
		: is_ours ? ERR_INVALID
			  : ERR_BUSY,
	    "%s%s%s", code, *message ? ": " : "", message);
}

static void result(const struct sqs_verdict *v, const struct row *row, struct err *out)
{
	switch (v->said) {
	case SQS_SAID_DONE:
		out->code = ERR_NONE;
		out->text[0] = '\0';
		break;
	case SQS_SAID_FAILED:
		refused(v, row, out);
		break;
	case SQS_SAID_NOTHING:
		(void)err_set(out, ERR_IO, "the answer says nothing of this entry");
		break;
	case SQS_SAID_TWICE:
		(void)err_set(out, ERR_IO, "the answer names this entry twice");
		break;
	}
}

void sqs_verdict_result(const struct sqs_verdict *v, struct err *out)
{
	result(v, NULL, out);
}

void sqs_verdict_lease(const struct sqs_verdict *v, struct err *out)
{
	struct str code = short_code(json_get_text(json_get(v->entry, "Code"), ""));

	result(v, find_code(lease_codes, ARRAY_SIZE(lease_codes), code), out);
}
