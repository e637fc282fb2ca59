/*
 * Records as they land.
 *
 * A key says when its envelope was made, not when it landed: one that was retried, or waited
 * for a worker, lands behind younger ones. So "list everything after the last key" would lose
 * it. Two looks instead:
 * - near, at every poll: keys made in the last NEAR_MS. Cheap, and sees nearly everything.
 * - far, every FAR_EVERY_MS: keys made in the last --late. What this look lists becomes the set
 *   of known keys, so the set holds just the keys of that span and never needs sweeping.
 * What lands later than --late (a dead letter redriven after hours) is not seen here, but by
 * verify-s3 with a span. Cost: one listing of NEAR_MS a poll, one of --late a far look.
 */
#include "count.h"
#include "idset.h"
#include "stop.h"
#include "verify.h"

enum { POLL_MS = 250, NEAR_MS = 10 * 1000, FAR_EVERY_MS = 15 * 1000, KEYS_MAX = 4 * 1024 * 1024 };

struct follow {
	struct verify *v;
	struct idset known;
	struct idset *listing; /* of a far look; NULL in a near one */
	int64_t news_from_ms;  /* the first look: what was made before is not news */
	uint64_t records, faulty;
};

static void print_record(struct follow *f, const struct walk_object *o, struct str line)
{
	struct cli *cli = f->v->cli;
	char stored[CLOCK_RFC3339_SIZE];
	struct record r;
	struct err ignored; /* envelope_check() passed */

	if (record_parse(line, &r, &ignored) != 0)
		return;
	f->records++;
	if (cli->json) {
		verify_print_record_json(f->v, o, line, &r);
	} else if (f->v->with_body) {
		verify_print_line(cli, line);
	} else {
		clock_rfc3339(o->info.stored_at_ms, stored);
		out_text(cli, "%s  %.*s  %.*s  %s\n", stored, STR_ARG(r.id), STR_ARG(o->key),
		    COUNT(line.n, "byte"));
	}
}

static void print_other(struct follow *f, const struct walk_object *o)
{
	struct cli *cli = f->v->cli;

	f->faulty += o->fault != NULL;
	if (cli->json)
		verify_print_object_json(cli, o);
	else if (o->fault)
		out_warn(cli, "object %.*s: %s", STR_ARG(o->key), o->fault->text);
	else
		out_text(cli, "foreign  %.*s  %s\n", STR_ARG(o->key), COUNT(o->body.n, "byte"));
}

static bool is_new(void *arg, struct str key, int64_t made_at_ms)
{
	struct follow *f = arg;

	if (f->listing)
		(void)idset_add(f->listing, key); /* full: what is not known is printed again */
	return made_at_ms >= f->news_from_ms && !idset_find(&f->known, key);
}

static bool object_landed(void *arg, const struct walk_object *o)
{
	struct follow *f = arg;
	struct str rest = o->body, line;

	(void)idset_add(&f->known, o->key); /* full: as above */
	if (o->fault || o->is_foreign) {
		print_other(f, o);
	} else {
		while (!out_failed(f->v->cli) && envelope_next(&rest, &line))
			print_record(f, o, line);
	}
	return !out_failed(f->v->cli);
}

static int look(struct follow *f, int64_t since_ms, struct err *err)
{
	struct walk walk = {
		.cli = f->v->cli,
		.store = f->v->store,
		.since_ms = since_ms,
		.until_ms = INT64_MAX,
		.wants = is_new,
		.fn = object_landed,
		.arg = f,
	};

	return walk_run(&walk, err);
}

static int look_near(struct follow *f, struct err *err)
{
	return look(f, clock_wall_ms(f->v->cli->clock) - NEAR_MS, err);
}

static int look_far(struct follow *f, struct err *err)
{
	int64_t since_ms = clock_wall_ms(f->v->cli->clock) - cli_ms(f->v->cli, "late");
	struct idset listing = IDSET_INIT(KEYS_MAX);
	int rc;

	if (f->news_from_ms < since_ms && f->news_from_ms > 0)
		since_ms = f->news_from_ms;
	f->listing = &listing;
	rc = look(f, since_ms, err);
	f->listing = NULL;
	if (rc != 0) {
		idset_release(&listing);
		return rc;
	}
	idset_release(&f->known);
	f->known = listing;
	return 0;
}

/*
 * What is there at the start is printed from --since on, and otherwise only made known. But
 * this look may take seconds, and what is made while it lists is news.
 */
static int look_first(struct follow *f, struct err *err)
{
	int rc;

	f->news_from_ms = f->v->has_since ? f->v->since_ms : f->v->now_ms;
	rc = look_far(f, err);
	f->news_from_ms = 0;
	return rc;
}

static int follow_on(struct follow *f, int64_t deadline_us, struct err *err)
{
	const struct clock *clock = f->v->cli->clock;
	int64_t far_us = clock_mono_us(clock);

	if (look_first(f, err) != 0)
		return -1;
	while (!out_failed(f->v->cli) && (deadline_us == 0 || clock_mono_us(clock) < deadline_us)) {
		int rc;

		if (stop_wait(POLL_MS) == STOP_STOP)
			return err_set(err, ERR_STOPPED, "stopped after %s",
			    COUNT(f->records, "record"));
		if (clock_mono_us(clock) - far_us >= FAR_EVERY_MS * 1000) {
			far_us = clock_mono_us(clock);
			rc = look_far(f, err);
		} else {
			rc = look_near(f, err);
		}
		/* A store that is away for a while is no reason to end: nothing is lost by waiting. */
		if (rc != 0 && !err_is_transient(err->code))
			return -1;
		if (rc != 0)
			out_warn(f->v->cli, "%s; trying again", err->text);
		if (f->v->beside && f->v->beside(f->v->beside_arg, err) != 0)
			return -1;
	}
	return 0;
}

int verify_follow(struct verify *v, struct err *err)
{
	struct follow f = { .v = v, .known = IDSET_INIT(KEYS_MAX) };
	int64_t deadline_us = 0;
	int rc;

	if (cli_is_set(v->cli, "timeout"))
		deadline_us = clock_mono_us(v->cli->clock) + cli_ms(v->cli, "timeout") * 1000;
	rc = follow_on(&f, deadline_us, err);
	if (f.faulty > 0)
		v->cli->exit_code = EXIT_BAD;
	idset_release(&f.known);
	return rc;
}
