#include "ecs_agent.h"

#include <stdio.h>
#include <stdlib.h>

#include "json.h"

enum { TIMEOUT_MS = 2000, ANSWER_MAX = 64 * 1024, URL_MAX = 1024 };

/* Call <variable><path> and parse what comes with a status of 2xx. */
static int call(struct http *h, const char *variable, const char *path,
    struct http_request *request, struct json **out, struct err *err)
{
	struct buf url = BUF_INIT(URL_MAX);
	struct http_response answer;
	int rc = -1;

	http_response_init(&answer, ANSWER_MAX);
	buf_addf(&url, "%s%s", getenv(variable), path);
	request->url = buf_text(&url);
	request->total_timeout_ms = TIMEOUT_MS;
	if (url.full)
		(void)err_set(err, ERR_CONFIG, "%s: at most %d bytes", variable, URL_MAX);
	else if (http_call(h, request, &answer, err) == 0 &&
	    (rc = json_parse(buf_str(&answer.body), out, err)) != 0)
		err->code = ERR_CORRUPT; /* the input is not ours */
	/* The agent says why in JSON with any status; see judge(). */
	if (rc == 0 && answer.status / 100 != 2 && json_get(*out, "error") == NULL) {
		json_free(*out);
		rc = err_set(err, ERR_IO, "ECS agent: status %d", answer.status);
	}
	buf_release(&url);
	http_response_release(&answer);
	return rc;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && *value != '\0';
}

/* ---- metadata ---- */

static const struct {
	const char *member;
	size_t offset;
} task_members[] = {
	{ "Cluster", offsetof(struct ecs_this_task, cluster) },
	{ "TaskARN", offsetof(struct ecs_this_task, task_arn) },
	{ "Family", offsetof(struct ecs_this_task, family) },
	{ "Revision", offsetof(struct ecs_this_task, revision) },
	{ "AvailabilityZone", offsetof(struct ecs_this_task, zone) },
};

int ecs_agent_task(struct http *h, struct ecs_this_task *out, struct err *err)
{
	struct http_request request = { .method = "GET" };
	struct ecs_this_task task = { 0 };
	struct json *doc;

	if (!is_set("ECS_CONTAINER_METADATA_URI_V4"))
		return err_set(err, ERR_NOTFOUND, "not a task of ECS");
	if (call(h, "ECS_CONTAINER_METADATA_URI_V4", "/task", &request, &doc, err) != 0)
		return err_wrap(err, "ECS metadata");
	for (size_t i = 0; i < ARRAY_SIZE(task_members); i++)
		/* A name too long for its place is cut: it is for logs only. */
		(void)snprintf((char *)&task + task_members[i].offset, ECS_AGENT_NAME_SIZE, "%s",
		    json_get_text(json_get(doc, task_members[i].member), ""));
	json_free(doc);
	(void)snprintf(task.task_id, sizeof(task.task_id), "%s",
	    str_behind_last(task.task_arn, '/'));
	*out = task;
	return 0;
}

/* ---- protection ---- */

bool ecs_agent_can_protect(void)
{
	return is_set("ECS_AGENT_URI");
}

static const struct {
	const char *code;
	enum err_code err;
} error_codes[] = {
	{ "AccessDeniedException", ERR_DENIED },
	{ "ThrottlingException", ERR_BUSY },
	{ "ServerException", ERR_BUSY },
	{ "RequestCanceled", ERR_TIMEOUT },
};

/* 200 with "protection"; "failure" says why ECS would not, "error" why it could not be asked. */
static int judge(const struct json *doc, struct err *err)
{
	const struct json *error = json_get(doc, "error"), *failure = json_get(doc, "failure");
	const char *code = json_get_text(json_get(error, "Code"), "");
	enum err_code kind = ERR_IO;

	if (failure != NULL)
		return err_set(err, ERR_INVALID, "ECS task protection: %s: %s",
		    json_get_text(json_get(failure, "Reason"), "refused"),
		    json_get_text(json_get(failure, "Detail"), ""));
	if (error != NULL) {
		for (size_t i = 0; i < ARRAY_SIZE(error_codes); i++)
			if (str_is(str_from(code), error_codes[i].code))
				kind = error_codes[i].err;
		return err_set(err, kind, "ECS task protection: %s: %s", code,
		    json_get_text(json_get(error, "Message"), ""));
	}
	if (json_is_null(json_get(doc, "protection")))
		return err_set(err, ERR_CORRUPT, "ECS task protection: an answer without outcome");
	return 0;
}

int ecs_agent_protect(struct http *h, unsigned minutes, struct err *err)
{
	const struct http_header headers[] = { { "Content-Type", "application/json" } };
	struct http_request request = { .method = "PUT",
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.has_body = true };
	char body[80];
	struct json *doc;
	int n, rc;

	if (!ecs_agent_can_protect())
		return err_set(err, ERR_NOTFOUND,
		    "no ECS agent to protect the task (ECS_AGENT_URI)");
	n = minutes > 0 ? snprintf(body, sizeof(body),
			      "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":%u}", minutes)
			: snprintf(body, sizeof(body), "{\"ProtectionEnabled\":false}");
	request.body = (struct str){ body, (size_t)n };
	if (call(h, "ECS_AGENT_URI", "/task-protection/v1/state", &request, &doc, err) != 0)
		return err_wrap(err, "ECS task protection");
	rc = judge(doc, err);
	json_free(doc);
	return rc;
}
