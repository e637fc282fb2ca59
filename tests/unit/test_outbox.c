#include "outbox.h"

#include <pthread.h>
#include <stdio.h>

#include "test.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* also of CHECK(), which only counts */

/* ---- a queue that does as it is told ---- */

enum { CALLS_MAX = 64, KEYS_MAX = 256 };

static struct fake {
	struct queue base;
	pthread_cond_t released;
	bool is_held;     /* calls wait until it is not */
	size_t held_from; /* but the first ones do not */
	size_t calls, envelopes, records;
	size_t per_call[CALLS_MAX]; /* records */
	char keys[KEYS_MAX][OBJECTKEY_SIZE];
	size_t key_count;
	/* What the n-th call answers to its entries; ERR_NONE behind the end. */
	enum err_code answers[CALLS_MAX];
	size_t spared;   /* entries of a failing call that succeed all the same */
	size_t capacity; /* calls at a time; more is too much, ERR_BUSY; 0: any number */
	size_t active, active_max, refused;
} fake;

static int fake_send(struct queue *q, struct queue_entry *entries, size_t count, struct err *err)
{
	enum err_code code;

	(void)q;
	(void)err;
	pthread_mutex_lock(&lock);
	fake.active++;
	if (fake.active > fake.active_max)
		fake.active_max = fake.active;
	while (fake.is_held && fake.calls >= fake.held_from)
		pthread_cond_wait(&fake.released, &lock);
	code = fake.answers[fake.calls];
	if (fake.capacity > 0 && fake.active > fake.capacity) {
		code = ERR_BUSY;
		fake.refused++;
	}
	for (size_t i = 0; i < count; i++) {
		CHECK(str_has_suffix(entries[i].body, STR("\n")));
		fake.envelopes++;
		fake.records += entries[i].record_count;
		fake.per_call[fake.calls] += entries[i].record_count;
		(void)snprintf(fake.keys[fake.key_count++], OBJECTKEY_SIZE, "%.*s",
		    STR_ARG(entries[i].object));
		entries[i].result.code = ERR_NONE;
		if (code != ERR_NONE && i >= fake.spared)
			(void)err_set(&entries[i].result, code, "as told");
	}
	fake.calls++;
	fake.active--;
	pthread_mutex_unlock(&lock);
	return 0;
}

static const struct queue_ops fake_ops = {
	.traits = { .senders = 1, .batch_max = 10, .body_max = 1024 * 1024 },
	.send = fake_send,
};

static void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.base.ops = &fake_ops;
	pthread_cond_init(&fake.released, NULL);
}

static void fake_hold(bool is_held)
{
	pthread_mutex_lock(&lock);
	fake.is_held = is_held;
	pthread_cond_broadcast(&fake.released);
	pthread_mutex_unlock(&lock);
}

/* ---- an outbox with it ---- */

enum { LOOPS = 2, PARCELS_MAX = 64 };

static struct clock_fake now;
static struct outbox *outbox;
static struct parcel parcels[PARCELS_MAX];
static char lines[PARCELS_MAX][32];
static pthread_cond_t delivered = PTHREAD_COND_INITIALIZER;
static size_t delivered_count;
static size_t order[PARCELS_MAX]; /* indices as they came back */

static void deliver(void *arg, unsigned loop, struct parcel *list)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	for (; list; list = list->next) {
		CHECK_INT(list->loop, loop);
		order[delivered_count++] = (size_t)(list - parcels);
	}
	pthread_cond_broadcast(&delivered);
	pthread_mutex_unlock(&lock);
}

static void open_senders(const struct clock *clock, unsigned senders, size_t records_max,
    size_t bytes_max)
{
	struct outbox_options options = { .queue = &fake.base,
		.clock = clock,
		.senders = senders,
		.loop_count = LOOPS,
		.bytes_max = 100,
		.envelope_records_max = records_max,
		.envelope_bytes_max = bytes_max,
		.deliver = deliver };
	struct err err;

	clock_fake_init(&now, 1700000000000);
	delivered_count = 0;
	if (outbox_open(&outbox, &options, &err) != 0)
		test_die("%s", err.text);
}

/* One sender, as the queue likes it. */
static void open_outbox(size_t records_max, size_t bytes_max)
{
	open_senders(&now.base, 0, records_max, bytes_max);
}

