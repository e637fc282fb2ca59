#include "facts_kept.h"

#include "autopsy.h"
#include "field.h"
#include "recording.h"

static void begin(struct json_writer *w, struct buf *out)
{
	buf_init(out, RECORDING_KEPT_MAX);
	json_writer_init(w, out);
	json_object_begin(w);
}

static void end(const struct cli *cli, enum context_key key, struct json_writer *w, struct buf *out)
{
	json_object_end(w);
	recording_keep(cli, key, out);
	buf_release(out);
}

/* Counts of a recording may be anybody's. */
static uint64_t count_of(const struct json *object, const char *name)
{
	int64_t n = json_get_int(json_get(object, name), 0);

	return n > 0 ? (uint64_t)n : 0;
}

/* ---- queue ---- */

static void keep_dead(struct json_writer *w, const struct facts_queue *q)
{
	json_key(w, "deaths");
	json_array_begin(w);
	for (size_t i = 0; i < q->dead_count; i++) {
		json_object_begin(w);
		json_member_uint(w, "count", q->dead[i].count);
		json_member_text(w, "verdict", q->dead[i].verdict);
		json_member_text(w, "why", q->dead[i].why);
		json_object_end(w);
	}
	json_array_end(w);
	json_member_uint(w, "other_deaths", q->dead_others);
}

void facts_keep_queue(const struct cli *cli, const struct facts_queue *q)
{
	const struct queue_stats *s = &q->stats;
	struct json_writer w;
	struct buf out;

	begin(&w, &out);
	json_member_uint(&w, "visible", s->visible);
	json_member_uint(&w, "in_flight", s->in_flight);
	json_member_uint(&w, "delayed", s->delayed);
	json_member_uint(&w, "dead", s->dead);
	json_member_int(&w, "oldest_age_s", s->oldest_age_s);
	keep_dead(&w, q);
	end(cli, CONTEXT_QUEUE, &w, &out);
}

/* NULL: another version of the program wrote it. */
static const char *find_verdict(const char *name)
{
	for (int i = 0; i < AUTOPSY_VERDICT_COUNT; i++)
		if (strcmp(autopsy_name((enum autopsy_verdict)i), name) == 0)
			return autopsy_name((enum autopsy_verdict)i);
	return NULL;
}

static void recall_dead(const struct json *kept, struct facts_queue *q)
{
	const struct json *deaths = json_get(kept, "deaths"), *one;

	q->dead_others = count_of(kept, "other_deaths");
	for (size_t i = 0; i < FACTS_DEAD_MAX && (one = json_at(deaths, i)) != NULL; i++) {
		struct facts_dead *dead = &q->dead[q->dead_count];

		dead->count = count_of(one, "count");
		dead->verdict = find_verdict(json_get_text(json_get(one, "verdict"), ""));
		field_json(dead->why, sizeof(dead->why), one, "why");
		if (dead->verdict != NULL)
			q->dead_count++;
		else
			q->dead_others += dead->count;
	}
}

bool facts_recall_queue(const struct cli *cli, struct facts_queue *out)
{
	const struct json *kept = recording_kept(cli, CONTEXT_QUEUE);

	if (kept == NULL)
		return false;
	*out = (struct facts_queue){ .stats = {
					 .visible = count_of(kept, "visible"),
					 .in_flight = count_of(kept, "in_flight"),
					 .delayed = count_of(kept, "delayed"),
					 .dead = count_of(kept, "dead"),
					 .oldest_age_s = json_get_int(
					     json_get(kept, "oldest_age_s"), -1),
				     } };
	recall_dead(kept, out);
	return true;
}

/* ---- store ---- */

void facts_keep_store(const struct cli *cli, const struct facts_store *s)
{
	struct json_writer w;
	struct buf out;

	begin(&w, &out);
	json_member_bool(&w, "has_space", s->has_space);
	json_member_double(&w, "free_mib", s->free_mib, 6);
	json_member_double(&w, "free_percent", s->free_percent, 6);
	end(cli, CONTEXT_STORE, &w, &out);
}

bool facts_recall_store(const struct cli *cli, struct facts_store *out)
{
	const struct json *kept = recording_kept(cli, CONTEXT_STORE);

	if (kept == NULL)
		return false;
	*out = (struct facts_store){
		.has_space = json_get_bool(json_get(kept, "has_space"), false),
		.free_mib = json_get_double(json_get(kept, "free_mib"), 0),
		.free_percent = json_get_double(json_get(kept, "free_percent"), 0),
	};
	return true;
}

/* ---- secret ---- */

void facts_keep_secret(const struct cli *cli, const struct facts_secret *s)
{
	struct json_writer w;
	struct buf out;

	begin(&w, &out);
	json_member_text(&w, "fingerprint", s->fingerprint);
	json_member_text(&w, "version", s->version);
	json_member_int(&w, "changed_at", s->changed_at);
	end(cli, CONTEXT_SECRET, &w, &out);
}

bool facts_recall_secret(const struct cli *cli, struct facts_secret *out)
{
	const struct json *kept = recording_kept(cli, CONTEXT_SECRET);

	if (kept == NULL)
		return false;
	*out = (struct facts_secret){ .changed_at = json_get_int(json_get(kept, "changed_at"), 0) };
	field_json(out->fingerprint, sizeof(out->fingerprint), kept, "fingerprint");
	field_json(out->version, sizeof(out->version), kept, "version");
	return true;
}
