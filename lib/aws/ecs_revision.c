#include "ecs_revision.h"

#include "ecs_call.h"
#include "field.h"

enum { REQUEST_MAX = 4096 };

/* ---- calls ---- */

int ecs_revision_get(struct aws *a, const char *name, struct json **out, struct err *err)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct json *answer = NULL;
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "taskDefinition", name);
	json_key(&w, "include");
	json_raw(&w, STR("[\"TAGS\"]"));
	json_object_end(&w);
	if (ecs_call(a, ECS_DESCRIBE_TASK_DEFINITION, name, &body, &answer, err) != 0) {
		/* "ClientException: Unable to describe task definition." is how ECS says it. */
		if (err->code == ERR_INVALID)
			err->code = ERR_NOTFOUND;
		return -1;
	}
	if (json_count(json_get(json_get(answer, "taskDefinition"), "containerDefinitions")) == 0) {
		json_free(answer);
		return err_set(err, ERR_CORRUPT,
		    "ecs DescribeTaskDefinition: task definition '%s' has no containers", name);
	}
	*out = answer;
	return 0;
}

int ecs_revision_register(struct aws *a, const char *family, struct str body,
    char arn[ECS_TASK_ARN_SIZE], struct err *err)
{
	const struct aws_request r = {
		.op = ECS_REGISTER_TASK_DEFINITION,
		.resource = family,
		.body = body,
	};
	struct json *answer;
	int rc;

	if (aws_call_json(a, &r, NULL, &answer, err) != 0)
		return -1;
	rc = field_json_name(arn, ECS_TASK_ARN_SIZE, json_get(answer, "taskDefinition"),
	    "taskDefinitionArn", err);
	if (rc == 0 && arn[0] == '\0')
		rc = err_set(err, ERR_CORRUPT,
		    "ecs RegisterTaskDefinition: the answer has no taskDefinitionArn");
	json_free(answer);
	return rc;
}

int ecs_revisions(struct aws *a, const char *family, struct ecs_revisions *out, struct err *err)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct json *answer;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "familyPrefix", family);
	json_member_text(&w, "status", "ACTIVE");
	json_member_text(&w, "sort", "DESC");
	json_member_int(&w, "maxResults", ECS_REVISIONS_MAX);
	json_object_end(&w);
	if (ecs_call(a, ECS_LIST_TASK_DEFINITIONS, family, &body, &answer, err) != 0)
		return -1;
	rc = ecs_read_revisions(answer, out, err);
	json_free(answer);
	return rc;
}

/* ---- what was described ---- */

