#include "creds_provider.h"
#include "file.h"

int64_t creds_now_s(const struct creds_kit *kit)
{
	return clock_wall_s(kit->options->clock);
}

const char *creds_get_key(const struct creds_kit *kit, const struct creds_step *step,
    const char *key)
{
	return profiles_get(kit->options->profiles, PROFILE_PROFILE, step->profile, key);
}

void creds_label(char out[CREDS_LABEL_SIZE], const struct creds_step *step, const char *name)
{
	/* Cut when it does not fit: it is for people. */
	if (step)
		(void)snprintf(out, CREDS_LABEL_SIZE, "profile %.*s: %s", CREDS_LABEL_SIZE / 2,
		    step->profile, name);
	else
		(void)snprintf(out, CREDS_LABEL_SIZE, "%s", name);
}

void creds_command(char out[CREDS_LABEL_SIZE], const char *command, const struct creds_step *step)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.+@/:=,%";
	const char *quote = str_only(str_from(step->profile), plain) ? "" : "'";

	(void)snprintf(out, CREDS_LABEL_SIZE, "%s --profile %s%s%s", command, quote, step->profile,
	    quote);
}

static struct endpoint_options options_of(const struct creds_kit *kit,
    const struct creds_step *step)
{
	return (struct endpoint_options){
		.profiles = kit->options->profiles,
		.profile = step ? step->profile : kit->options->profile,
	};
}

int creds_region_of(struct creds_kit *kit, const struct creds_step *step, char out[REGION_MAX + 1],
    struct err *err)
{
	struct err unused; /* why EC2's metadata does not know: the first text says what to do */

	do {
		struct endpoint_options o = options_of(kit, step);

		if (region_resolve(&o, kit->options->region, out, err) == 0)
			return 0;
		if (err->code != ERR_NOTFOUND)
			return -1;
		step = step ? step->from : NULL;
	} while (step);
	if (creds_imds_region(kit, out, &unused) == 0)
		return 0;
	err->code = ERR_CONFIG;
	return -1;
}

int creds_endpoint(const struct creds_kit *kit, const struct creds_step *step, const char *id,
    const char *prefix, const char *region, struct endpoint *out, struct err *err)
{
	struct endpoint_options o = options_of(kit, step);

	return endpoint_resolve(&o, id, prefix, region, out, err);
}

int creds_read_file(const char *path, struct buf *out, struct err *err)
{
	struct buf full = BUF_INIT(CREDS_PATH_MAX);
	int rc;

	if (!profile_path(path, &full))
		rc = err_set(err, ERR_CONFIG, "%s: HOME is not set, or the path is too long", path);
	else
		rc = file_read(buf_text(&full), out, err);
	if (rc != 0 && err->code == ERR_NOTFOUND)
		err->code = ERR_CREDENTIALS;
	buf_release(&full);
	return rc;
}
