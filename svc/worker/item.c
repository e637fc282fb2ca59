#include "item.h"

void item_list_push(struct item_list *l, struct item *it)
{
	it->next = NULL;
	if (l->tail == NULL)
		l->head = it;
	else
		l->tail->next = it;
	l->tail = it;
	l->count++;
}

void item_list_push_due(struct item_list *l, struct item *it)
{
	struct item **at = &l->head;

	if (l->tail == NULL || l->tail->due_us <= it->due_us) {
		item_list_push(l, it);
		return;
	}
	while ((*at)->due_us <= it->due_us)
		at = &(*at)->next;
	it->next = *at;
	*at = it;
	l->count++;
}

struct item *item_list_pop(struct item_list *l)
{
	struct item *it = l->head;

	if (it == NULL)
		return NULL;
	l->head = it->next;
	if (l->head == NULL)
		l->tail = NULL;
	it->next = NULL;
	l->count--;
	return it;
}

bool item_list_is_due(const struct item_list *l, int64_t now_us)
{
	return l->head != NULL && l->head->due_us <= now_us;
}

/* From the tail: a lease just granted is nearly always the last to run out. */
void item_leases_add(struct item_leases *l, struct item *it)
{
	struct item *before = l->tail;

	while (before != NULL && before->extend_at_us > it->extend_at_us)
		before = before->lease_prev;
	it->lease_prev = before;
	it->lease_next = before != NULL ? before->lease_next : l->head;
	if (it->lease_next != NULL)
		it->lease_next->lease_prev = it;
	else
		l->tail = it;
	if (before != NULL)
		before->lease_next = it;
	else
		l->head = it;
	it->is_leased = true;
}

void item_leases_remove(struct item_leases *l, struct item *it)
{
	if (!it->is_leased)
		return;
	if (it->lease_prev != NULL)
		it->lease_prev->lease_next = it->lease_next;
	else
		l->head = it->lease_next;
	if (it->lease_next != NULL)
		it->lease_next->lease_prev = it->lease_prev;
	else
		l->tail = it->lease_prev;
	it->lease_prev = it->lease_next = NULL;
	it->is_leased = false;
}
