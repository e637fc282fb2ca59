#include "secret_history.h"

#include <stdlib.h>

#include "field.h"
#include "mem.h"

void secret_history_release(struct secret_history *h)
{
	free(h->items);
	*h = (struct secret_history){ 0 };
}

void secret_history_add(struct secret_history *h, const struct secret_past *one)
{
	size_t at = h->count;

	while (at > 0 && h->items[at - 1].rank < one->rank)
		at--;
	h->is_cut = h->is_cut || h->count == SECRET_HISTORY_MAX;
	if (at == SECRET_HISTORY_MAX)
		return;
	if (h->count < SECRET_HISTORY_MAX)
		h->count++;
	memmove(&h->items[at + 1], &h->items[at], (h->count - 1 - at) * sizeof(*h->items));
	h->items[at] = *one;
}

void secret_history_labels(struct secret_past *one, const struct json *labels)
{
	struct buf list = BUF_INIT(SECRET_LABELS_SIZE - 1);

	for (size_t i = 0; i < json_count(labels); i++) {
		char label[SECRET_LABELS_SIZE];

		field_copy(label, sizeof(label), json_get_text(json_at(labels, i), ""));
		buf_addf(&list, "%s\n", label);
	}
	(void)snprintf(one->labels, sizeof(one->labels), "%s", buf_text(&list));
	buf_release(&list);
}

/* A source that keeps two at most. */
static int read_two(struct secret *s, struct secret_history *out, struct err *err)
{
	for (int which = SECRET_CURRENT; which <= SECRET_PREVIOUS; which++) {
		struct secret_past one = { .is_current = which == SECRET_CURRENT, .rank = -which };
		struct secret_value v;

		secret_value_init(&v);
		if (secret_get(s, (enum secret_which)which, &v, err) != 0)
			return which == SECRET_PREVIOUS && err->code == ERR_NOTFOUND ? 0 : -1;
		(void)snprintf(one.version, sizeof(one.version), "%s", v.version);
		/* Of the previous one it is the time of its end. */
		one.made_at = one.is_current ? v.changed_at : 0;
		hash_fingerprint(buf_str(&v.bytes), one.fingerprint);
		secret_history_add(out, &one);
		secret_value_wipe(&v);
	}
	return 0;
}

int secret_history_read(struct secret *s, struct secret_history *out, struct err *err)
{
	struct secret_history fresh = {
		.items = xcalloc(SECRET_HISTORY_MAX, sizeof(*fresh.items)),
	};

	if ((s->ops->history ? s->ops->history : read_two)(s, &fresh, err) != 0) {
		secret_history_release(&fresh);
		return -1;
	}
	if (fresh.count == 0) {
		secret_history_release(&fresh);
		return err_set(err, ERR_NOTFOUND, "secret: it has no versions");
	}
	*out = fresh;
	return 0;
}
