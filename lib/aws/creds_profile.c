/* What a profile says: one of several kinds of credentials. Roles: creds_role.c. */
#include "creds_provider.h"

/* The first that is configured. Roles first: their profile may hold the keys that they start from. */
static const struct creds_provider *const kinds[] = {
	&creds_role,
	&creds_role_web_identity,
	&creds_static,
	&creds_sso,
	&creds_login,
	&creds_process,
};

static const struct creds_provider *kind_of(const struct creds_kit *kit,
    const struct creds_step *step)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->is_configured(kit, step))
			return kinds[i];
	return NULL;
}

static bool exists(const struct creds_kit *kit, const struct creds_step *step)
{
	return profiles_has(kit->options->profiles, PROFILE_PROFILE, step->profile);
}

/* A profile that somebody named and that is not there is a slip, which the next must not hide. */
static bool profile_is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	if (!exists(kit, step))
		return profile_env("AWS_PROFILE") != NULL;
	return kind_of(kit, step) != NULL;
}

static int profile_fetch(struct creds_kit *kit, const struct creds_step *step,
    struct creds_draft *d, struct err *err)
{
	const struct creds_provider *kind = kind_of(kit, step);
	char command[CREDS_LABEL_SIZE];

	if (kind) {
		creds_label(d->provider, step, kind->name);
		return kind->fetch(kit, step, d, err);
	}
	if (!exists(kit, step))
		return err_set(err, ERR_CONFIG,
		    "profile %s: neither in ~/.aws/config nor in ~/.aws/credentials (aws configure "
		    "list-profiles shows those that are)",
		    step->profile);
	creds_command(command, "aws configure", step);
	return err_set(err, ERR_CREDENTIALS, "profile %s: has no credentials; set some with: %s",
	    step->profile, command);
}

const struct creds_provider creds_profile = {
	.name = "profile",
	.is_configured = profile_is_configured,
	.fetch = profile_fetch,
};

/* ---- static keys ---- */

static bool static_is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "aws_access_key_id") ||
	    creds_get_key(kit, step, "aws_secret_access_key");
}

static int static_fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	const char *key = creds_get_key(kit, step, "aws_access_key_id");
	const char *secret = creds_get_key(kit, step, "aws_secret_access_key");

	creds_command(d->renew, "aws configure", step);
	if (!key || !secret)
		return err_set(err, ERR_CREDENTIALS, "profile %s: %s is missing; set it with: %s",
		    step->profile, key ? "aws_secret_access_key" : "aws_access_key_id", d->renew);
	creds_draft_set(d, key, secret, creds_get_key(kit, step, "aws_session_token"));
	creds_draft_set_account(d, str_from(creds_get_key(kit, step, "aws_account_id")));
	return 0;
}

const struct creds_provider creds_static = {
	.name = "keys",
	.is_configured = static_is_configured,
	.fetch = static_fetch,
};
