#include "creds_provider.h"

static const struct creds_provider *const chain[] = {
	&creds_env,
	&creds_web_identity,
	&creds_profile,
	&creds_container,
	&creds_imds,
};

static int none(const struct creds_kit *kit, const struct err *last, struct err *err)
{
	const char *profile = profile_name(kit->options->profile);

	return err_set(err, ERR_CREDENTIALS,
	    "no AWS credentials: AWS_ACCESS_KEY_ID is not set, profile '%.64s' has none (aws "
	    "configure, aws sso login), there is no container endpoint; %s",
	    profile, last->text);
}

/*
 * Which one it is to be is decided by what is configured, not by what works: else an outage of
 * the right source would end in the rights of another. EC2's alone is there or not, and nobody
 * configures it.
 */
static int fetch_first(struct creds_kit *kit, struct creds_draft *d, struct err *err)
{
	const struct creds_step first = { profile_name(kit->options->profile), NULL };
	struct err last = { .text = "EC2's metadata service is switched off" };

	if (kit->options->profile)
		return creds_profile.fetch(kit, &first, d, err);
	for (size_t i = 0; i < ARRAY_SIZE(chain); i++) {
		const struct creds_step *step = chain[i] == &creds_profile ? &first : NULL;

		if (!chain[i]->is_configured(kit, step))
			continue;
		if (chain[i]->fetch(kit, step, d, &last) == 0)
			return 0;
		if (chain[i] != &creds_imds || last.code != ERR_NOTFOUND) {
			*err = last;
			return -1;
		}
	}
	return none(kit, &last, err);
}

/*
 * Whoever is about to call a service would take these for that call's: for a message that is
 * refused, a lease that is lost, a queue that is not there.
 */
static bool is_of_the_call(enum err_code code)
{
	return code == ERR_NOTFOUND || code == ERR_INVALID || code == ERR_CONFLICT;
}

int creds_fetch(struct creds_kit *kit, struct creds_draft *d, struct err *err)
{
	if (fetch_first(kit, d, err) == 0)
		return creds_draft_check(d, creds_now_s(kit), err);
	if (is_of_the_call(err->code))
		err->code = ERR_CREDENTIALS;
	return -1;
}
