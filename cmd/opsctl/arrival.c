#include "arrival.h"

#include <inttypes.h>

#include "envelope.h"
#include "ports.h"
#include "stop.h"

/* A record is usually there within milliseconds, so begin fast and slow down. */
enum { POLL_FIRST_MS = 1, POLL_LAST_MS = 250 };

/*
 * Whether there is no bucket, which looks like no object to who asks for one. Asked only when the
 * object is late: it costs a call.
 */
static bool is_gone(const struct cli *cli, struct store *store, struct err *err)
{
	return context_value_is_aws(CONTEXT_STORE, cli->context.values[CONTEXT_STORE]) &&
	    store_check(store, err) != 0 && err->code == ERR_NOTFOUND;
}

static int poll_object(struct cli *cli, struct store *store, const char *key, int64_t deadline_us,
    struct buf *body, struct store_info *info, struct progress *progress, struct err *err)
{
	int poll_ms = POLL_FIRST_MS;
	bool is_checked = false;

	for (;;) {
		int64_t left_ms = (deadline_us - clock_mono_us(cli->clock)) / 1000;

		if (store_get(store, str_from(key), body, info, err) == 0)
			return 0;
		if (err->code != ERR_NOTFOUND)
			return err->code == ERR_CORRUPT ? -1 : ports_failed(cli, err);
		progress_update(progress, 0, NULL);
		if (left_ms <= 0)
			return err_set(err, ERR_TIMEOUT, "object %s is not in the store yet", key);
		if (stop_wait(left_ms < poll_ms ? (int)left_ms : poll_ms) == STOP_STOP)
			return err_set(err, ERR_STOPPED,
			    "accepted, but not seen in the store yet: object %s", key);
		poll_ms = poll_ms * 3 / 2 + 1;
		if (poll_ms <= POLL_LAST_MS)
			continue;
		poll_ms = POLL_LAST_MS;
		if (!is_checked && is_gone(cli, store, err))
			return ports_failed(cli, err);
		is_checked = true;
	}
}

static int wait_for_object(struct cli *cli, struct store *store, const char *key,
    int64_t deadline_us, struct buf *body, struct store_info *info, struct err *err)
{
	struct progress progress;
	int rc;

	progress_begin(&progress, cli, "waiting for the store", 0);
	rc = poll_object(cli, store, key, deadline_us, body, info, &progress, err);
	progress_end(&progress);
	return rc;
}

static int check_record(struct str body, const char *key, const char *id, struct str data,
    int64_t *accepted_at_ms, struct err *err)
{
	struct record record;
	struct str line;

	while (envelope_next(&body, &line)) {
		if (record_parse(line, &record, err) != 0)
			return -1;
		if (!str_is(record.id, id))
			continue;
		if (!str_eq(record.data[0], data))
			return err_set(err, ERR_CORRUPT,
			    "record %s in %s: its data are not the bytes that were sent", id, key);
		*accepted_at_ms = record.accepted_at_ms;
		return 0;
	}
	return err_set(err, ERR_CORRUPT, "object %s does not hold record %s", key, id);
}

int arrival_wait(struct cli *cli, struct store *store, const char *key, const char *id,
    struct str data, int64_t deadline_us, struct arrival *out, struct err *err)
{
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);
	struct arrival seen = { 0 };
	int rc = -1;

	if (wait_for_object(cli, store, key, deadline_us, &body, &seen.info, err) != 0)
		goto out;
	seen.stored_us = clock_mono_us(cli->clock);
	if (envelope_check(buf_str(&body), &seen.record_count, err) != 0) {
		(void)err_wrap(err, "object %s", key);
		goto out;
	}
	if (check_record(buf_str(&body), key, id, data, &seen.accepted_at_ms, err) != 0)
		goto out;

	seen.object_bytes = body.n;
	hash_sha256_hex(buf_str(&body), seen.sha256);
	seen.verified_us = clock_mono_us(cli->clock);
	*out = seen;
	rc = 0;
out:
	buf_release(&body);
	return rc;
}

void arrival_explain(struct cli *cli)
{
	struct queue *queue = NULL;
	struct queue_stats s;
	struct err ignored; /* the queue may be out of this machine's reach */

	if (ports_queue(cli, &queue, &ignored) == 0 && queue_stats(queue, &s, &ignored) == 0)
		out_note(cli,
		    "the queue holds %" PRIu64 " waiting, %" PRIu64 " under way, %" PRIu64
		    " dead%s",
		    s.visible, s.in_flight, s.dead,
		    s.dead_fault.code == ERR_NONE ? "" : " that are known of");
	queue_close(queue);
	(void)cli_next(cli, "run: opsctl health");
}
