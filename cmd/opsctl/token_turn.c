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

static int check_unchanged(const struct token_versions *v, struct err *err)
{
	char fingerprint[HASH_FINGERPRINT_SIZE];
	struct secret_value now;
	int rc;

	secret_value_init(&now);
	rc = secret_get(v->secret, SECRET_CURRENT, &now, err);
	if (rc == 0 && !str_eq(buf_str(&now.bytes), buf_str(&v->values[SECRET_CURRENT].bytes))) {
		hash_fingerprint(buf_str(&now.bytes), fingerprint);
		rc = err_set(err, ERR_CONFLICT,
		    "somebody else rotated the token meanwhile, from %s to %s: nothing was changed",
		    v->fingerprints[SECRET_CURRENT], fingerprint);
	}
	secret_value_wipe(&now);
	return rc;
}

int token_turn_rotate(const struct token_versions *v, struct str token, struct err *err)
{
	int fd = lock(v->url);
	int rc = check_unchanged(v, err);

	if (rc == 0)
		rc = secret_rotate(v->secret, token, err);
	if (fd != -1)
		(void)close(fd); /* nothing was written to it */
	return rc;
}

int token_turn_read(struct token_versions *v, struct str token, struct err *err)
{
	if (token_versions_read(v, err) == -1)
		return -1;
	if (str_eq(buf_str(&v->values[SECRET_CURRENT].bytes), token))
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "somebody else rotated it at the same moment: %s is the current one",
	    v->fingerprints[SECRET_CURRENT]);
}