static size_t fake_active(void)
{
	size_t active;

	pthread_mutex_lock(&lock);
	active = fake.active;
	pthread_mutex_unlock(&lock);
	return active;
}

/* Parcels [from, to), of ten bytes each. */
static void add_all(size_t from, size_t to, unsigned loop, int64_t deadline_us)
{
	for (size_t i = from; i < to; i++) {
		(void)snprintf(lines[i], sizeof(lines[i]), "line %04zu\n", i);
		parcels[i] = (struct parcel){ .loop = loop,
			.line = str_from(lines[i]),
			.deadline_us = deadline_us };
		outbox_add(outbox, &parcels[i]);
	}
	outbox_hand_over(outbox, loop);
}

static void add(size_t from, size_t to, unsigned loop, int64_t patience_ms)
{
	add_all(from, to, loop, clock_mono_us(&now.base) + patience_ms * 1000);
}

static void add_until(size_t from, size_t to, int64_t deadline_us)
{
	add_all(from, to, 0, deadline_us);
}

static void wait_for(size_t count)
{
	pthread_mutex_lock(&lock);
	while (delivered_count < count)
		pthread_cond_wait(&delivered, &lock);
	pthread_mutex_unlock(&lock);
}

/* Wait until the one sender holds exactly what was added first, in its held call. */
static void busy_sender(void)
{
	fake_hold(true);
	add(0, 1, 0, 60000);
	while (fake_active() == 0)
		clock_sleep_ms(1);
}

/* ---- tests ---- */

static void batches_what_waits(void)
{
	fake_reset();
	open_outbox(1000, 900000);
	busy_sender();
	add(1, 11, 0, 60000);
	add(11, 21, 1, 60000);
	CHECK_INT(outbox_records(outbox), 21);
	fake_hold(false);
	wait_for(21);
	outbox_close(outbox);
	CHECK_INT(fake.records, 21);
	CHECK_INT(fake.calls, 2);
	for (size_t i = 0; i < 21; i++)
		CHECK_INT(parcels[i].result, ERR_NONE);
	CHECK_TEXT(parcels[1].object, parcels[20].object);
}

static void order_is_kept(void)
{
	fake_reset();
	open_outbox(1, 900000);
	add(0, 40, 0, 60000);
	wait_for(40);
	outbox_close(outbox);
	for (size_t i = 0; i < 40; i++)
		CHECK_INT(order[i], i);
	CHECK_INT(fake.envelopes, 40);
	CHECK_INT(fake.calls, 4); /* ten envelopes a call */
}

static void envelopes_have_limits(void)
{
	fake_reset();
	open_outbox(1000, 35); /* three lines of ten bytes fit */
	add(0, 7, 0, 60000);
	wait_for(7);
	outbox_close(outbox);
	CHECK_INT(fake.envelopes, 3);
	CHECK_TEXT(parcels[0].object, parcels[2].object);
	CHECK(strcmp(parcels[2].object, parcels[3].object) != 0);
	CHECK(strcmp(parcels[5].object, parcels[6].object) != 0);
}

