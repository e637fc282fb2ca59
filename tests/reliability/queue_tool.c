/*
 * queue_tool: a queue from the command line, for the scripts beside it.
 *
 *	queue_tool stat <url>                    {"visible":..,"in_flight":..,"dead":..,"oldest_age_s":..}
 *	queue_tool send <url> <object> <sha256>  one message, its body from standard input;
 *	                                         "" for <object> is a foreign message
 */
#include <inttypes.h>
#include <unistd.h>

#include "log.h"
#include "queue.h"

static int stat_queue(struct queue *q, char **args, struct err *err)
{
	struct queue_stats s;

	(void)args;
	if (queue_stats(q, &s, err) != 0)
		return -1;
	printf("{\"visible\":%" PRIu64 ",\"in_flight\":%" PRIu64 ",\"dead\":%" PRIu64
	       ",\"oldest_age_s\":%" PRId64 "}\n",
	    s.visible, s.in_flight, s.dead, s.oldest_age_s);
	return 0;
}

static int read_body(struct buf *body, struct err *err)
{
	ssize_t n;

	do {
		char *room = buf_room(body, 4096);

		if (room == NULL)
			return err_set(err, ERR_INVALID, "body too large");
		n = read(STDIN_FILENO, room, 4096);
		if (n < 0)
			return err_errno(err, "standard input");
		buf_added(body, (size_t)n);
	} while (n > 0);
	return 0;
}

static int send_message(struct queue *q, char **args, struct err *err)
{
	struct buf body = BUF_INIT(QUEUE_BODY_MAX);
	struct queue_entry entry = { .object = str_from(args[0]), .sha256 = str_from(args[1]) };
	int rc = read_body(&body, err);

	entry.body = buf_str(&body);
	if (rc == 0)
		rc = queue_send(q, &entry, 1, err);
	if (rc == 0 && entry.result.code != ERR_NONE) {
		*err = entry.result;
		rc = -1;
	}
	buf_release(&body);
	return rc;
}

static const struct {
	const char *name;
	int arg_count;
	int (*run)(struct queue *q, char **args, struct err *err);
} commands[] = {
	{ "stat", 0, stat_queue },
	{ "send", 2, send_message },
};

static int run(int (*command)(struct queue *q, char **args, struct err *err), char *url,
    char **args)
{
	const struct queue_options options = { .create = true };
	struct queue *q;
	struct err err;
	int rc = queue_open(&q, str_from(url), &options, &err);

	if (rc == 0) {
		rc = command(q, args, &err);
		queue_close(q);
	}
	if (rc != 0)
		fprintf(stderr, "queue_tool: %s: %s\n", err_name(err.code), err.text);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (argc == 3 + commands[i].arg_count && strcmp(argv[1], commands[i].name) == 0)
			return run(commands[i].run, argv[2], argv + 3);
	fprintf(stderr, "usage: queue_tool stat <url> | send <url> <object> <sha256>\n");
	return 2;
}
