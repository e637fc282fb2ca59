/*
 * profile: the SDKs' shared files, ~/.aws/config (AWS_CONFIG_FILE) and ~/.aws/credentials
 * (AWS_SHARED_CREDENTIALS_FILE), read as the SDKs read them: [default], [profile x],
 * [sso-session x], [services x] in the one, [x] in the other, whose keys win; nested blocks by
 * indentation; # and ; comments. Names of keys without case. A file that is missing is empty.
 * Loaded once and then read-only: any thread.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
#ifndef OPS_PROFILE_H
#define OPS_PROFILE_H

#include "buf.h"
#include "err.h"

enum { PROFILE_FILE_MAX = 1024 * 1024 };

enum profile_section { PROFILE_PROFILE, PROFILE_SSO_SESSION, PROFILE_SERVICES };

struct profiles;

/* Both files of the environment. ERR_CONFIG names file and line, never a value; ERR_DENIED, ERR_IO. */
int profiles_load(struct profiles **out, struct err *err) ATTR_MUST_CHECK;

/* The same from texts; either may be empty. The names stand in error texts. */
int profiles_parse(struct profiles **out, struct str config, const char *config_name,
    struct str credentials, const char *credentials_name, struct err *err) ATTR_MUST_CHECK;
void profiles_free(struct profiles *p); /* wipes: secrets stand in it */

/* Whether there is such a section. */
bool profiles_has(const struct profiles *p, enum profile_section section, const char *name);

/* The value, or NULL when it is absent or empty; lives as long as p. */
const char *profiles_get(const struct profiles *p, enum profile_section section, const char *name,
    const char *key);

/* A key of a nested block: [services x] "sqs =\n  endpoint_url = ..."; block "sqs". */
const char *profiles_get_nested(const struct profiles *p, enum profile_section section,
    const char *name, const char *block, const char *key);

/* Names of the profiles for messages and completion; NULL past the end. */
const char *profiles_name_at(const struct profiles *p, size_t index);

/* An environment variable; NULL when it is unset or empty, which is the same to the SDKs. */
const char *profile_env(const char *name);

/* The profile that counts: `wanted` unless NULL, AWS_PROFILE unless empty, else "default". */
const char *profile_name(const char *wanted);

/* Append the path with "~/" at its start made $HOME; false: HOME is not set, or out is full. */
bool profile_path(const char *path, struct buf *out) ATTR_MUST_CHECK;

#endif
