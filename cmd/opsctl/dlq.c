#include "dlq.h"

#include <string.h>

#include "ports.h"

enum { PAGE = QUEUE_BATCH_MAX };

int dlq_open(struct dlq *d, struct cli *cli, unsigned redrive_rate, struct err *err)
{
	struct err no_store;

	*d = (struct dlq){ .cli = cli };
	if (ports_queue_watched(cli, &d->progress, redrive_rate, &d->queue, err) != 0)
		return -1;
	if (ports_store(cli, &d->store, &no_store) != 0)
		out_note(cli, "judged without the store: %s", no_store.text);
	cli->next[0] = '\0';
	return 0;
}

void dlq_close(struct dlq *d)
{
	queue_close(d->queue);
	store_close(d->store);
}

bool dlq_is_on_aws(const struct dlq *d)
{
	return context_value_is_aws(CONTEXT_QUEUE, d->cli->context.values[CONTEXT_QUEUE]);
}

static void note_side_effects(const struct dlq *d)
{
	if (dlq_is_on_aws(d))
		out_note(d->cli,
		    "SQS has no list: each letter is received, which raises its receive count and "
		    "hides it from others for up to a minute");
}

int dlq_each(struct dlq *d, dlq_letter_fn *fn, void *arg, struct err *err)
{
	struct queue_message page[PAGE];
	char after[QUEUE_ID_SIZE] = "";
	size_t count = 0;
	bool goes_on = true;
	int rc;

	note_side_effects(d);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&page[i]);
	do {
		rc = queue_dead_list(d->queue, after, page, PAGE, &count, err);
		for (size_t i = 0; rc == 0 && goes_on && i < count; i++) {
			memcpy(after, page[i].id, sizeof(after));
			goes_on = fn(arg, &page[i]);
		}
	} while (rc == 0 && goes_on && count == PAGE);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&page[i]);
	return rc == 0 ? 0 : ports_failed(d->cli, err);
}

uint64_t dlq_verdicts_passing(const struct dlq_verdicts *v)
{
	return v->counts[AUTOPSY_PASSES];
}

uint64_t dlq_verdicts_failing(const struct dlq_verdicts *v)
{
	uint64_t n = 0;

	for (int i = 0; i < AUTOPSY_VERDICT_COUNT; i++)
		n += autopsy_fails_again((enum autopsy_verdict)i) ? v->counts[i] : 0;
	return n;
}

void dlq_verdicts_json(struct json_writer *w, const struct dlq_verdicts *v)
{
	json_key(w, "verdicts");
	json_object_begin(w);
	for (int i = 0; i < AUTOPSY_VERDICT_COUNT; i++)
		json_member_uint(w, autopsy_code((enum autopsy_verdict)i), v->counts[i]);
	json_object_end(w);
}
