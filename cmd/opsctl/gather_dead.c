/* Why letters are dead: those of one verdict and reason are counted together. */
#include "deaths.h"
#include "field.h"
#include "gather_ask.h"

enum { LETTERS_MAX = 200, PAGE = QUEUE_BATCH_MAX };

static size_t look_at_page(const struct queue_message *page, size_t count, struct store *store,
    struct deaths *deaths)
{
	for (size_t i = 0; i < count; i++) {
		struct autopsy a;

		autopsy_make(&page[i], store, &a);
		deaths_add(deaths, page[i].id, &a);
	}
	return count;
}

/* How many letters; one that cannot be read ends it: those behind it count as not looked at. */
static size_t look_at_letters(struct queue *queue, struct store *store, struct deaths *deaths)
{
	struct queue_message page[PAGE];
	char after[QUEUE_ID_SIZE] = "";
	size_t count = PAGE, seen = 0;
	struct err ignored; /* see above */

	for (size_t i = 0; i < PAGE; i++)
		queue_message_init(&page[i]);
	while (count == PAGE && seen < LETTERS_MAX &&
	    queue_dead_list(queue, after, page, PAGE, &count, &ignored) == 0) {
		seen += look_at_page(page, count, store, deaths);
		if (count > 0)
			memcpy(after, page[count - 1].id, sizeof(after));
	}
	for (size_t i = 0; i < PAGE; i++)
		queue_message_release(&page[i]);
	return seen;
}

void gather_dead(struct queue *queue, struct store *store, struct facts_queue *out)
{
	struct deaths deaths = { .count = 0 };
	uint64_t told = 0;

	if (look_at_letters(queue, store, &deaths) == 0)
		return;
	for (; out->dead_count < deaths.count && out->dead_count < FACTS_DEAD_MAX;
	     out->dead_count++) {
		const struct death *death = &deaths.rows[out->dead_count];
		struct facts_dead *dead = &out->dead[out->dead_count];

		*dead = (struct facts_dead){ death->count, autopsy_name(death->verdict), "" };
		field_copy(dead->why, sizeof(dead->why), death->why);
		told += death->count;
	}
	out->dead_others = out->stats.dead > told ? out->stats.dead - told : 0;
}
