#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "out.h"

static const char *const color_codes[] = {
	[COLOR_NONE] = "\033[0m",
	[COLOR_GREEN] = "\033[32m",
	[COLOR_YELLOW] = "\033[33m",
	[COLOR_RED] = "\033[31m",
	[COLOR_BOLD] = "\033[1m",
	[COLOR_DIM] = "\033[2m",
};

const char *out_color(const struct cli *cli, enum out_color color)
{
	return cli->color_out ? color_codes[color] : "";
}

static const char *color_err(const struct cli *cli, enum out_color color)
{
	return cli->color_err ? color_codes[color] : "";
}

static bool env_is_on(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

static bool env_is(const char *name, const char *wanted)
{
	const char *value = getenv(name);

	return value != NULL && strcmp(value, wanted) == 0;
}

/* The order of bixense.com/clicolors, with NO_COLOR (no-color.org) before it. */
bool out_wants_color(const char *when, int fd)
{
	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (env_is_on("NO_COLOR"))
		return false;
	if (env_is_on("CLICOLOR_FORCE") && !env_is("CLICOLOR_FORCE", "0"))
		return true;
	return isatty(fd) == 1 && !env_is("CLICOLOR", "0") && !env_is("TERM", "dumb");
}

static void flush(struct cli *cli)
{
	if (cli->out_errno == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		cli->out_errno = errno != 0 ? errno : EIO;
}

/* A pipe without a reader says so before it is written to; a terminal that is gone, too. */
static bool is_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

bool out_failed(struct cli *cli)
{
	if (cli->out_errno == 0 && is_hung_up(STDOUT_FILENO))
		cli->out_errno = EPIPE;
	return cli->out_errno != 0;
}

void out_text(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->json || cli->out_errno != 0)
		return;
	va_start(args, fmt);
	errno = 0;
	(void)vprintf(fmt, args); /* the stream remembers; flush() looks */
	va_end(args);
	flush(cli);
}

void out_json(struct cli *cli, struct str document)
{
	cli->json_done = true;
	if (cli->out_errno != 0)
		return;
	errno = 0;
	(void)fwrite(document.p, 1, document.n, stdout); /* as above */
	(void)putchar('\n');
	flush(cli);
}

void out_json_begin(struct json_writer *w, struct buf *out, const char *schema)
{
	assert(strncmp(schema, "opsctl/", 7) == 0);
	json_writer_init(w, out);
	json_object_begin(w);
	json_member_text(w, "schema", schema);
}

void out_note(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void out_warn(struct cli *cli, const char *fmt, ...)
{
	va_list args;

	(void)fprintf(stderr, "%swarning:%s ", color_err(cli, COLOR_YELLOW),
	    color_err(cli, COLOR_NONE));
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void out_error(struct cli *cli, const char *text)
{
	(void)fprintf(stderr, "%sopsctl:%s %s\n", color_err(cli, COLOR_RED),
	    color_err(cli, COLOR_NONE), text);
	if (cli->next[0] != '\0')
		(void)fprintf(stderr, "%s\n", cli->next);
}
