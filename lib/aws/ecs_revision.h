/*
 * ecs_revision: task definitions of Amazon ECS: described, listed, and registered anew with another
 * image. What a description holds and this program does not know goes into the new revision as it
 * is. Any thread.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
#ifndef OPS_ECS_REVISION_H
#define OPS_ECS_REVISION_H

#include "ecs.h"

enum { ECS_REVISIONS_MAX = 100, ECS_REVISION_BODY_MAX = 256 * 1024 };

/*
 * The answer to DescribeTaskDefinition: members taskDefinition and tags. `name` is a family, which
 * means its newest revision, "family:revision" or an ARN. Free *out with json_free().
 * ERR_NOTFOUND: no such revision.
 */
int ecs_revision_get(struct aws *a, const char *name, struct json **out, struct err *err)
    ATTR_MUST_CHECK;

/* The container of that name in such an answer; "" or NULL: the first. NULL: none. */
const struct json *ecs_revision_container(const struct json *described, const char *name);

/* Whether a member of taskDefinition says what became of it and not what it is. */
bool ecs_revision_is_status(const char *member);

/*
 * Append the request that registers what was described, with `image` in the container of that name
 * ("" or NULL: the first). ERR_NOTFOUND: it has no such container; ERR_INVALID: it is larger than
 * `out`.
 */
int ecs_revision_with_image(const struct json *described, const char *container, const char *image,
    struct buf *out, struct err *err) ATTR_MUST_CHECK;

/*
 * RegisterTaskDefinition; *arn is that of the new revision. Needs iam:PassRole for the roles that it
 * names, and ecs:TagResource where it has tags.
 */
int ecs_revision_register(struct aws *a, const char *family, struct str body,
    char arn[ECS_TASK_ARN_SIZE], struct err *err) ATTR_MUST_CHECK;

struct ecs_revisions {
	char arns[ECS_REVISIONS_MAX][ECS_TASK_ARN_SIZE]; /* newest first */
	size_t count;
	bool is_cut; /* there are more */
};

/* Of that family, those that are still registered: ListTaskDefinitions, one call. */
int ecs_revisions(struct aws *a, const char *family, struct ecs_revisions *out, struct err *err)
    ATTR_MUST_CHECK;

/* What an answer of ListTaskDefinitions holds. ERR_CORRUPT: no list of ARNs. */
int ecs_read_revisions(const struct json *answer, struct ecs_revisions *out, struct err *err)
    ATTR_MUST_CHECK;

/* "arn:...:task-definition/api:42" is family "api", revision 42. false: it is no such ARN. */
bool ecs_revision_name(const char *arn, char family[ECS_NAME_SIZE], int *revision);

#endif
