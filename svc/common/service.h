/*
 * service: what both programs do the same way around their own work: signals, settings,
 * --help, --version, --healthcheck, the log and its level, and how a start that cannot
 * succeed ends. Main thread only.
 *
 *	if (!service_begin(&service, argc, argv, &settings, &status))
 *		return status;
 *	if (service_await(open_ports, &x, &err) != 0)
 *		return service_refuse(&err);
 *	while ((event = stop_wait(1000)) != STOP_STOP)
 *		if (event == STOP_RELOAD)
 *			service_reload(&settings.service);
 */
#ifndef OPS_SERVICE_H
#define OPS_SERVICE_H

#include "settings.h"

/* The settings that both services have; a member of each program's own struct. */
struct service_settings {
	const char *log_level; /* "debug", ..., or "file:<path>" of a file that holds one */
	int log_format;        /* enum service_log_format */
	int64_t drain_timeout_s;
	struct setting_address admin_listen;
};

enum service_log_format { SERVICE_LOG_AUTO, SERVICE_LOG_JSON, SERVICE_LOG_TEXT };

/* Their rows for the program's table; `member` is its struct service_settings. */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot have them */
#define SERVICE_ROWS(program, member, admin_fallback)                                               \
	{ .env = "OPS_ADMIN_LISTEN", .type = SETTING_ADDRESS, .fallback = (admin_fallback),          \
	  .help = "address of the private port: /livez, /readyz, /health, /metrics",                 \
	  .offset = offsetof(program, member.admin_listen) },                                        \
	{ .env = "OPS_LOG_LEVEL", .type = SETTING_TEXT, .fallback = "info", .min = 1, .max = 4096,   \
	  .help = "debug, info, warn or error; or file:<path> of a file that holds one of them",     \
	  .offset = offsetof(program, member.log_level), .is_reloaded = true },                      \
	{ .env = "OPS_LOG_FORMAT", .type = SETTING_CHOICE, .fallback = "auto",                       \
	  .choices = "auto|json|text", .help = "form of the log; auto: text on a terminal, else json", \
	  .offset = offsetof(program, member.log_format) },                                          \
	{ .env = "OPS_DRAIN_TIMEOUT_S", .type = SETTING_INT, .fallback = "25", .min = 1,             \
	  .max = 3600, .unit = "s", .help = "longest time between SIGTERM and exit",                 \
	  .offset = offsetof(program, member.drain_timeout_s) }
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

struct service {
	const char *name;              /* "ops-api"; also the log's service.name */
	const char *about;             /* one line for --help */
	void (*details)(void);         /* print further lines of --version, or NULL */
	struct settings_spec settings; /* its flags must be service_flags */
	size_t common_offset;          /* of struct service_settings in the program's struct */
	int (*check)(const void *settings, struct err *err); /* impossible combinations; or NULL */
};

/* For settings_spec.flags: help, version, healthcheck. */
extern const char *const service_flags[];

/*
 * Take over the signals, load and check the settings into *settings, start the log.
 * false: the program ends now with *status: 0 after --help and --version, 0 or 1 after
 * --healthcheck, 2 for a wrong command line, 3 for a wrong setting (said on stderr).
 */
bool service_begin(const struct service *service, int argc, char **argv, void *settings,
    int *status);

/*
 * Open what the service cannot be without: call open(arg, err) until it works. What is away for a
 * passing reason (err_is_transient: throttled, no network) is waited for, however long it takes: to
 * exit would only mean to be started again, to ask again at once, and to look like a bad release.
 * Each attempt is logged; the caller must be alive and not ready meanwhile.
 * ERR_STOPPED: asked to stop; anything else will not pass by itself.
 */
int service_await(int (*open)(void *arg, struct err *err), void *arg, struct err *err)
    ATTR_MUST_CHECK;

/* A start that cannot succeed: log why; returns the exit status: 3, or 0 when it was stopped. */
int service_refuse(const struct err *err);

/* After SIGHUP: read the log level again; a bad one is logged and the old one stays. */
void service_reload(const struct service_settings *settings);

#endif
