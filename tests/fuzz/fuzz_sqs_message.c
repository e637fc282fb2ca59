/*
 * An answer to ReceiveMessage: whatever the document, a message has id and receipt, and either its
 * content is what its MD5 says and within all limits, or it has a fault.
 */
#include "queue_sqs_letter.h"

#include "fuzz.h"

static void check_content(const struct json *message, const struct queue_message *m)
{
	char md5[DIGEST_MD5_HEX_SIZE];

	digest_md5_hex(buf_str(&m->body), md5);
	FUZZ_CHECK(strcmp(md5, json_get_text(json_get(message, "MD5OfBody"), "")) == 0);
	FUZZ_CHECK(m->body.n > 0 && m->body.n <= QUEUE_BODY_MAX && !m->body.full);
}

static void read_message(const struct json *message)
{
	struct queue_message m;
	struct sqs_delivery d;
	struct err err;

	if (sqs_delivery_read(message, &d, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CORRUPT);
		return;
	}
	queue_message_init(&m);
	sqs_delivery_fill(&d, &m);
	FUZZ_CHECK(m.id[0] && m.receipt[0] && m.sent_at_ms >= 0);
	if (m.fault.code == ERR_NONE)
		check_content(message, &m);
	else
		FUZZ_CHECK(m.fault.code == ERR_CORRUPT || m.fault.code == ERR_INVALID);
	queue_message_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct json *list, *message;
	struct json *doc;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	list = json_get(doc, "Messages");
	for (size_t i = 0; i < QUEUE_BATCH_MAX && (message = json_at(list, i)); i++)
		read_message(message);
	json_free(doc);
	return 0;
}
