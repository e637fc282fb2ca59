#include "conserve.h"

#include "stop.h"
#include "walk.h"

enum { POLL_FIRST_MS = 20, POLL_LAST_MS = 1000 };

void conserve_init(struct conserve *c)
{
	*c = (struct conserve){
		.expected = IDSET_INIT(CONSERVE_MAX),
		.objects = IDSET_INIT(CONSERVE_MAX),
	};
}

void conserve_release(struct conserve *c)
{
	idset_release(&c->expected);
	idset_release(&c->objects);
}

void conserve_add(struct conserve *c, struct str id, struct str data)
{
	struct idset_entry *e = idset_add(&c->expected, id);

	if (e)
		e->word = idset_digest(data);
	else
		c->not_watched++;
}

static void note(struct conserve *c, const char *what, struct str name)
{
	if (c->example[0] == '\0')
		(void)snprintf(c->example, sizeof(c->example), "%.120s: %.*s", what, STR_ARG(name));
}

static void count_record(struct conserve *c, const struct record *record)
{
	struct idset_entry *e = idset_find(&c->expected, record->id);

	if (!e)
		return; /* another sender's */
	if (e->count++ > 0) {
		c->duplicates++;
		note(c, "stored more than once", record->id);
		return;
	}
	c->found++;
	if (e->word != idset_digest(record->data[0])) {
		c->corrupt++;
		note(c, "stored with other bytes", record->id);
	}
}

static bool is_new(void *arg, struct str key, int64_t made_at_ms)
{
	struct conserve *c = arg;

	(void)made_at_ms;
	return idset_find(&c->objects, key) == NULL;
}

static bool count_object(void *arg, const struct walk_object *object)
{
	struct conserve *c = arg;
	struct str rest = object->body, line;
	struct record record;
	struct err ignored; /* a fault of the object tells it all */

	if (!idset_add(&c->objects, object->key))
		return false; /* too many objects of others: what is in the rest counts as missing */
	c->objects_read++;
	if (object->fault) {
		c->faulty_objects++;
		note(c, object->fault->text, object->key);
		return true;
	}
	while (!object->is_foreign && envelope_next(&rest, &line))
		if (record_parse(line, &record, &ignored) == 0)
			count_record(c, &record);
	return true;
}

uint64_t conserve_missing(const struct conserve *c)
{
	return c->expected.count - c->found;
}

bool conserve_is_whole(const struct conserve *c)
{
	return conserve_missing(c) == 0 && c->duplicates == 0 && c->corrupt == 0 &&
	    c->faulty_objects == 0;
}

int conserve_wait(struct conserve *c, struct cli *cli, struct store *store, int64_t since_ms,
    int64_t deadline_us, struct err *err)
{
	struct walk walk = {
		.cli = cli,
		.store = store,
		.since_ms = since_ms,
		.until_ms = INT64_MAX,
		.wants = is_new,
		.fn = count_object,
		.arg = c,
	};
	struct progress progress;
	int poll_ms = POLL_FIRST_MS;
	int rc;

	progress_begin(&progress, cli, "verifying", c->expected.count);
	for (;;) {
		rc = walk_run(&walk, err);
		progress_update(&progress, c->found, NULL);
		if (rc != 0 || conserve_missing(c) == 0 || clock_mono_us(cli->clock) >= deadline_us)
			break;
		if (stop_wait(poll_ms) == STOP_STOP) {
			rc = err_set(err, ERR_STOPPED, "%zu of %zu not seen in the store yet",
			    (size_t)conserve_missing(c), c->expected.count);
			break;
		}
		poll_ms = poll_ms * 2 < POLL_LAST_MS ? poll_ms * 2 : POLL_LAST_MS;
	}
	progress_end(&progress);
	return rc;
}
