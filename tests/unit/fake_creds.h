/*
 * fake_creds: a home of the test's own, endpoints on loopback that answer by a table, and a cache
 * of credentials with a clock that stands still. Set-up that fails fails the test. One per program.
 */
#ifndef OPS_TEST_FAKE_CREDS_H
#define OPS_TEST_FAKE_CREDS_H

#include "aws_env.h"
#include "creds_provider.h"

/* Every secret of a test holds it; no error text may. */
#define SENTINEL "SENTINEL"

enum {
	FAKE_START_S = 1795248000, /* 2026-11-21T08:00:00Z */
	FAKE_TIMEOUT_MS = 120000,  /* a busy machine must not add requests */
};

/* Of each request of the sessions that are opened from now on. 0: as the sources have it. */
extern int fake_timeout_ms;

/* With test.h: what a text begins with; the main function. */
#define CHECK_BEGINS(got, want) CHECK_STR(str_slice(str_from(got), 0, strlen(want)), str_from(want))

#define FAKE_MAIN(tests)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		int rc;                                                                            \
                                                                                                   \
		fake_start();                                                                      \
		rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);                              \
		fake_stop();                                                                       \
		return rc;                                                                         \
	}

struct fake_row {
	const char *request; /* what it begins with: "GET /path" */
	int status;          /* 0: the connection closes without an answer */
	const char *headers, *body;
	bool is_held; /* answered when fake_release() is called */
};

void fake_start(void); /* once; makes HOME and clears the environment */
void fake_stop(void);  /* removes HOME */

/* No variable of AWS's is set afterwards but the one that keeps EC2's real service out. */
void fake_clear(void);

/* "http://127.0.0.1:<port><path>"; the next call overwrites it. */
const char *fake_url(const char *path);

/* A file below HOME, its directories made. */
void fake_write(const char *path, const char *text);
void fake_read(const char *path, struct buf *out); /* missing: empty */
unsigned fake_mode(const char *path);
void fake_remove(const char *path);

/*
 * From now on these rows answer, the first that fits; anything else is 404. Counts and what was sent
 * begin anew. `rows` is borrowed until the next call.
 */
void fake_answer(const struct fake_row *rows, size_t count);
unsigned fake_requests(void);
bool fake_was_sent(const char *part);
void fake_wait_held(unsigned count); /* until so many requests are held */
void fake_release(void);             /* answers what is held, and holds no more */

struct fake_session {
	struct http *http;
	struct profiles *profiles;
	struct clock_fake clock;
	struct creds_cache *cache;
};

/* profile: as in creds_options. Texts of the two files. */
void fake_open(struct fake_session *s, const char *config, const char *profile);
void fake_close(struct fake_session *s);

/* What a session finds: no other variable is set. */
struct fake_setting {
	const char *config;
	struct {
		const char *name; /* NULL ends them */
		const char *path; /* its value is fake_url(path) */
		const char *text; /* where path is NULL: its value */
	} variables[3];
};
void fake_open_in(struct fake_session *s, const struct fake_setting *setting, const char *profile);

/* "<key>/<secret>/<token>/<account>/<provider>/<renew>/<seconds until expiry or never>", or the
 * error as "<code>: <text>"; the next call overwrites it. */
const char *fake_get(struct fake_session *s);

#endif
