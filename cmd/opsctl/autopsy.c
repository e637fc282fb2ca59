#include "autopsy.h"

#include "envelope.h"
#include "payload.h"

static const struct {
	const char *name, *code;
} names[AUTOPSY_VERDICT_COUNT] = {
	[AUTOPSY_PASSES] = { "would pass", "would_pass" },
	[AUTOPSY_STORED] = { "stored already", "stored_already" },
	[AUTOPSY_DAMAGED] = { "still fails", "damaged" },
	[AUTOPSY_OTHER] = { "not records", "not_records" },
	[AUTOPSY_REFUSED] = { "not acceptable", "not_acceptable" },
	[AUTOPSY_CLASHES] = { "still fails", "clashes" },
};

const char *autopsy_name(enum autopsy_verdict verdict)
{
	return names[verdict].name;
}

const char *autopsy_code(enum autopsy_verdict verdict)
{
	return names[verdict].code;
}

bool autopsy_fails_again(enum autopsy_verdict verdict)
{
	return verdict == AUTOPSY_DAMAGED || verdict == AUTOPSY_CLASHES;
}

static void set(struct autopsy *out, enum autopsy_verdict verdict, const char *why)
{
	out->verdict = verdict;
	(void)snprintf(out->why, sizeof(out->why), "%s", why);
}

/* What the worker looks at before it puts; false: it gives up there. */
static bool is_whole(const struct queue_message *m, struct autopsy *out)
{
	char sha256[HASH_HEX_SIZE], id[UUID_TEXT_SIZE];

	if (m->body.n == 0) {
		set(out, AUTOPSY_DAMAGED, "the queue has lost its body");
		return false;
	}
	hash_sha256_hex(buf_str(&m->body), sha256);
	if (m->sha256[0] && strcmp(m->sha256, sha256) != 0) {
		set(out, AUTOPSY_DAMAGED, "the body is not what its digest says");
		return false;
	}
	if (m->object[0] && !objectkey_parse(str_from(m->object), id, NULL)) {
		set(out, AUTOPSY_DAMAGED, "its object is not a key of an envelope");
		return false;
	}
	return true;
}

static int check_payload(struct str body, struct err *err)
{
	enum payload_fault fault;
	struct payload payload;
	int64_t epoch_ms;

	return payload_parse(body, &payload, &fault, err) == 0 &&
		payload_check(&payload, PAYLOAD_AUTO, &epoch_ms, &fault, err) == 0
	    ? 0
	    : -1;
}

/* A record does not say whether it came flat or nested, and what one refuses the other may take. */
static int check_data(struct str data, struct err *err)
{
	struct buf nested = BUF_INIT(data.n + sizeof("{\"data\":}"));
	int rc = check_payload(data, err);

	if (rc != 0) {
		buf_addf(&nested, "{\"data\":%.*s}", STR_ARG(data));
		rc = check_payload(buf_str(&nested), err);
	}
	buf_release(&nested);
	return rc;
}

/* The worker does not mind, a reader of the store would. */
static void look_at_records(const struct queue_message *m, struct autopsy *out)
{
	struct str rest = buf_str(&m->body), line;
	struct record record;
	char why[ERR_TEXT_MAX];
	size_t records;
	struct err err;

	if (!m->object[0])
		return;
	if (envelope_check(rest, &records, &err) != 0) {
		set(out, AUTOPSY_OTHER, err.text);
		return;
	}
	while (out->verdict == AUTOPSY_PASSES && envelope_next(&rest, &line)) {
		if (record_parse(line, &record, &err) == 0 && check_data(record.data[0], &err) == 0)
			continue;
		(void)snprintf(why, sizeof(why), "record %.*s: %.200s", STR_ARG(record.id),
		    err.text);
		set(out, AUTOPSY_REFUSED, why);
	}
}

static void look_into_store(const struct queue_message *m, struct store *store, struct autopsy *out)
{
	struct buf stored = BUF_INIT(STORE_OBJECT_MAX);
	char key[OBJECTKEY_SIZE];
	struct err err;

	if (m->object[0])
		memcpy(key, m->object, sizeof(key));
	else
		objectkey_foreign(m->sent_at_ms, str_from(m->id), key);
	if (store_get(store, str_from(key), &stored, NULL, &err) != 0) {
		if (err.code == ERR_CORRUPT)
			set(out, AUTOPSY_CLASHES, err.text);
	} else if (str_eq(buf_str(&stored), buf_str(&m->body))) {
		set(out, AUTOPSY_STORED, "its object is in the store; redriving only removes it");
	} else {
		set(out, AUTOPSY_CLASHES, "other bytes are stored under its key");
	}
	buf_release(&stored);
}

void autopsy_make(const struct queue_message *m, struct store *store, struct autopsy *out)
{
	set(out, AUTOPSY_PASSES, "");
	if (!is_whole(m, out))
		return;
	look_at_records(m, out);
	if (store)
		look_into_store(m, store, out);
}
