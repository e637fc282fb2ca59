#include "calls.h"
#include "commands.h"
#include "ecs_revision.h"
#include "mem.h"
#include "ports.h"
#include "rollout.h"

enum { DIGEST_HEX = 64 };

/* ---- the image ---- */

static bool is_digest(struct str s)
{
	return str_has_prefix(s, STR("sha256:")) && s.n == strlen("sha256:") + DIGEST_HEX &&
	    str_only(str_skip(s, strlen("sha256:")), "0123456789abcdef");
}

/* "registry:5000/repo" of "registry:5000/repo:tag" and of "registry:5000/repo@sha256:..." */
static struct str repository_of(struct str image)
{
	struct str rest = image;
	size_t slash = 0;

	(void)str_cut(image, '@', &rest, &(struct str){ 0 });
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] == '/')
			slash = i;
	return str_slice(rest, 0, slash + str_find(str_skip(rest, slash), ':'));
}

/* The last part of a repository's path, as ECR is asked for it: all behind the registry. */
static struct str name_in_registry(struct str repository)
{
	struct str registry, name;

	return str_cut(repository, '/', &registry, &name) ? name : repository;
}

static int refuse(struct cli *cli, const char *given, struct str repository, struct err *err)
{
	struct str tag = str_from(str_behind_last(given, ':'));

	(void)err_set(err, ERR_USAGE,
	    "--image %s: a tag may mean another image tomorrow; give sha256: and 64 hex digits",
	    given);
	return cli_next(cli,
	    "find it with: aws ecr describe-images --repository-name %.*s --image-ids imageTag=%.*s "
	    "--query 'imageDetails[0].imageDigest'",
	    STR_ARG(name_in_registry(repository)), STR_ARG(tag));
}

/* Of "repository@digest", or a digest alone; then the repository stays as it is. */
static struct str cut_digest(const char *given, struct str *repository)
{
	struct str named, digest;

	if (!str_cut(str_from(given), '@', &named, &digest))
		return str_from(given);
	*repository = named;
	return digest;
}

/* Before anything is asked of AWS. */
static int check_image(struct cli *cli, struct err *err)
{
	const struct context_service *s = context_service(&cli->context, cli->operands[0]);
	const char *given = cli_text(cli, "image");
	struct str repository = STR("REPOSITORY"), named;

	if (given == NULL)
		return err_set(err, ERR_USAGE, "'deploy' needs --image");
	if (is_digest(cut_digest(given, &named)))
		return 0;
	if (strchr(given, '/') != NULL)
		repository = repository_of(str_from(given));
	else if (s != NULL && s->values[SERVICE_IMAGE][0] != '\0')
		repository = str_from(s->values[SERVICE_IMAGE]);
	return refuse(cli, given, repository, err);
}

/*
 * The image to deploy: --image alone, where it names a repository, or the digest in the repository
 * of the context, or in that of the image in use.
 */
static int choose_image(struct rollout *r, const char *in_use, struct err *err)
{
	const char *given = cli_text(r->cli, "image"), *own = r->workload.repository;
	struct str repository = own[0] != '\0' ? str_from(own) : repository_of(str_from(in_use));
	struct str digest = cut_digest(given, &repository);

	if (repository.n == 0 ||
	    snprintf(r->image, sizeof(r->image), "%.*s@%.*s", STR_ARG(repository),
		STR_ARG(digest)) >= ROLLOUT_IMAGE_SIZE)
		return err_set(err, ERR_USAGE, "--image %s: no such repository", given);
	return 0;
}

/* ---- the revision ---- */

struct revision {
	struct json *described;
	const struct json *container;
	struct buf body;
};

static int prepare(struct rollout *r, struct revision *v, struct err *err)
{
	const char *in_use;

	if (ecs_revision_get(r->workload.aws, r->from, &v->described, err) != 0)
		return ports_failed(r->cli, err);
	v->container = ecs_revision_container(v->described, r->workload.container);
	if (v->container == NULL)
		return err_set(err, ERR_CONFIG, "%s has no container '%s'",
		    rollout_revision(r->from), r->workload.container);
	in_use = json_get_text(json_get(v->container, "image"), "");
	if (choose_image(r, in_use, err) != 0)
		return -1;
	return ecs_revision_with_image(v->described, r->workload.container, r->image, &v->body,
	    err);
}

static bool is_in_use(const struct rollout *r, const struct revision *v)
{
	return strcmp(json_get_text(json_get(v->container, "image"), ""), r->image) == 0;
}

