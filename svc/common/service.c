#include "service.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "gate.h"
#include "hash.h"
#include "healthcheck.h"
#include "log.h"
#include "stop.h"

enum { EXIT_WRONG_COMMAND_LINE = 2, EXIT_REFUSED = 3 };
enum { AWAIT_MIN_MS = 200, AWAIT_BASE_MS = 1000, AWAIT_MAX_MS = 15000 };
enum { FLAG_HELP = 1, FLAG_VERSION = 2, FLAG_HEALTHCHECK = 4 };

const char *const service_flags[] = { "help", "version", "healthcheck", NULL };

extern char **environ;

/* Before the settings: help must come however wrong they are. */
static bool has_flag(int argc, char **argv, const char *flag)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], flag) == 0)
			return true;
	return false;
}

static int print_help(const struct service *service)
{
	struct buf text = BUF_INIT(256 * 1024);
	int status;

	settings_help(&service->settings, service->name, service->about, &text);
	status = fputs(buf_text(&text), stdout) < 0 || fflush(stdout) != 0;
	buf_release(&text);
	return status;
}

static int print_version(const struct service *service)
{
	int status = printf("%s %s\n", service->name, OPS_VERSION) < 0;

	if (service->details)
		service->details();
	return fflush(stdout) != 0 || status;
}

/* Setting "info", or "file:<path>" whose content is that word. */
static int read_level(const char *setting, enum log_level *out, struct err *err)
{
	struct str text = str_from(setting);
	struct buf content = BUF_INIT(64);
	int rc = 0;

	if (str_has_prefix(text, STR("file:"))) {
		if (file_read(setting + strlen("file:"), &content, err) != 0)
			rc = err_wrap(err, "OPS_LOG_LEVEL='%s'", setting);
		text = str_trim(buf_str(&content));
	}
	if (rc == 0 && !log_level_parse(text, out))
		rc = err_set(err, ERR_CONFIG,
		    "OPS_LOG_LEVEL='%s': '%.*s' must be debug, info, warn or error", setting,
		    STR_ARG(text));
	buf_release(&content);
	return rc;
}

static int start_log(const struct service *service, const struct service_settings *common,
    struct err *err)
{
	struct log_options options = {
		.service = service->name,
		.version = OPS_VERSION,
		.fd = STDERR_FILENO,
		.format = common->log_format == SERVICE_LOG_TEXT ||
			(common->log_format == SERVICE_LOG_AUTO && isatty(STDERR_FILENO))
		    ? LOG_TEXT
		    : LOG_JSON,
	};

	if (read_level(common->log_level, &options.level, err) != 0)
		return -1;
	log_init(&options);
	return 0;
}

/*
 * A dump would hold the secret and the credentials. 1 and not 0: with core_pattern being a pipe,
 * Linux looks at the limit for this one value only, and no dump fits into one byte (core(5)).
 */
static void refuse_core_dumps(void)
{
	const struct rlimit one_byte = { .rlim_cur = 1, .rlim_max = 1 };

	(void)setrlimit(RLIMIT_CORE, &one_byte); /* refused: the limit is lower, which serves too */
}

static int load(const struct service *service, int argc, char **argv, void *settings,
    unsigned *flags, struct err *err)
{
	const struct service_settings *common = (const void *)((const char *)settings +
	    service->common_offset);

	if (settings_load(&service->settings, argc, argv, environ, settings, flags, err) != 0)
		return -1;
	if (*flags & FLAG_HEALTHCHECK)
		return 0;
	if (service->check && service->check(settings, err) != 0)
		return -1;
	if (start_log(service, common, err) != 0)
		return -1;
	return stop_init(err);
}

bool service_begin(const struct service *service, int argc, char **argv, void *settings,
    int *status)
{
	const struct service_settings *common = (const void *)((const char *)settings +
	    service->common_offset);
	unsigned flags = 0;
	struct err err;

	refuse_core_dumps();
	if (has_flag(argc, argv, "--help")) {
		*status = print_help(service);
		return false;
	}
	if (has_flag(argc, argv, "--version")) {
		*status = print_version(service);
		return false;
	}
	if (load(service, argc, argv, settings, &flags, &err) != 0) {
		/* Plain text: the form of the log is itself a setting that may be wrong. */
		fprintf(stderr, "%s: %s\n", service->name, err.text);
		*status = err.code == ERR_USAGE ? EXIT_WRONG_COMMAND_LINE : EXIT_REFUSED;
		return false;
	}
	if (flags & FLAG_HEALTHCHECK) {
		*status = healthcheck_run(&common->admin_listen);
		return false;
	}
	return true;
}

/* false: asked to stop. */
static bool rest(const struct err *why, unsigned attempts)
{
	uint32_t random;
	int64_t pause_ms;

	hash_random(&random, sizeof(random));
	pause_ms = AWAIT_MIN_MS +
	    gate_backoff_us(attempts, AWAIT_BASE_MS, AWAIT_MAX_MS, random) / 1000;
	log_warn("cannot start yet", "error.type", err_name(why->code), "error.message", why->text,
	    "attempt", LOG_INT(attempts), "again_ms", LOG_INT(pause_ms), NULL);
	for (int64_t until_ms = clock_mono_ms(&clock_system) + pause_ms; pause_ms > 0;
	     pause_ms = until_ms - clock_mono_ms(&clock_system))
		if (stop_wait((int)pause_ms) == STOP_STOP)
			return false;
	return true;
}

int service_await(int (*open)(void *arg, struct err *err), void *arg, struct err *err)
{
	unsigned attempts = 0;

	while (open(arg, err) != 0) {
		if (!err_is_transient(err->code))
			return -1;
		if (!rest(err, ++attempts))
			return err_set(err, ERR_STOPPED, "asked to stop");
	}
	return 0;
}

int service_refuse(const struct err *err)
{
	if (err->code == ERR_STOPPED) {
		log_info("stopped before it had started", NULL);
		return 0;
	}
	log_error("cannot start", "error.type", err_name(err->code), "error.message", err->text,
	    NULL);
	return EXIT_REFUSED;
}

void service_reload(const struct service_settings *settings)
{
	enum log_level level;
	struct err err;

	if (read_level(settings->log_level, &level, &err) != 0) {
		log_warn("log level kept", "error.message", err.text, NULL);
		return;
	}
	log_set_level(level);
	log_info("log level read", "level", log_level_name(level), NULL);
}
