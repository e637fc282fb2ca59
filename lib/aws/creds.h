/*
 * creds: AWS credentials, from the first provider that is configured, kept and refreshed.
 *
 * A named profile (the caller's) is the only source then. Else: environment; web identity from
 * the environment; the profile (AWS_PROFILE, else "default"): role_arn with source_profile or
 * credential_source, web identity, static keys, SSO, login_session, credential_process; container
 * endpoint; EC2 metadata (IMDSv2 only). Configured but failing is an error, never a reason to try
 * the next.
 *
 * Kept until they expire: from 15 minutes before expiry (a third of their life, if that is less)
 * one of the callers refreshes them while the others go on with the old ones; only when expired
 * does everybody wait for it, and when it fails all fail with its error: one try a second. Those
 * of EC2 are used beyond their expiry while no new ones come, as AWS asks for. Any thread.
 */
#ifndef OPS_CREDS_H
#define OPS_CREDS_H

#include "clock.h"
#include "endpoint.h"
#include "http.h"
#include "profile.h"

/* One frozen set; shared by reference, wiped with the last one. */
struct creds {
	const char *access_key_id, *secret_access_key;
	const char *session_token; /* "" = none */
	const char *account_id;    /* "" = unknown */
	const char *provider;      /* "environment", "profile x: credential_process", for people */
	const char *renew;         /* the command, or what to do; "" = they renew themselves */
	int64_t expires_at;        /* Unix s; 0 = never */
};

struct creds_options {
	struct http *http;
	const struct profiles *profiles; /* or NULL: no files */
	const char *profile;             /* NULL: AWS_PROFILE, else default; named: only this */
	const char *region;              /* for STS and SSO; NULL: asked for only when needed */
	const struct clock *clock;       /* of expiry; waiting for answers is by the machine's */
	int timeout_ms;                  /* of each request; 0: 1,000 to 10,000, by the source */
};

struct creds_cache;

/* Does no I/O; the options' pointers are borrowed until close. */
int creds_open(struct creds_cache **out, const struct creds_options *o, struct err *err)
    ATTR_MUST_CHECK;
void creds_close(struct creds_cache *c);

/*
 * The credentials of now; give them back with creds_release(). ERR_CREDENTIALS: none configured,
 * expired, or refused by their source: the text names it and, where there is one, the command that
 * renews them; ERR_CONFIG: a profile is wrong; ERR_DENIED (STS or SSO refused the role); ERR_BUSY,
 * ERR_TIMEOUT, ERR_IO, ERR_CORRUPT: the source does not answer, or not as it should; ERR_STOPPED. No
 * other code: callers pass these on beside those of the service that they called.
 */
int creds_get(struct creds_cache *c, const struct creds **out, struct err *err) ATTR_MUST_CHECK;
void creds_release(const struct creds *creds);

/* Of what is kept now, without asking anybody: Unix s; 0: never, or there are none yet. */
int64_t creds_expire_at(struct creds_cache *c);

/* A service said that these are expired or unknown: the next creds_get() refreshes, once. */
void creds_reject(struct creds_cache *c, const struct creds *creds);

/* The region that EC2's metadata service knows. ERR_NOTFOUND: not on EC2, or switched off. */
int creds_region(struct creds_cache *c, char out[REGION_MAX + 1], struct err *err) ATTR_MUST_CHECK;

#endif
