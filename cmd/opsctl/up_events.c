#include "up_events.h"

enum { EVENT_MAX = 16 * 1024 };

void up_event_begin(struct up_event *e, struct cli *cli, const char *event)
{
	char time[CLOCK_RFC3339_SIZE];

	*e = (struct up_event){ .cli = cli, .text = BUF_INIT(EVENT_MAX) };
	clock_rfc3339(clock_wall_ms(cli->clock), time);
	out_json_begin(&e->w, &e->text, "opsctl/up/1");
	json_member_text(&e->w, "time", time);
	json_member_text(&e->w, "event", event);
}

void up_event_end(struct up_event *e)
{
	json_object_end(&e->w);
	if (e->cli->json)
		out_json(e->cli, buf_str(&e->text));
	buf_release(&e->text);
}

/* "12:30:05 text": in a window that stays open for days the time matters. */
static void ATTR_PRINTF(2, 0) print_line(struct cli *cli, const char *fmt, va_list args)
{
	struct buf line = BUF_INIT(EVENT_MAX);
	struct clock_utc utc;

	clock_utc_from_ms(clock_wall_ms(cli->clock), &utc);
	buf_addv(&line, fmt, args);
	out_text(cli, "%s%02d:%02d:%02dZ%s %s\n", out_color(cli, COLOR_DIM), utc.hour, utc.minute,
	    utc.second, out_color(cli, COLOR_NONE), buf_text(&line));
	buf_release(&line);
}

void up_say(struct cli *cli, const char *event, const char *fmt, ...)
{
	struct up_event e;
	va_list args;

	up_event_begin(&e, cli, event);
	up_event_end(&e);
	va_start(args, fmt);
	print_line(cli, fmt, args);
	va_end(args);
}

void up_say_unit(struct cli *cli, const char *event, const struct unit *u, pid_t pid,
    const char *reason, const char *fmt, ...)
{
	struct up_event e;
	va_list args;

	up_event_begin(&e, cli, event);
	json_member_text(&e.w, "service", u->name);
	json_member_int(&e.w, "pid", pid);
	if (reason != NULL)
		json_member_text(&e.w, "reason", reason);
	up_event_end(&e);
	va_start(args, fmt);
	print_line(cli, fmt, args);
	va_end(args);
}
