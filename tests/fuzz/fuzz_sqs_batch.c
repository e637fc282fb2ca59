/*
 * An answer to SendMessageBatch and the like: whatever the document, a sent entry is confirmed only
 * by an answer that names it once and has its MD5.
 */
#include "queue_sqs_batch.h"
#include "queue_sqs_letter.h"

#include "fuzz.h"

enum { COUNT = 3 };

#define HELLO_MD5 "5d41402abc4b2a76b9719d911017c592"

static void check_send(const struct sqs_verdict *v)
{
	struct queue_entry e = { .body = STR("hello") };
	struct sqs_letter l;

	sqs_letter_of(&e, &l);
	sqs_verdict_result(v, &l.result);
	FUZZ_CHECK((l.result.code == ERR_NONE) == (v->said == SQS_SAID_DONE));
	if (l.result.code != ERR_NONE)
		return;
	sqs_letter_confirm(&l, v->entry);
	FUZZ_CHECK(l.result.code == ERR_IO ||
	    strcmp(json_get_text(json_get(v->entry, "MD5OfMessageBody"), ""), HELLO_MD5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sqs_verdict verdicts[COUNT];
	struct json *doc;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	sqs_batch_read(doc, COUNT, verdicts);
	for (size_t i = 0; i < COUNT; i++) {
		check_send(&verdicts[i]);
		sqs_verdict_lease(&verdicts[i], &err);
		FUZZ_CHECK((err.code == ERR_NONE) == (verdicts[i].said == SQS_SAID_DONE));
	}
	json_free(doc);
	return 0;
}
