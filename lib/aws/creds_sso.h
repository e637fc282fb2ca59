/*
 * creds_sso: what `aws sso login` leaves in ~/.aws/sso/cache: a bearer token and the means to renew
 * it. Private to lib/aws/creds_sso*.c and their tests.
 */
#ifndef OPS_CREDS_SSO_H
#define OPS_CREDS_SSO_H

#include "creds_provider.h"

/* How a profile logs in; borrowed from the profiles. */
struct sso_login {
	const char *session; /* NULL: the older form, without one; its tokens cannot be renewed */
	const char *start_url, *region;
};

struct sso_token {
	struct buf access_token, refresh_token, client_id, client_secret;
	int64_t expires_at, client_expires_at; /* Unix s */
};

void sso_token_init(struct sso_token *t);
void sso_token_wipe(struct sso_token *t);

/* A cache file. ERR_CORRUPT: no token in it, or no time. */
int sso_token_parse(struct str text, struct sso_token *t, struct err *err) ATTR_MUST_CHECK;

/* An answer of the token endpoint: changes *t, which was read from the cache file `text`. */
int sso_token_update(struct str answer, int64_t now_s, struct sso_token *t, struct err *err)
    ATTR_MUST_CHECK;

/* The cache file again, with what is in *t; whatever else stood in it stays. */
int sso_token_print(struct str text, const struct sso_token *t, struct buf *out, struct err *err)
    ATTR_MUST_CHECK;

/*
 * The token of now: from the cache, renewed (and written back) when less than 15 minutes of it are
 * left. ERR_CREDENTIALS names the command that logs in.
 */
int sso_token_get(struct creds_kit *kit, const struct creds_step *step,
    const struct sso_login *login, struct sso_token *t, struct err *err) ATTR_MUST_CHECK;

#endif
