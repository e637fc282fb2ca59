/* Profiles with role_arn: where the credentials come from with which STS is asked for the role. */
#include "creds_provider.h"

static const struct {
	const char *name; /* of credential_source */
	const struct creds_provider *provider;
} sources[] = {
	{ "Environment", &creds_env },
	{ "Ec2InstanceMetadata", &creds_imds },
	{ "EcsContainer", &creds_container },
};

static void read_request(const struct creds_kit *kit, const struct creds_step *step,
    struct creds_role_request *role)
{
	*role = (struct creds_role_request){
		.arn = creds_get_key(kit, step, "role_arn"),
		.session_name = creds_get_key(kit, step, "role_session_name"),
		.external_id = creds_get_key(kit, step, "external_id"),
		.duration_seconds = creds_get_key(kit, step, "duration_seconds"),
	};
}

/* ---- by another profile, or another provider ---- */

static bool is_itself(const struct creds_step *step)
{
	return step->from && strcmp(step->from->profile, step->profile) == 0;
}

/* A profile that names itself means its own keys, the second time round. */
static bool role_is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "role_arn") && !is_itself(step) &&
	    !creds_get_key(kit, step, "web_identity_token_file");
}

static int check_loop(const struct creds_kit *kit, const struct creds_step *source, struct err *err)
{
	if (is_itself(source)) {
		if (creds_static.is_configured(kit, source))
			return 0;
		return err_set(err, ERR_CONFIG,
		    "profile %s: source_profile is itself, which needs keys in it",
		    source->profile);
	}
	for (const struct creds_step *s = source->from; s; s = s->from)
		if (strcmp(s->profile, source->profile) == 0)
			return err_set(err, ERR_CONFIG,
			    "profile %s: source_profile of %s leads back to it", source->profile,
			    source->from->profile);
	return 0;
}

static int fetch_by_profile(struct creds_kit *kit, const struct creds_step *step,
    const char *profile, struct creds_draft *source, struct err *err)
{
	const struct creds_step next = { profile, step };

	if (check_loop(kit, &next, err) != 0)
		return -1;
	return creds_profile.fetch(kit, &next, source, err);
}

static int fetch_by_name(struct creds_kit *kit, const struct creds_step *step, const char *name,
    struct creds_draft *source, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (strcmp(sources[i].name, name) != 0)
			continue;
		if (!sources[i].provider->is_configured(kit, NULL))
			return err_set(err, ERR_CREDENTIALS,
			    "profile %s: credential_source %s: nothing of it is configured",
			    step->profile, name);
		return sources[i].provider->fetch(kit, NULL, source, err);
	}
	return err_set(err, ERR_CONFIG,
	    "profile %s: credential_source '%s': must be Environment, Ec2InstanceMetadata or "
	    "EcsContainer",
	    step->profile, name);
}

static int fetch_source(struct creds_kit *kit, const struct creds_step *step,
    struct creds_draft *source, struct err *err)
{
	const char *profile = creds_get_key(kit, step, "source_profile");
	const char *name = creds_get_key(kit, step, "credential_source");

	if (!profile == !name)
		return err_set(err, ERR_CONFIG,
		    "profile %s: role_arn needs %s of source_profile, credential_source and "
		    "web_identity_token_file",
		    step->profile, profile ? "only one" : "one");
	if ((profile ? fetch_by_profile(kit, step, profile, source, err)
		     : fetch_by_name(kit, step, name, source, err)) != 0)
		return -1;
	return creds_draft_check(source, creds_now_s(kit), err);
}

/* A code from a device is asked for by tools that talk to a person, and serves once. */
static int refuse_mfa(const struct creds_step *step, struct err *err)
{
	char command[CREDS_LABEL_SIZE];

	creds_command(command, "aws configure export-credentials --format process", step);
	return err_set(err, ERR_CREDENTIALS,
	    "profile %s: mfa_serial: no code can be asked for here; use a profile with: "
	    "credential_process = %s",
	    step->profile, command);
}

static int role_fetch(struct creds_kit *kit, const struct creds_step *step, struct creds_draft *d,
    struct err *err)
{
	struct creds_role_request role;
	struct creds_draft source;
	int rc;

	if (creds_get_key(kit, step, "mfa_serial"))
		return refuse_mfa(step, err);
	read_request(kit, step, &role);
	creds_draft_init(&source);
	rc = fetch_source(kit, step, &source, err);
	if (rc == 0)
		rc = creds_assume_role(kit, step, &role, &source, d, err);
	/* The role renews itself for as long as its source does. */
	memcpy(d->renew, source.renew, sizeof(d->renew));
	creds_draft_wipe(&source);
	return rc;
}

const struct creds_provider creds_role = {
	.name = "role",
	.is_configured = role_is_configured,
	.fetch = role_fetch,
};

/* ---- by a token in a file ---- */

static bool role_token_is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	return creds_get_key(kit, step, "web_identity_token_file") != NULL;
}

static int role_token_fetch(struct creds_kit *kit, const struct creds_step *step,
    struct creds_draft *d, struct err *err)
{
	struct creds_role_request role;

	read_request(kit, step, &role);
	if (!role.arn)
		return err_set(err, ERR_CONFIG,
		    "profile %s: web_identity_token_file needs role_arn", step->profile);
	return creds_assume_role_with_token(kit, step, &role,
	    creds_get_key(kit, step, "web_identity_token_file"), d, err);
}

const struct creds_provider creds_role_web_identity = {
	.name = "role by web identity",
	.is_configured = role_token_is_configured,
	.fetch = role_token_fetch,
};

/* ---- the same from the environment, as Kubernetes sets it ---- */

static bool web_identity_is_configured(const struct creds_kit *kit, const struct creds_step *step)
{
	(void)kit;
	(void)step;
	return profile_env("AWS_WEB_IDENTITY_TOKEN_FILE") != NULL;
}

static int web_identity_fetch(struct creds_kit *kit, const struct creds_step *step,
    struct creds_draft *d, struct err *err)
{
	const struct creds_role_request role = {
		.arn = profile_env("AWS_ROLE_ARN"),
		.session_name = profile_env("AWS_ROLE_SESSION_NAME"),
	};

	creds_label(d->provider, step, creds_web_identity.name);
	if (!role.arn)
		return err_set(err, ERR_CONFIG,
		    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
	return creds_assume_role_with_token(kit, step, &role,
	    profile_env("AWS_WEB_IDENTITY_TOKEN_FILE"), d, err);
}

const struct creds_provider creds_web_identity = {
	.name = "web identity",
	.is_configured = web_identity_is_configured,
	.fetch = web_identity_fetch,
};
