#include "token_turn.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "age.h"

#define FILE_SCHEME "file:"

/* ---- the grace period ---- */

static int64_t age_s(const struct cli *cli, const struct token_versions *v)
{
	return clock_wall_s(cli->clock) - v->values[SECRET_PREVIOUS].changed_at;
}

bool token_turn_is_early(const struct cli *cli, const struct token_versions *v,
    const struct token_check *check)
{
	if (!v->has_previous)
		return false;
	if (check->http != NULL)
		return check->probes[SECRET_PREVIOUS].is_accepted;
	return age_s(cli, v) < TOKEN_GRACE_S;
}

int token_turn_refuse(struct cli *cli, const struct token_versions *v, struct err *err)
{
	(void)err_set(err, ERR_CONFLICT,
	    "the token was rotated %s ago: another rotation would end %s, the previous one, which "
	    "clients may still use",
	    AGE(age_s(cli, v)), v->fingerprints[SECRET_PREVIOUS]);
	return cli_next(cli, "when no client uses %s any more, add --force",
	    v->fingerprints[SECRET_PREVIOUS]);
}

/* ---- what is read late ---- */

enum { PAUSE_FIRST_MS = 100, PAUSE_LAST_MS = 1000 };

struct patience {
	int64_t ends_ms, pause_ms;
};

static struct patience patience_begin(const struct cli *cli)
{
	int64_t most_ms = cli_ms(cli, "timeout");

	most_ms = most_ms < TOKEN_LATE_MS ? most_ms : TOKEN_LATE_MS;
	return (struct patience){ clock_mono_ms(cli->clock) + most_ms, PAUSE_FIRST_MS };
}

/* false: that was long enough. */
static bool wait_a_little(const struct cli *cli, struct patience *p)
{
	if (clock_mono_ms(cli->clock) + p->pause_ms > p->ends_ms)
		return false;
	clock_sleep_ms(p->pause_ms);
	p->pause_ms = p->pause_ms * 2 < PAUSE_LAST_MS ? p->pause_ms * 2 : PAUSE_LAST_MS;
	return true;
}

/* SSM counts its versions; others are no numbers, and nothing follows. */
static bool is_older(const char *version, const char *than)
{
	uint64_t a, b;

	return str_to_u64(str_from(version), &a) && str_to_u64(str_from(than), &b) && a < b;
}

/* ---- one at a time ---- */

/*
 * A file is replaced by another one: whoever waited for the lock of the old one finds, by the check
 * that follows, that it is no more. -1: no file, or none that can be locked; the check is all there is.
 */
static int lock(const char *url)
{
	int fd = -1;

	if (strncmp(url, FILE_SCHEME, strlen(FILE_SCHEME)) == 0)
		fd = open(url + strlen(FILE_SCHEME), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd != -1)
		(void)flock(fd, LOCK_EX); /* see above */
	return fd;
}

/* What somebody else rotated it to, if anybody did. */
static int compare(const struct token_versions *v, const struct secret_value *now, struct err *err)
{
	char fingerprint[HASH_FINGERPRINT_SIZE];

	if (str_eq(buf_str(&now->bytes), buf_str(&v->values[SECRET_CURRENT].bytes)))
		return 0;
	hash_fingerprint(buf_str(&now->bytes), fingerprint);
	return err_set(err, ERR_CONFLICT,
	    "somebody else rotated the token meanwhile, from %s to %s: nothing was changed",
	    v->fingerprints[SECRET_CURRENT], fingerprint);
}

static int check_unchanged(struct cli *cli, const struct token_versions *v, struct err *err)
{
	const char *seen = v->values[SECRET_CURRENT].version;
	struct patience patience = patience_begin(cli);
	struct secret_value now;
	bool is_late;
	int rc;

	secret_value_init(&now);
	do {
		rc = secret_get(v->secret, SECRET_CURRENT, &now, err);
		is_late = rc == 0 && is_older(now.version, seen);
	} while (is_late && wait_a_little(cli, &patience));
	if (is_late)
		rc = err_set(err, ERR_TIMEOUT,
		    "%.100s gives version %s still, and gave version %s before: nothing was "
		    "changed",
		    v->url, now.version, seen);
	else if (rc == 0)
		rc = compare(v, &now, err);
	secret_value_wipe(&now);
	return rc;
}

int token_turn_rotate(struct cli *cli, const struct token_versions *v, struct str token,
    struct err *err)
{
	int fd = lock(v->url);
	int rc = check_unchanged(cli, v, err);

	if (rc == 0)
		rc = secret_rotate(v->secret, token, err);
	if (fd != -1)
		(void)close(fd); /* nothing was written to it */
	return rc;
}

/* A version that is no number is known to be old when it is that which was replaced. */
static bool is_replaced(const char *version, const char *before)
{
	return is_older(version, before) || (version[0] != '\0' && strcmp(version, before) == 0);
}

int token_turn_read(struct cli *cli, struct token_versions *v, struct str token, struct err *err)
{
	const struct secret_value *now = &v->values[SECRET_CURRENT];
	struct patience patience = patience_begin(cli);
	char before[SECRET_VERSION_SIZE];
	bool is_late;

	memcpy(before, now->version, sizeof(before));
	do {
		if (token_versions_read(v, err) == -1)
			return -1;
		if (str_eq(buf_str(&now->bytes), token))
			return 0;
		is_late = is_replaced(now->version, before);
	} while (is_late && wait_a_little(cli, &patience));
	if (is_late)
		return err_set(err, ERR_TIMEOUT,
		    "%.100s gives version %s (%s) still, which is the one before", v->url,
		    now->version, v->fingerprints[SECRET_CURRENT]);
	return err_set(err, ERR_CONFLICT,
	    "somebody else rotated it at the same moment: %s is the current one",
	    v->fingerprints[SECRET_CURRENT]);
}
