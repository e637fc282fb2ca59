/* What the queue tells of a record that is not stored: its dead letters, and how many wait. */
#include <inttypes.h>
#include <string.h>

#include "dlq.h"
#include "envelope.h"
#include "ports.h"
#include "record.h"
#include "trace.h"

struct looking {
	struct trace *t;
	struct dlq dlq;
};

static bool holds_it(const struct trace *t, const struct queue_message *m)
{
	struct str rest = buf_str(&m->body), line;
	struct record record;
	struct err ignored; /* a dead letter may be anything */

	if (t->object[0] && strcmp(m->object, t->object) == 0)
		return true;
	while (t->id[0] && envelope_next(&rest, &line))
		if (record_parse(line, &record, &ignored) == 0 && str_is(record.id, t->id))
			return true;
	return false;
}

static bool look_at(void *arg, const struct queue_message *m)
{
	struct looking *l = arg;
	struct autopsy autopsy;

	if (!holds_it(l->t, m))
		return !trace_is_stopped();
	autopsy_make(m, l->dlq.store, &autopsy);
	if (m->sent_at_ms > 0)
		trace_add(l->t, m->sent_at_ms, "queue", "took the envelope, message %s", m->id);
	trace_add(l->t, -1, "dead letters", "%s, after %u receives: %s%s%s", m->id,
	    m->receive_count, autopsy_name(autopsy.verdict), *autopsy.why ? ": " : "", autopsy.why);
	l->t->dead++;
	(void)snprintf(l->t->object, sizeof(l->t->object), "%s", m->object);
	(void)snprintf(l->t->message_id, sizeof(l->t->message_id), "%s", m->id);
	return !trace_is_stopped();
}

int trace_look_into_dead_letters(struct trace *t, struct err *err)
{
	struct looking l = { .t = t };
	struct err why;
	int rc = dlq_open(&l.dlq, t->cli, 0, &why);

	if (rc == 0) {
		rc = dlq_each(&l.dlq, look_at, &l, &why);
		dlq_close(&l.dlq);
	}
	t->cli->next[0] = '\0'; /* a place that is shut is a gap, not the end */
	if (rc == 0)
		t->looked_at++;
	else
		trace_add_fault(t, "dead letters", &why);
	if (trace_is_stopped())
		return err_set(err, ERR_STOPPED, "stopped while the dead letters were read");
	return 0;
}

void trace_count_queue(struct trace *t)
{
	struct queue *queue = NULL;
	struct err why;

	t->has_stats = ports_queue(t->cli, &queue, &why) == 0 &&
	    queue_stats(queue, &t->stats, &why) == 0;
	queue_close(queue);
	t->cli->next[0] = '\0';
	if (t->has_stats)
		t->looked_at++;
	else
		trace_add_fault(t, "queue", &why);
}
