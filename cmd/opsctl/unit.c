#include "unit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "json.h"
#include "ports.h"

enum {
	ARG_MAX_BYTES = 2048,
	LOG_READ_MAX = 256 * 1024,
	PAUSE_FIRST_MS = 100,
	PAUSE_LAST_MS = 5000,
	SHORT_LIFE_MS = 10 * 1000,
	STATUS_USAGE = 2, /* of our services: the command line, a setting */
	STATUS_CONFIG = 3,
};

void unit_add_arg(struct unit *u, const char *name, const char *value)
{
	struct buf *arg = &u->args[u->arg_count++];

	assert(u->arg_count <= UNIT_ARGS_MAX);
	buf_init(arg, ARG_MAX_BYTES);
	buf_addf(arg, "--%s=%s", name, value);
}

void unit_release(struct unit *u)
{
	for (size_t i = 0; i < u->arg_count; i++)
		buf_release(&u->args[i]);
	u->arg_count = 0;
}

/* ---- start and end ---- */

static void add_listen(struct buf *out, const char *option, const struct setting_address *a)
{
	bool is_v6 = strchr(a->host, ':') != NULL;

	buf_init(out, ARG_MAX_BYTES);
	buf_addf(out, "--%s=%s%s%s:%u", option, is_v6 ? "[" : "", a->host, is_v6 ? "]" : "",
	    a->port);
}

static int spawn(struct unit *u, int log_fd, struct err *err)
{
	struct buf path = BUF_INIT(UNIT_PATH_SIZE), listen, admin_listen;
	const char *argv[UNIT_ARGS_MAX + 4];
	size_t n = 0;
	int rc;

	child_find(u->name, u->build_path, &path);
	add_listen(&listen, "listen", &u->listen);
	add_listen(&admin_listen, "admin-listen", &u->admin_listen);
	argv[n++] = path.p;
	argv[n++] = admin_listen.p;
	if (u->has_public_port)
		argv[n++] = listen.p;
	for (size_t i = 0; i < u->arg_count; i++)
		argv[n++] = u->args[i].p;
	argv[n] = NULL;

	rc = child_spawn(&(struct child){ .argv = argv,
			     .out_fd = log_fd,
			     .err_fd = log_fd,
			     .is_bound = true,
			     .is_own_group = true },
	    &u->pid, err);
	buf_release(&path);
	buf_release(&listen);
	buf_release(&admin_listen);
	return rc;
}

