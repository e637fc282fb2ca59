#include "dlq.h"

#include <string.h>

enum { PAGE = QUEUE_BATCH_MAX };

int dlq_each(struct queue *queue, dlq_letter_fn *fn, void *arg, struct err *err)
{
	struct queue_message page[PAGE];
	char after[QUEUE_ID_SIZE] = "";
	size_t count = 0;
	bool goes_on = true;
	int rc;

	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&page[i]);
	do {
		rc = queue_dead_list(queue, after, page, PAGE, &count, err);
		for (size_t i = 0; rc == 0 && goes_on && i < count; i++) {
			memcpy(after, page[i].id, sizeof(after));
			goes_on = fn(arg, &page[i]);
		}
	} while (rc == 0 && goes_on && count == PAGE);
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&page[i]);
	return rc;
}