/* The difference that the new revision makes: what is to be registered against what is there. */
static int show_difference(struct rollout *r, const struct revision *v, struct err *err)
{
	struct buf text = BUF_INIT(ECS_REVISION_BODY_MAX + 64);
	struct revision_diff *diff = xcalloc(1, sizeof(*diff));
	struct json *next = NULL;
	int rc;

	buf_addf(&text, "{\"taskDefinition\":%s}", buf_text(&v->body));
	rc = json_parse(buf_str(&text), &next, err);
	if (rc == 0) {
		revision_diff(v->described, next, diff);
		rollout_report_plan(r, diff);
	}
	json_free(next);
	buf_release(&text);
	free(diff);
	return rc;
}

static int deploy(struct rollout *r, struct revision *v, struct err *err)
{
	char question[2 * ECS_NAME_SIZE], family[ECS_NAME_SIZE];
	int revision;

	(void)snprintf(question, sizeof(question), "Deploy that to %s of context %s?",
	    r->workload.name, r->cli->context.name);
	if (rollout_consent(r, ACCESS_DANGEROUS, question, err) != 0 || rollout_guard(r, err) != 0)
		return -1;
	if (!ecs_revision_name(r->from, family, &revision))
		(void)snprintf(family, sizeof(family), "%.200s", rollout_revision(r->from));
	if (ecs_revision_register(r->workload.aws, family, buf_str(&v->body), r->to, err) != 0)
		return ports_failed(r->cli, err);
	return rollout_run(r, err);
}

/* The service stays as it is. */
static int note_alone(struct rollout *r, struct err *err)
{
	char question[3 * ECS_NAME_SIZE];
	int rc = 0;

	if (rollout_note_look(r, err) != 0)
		return -1;
	if (r->is_note_due) {
		rollout_report_plan(r, NULL);
		if (cli_flag(r->cli, "dry-run"))
			return 0;
		(void)snprintf(question, sizeof(question), "Note that for %s of context %s?",
		    r->workload.name, r->cli->context.name);
		if (rollout_consent(r, ACCESS_DANGEROUS, question, err) != 0)
			return -1;
		rc = rollout_note_due(r, err);
	}
	r->outcome = "unchanged";
	rollout_report_end(r);
	return rc;
}

static int prepare_and_deploy(struct rollout *r, struct revision *v, struct err *err)
{
	if (prepare(r, v, err) != 0)
		return -1;
	if (is_in_use(r, v))
		return note_alone(r, err);
	r->to[0] = '\0'; /* not registered yet */
	if (show_difference(r, v, err) != 0)
		return -1;
	return cli_flag(r->cli, "dry-run") ? 0 : deploy(r, v, err);
}

static int cmd_deploy(struct cli *cli, struct err *err)
{
	struct revision v = { .body = BUF_INIT(ECS_REVISION_BODY_MAX) };
	struct rollout r;
	int rc;

	if (check_image(cli, err) != 0)
		return -1;
	rc = rollout_open(&r, cli, "deploy",
	    "run: opsctl up  # of the new programs, when Ctrl-C has ended the old", err);
	if (rc == 0)
		rc = rollout_read_guard(&r, err);
	if (rc == 0)
		rc = prepare_and_deploy(&r, &v, err);
	json_free(v.described);
	buf_wipe(&v.body);
	rollout_release(&r);
	return rc;
}

static const struct option_row options[] = {
	{ "image", 0, OPTION_TEXT, "DIGEST",
	    .help = "sha256:HEX in the repository of the service, or REPOSITORY@sha256:HEX" },
	OPTIONS_GUARD,
	OPTIONS_ROLLOUT,
	OPTION_DRY_RUN,
	OPTION_YES,
	OPTION_CONFIRM,
};

static const struct command_call calls[] = {
	CALLS_ROLLOUT,
	CALLS_GUARD,
	CALLS_NOTE,
	{ ECS_DESCRIBE_TASK_DEFINITION, CALL_SERVICE(SERVICE_ECS), NULL },
	{ ECS_REGISTER_TASK_DEFINITION, CALL_SERVICE(SERVICE_ECS), "!dry-run" },
};

const struct command command_deploy = {
	.name = "deploy",
	.operands = "SERVICE",
	.min = 1,
	.max = 1,
	.operand_completion = "ecs-service",
	.summary = "put another image into a service of ECS and tell the truth about it",
	.about = "Registers the task definition in use anew with the image of that digest, shows "
		 "the difference, changes the service, and follows this one deployment to its end: "
		 "0 it is deployed, 7 it was rolled back, with the reason, 9 it takes longer than "
		 "--timeout, 8 nobody waited. What runs then is noted in the parameter that "
		 "Terraform reads, where the context has one.",
	OPTIONS(options),
	CALLS(calls),
	.need = NEED_CONTEXT | NEED_STREAM,
	.run = cmd_deploy,
};
