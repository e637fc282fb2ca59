#include "commands.h"
#include "ports.h"
#include "stop.h"
#include "up.h"
#include "up_events.h"

enum { ANSWER_TIMEOUT_MS = 1000 };

static int read_address(struct cli *cli, const char *option, bool is_any_port,
    struct setting_address *out, struct err *err)
{
	if (setting_address_parse(str_from(cli_text(cli, option)), out, err) == -1) {
		err->code = ERR_USAGE;
		return err_wrap(err, "option --%s", option);
	}
	if (is_any_port && !cli_is_set(cli, option))
		out->port = 0;
	return 0;
}

static int read_addresses(struct up *up, struct err *err)
{
	struct unit *api = &up->units[UP_API], *worker = &up->units[UP_WORKER];
	bool is_any_port;

	if (read_address(up->cli, "listen", false, &api->listen, err) == -1)
		return -1;
	is_any_port = api->listen.port == 0; /* then no fixed one elsewhere, either */
	if (read_address(up->cli, "admin-listen", is_any_port, &api->admin_listen, err) == -1)
		return -1;
	return read_address(up->cli, "worker-listen", is_any_port, &worker->admin_listen, err);
}

static int check_ports(struct up *up, struct err *err)
{
	const struct unit *api = &up->units[UP_API], *worker = &up->units[UP_WORKER];

	if (up_port_check(&api->listen, "--listen", err) == 0 &&
	    up_port_check(&api->admin_listen, "--admin-listen", err) == 0 &&
	    up_port_check(&worker->admin_listen, "--worker-listen", err) == 0)
		return 0;
	return cli_next(up->cli, "run: opsctl up --listen 127.0.0.1:0  # takes free ports");
}

static void set_args(struct up *up)
{
	const struct context *c = &up->place.context;

	for (size_t i = 0; i < UP_UNIT_COUNT; i++) {
		struct unit *u = &up->units[i];

		(void)snprintf(u->log_path, sizeof(u->log_path), "%s/%s.log", c->local_dir,
		    u->name);
		unit_add_arg(u, "queue", c->values[CONTEXT_QUEUE]);
		unit_add_arg(u, "log-level", cli_text(up->cli, "log-level"));
		unit_add_arg(u, "log-format", "json");
	}
	unit_add_arg(&up->units[UP_API], "secret", c->values[CONTEXT_SECRET]);
	/* The grace is for load balancers, which are slow to learn. */
	unit_add_arg(&up->units[UP_API], "drain-grace-s", "0");
	unit_add_arg(&up->units[UP_WORKER], "store", c->values[CONTEXT_STORE]);
}

static int run(struct up *up, struct err *err)
{
	int64_t now_ms = clock_mono_ms(up->cli->clock);
	int rc;

	up_say(up->cli, "starting", "starting ops-api and ops-worker in %s",
	    up->place.context.local_dir);
	up->ready_by_ms = now_ms + cli_ms(up->cli, "timeout");
	for (size_t i = 0; i < UP_UNIT_COUNT; i++)
		up->units[i].restart_at_ms = now_ms;
	rc = up_watch(up, err);
	up_drain(up);
	return rc;
}

static int cmd_up(struct cli *cli, struct err *err)
{
	struct up up = {
		.cli = cli,
		.units = {
			[UP_API] = { .name = "ops-api", .build_path = "../../svc/api/ops-api",
			    .has_public_port = true },
			[UP_WORKER] = { .name = "ops-worker",
			    .build_path = "../../svc/worker/ops-worker" },
		},
	};
	int rc;

	if (read_addresses(&up, err) == -1)
		return cli_next(cli, "run: opsctl up --help");
	if (stop_init(err) == -1)
		return -1;
	rc = up_place_open(&up.place, cli_text(cli, "dir"), err);
	cli->context = up.place.context;
	if (rc == -1 && err->code == ERR_NOTFOUND)
		err->code = ERR_CONFIG; /* its directory cannot be made; all else it makes */
	if (rc == -1)
		return cli->context.local_dir[0] != '\0' ? ports_failed(cli, err) : -1;

	rc = -1;
	if (check_ports(&up, err) == 0 && ports_http(&up.http, ANSWER_TIMEOUT_MS, err) == 0) {
		set_args(&up);
		rc = run(&up, err);
	}
	http_close(up.http);
	for (size_t i = 0; i < UP_UNIT_COUNT; i++)
		unit_release(&up.units[i]);
	up_place_close(&up.place);
	return rc;
}

static const struct option_row options[] = {
	{ "dir", 0, OPTION_FILE, "DIR",
	    .help = "keep token, queue, store and logs there; default: that of context local" },
	{ "listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:8080",
	    .help = "address of ops-api; with port 0 all ports are free ones" },
	{ "admin-listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:9090",
	    .help = "address of the admin port of ops-api" },
	{ "worker-listen", 0, OPTION_TEXT, "ADDR", "127.0.0.1:9091",
	    .help = "address of the admin port of ops-worker" },
	{ "log-level", 0, OPTION_CHOICE, "LEVEL", "info", .choices = "debug|info",
	    .help = "how much the services write to their logs" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "30s", .min = 100, .max = 3600 * 1000,
	    .help = "how long the services may take to become ready" },
};

const struct command command_up = {
	.name = "up",
	.operands = "",
	.operand_completion = "none",
	.summary = "run the whole system on this machine, in the foreground",
	.about = "Starts ops-api and ops-worker on a queue file and a store directory, makes a "
		 "token when there is none, restarts a service that dies, and drains both on "
		 "Ctrl-C or SIGTERM. Everything is kept in one directory and is there again "
		 "the next time. This is the context local.",
	OPTIONS(options),
	.need = NEED_STREAM,
	.run = cmd_up,
};
