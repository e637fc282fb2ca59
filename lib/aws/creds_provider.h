/*
 * creds_provider: what the sources of credentials have in common. Private to lib/aws/creds*.c and
 * their tests.
 *
 * A provider is one row: whether it is configured, and how to fetch. To add one: a file with its
 * row, and the row's name in the chain (creds_chain.c) or among a profile's kinds
 * (creds_profile.c). Fetching is done by one thread at a time.
 */
#ifndef OPS_CREDS_PROVIDER_H
#define OPS_CREDS_PROVIDER_H

#include <pthread.h>

#include "creds.h"
#include "endpoint.h"
#include "json.h"
#include "retry.h"
#include "skew.h"

enum {
	CREDS_VALUE_MAX = 16 * 1024, /* bytes of one; AWS states no limit for session tokens */
	CREDS_ANSWER_MAX = 64 * 1024,
	CREDS_PATH_MAX = 4096,
	CREDS_LABEL_SIZE = 256,
};

/* ---- what a provider hands out: creds_draft.c ---- */

struct creds_draft {
	struct buf access_key_id, secret_access_key, session_token, account_id;
	char provider[CREDS_LABEL_SIZE], renew[CREDS_LABEL_SIZE]; /* as in struct creds */
	int64_t expires_at;                                       /* Unix s; 0: never */
	bool is_stable; /* EC2's: to be used beyond its expiry while no new ones come */
};

void creds_draft_init(struct creds_draft *d);
void creds_draft_wipe(struct creds_draft *d);

/* Copies; NULL is empty. An account that is not 12 digits is none. */
void creds_draft_set(struct creds_draft *d, const char *access_key_id,
    const char *secret_access_key, const char *session_token);
void creds_draft_set_account(struct creds_draft *d, struct str account_id);

/* Where they stand in a JSON answer or cache file. */
struct creds_format {
	const char *member; /* the object that they are members of; NULL: the document */
	const char *access_key_id, *secret_access_key, *session_token;
	const char *account_id; /* NULL: never told */
	const char *expires_at; /* ISO 8601, or a number of ms */
	int (*check)(const struct json *document, struct err *err); /* before all; or NULL */
};

extern const struct creds_format creds_container_format, creds_imds_format, creds_login_format,
    creds_process_format, creds_sso_format;

/* ERR_CORRUPT names the member that is missing or malformed, without its value. */
int creds_draft_parse(struct str text, const struct creds_format *format, struct creds_draft *d,
    struct err *err) ATTR_MUST_CHECK;

/*
 * Whether they can be used: a key and a secret are there, nothing breaks a header, not expired at
 * now_s. ERR_CREDENTIALS names provider and renewal.
 */
int creds_draft_check(const struct creds_draft *d, int64_t now_s, struct err *err) ATTR_MUST_CHECK;

/* ---- what a provider may use ---- */

/* EC2's session token, kept between calls. */
struct creds_imds_session {
	pthread_mutex_t lock; /* of both, and of the calls made with them */
	struct buf token;
	int64_t token_until_ms; /* by clock_mono_ms() of the machine */
};

/* One per cache. */
struct creds_kit {
	const struct creds_options *options;
	struct retry_bucket bucket;
	struct skew skew; /* of STS's clock */
	struct creds_imds_session imds;
	int process_timeout_ms; /* of credential_process */
};

/* A profile, and through which source_profile it was reached. */
struct creds_step {
	const char *profile;
	const struct creds_step *from; /* NULL: the first */
};

struct creds_provider {
	const char *name; /* for people */

	/* Without I/O. step is NULL outside of profiles. */
	bool (*is_configured)(const struct creds_kit *kit, const struct creds_step *step);

	/* Fill *d, which is empty; the caller wipes it, also after -1, and checks it. */
	int (*fetch)(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
	    struct err *err);
};

/* In the order in which they are asked; creds_chain.c says what stops it. */
extern const struct creds_provider creds_env;
extern const struct creds_provider creds_web_identity;
extern const struct creds_provider creds_profile;
extern const struct creds_provider creds_container;
extern const struct creds_provider creds_imds;

