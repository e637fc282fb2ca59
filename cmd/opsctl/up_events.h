/*
 * up_events: what `opsctl up` says: a line for people, or with --json one object per line,
 * opsctl/up/1, with "time" and "event".
 */
#ifndef OPS_UP_EVENTS_H
#define OPS_UP_EVENTS_H

#include "cli.h"
#include "unit.h"

/* Between begin and end further members may be added to w; nothing comes of it without --json. */
struct up_event {
	struct cli *cli;
	struct buf text;
	struct json_writer w;
};
void up_event_begin(struct up_event *e, struct cli *cli, const char *event);
void up_event_end(struct up_event *e);

/* An event without further members, and its line. */
void up_say(struct cli *cli, const char *event, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* The same about a service: members service, pid and, if not NULL, reason. */
void up_say_unit(struct cli *cli, const char *event, const struct unit *u, pid_t pid,
    const char *reason, const char *fmt, ...) ATTR_PRINTF(6, 7);

#endif
