#include "walk.h"

#include "ports.h"
#include "stop.h"

enum { PAGE_BYTES_MAX = 256 * 1024 };

#define FOREIGN "foreign/"

enum key_kind { KEY_OURS, KEY_FOREIGN, KEY_OTHER };

/* "foreign/YYYY/MM/DD/HH/<sent ms>-<message id>" */
static bool parse_foreign(struct str key, int64_t *sent_at_ms)
{
	size_t name = key.n;
	struct str digits;
	uint64_t ms;

	if (!str_has_prefix(key, STR(FOREIGN)))
		return false;
	while (key.p[name - 1] != '/')
		name--;
	if (!str_cut(str_skip(key, name), '-', &digits, &(struct str){ 0 }) ||
	    !str_to_u64(digits, &ms) || ms > INT64_MAX)
		return false;
	*sent_at_ms = (int64_t)ms;
	return true;
}

static enum key_kind key_kind(struct str key, int64_t *made_at_ms)
{
	char id[UUID_TEXT_SIZE];

	if (objectkey_parse(key, id, made_at_ms))
		return KEY_OURS;
	return parse_foreign(key, made_at_ms) ? KEY_FOREIGN : KEY_OTHER;
}

int walk_read(struct store *store, struct str key, struct buf *body, struct err *fault,
    struct walk_object *object, struct err *err)
{
	struct walk_object o = { .key = key };

	buf_reset(body);
	o.is_foreign = key_kind(key, &o.made_at_ms) != KEY_OURS;
	if (store_get(store, key, body, &o.info, err) != 0) {
		if (err->code != ERR_CORRUPT)
			return -1;
		*fault = *err;
		o.fault = fault;
		(void)!store_head(store, key, &o.info, err); /* what is known of it, if anything */
	}
	o.body = buf_str(body);
	if (!o.fault && !o.is_foreign && envelope_check(o.body, &o.record_count, fault) != 0)
		o.fault = fault;
	*object = o;
	return 0;
}

/* ---- one page of keys: the store is not asked for objects while it lists ---- */

struct page {
	const struct walk *walk;
	enum key_kind kind; /* of this part of the walk */
	struct buf keys;    /* each followed by NUL */
	char last[STORE_KEY_MAX + 1];
	uint64_t other;
	bool is_last;
};

static bool take_key(void *arg, struct str key, uint64_t size_bytes)
{
	struct page *p = arg;
	int64_t made_at_ms = 0;
	enum key_kind kind = key_kind(key, &made_at_ms);

	(void)size_bytes;
	/* "foreign/" sorts behind all keys of ours, which begin with a digit. */
	if ((p->kind == KEY_OURS && str_has_prefix(key, STR(FOREIGN))) ||
	    (kind == p->kind && made_at_ms >= p->walk->until_ms) ||
	    (p->kind == KEY_FOREIGN && !str_has_prefix(key, STR(FOREIGN)))) {
		p->is_last = true;
		return false;
	}
	if (key.n > STORE_KEY_MAX || p->keys.n + key.n + 1 > PAGE_BYTES_MAX)
		return false; /* full: the next page begins behind p->last */
	memcpy(p->last, key.p, key.n);
	p->last[key.n] = '\0';
	if (kind != p->kind) {
		p->other++;
	} else if (made_at_ms >= p->walk->since_ms) {
		buf_add(&p->keys, key);
		buf_addc(&p->keys, '\0');
	}
	return true;
}

/* 1: go on; 0: fn wants no more; -1. */
static int visit(const struct walk *w, struct str key, struct buf *body, struct err *err)
{
	struct walk_object object;
	int64_t made_at_ms = 0;
	struct err fault;

	if (stop_wait(0) == STOP_STOP || stop_requested())
		return err_set(err, ERR_STOPPED, "stopped at object %.*s", STR_ARG(key));
	(void)key_kind(key, &made_at_ms);
	if (w->wants && !w->wants(w->arg, key, made_at_ms))
		return 1;
	if (walk_read(w->store, key, body, &fault, &object, err) != 0)
		return err->code == ERR_NOTFOUND ? 1 : -1; /* removed since it was listed */
	return w->fn(w->arg, &object) ? 1 : 0;
}

static int visit_page(const struct walk *w, const struct page *p, struct buf *body, struct err *err)
{
	struct str rest = buf_str(&p->keys), key;
	int rc = 1;

	while (rc == 1 && str_cut(rest, '\0', &key, &rest))
		rc = visit(w, key, body, err);
	return rc;
}

/* All keys of one kind. 1: go on; 0; -1. */
static int walk_kind(struct walk *w, enum key_kind kind, const char *after, struct err *err)
{
	struct page p = { .walk = w, .kind = kind, .keys = BUF_INIT(PAGE_BYTES_MAX) };
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);
	char from[STORE_KEY_MAX + 1];
	int rc = 1;

	(void)snprintf(p.last, sizeof(p.last), "%s", after);
	do {
		memcpy(from, p.last, sizeof(from));
		buf_reset(&p.keys);
		if (store_list(w->store, str_from(from), take_key, &p, err) != 0)
			rc = -1;
		else
			rc = visit_page(w, &p, &body, err);
	} while (rc == 1 && !p.is_last && strcmp(from, p.last) != 0);
	w->other_keys += p.other;
	buf_release(&body);
	buf_release(&p.keys);
	return rc;
}

int walk_run(struct walk *w, struct err *err)
{
	char after[OBJECTKEY_SIZE];
	int64_t since_ms = w->since_ms > 0 ? w->since_ms : 0;
	int rc;

	w->other_keys = 0;
	objectkey_floor(since_ms, after);
	rc = walk_kind(w, KEY_OURS, after, err);
	if (rc == 1) {
		objectkey_foreign_floor(since_ms, after);
		rc = walk_kind(w, KEY_FOREIGN, after, err);
	}
	if (rc < 0)
		return err->code == ERR_STOPPED ? -1 : ports_failed(w->cli, err);
	return 0;
}
