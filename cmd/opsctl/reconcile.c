#include "reconcile.h"

#include <string.h>

#include "timestamp.h"
#include "token_probe.h"

/* Of an entry of `requests`: its request was refused after all. Of one of `ids`: it is dead. */
#define MARK 0x80000000u
/* Of an entry of `requests`: the client gave no id. */
#define NAMELESS 0x40000000u

enum { NO_NAME = 0 }; /* the place of an id that has none, or found no room */

void reconcile_init(struct reconcile *r, int64_t since_ms, int64_t until_ms)
{
	*r = (struct reconcile){
		.since_ms = since_ms,
		.until_ms = until_ms,
		.requests = IDSET_INIT(RECONCILE_MAX),
		.ids = IDSET_INIT(RECONCILE_MAX),
		.others = IDSET_INIT(RECONCILE_MAX),
		.names = BUF_INIT(RECONCILE_NAMES_MAX),
		.first_line_ms = INT64_MAX,
	};
	buf_addc(&r->names, '\0'); /* the name at NO_NAME */
}

void reconcile_release(struct reconcile *r)
{
	idset_release(&r->requests);
	idset_release(&r->ids);
	idset_release(&r->others);
	buf_release(&r->names);
}

/* ---- the log ---- */

static const char *text_of(const struct json *line, const char *key)
{
	return json_get_text(json_get(line, key), "");
}

static bool is_in_span(const struct reconcile *r, int64_t at_ms)
{
	return at_ms >= r->since_ms && at_ms < r->until_ms;
}

/* Where the id is kept. */
static size_t keep_name(struct reconcile *r, struct str id)
{
	size_t at = r->names.n;

	if (id.n == 0)
		return NO_NAME;
	buf_add(&r->names, id);
	buf_addc(&r->names, '\0');
	return r->names.full ? NO_NAME : at;
}

static const char *name_at(const struct reconcile *r, uint64_t word)
{
	return r->names.p + word;
}

/* It is not going to be refused any more. */
static void take_id(struct reconcile *r, uint64_t word)
{
	struct idset_entry *id = idset_add(&r->ids, str_from(name_at(r, word)));

	if (id != NULL)
		id->word = word;
	else
		r->left_out++;
}

/*
 * A client may give all its requests one X-Request-Id: the one before it was taken, then, unless it
 * was refused by now. But a line may also be there twice.
 */
static void name_request(struct reconcile *r, struct idset_entry *request, const char *id)
{
	bool is_open = request->word != NO_NAME && (request->count & MARK) == 0;

	if (is_open && strcmp(name_at(r, request->word), id) == 0)
		return;
	if (is_open)
		take_id(r, request->word);
	request->count = id[0] == '\0' ? NAMELESS : 0;
	request->word = keep_name(r, str_from(id));
	r->left_out += id[0] != '\0' && request->word == NO_NAME;
}

static void take_accepted(struct reconcile *r, const struct json *line)
{
	const char *id = text_of(line, "webhook.id");
	struct idset_entry *request;

	r->accepted++;
	r->unnamed += id[0] == '\0';
	request = idset_add(&r->requests, str_from(text_of(line, "http.request.id")));
	if (request == NULL)
		r->left_out++;
	else
		name_request(r, request, id);
}

/* Whether opsctl asked about the token, with a payload that is no one's: no client's request. */
static bool is_check(const struct json *line)
{
	return str_has_prefix(str_from(text_of(line, "http.request.id")),
	    STR(TOKEN_REQUEST_PREFIX));
}

/* Credentials were good, the payload or the hour was not. */
static void take_refused(struct reconcile *r, const struct json *line)
{
	struct idset_entry *request = idset_find(&r->requests,
	    str_from(text_of(line, "http.request.id")));

	if (request == NULL || (request->count & MARK) != 0)
		return; /* accepted before the span began */
	request->count |= MARK;
	r->unnamed -= (request->count & NAMELESS) != 0;
	if (is_check(line)) {
		r->checks++;
		r->accepted--;
	} else {
		r->refused++;
	}
}

static void take_replay(struct reconcile *r, const struct json *line)
{
	(void)line;
	r->replays++;
}

void reconcile_line(struct reconcile *r, struct str text)
{
	static const struct {
		const char *action;
		void (*take)(struct reconcile *r, const struct json *line);
	} actions[] = {
		{ "token-accepted", take_accepted },
		{ "previous-key-used", take_accepted },
		{ "submission-refused", take_refused },
		{ "replay", take_replay },
	};
	struct json *line;
	struct err ignored; /* what is no JSON is no line of the audit */
	int64_t at_ms;

	if (json_parse(text, &line, &ignored) != 0)
		return;
	if (timestamp_parse(str_from(text_of(line, "@timestamp")), &at_ms, &ignored) == 0) {
		r->first_line_ms = at_ms < r->first_line_ms ? at_ms : r->first_line_ms;
		for (size_t i = 0; is_in_span(r, at_ms) && i < ARRAY_SIZE(actions); i++)
			if (strcmp(text_of(line, "event.action"), actions[i].action) == 0) {
				r->audit_lines++;
				actions[i].take(r, line);
			}
	}
	json_free(line);
}

void reconcile_settle(struct reconcile *r)
{
	for (size_t i = 0; i < r->requests.capacity; i++) {
		const struct idset_entry *request = &r->requests.slots[i];

		if (request->is_used && (request->count & MARK) == 0 && request->word != NO_NAME)
			take_id(r, request->word);
	}
	idset_release(&r->requests);
}

/* ---- records ---- */

void reconcile_stored(struct reconcile *r, const struct record *record)
{
	struct idset_entry *e = idset_find(&r->ids, record->id);

	if (e == NULL && !is_in_span(r, record->accepted_at_ms))
		return;
	r->stored++;
	if (e != NULL) {
		r->found += e->count == 0;
	} else {
		e = idset_add(&r->others, record->id);
		if (e == NULL) {
			r->left_out++;
			return;
		}
		if (e->count == 1) /* a second time: now it is worth a name */
			e->word = keep_name(r, record->id);
	}
	e->count++;
	r->doubled += e->count == 2;
}

void reconcile_dead(struct reconcile *r, const struct record *record)
{
	struct idset_entry *e = idset_find(&r->ids, record->id);

	if (e == NULL || e->count != 0)
		return;
	e->count = MARK;
	r->dead++;
}

/* ---- sums ---- */

uint64_t reconcile_missing(const struct reconcile *r)
{
	return r->ids.count - r->found - r->dead;
}

int64_t reconcile_unnamed_missing(const struct reconcile *r)
{
	return (int64_t)r->unnamed - (int64_t)r->others.count;
}

static void each(const struct reconcile *r, const struct idset *set, bool (*wants)(uint32_t count),
    reconcile_fn *fn, void *arg)
{
	for (size_t i = 0; i < set->capacity; i++)
		if (set->slots[i].is_used && wants(set->slots[i].count) &&
		    !fn(arg, name_at(r, set->slots[i].word)))
			return;
}

static bool is_missing(uint32_t count)
{
	return count == 0;
}

static bool is_doubled(uint32_t count)
{
	return count > 1 && count != MARK;
}

void reconcile_each_missing(const struct reconcile *r, reconcile_fn *fn, void *arg)
{
	each(r, &r->ids, is_missing, fn, arg);
}

void reconcile_each_doubled(const struct reconcile *r, reconcile_fn *fn, void *arg)
{
	each(r, &r->ids, is_doubled, fn, arg);
	each(r, &r->others, is_doubled, fn, arg);
}
