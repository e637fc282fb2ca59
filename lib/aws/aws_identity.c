#include "aws_core.h"

static int read_identity(const struct xml *root, struct aws_identity *out, struct err *err)
{
	const struct xml *result = xml_get(root, "GetCallerIdentityResult");
	const char *account = xml_get_text(result, "Account", ""),
		   *arn = xml_get_text(result, "Arn", "");

	if (!*account || !*arn)
		return err_set(err, ERR_CORRUPT,
		    "sts GetCallerIdentity: the answer has no Account or no Arn");
	(void)snprintf(out->account, sizeof(out->account), "%s", account);
	(void)snprintf(out->arn, sizeof(out->arn), "%s", arn);
	return 0;
}

int aws_identity(struct aws *a, struct aws_identity *out, struct err *err)
{
	struct aws_request r = { .op = STS_GET_CALLER_IDENTITY };
	struct aws_identity found = { .expires_at = 0 };
	const struct creds *creds;
	struct xml *root = NULL;
	int rc = -1;

	if (aws_call_xml(a, &r, NULL, &root, err) != 0)
		return -1;
	if (read_identity(root, &found, err) != 0)
		goto out;

	/* After the call, because it may have renewed them. */
	if (creds_get(a->setup.creds, &creds, err) != 0)
		goto out;
	(void)snprintf(found.provider, sizeof(found.provider), "%s", creds->provider);
	found.expires_at = creds->expires_at;
	creds_release(creds);
	*out = found;
	rc = 0;
out:
	xml_free(root);
	return rc;
}
