#include "creds_provider.h"

static bool is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	(void)kit;
	(void)step;
	return profile_env("AWS_ACCESS_KEY_ID") || profile_env("AWS_SECRET_ACCESS_KEY");
}

/* One without the other is a slip, which the next provider must not hide. */
static int fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	const char *key = profile_env("AWS_ACCESS_KEY_ID");
	const char *secret = profile_env("AWS_SECRET_ACCESS_KEY");

	(void)kit;
	if (!key || !secret)
		return err_set(err, ERR_CREDENTIALS, "environment: %s is set, but %s is not",
		    key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
		    key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	creds_draft_set(d, key, secret, profile_env("AWS_SESSION_TOKEN"));
	creds_draft_set_account(d, str_from(profile_env("AWS_ACCOUNT_ID")));
	creds_label(d->provider, step, creds_env.name);
	(void)snprintf(d->renew, sizeof(d->renew),
	    "new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN");
	return 0;
}

const struct creds_provider creds_env = {
	.name = "environment",
	.is_configured = is_configured,
	.fetch = fetch,
};