/* A queue may be set to take less than SQS does, down to one envelope a call. */
static void calls_are_what_the_queue_takes(void)
{
	static const struct {
		size_t body_max, line_max, calls;
	} cases[] = {
		{ 1024, 0, 8 },
		{ 1025, 1, 8 },
		{ 3000, 1976, 4 },
		{ QUEUE_BODY_MAX, QUEUE_BODY_MAX - 1024, 1 },
		{ 8 * QUEUE_BODY_MAX, QUEUE_BODY_MAX - 1024, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct queue_traits traits = { .senders = 1,
			.batch_max = 10,
			.body_max = cases[i].body_max };

		fake_reset();
		fake.base.traits = &traits;
		CHECK_INT(outbox_line_max(&fake.base), cases[i].line_max);
		open_outbox(1, 900000);
		add(0, 8, 0, 60000);
		wait_for(8);
		outbox_close(outbox);
		CHECK_INT(fake.envelopes, 8);
		CHECK_INT(fake.calls, cases[i].calls);
	}
}

static void retries_under_the_same_key(void)
{
	fake_reset();
	fake.answers[0] = ERR_TIMEOUT;
	open_outbox(1000, 900000);
	add(0, 2, 0, 60000);
	wait_for(2);
	outbox_close(outbox);
	CHECK_INT(fake.calls, 2);
	CHECK_TEXT(fake.keys[0], fake.keys[1]);
	CHECK_INT(parcels[1].result, ERR_NONE);
	CHECK_TEXT(parcels[1].object, fake.keys[0]);
}

static void retries_only_what_failed(void)
{
	fake_reset();
	fake.answers[0] = ERR_BUSY;
	fake.spared = 1;
	open_outbox(1, 900000);
	add(0, 3, 0, 60000);
	wait_for(3);
	outbox_close(outbox);
	CHECK_INT(fake.calls, 2);
	CHECK_INT(fake.per_call[0], 3);
	CHECK_INT(fake.per_call[1], 2);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(parcels[i].result, ERR_NONE);
}

static void gives_up(void)
{
	static const struct {
		const char *name;
		enum err_code code;
		int64_t patience_ms;
		size_t calls;
	} cases[] = {
		{ "after some attempts", ERR_IO, 60000, 3 },
		{ "at once when it is for ever", ERR_DENIED, 60000, 1 },
		{ "when there is no time for a pause", ERR_IO, 10, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case = cases[i].name;
		fake_reset();
		for (size_t k = 0; k < CALLS_MAX; k++)
			fake.answers[k] = cases[i].code;
		open_outbox(1000, 900000);
		add(0, 1, 0, cases[i].patience_ms);
		wait_for(1);
		outbox_close(outbox);
		CHECK_INT(parcels[0].result, cases[i].code);
		CHECK_INT(fake.calls, cases[i].calls);
	}
}

/* ---- a queue that throttles ---- */

/* Far more often than a queue without an answer would be asked. */
static void throttled_calls_are_repeated_until_they_pass(void)
{
	enum { REFUSALS = 4 };

	fake_reset();
	for (size_t i = 0; i < REFUSALS; i++)
		fake.answers[i] = ERR_BUSY;
	open_senders(&clock_system, 1, 1000, 900000);
	add_until(0, 2, clock_mono_us(&clock_system) + 60 * INT64_C(1000000));
	wait_for(2);
	outbox_close(outbox);
	CHECK_INT(fake.calls, REFUSALS + 1);
	CHECK_INT(parcels[0].result, ERR_NONE);
	for (size_t i = 0; i < REFUSALS; i++)
		CHECK_TEXT(fake.keys[i], fake.keys[REFUSALS]);
}

/*
 * Eight senders begin eight calls; the queue takes two at a time. What is refused halves the number
 * of calls, and everything gets through in the end.
 */
static void throttling_makes_fewer_calls(void)
{
	enum { SENDERS = 8 };

	fake_reset();
	fake.capacity = 2;
	open_senders(&clock_system, SENDERS, 1, 900000);
	CHECK_INT(outbox_senders(outbox), SENDERS);
	fake_hold(true);
	for (size_t i = 0; i < SENDERS; i++) {
		add_until(i, i + 1, INT64_MAX);
		while (fake_active() <= i)
			clock_sleep_ms(1);
	}
	fake_hold(false);
	wait_for(SENDERS);
	CHECK(outbox_senders(outbox) < SENDERS);
	add_until(SENDERS, PARCELS_MAX, INT64_MAX);
	wait_for(PARCELS_MAX);
	outbox_close(outbox);
	CHECK_INT(fake.active_max, SENDERS);
	/* More, when one comes again before the last of the first eight has left. */
	CHECK(fake.refused >= SENDERS - 2);
	for (size_t i = 0; i < PARCELS_MAX; i++)
		CHECK_INT(parcels[i].result, ERR_NONE);
}

/* While one call at a time tries a queue that takes nothing, others must not wait for ever. */
static void deadlines_hold_while_the_queue_takes_nothing(void)
{
	fake_reset();
	for (size_t i = 0; i < CALLS_MAX; i++)
		fake.answers[i] = ERR_BUSY;
	open_senders(&clock_system, 2, 1, 900000);
	add_until(0, 30, clock_mono_us(&clock_system) + 300 * 1000);
	wait_for(30);
	outbox_close(outbox);
	for (size_t i = 0; i < 30; i++)
		CHECK(parcels[i].result == ERR_BUSY || parcels[i].result == ERR_TIMEOUT);
}

/* What has no deadline of its own: tried again and again, at the gate, and waiting behind it. */
static void all_come_back_at_the_end(void)
{
	fake_reset();
	for (size_t i = 0; i < CALLS_MAX; i++)
		fake.answers[i] = ERR_BUSY;
	open_senders(&clock_system, 3, 1, 900000);
	add_until(0, 12, INT64_MAX);
	clock_sleep_ms(20); /* a call may have failed by then, or not: all come back either way */
	outbox_end_at(outbox, clock_mono_us(&clock_system));
	wait_for(12);
	outbox_close(outbox);
	for (size_t i = 0; i < 12; i++)
		CHECK(parcels[i].result == ERR_BUSY || parcels[i].result == ERR_TIMEOUT);
}

static void late_ones_are_not_sent(void)
{
	fake_reset();
	open_outbox(1000, 900000);
	add(0, 1, 0, 0);
	add(1, 2, 1, 60000);
	wait_for(2);
	outbox_close(outbox);
	CHECK_INT(parcels[0].result, ERR_TIMEOUT);
	CHECK_INT(parcels[1].result, ERR_NONE);
	CHECK_INT(fake.records, 1);
}

static void room_is_bounded(void)
{
	fake_reset();
	open_outbox(1000, 900000);
	CHECK(outbox_reserve(outbox, 60));
	CHECK(outbox_reserve(outbox, 40));
	CHECK(!outbox_reserve(outbox, 1));
	CHECK_INT(outbox_bytes(outbox), 100);
	CHECK(!outbox_has_room(outbox, 1));
	outbox_release(outbox, 40);
	CHECK(outbox_has_room(outbox, 40));
	CHECK(!outbox_has_room(outbox, 41));
	CHECK(!outbox_reserve(outbox, 41));
	CHECK(outbox_reserve(outbox, 40));
	outbox_close(outbox);
}

static void close_sends_the_rest(void)
{
	fake_reset();
	open_outbox(1000, 900000);
	add(0, 5, 0, 60000);
	outbox_close(outbox);
	CHECK_INT(delivered_count, 5);
	CHECK_INT(fake.records, 5);
}

static void *close_outbox(void *arg)
{
	(void)arg;
	outbox_close(outbox);
	return NULL;
}

/*
 * While one call is under way, which is all that the queue takes, two senders wait for their turn;
 * what waits is then taken by one of them, and the other must hear of it.
 */
static void close_frees_those_who_wait(void)
{
	pthread_t closer;

	fake_reset();
	fake.answers[0] = ERR_BUSY; /* three calls at a time become one */
	fake.held_from = 1;
	open_senders(&clock_system, 3, 1, 900000);
	fake_hold(true);
	add_until(0, 1, INT64_MAX);
	while (outbox_senders(outbox) != 1 || fake_active() == 0)
		clock_sleep_ms(1);
	add_until(1, 2, INT64_MAX);
	if (pthread_create(&closer, NULL, close_outbox, NULL) != 0)
		test_die("pthread_create");
	clock_sleep_ms(20); /* woken by the close they wait again; whoever is late, ends */
	fake_hold(false);
	(void)pthread_join(closer, NULL);
	CHECK_INT(delivered_count, 2);
}

static const struct test tests[] = {
	{ "batches what waits", batches_what_waits },
	{ "order is kept", order_is_kept },
	{ "envelopes have limits", envelopes_have_limits },
	{ "calls are what the queue takes", calls_are_what_the_queue_takes },
	{ "retries under the same key", retries_under_the_same_key },
	{ "retries only what failed", retries_only_what_failed },
	{ "gives up", gives_up },
	{ "throttled calls are repeated until they pass",
	    throttled_calls_are_repeated_until_they_pass },
	{ "throttling makes fewer calls", throttling_makes_fewer_calls },
	{ "deadlines hold while the queue takes nothing",
	    deadlines_hold_while_the_queue_takes_nothing },
	{ "all come back at the end", all_come_back_at_the_end },
	{ "late ones are not sent", late_ones_are_not_sent },
	{ "room is bounded", room_is_bounded },
	{ "close sends the rest", close_sends_the_rest },
	{ "close frees those who wait", close_frees_those_who_wait },
};

TEST_MAIN(tests)
