#include "ecs_change.h"

#include "ecs_call.h"
#include "field.h"
#include "mem.h"

enum { REQUEST_MAX = 256 * 1024, SESSION_MAX = 64 * 1024 };

/* ---- services ---- */

int ecs_update_service(struct aws *a, const struct ecs_update *update, struct ecs_deployment *out,
    struct err *err)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct json *answer;
	struct json_writer w;
	int rc = 0;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", update->cluster);
	json_member_text(&w, "service", update->service);
	if (update->task_definition != NULL)
		json_member_text(&w, "taskDefinition", update->task_definition);
	if (update->is_forced)
		json_member_bool(&w, "forceNewDeployment", true);
	json_object_end(&w);
	if (ecs_call(a, ECS_UPDATE_SERVICE, update->service, &body, &answer, err) != 0)
		return -1;
	if (out != NULL)
		rc = ecs_read_update(answer, out, err);
	json_free(answer);
	return rc;
}

int ecs_read_update(const struct json *answer, struct ecs_deployment *out, struct err *err)
{
	struct ecs_service *s = xcalloc(1, sizeof(*s));
	int rc = ecs_read_service(json_get(answer, "service"), s, err);
	const struct ecs_deployment *primary = rc == 0 ? ecs_primary(s) : NULL;

	if (rc == 0 && (primary == NULL || primary->id[0] == '\0'))
		rc = err_set(err, ERR_CORRUPT,
		    "ecs UpdateService: the answer names no deployment in force");
	if (rc == 0)
		*out = *primary;
	free(s);
	return rc;
}

int ecs_roll_back(struct aws *a, const char *rollout_arn, struct err *err)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct json *answer;
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "serviceDeploymentArn", rollout_arn);
	json_member_text(&w, "stopType", "ROLLBACK");
	json_object_end(&w);
	if (ecs_call(a, ECS_STOP_SERVICE_DEPLOYMENT, rollout_arn, &body, &answer, err) != 0)
		return -1;
	json_free(answer);
	return 0;
}

/* ---- sessions ---- */

int ecs_execute(struct aws *a, const struct ecs_command *command, struct ecs_session *out,
    struct err *err)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	struct json *answer;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "cluster", command->cluster);
	json_member_text(&w, "task", command->task);
	if (command->container[0] != '\0')
		json_member_text(&w, "container", command->container);
	json_member_text(&w, "command", command->command);
	json_member_bool(&w, "interactive", true); /* ECS knows no other */
	json_object_end(&w);
	if (ecs_call(a, ECS_EXECUTE_COMMAND, command->task, &body, &answer, err) != 0)
		return -1;
	rc = ecs_read_session(answer, out, err);
	json_free(answer);
	return rc;
}

int ecs_read_session(const struct json *answer, struct ecs_session *out, struct err *err)
{
	static const char *const wanted[] = { "sessionId", "streamUrl", "tokenValue" };
	const struct json *session = json_get(answer, "session");
	struct json_writer w;

	*out = (struct ecs_session){ .answer = BUF_INIT(SESSION_MAX) };
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (json_get_text(json_get(session, wanted[i]), "")[0] == '\0')
			return err_set(err, ERR_CORRUPT,
			    "ecs ExecuteCommand: the answer has no session.%s", wanted[i]);
	if (field_json_name(out->id, sizeof(out->id), session, "sessionId", err) != 0 ||
	    field_json_name(out->task_arn, sizeof(out->task_arn), answer, "taskArn", err) != 0)
		return -1;
	field_json(out->container, sizeof(out->container), answer, "containerName");
	json_writer_init(&w, &out->answer);
	json_value(&w, session);
	if (!out->answer.full)
		return 0;
	ecs_session_wipe(out);
	return err_set(err, ERR_CORRUPT, "ecs ExecuteCommand: a session of more than %d bytes",
	    SESSION_MAX);
}

void ecs_session_wipe(struct ecs_session *s)
{
	buf_wipe(&s->answer);
}