/* Of a profile. */
extern const struct creds_provider creds_role;
extern const struct creds_provider creds_role_web_identity;
extern const struct creds_provider creds_static;
extern const struct creds_provider creds_sso;
extern const struct creds_provider creds_login;
extern const struct creds_provider creds_process;

/* creds_chain.c: the first that is configured. The draft is checked. */
int creds_fetch(struct creds_kit *kit, struct creds_draft *d, struct err *err) ATTR_MUST_CHECK;

/* ---- helpers: creds_kit.c ---- */

int64_t creds_now_s(const struct creds_kit *kit);

/* A key of the step's profile, or NULL. */
const char *creds_get_key(const struct creds_kit *kit, const struct creds_step *step,
    const char *key);

/* For provider: "profile x: SSO", or the name alone where there is no step. */
void creds_label(char out[CREDS_LABEL_SIZE], const struct creds_step *step, const char *name);

/* "aws sso login --profile x", ready for a shell. */
void creds_command(char out[CREDS_LABEL_SIZE], const char *command, const struct creds_step *step);

/* The caller's region, the environment's, that of the nearest profile with one, or EC2's. */
int creds_region_of(struct creds_kit *kit, const struct creds_step *step, char out[REGION_MAX + 1],
    struct err *err) ATTR_MUST_CHECK;

/* Of STS and SSO; id and prefix as for endpoint_resolve(). Environment and profile may override it. */
int creds_endpoint(const struct creds_kit *kit, const struct creds_step *step, const char *id,
    const char *prefix, const char *region, struct endpoint *out, struct err *err) ATTR_MUST_CHECK;

/* Append the file's content; "~/" is HOME. ERR_CREDENTIALS: it is not there. */
int creds_read_file(const char *path, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* ---- HTTP: creds_http.c ---- */

struct creds_call {
	const char *what; /* for texts: "STS AssumeRole" */
	struct http_request request;
	unsigned tries;            /* of what may pass: no answer, throttled, 5xx */
	const struct str *secrets; /* values that an error text must not hold */
	size_t secret_count;
};

/*
 * Any answer is success. Else as http_call(), after the tries. The caller initialises and releases
 * the response.
 */
int creds_http(struct creds_kit *kit, const struct creds_call *call, struct http_response *response,
    struct err *err) ATTR_MUST_CHECK;

/* -1 with what the answer, whose status is not 200, says; the code is that of the client's table. */
int creds_http_refused(const struct creds_call *call, const struct http_response *response,
    struct err *err) ATTR_MUST_CHECK;

/* As creds_http(), and a status other than 200 is an error as above. */
int creds_http_200(struct creds_kit *kit, const struct creds_call *call,
    struct http_response *response, struct err *err) ATTR_MUST_CHECK;

/* That, and credentials in the answer. */
int creds_http_draft(struct creds_kit *kit, const struct creds_call *call,
    const struct creds_format *format, struct creds_draft *d, struct err *err) ATTR_MUST_CHECK;

/* ---- STS: creds_sts.c ---- */

struct creds_role_request {
	const char *arn, *session_name, *external_id; /* NULL: none; a made-up session name */
	const char *duration_seconds;                 /* as text, or NULL */
};

/* Signed with the keys of `source`. */
int creds_assume_role(struct creds_kit *kit, const struct creds_step *step,
    const struct creds_role_request *role, const struct creds_draft *source, struct creds_draft *d,
    struct err *err) ATTR_MUST_CHECK;

/* Not signed: the token in the file, read now, is the proof. */
int creds_assume_role_with_token(struct creds_kit *kit, const struct creds_step *step,
    const struct creds_role_request *role, const char *token_file, struct creds_draft *d,
    struct err *err) ATTR_MUST_CHECK;

/* An answer of either; the account is that of the role's ARN. ERR_CORRUPT. */
int creds_sts_parse(struct str body, struct creds_draft *d, struct err *err) ATTR_MUST_CHECK;

/* ---- EC2's metadata service: creds_imds.c ---- */

int creds_imds_region(struct creds_kit *kit, char out[REGION_MAX + 1], struct err *err)
    ATTR_MUST_CHECK;

#endif