int unit_start(struct unit *u, int64_t now_ms, struct err *err)
{
	int fd = open(u->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int rc;

	if (fd == -1)
		return err_errno(err, "%s", u->log_path);
	u->log_from = lseek(fd, 0, SEEK_END);
	rc = spawn(u, fd, err);
	(void)close(fd); /* the child has its own */
	if (rc == -1)
		return -1;
	u->started_ms = now_ms;
	u->restart_at_ms = 0;
	u->is_ready = u->is_silent = false;
	return 0;
}

static int64_t pause_ms(unsigned short_lives)
{
	int64_t pause = PAUSE_FIRST_MS;

	for (; short_lives > 1 && pause < PAUSE_LAST_MS; short_lives--)
		pause *= 2;
	return pause < PAUSE_LAST_MS ? pause : PAUSE_LAST_MS;
}

static bool is_refusal(int wait_status)
{
	return WIFEXITED(wait_status) &&
	    (WEXITSTATUS(wait_status) == STATUS_USAGE || WEXITSTATUS(wait_status) == STATUS_CONFIG);
}

/* A service that was ready is started again for ever; one that never gets so far is given up. */
void unit_ended(struct unit *u, int wait_status, int64_t now_ms)
{
	u->pid = 0;
	u->failed_starts = u->is_ready ? 0 : u->failed_starts + 1;
	u->short_lives = now_ms - u->started_ms < SHORT_LIFE_MS ? u->short_lives + 1 : 1;
	u->is_over = !u->was_ready &&
	    (u->failed_starts >= UNIT_GIVE_UP_AFTER || is_refusal(wait_status));
	u->is_ready = u->is_silent = false;
	u->restart_at_ms = u->is_over ? 0 : now_ms + pause_ms(u->short_lives);
}

/* ---- the log ---- */

static void read_from(const char *path, off_t from, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[8192];
	ssize_t n = -1;

	if (fd == -1)
		return; /* no lines: nobody has written any */
	while (!out->full && (n = pread(fd, piece, sizeof(piece), from)) > 0) {
		buf_add(out, (struct str){ piece, (size_t)n });
		from += n;
	}
	(void)close(fd); /* read only */
}

/* {"message":"listening","role":"admin","server.port":"9090",...}; the number may be a string. */
static void take_line(struct unit *u, struct str line)
{
	struct json *doc = NULL;
	const struct json *port;
	struct err err;
	uint64_t n;

	if (!str_contains(line, STR("\"listening\"")) || json_parse(line, &doc, &err) == -1)
		return;
	port = json_get(doc, "server.port");
	if (!str_to_u64(str_from(json_get_text(port, "")), &n))
		n = (uint64_t)json_get_int(port, 0);
	if (strcmp(json_get_text(json_get(doc, "message"), ""), "listening") == 0 &&
	    n <= UINT16_MAX) {
		bool is_admin = strcmp(json_get_text(json_get(doc, "role"), ""), "admin") == 0;

		*(is_admin ? &u->admin_listen.port : &u->listen.port) = (uint16_t)n;
	}
	json_free(doc);
}

bool unit_find_ports(struct unit *u)
{
	bool is_known = u->admin_listen.port != 0 && (u->listen.port != 0 || !u->has_public_port);
	struct buf text = BUF_INIT(LOG_READ_MAX);
	struct str line, rest;

	if (is_known)
		return true;
	read_from(u->log_path, u->log_from, &text);
	rest = buf_str(&text);
	while (str_cut(rest, '\n', &line, &rest))
		take_line(u, line);
	buf_release(&text);
	return u->admin_listen.port != 0 && (u->listen.port != 0 || !u->has_public_port);
}

/* Of this run's lines as many as may be read at once, the last ones. */
static off_t tail_from(const struct unit *u)
{
	struct stat st;

	if (stat(u->log_path, &st) == 0 && st.st_size - u->log_from > LOG_READ_MAX)
		return st.st_size - LOG_READ_MAX;
	return u->log_from;
}

void unit_log_tail(const struct unit *u, size_t lines, struct buf *out)
{
	struct buf text = BUF_INIT(LOG_READ_MAX);
	struct str all;
	size_t from;

	read_from(u->log_path, tail_from(u), &text);
	all = str_trim(buf_str(&text));
	for (from = all.n; from > 0; from--)
		if (all.p[from - 1] == '\n' && --lines == 0)
			break;
	buf_add(out, str_skip(all, from));
	buf_release(&text);
}

/* ---- questions ---- */

void unit_url(const struct setting_address *a, struct buf *out)
{
	if (strcmp(a->host, "0.0.0.0") == 0)
		buf_addf(out, "http://127.0.0.1:%u", a->port);
	else if (strcmp(a->host, "::") == 0)
		buf_addf(out, "http://[::1]:%u", a->port);
	else if (strchr(a->host, ':') != NULL)
		buf_addf(out, "http://[%s]:%u", a->host, a->port);
	else
		buf_addf(out, "http://%s:%u", a->host, a->port);
}

bool unit_answers(const struct unit *u, struct http *http)
{
	struct buf url = BUF_INIT(256);
	struct http_response response;
	struct err err;
	bool is_ready;

	http_response_init(&response, 4096);
	unit_url(&u->admin_listen, &url);
	is_ready = ports_get(http, buf_text(&url), "/readyz", &response, &err) == 0 &&
	    response.status == 200;
	http_response_release(&response);
	buf_release(&url);
	return is_ready;
}