bool ecs_revision_is_status(const char *member)
{
	/* Those of the answer that are no parameters of RegisterTaskDefinition. */
	static const char *const members[] = {
		"taskDefinitionArn",
		"revision",
		"status",
		"requiresAttributes",
		"compatibilities",
		"registeredAt",
		"registeredBy",
		"deregisteredAt",
		"deleteRequestedAt",
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (strcmp(member, members[i]) == 0)
			return true;
	return false;
}

static const struct json *containers_of(const struct json *described)
{
	return json_get(json_get(described, "taskDefinition"), "containerDefinitions");
}

const struct json *ecs_revision_container(const struct json *described, const char *name)
{
	const struct json *all = containers_of(described), *c;

	if (name == NULL || name[0] == '\0')
		return json_at(all, 0);
	for (size_t i = 0; (c = json_at(all, i)) != NULL; i++)
		if (strcmp(json_get_text(json_get(c, "name"), ""), name) == 0)
			return c;
	return NULL;
}

static void write_container(struct json_writer *w, const struct json *container, const char *image)
{
	const char *member;

	json_object_begin(w);
	for (size_t i = 0; (member = json_key_at(container, i)) != NULL; i++) {
		if (strcmp(member, "image") == 0)
			continue;
		json_key(w, member);
		json_value(w, json_at(container, i));
	}
	json_member_text(w, "image", image);
	json_object_end(w);
}

static void write_containers(struct json_writer *w, const struct json *all,
    const struct json *changed, const char *image)
{
	const struct json *c;

	json_array_begin(w);
	for (size_t i = 0; (c = json_at(all, i)) != NULL; i++)
		if (c == changed)
			write_container(w, c, image);
		else
			json_value(w, c);
	json_array_end(w);
}

/* Tags of AWS itself cannot be given, and an empty list would ask for a permission to tag. */
static void write_tags(struct json_writer *w, const struct json *tags)
{
	const struct json *tag;
	bool has_begun = false;

	for (size_t i = 0; (tag = json_at(tags, i)) != NULL; i++) {
		const char *key = json_get_text(json_get(tag, "key"), "");

		if (str_has_prefix(str_from(key), STR("aws:")))
			continue;
		if (!has_begun) {
			json_key(w, "tags");
			json_array_begin(w);
		}
		has_begun = true;
		json_value(w, tag);
	}
	if (has_begun)
		json_array_end(w);
}

int ecs_revision_with_image(const struct json *described, const char *container, const char *image,
    struct buf *out, struct err *err)
{
	const struct json *definition = json_get(described, "taskDefinition");
	const struct json *changed = ecs_revision_container(described, container);
	struct json_writer w;
	const char *member;

	if (changed == NULL)
		return err_set(err, ERR_NOTFOUND, "task definition '%s' has no container '%s'",
		    json_get_text(json_get(definition, "family"), "?"), container);
	json_writer_init(&w, out);
	json_object_begin(&w);
	for (size_t i = 0; (member = json_key_at(definition, i)) != NULL; i++) {
		if (ecs_revision_is_status(member))
			continue;
		json_key(&w, member);
		if (strcmp(member, "containerDefinitions") == 0)
			write_containers(&w, json_at(definition, i), changed, image);
		else
			json_value(&w, json_at(definition, i));
	}
	write_tags(&w, json_get(described, "tags"));
	json_object_end(&w);
	if (out->full)
		return err_set(err, ERR_INVALID, "a task definition larger than %zu bytes",
		    out->max);
	return 0;
}

/* ---- names ---- */

int ecs_read_revisions(const struct json *answer, struct ecs_revisions *out, struct err *err)
{
	const struct json *arns = json_get(answer, "taskDefinitionArns");
	size_t count = json_count(arns);

	if (arns == NULL)
		return err_set(err, ERR_CORRUPT,
		    "ecs ListTaskDefinitions: the answer has no taskDefinitionArns");
	out->is_cut = !json_is_null(json_get(answer, "nextToken")) || count > ECS_REVISIONS_MAX;
	out->count = 0;
	for (size_t i = 0; i < count && i < ECS_REVISIONS_MAX; i++) {
		const char *arn = json_get_text(json_at(arns, i), "");
		char family[ECS_NAME_SIZE];
		int revision;

		if (!ecs_revision_name(arn, family, &revision))
			return err_set(err, ERR_CORRUPT,
			    "ecs ListTaskDefinitions: an element is no ARN of a task definition");
		field_copy(out->arns[out->count++], ECS_TASK_ARN_SIZE, arn);
	}
	return 0;
}

bool ecs_revision_name(const char *arn, char family[ECS_NAME_SIZE], int *revision)
{
	const char *name = strrchr(arn, '/');
	struct str family_part, number_part;
	uint64_t number;

	if (name == NULL || strlen(arn) >= ECS_TASK_ARN_SIZE ||
	    !str_cut(str_from(name + 1), ':', &family_part, &number_part) || family_part.n == 0 ||
	    family_part.n >= ECS_NAME_SIZE || !str_to_u64(number_part, &number) || number == 0 ||
	    number > INT32_MAX)
		return false;
	memcpy(family, family_part.p, family_part.n);
	family[family_part.n] = '\0';
	*revision = (int)number;
	return true;
}
