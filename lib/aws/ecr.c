#include "ecr.h"

#include "field.h"

enum { BODY_MAX = 4096 };

/* ---- names ---- */

static bool copy(char *out, size_t size, struct str text)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:";

	if (text.n >= size || !str_only(text, allowed))
		return false;
	(void)snprintf(out, size, "%.*s", STR_ARG(text));
	return true;
}

/* "<account>.dkr.ecr[-fips].<region>.<suffix>" */
static bool read_host(struct str host, struct ecr_name *out)
{
	struct str account, kind, service, region, rest;

	return str_cut(host, '.', &account, &rest) && str_cut(rest, '.', &kind, &rest) &&
	    str_cut(rest, '.', &service, &rest) && str_cut(rest, '.', &region, &rest) &&
	    account.n == 12 && str_only(account, "0123456789") && str_is(kind, "dkr") &&
	    (str_is(service, "ecr") || str_is(service, "ecr-fips")) && region.n > 0 &&
	    copy(out->account, sizeof(out->account), account) &&
	    copy(out->region, sizeof(out->region), region);
}

bool ecr_name_parse(struct str image, struct ecr_name *out)
{
	struct ecr_name name = { .digest = "" };
	struct str host, path, digest, tag;

	if (!str_cut(image, '/', &host, &path) || !read_host(host, &name))
		return false;
	(void)str_cut(path, '@', &path, &digest); /* either may be missing */
	(void)str_cut(path, ':', &path, &tag);
	if (path.n == 0 || !copy(name.repository, sizeof(name.repository), path) ||
	    !copy(name.digest, sizeof(name.digest), digest) ||
	    !copy(name.tag, sizeof(name.tag), tag))
		return false;
	*out = name;
	return true;
}

/* ---- images ---- */

int ecr_read_image(const struct json *answer, struct ecr_image *out, struct err *err)
{
	const struct json *image = json_at(json_get(answer, "imageDetails"), 0);

	if (image == NULL)
		return err_set(err, ERR_NOTFOUND, "no such image");
	*out = (struct ecr_image){ .pushed_ms = field_json_ms(image, "imagePushedAt") };
	out->pulled_ms = field_json_ms(image, "lastRecordedPullTime");
	out->size_bytes = json_get_int(json_get(image, "imageSizeInBytes"), 0);
	field_json(out->digest, sizeof(out->digest), image, "imageDigest");
	return 0;
}

static void write_body(struct buf *body, const struct ecr_name *name)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	json_member_text(&w, "registryId", name->account);
	json_member_text(&w, "repositoryName", name->repository);
	json_key(&w, "imageIds");
	json_array_begin(&w);
	json_object_begin(&w);
	if (name->digest[0] != '\0')
		json_member_text(&w, "imageDigest", name->digest);
	else
		json_member_text(&w, "imageTag", name->tag[0] != '\0' ? name->tag : "latest");
	json_object_end(&w);
	json_array_end(&w);
	json_object_end(&w);
}

int ecr_image(struct aws *a, const struct ecr_name *name, struct ecr_image *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = ECR_DESCRIBE_IMAGES };
	struct json *answer = NULL;
	int rc;

	write_body(&body, name);
	r.body = buf_str(&body);
	r.resource = name->repository;
	r.region = name->region;
	rc = aws_call_json(a, &r, NULL, &answer, err);
	if (rc == 0)
		rc = ecr_read_image(answer, out, err);
	json_free(answer);
	buf_release(&body);
	return rc;
}
