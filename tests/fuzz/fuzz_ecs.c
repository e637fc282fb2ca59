/* Answers of ECS and of CloudWatch's alarms, whatever the document. */
#include "alarms.h"
#include "ecs.h"

#include "fuzz.h"

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\x7f')
			return false;
	return true;
}

static void read_alarms(const struct json *doc)
{
	struct alarms alarms = { .count = 0 };
	size_t counted = 0;
	struct err err;

	if (alarms_read(doc, &alarms, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	FUZZ_CHECK(alarms.count <= ALARMS_MAX);
	for (size_t i = 0; i < ALARM_STATE_COUNT; i++)
		counted += alarms.by_state[i];
	FUZZ_CHECK(counted == alarms.count);
	alarms_release(&alarms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct ecs_service service;
	struct ecs_rollout rollout;
	struct ecs_task task;
	struct json *doc;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	if (ecs_read_service(doc, &service, &err) == 0)
		FUZZ_CHECK(service.name[0] != '\0' && is_printable(service.name));
	else
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (ecs_read_task(doc, &task, &err) == 0)
		FUZZ_CHECK(is_printable(task.stopped_reason) &&
		    task.container_count <= ECS_CONTAINERS_MAX);
	else
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (ecs_read_rollout(doc, &rollout, &err) == 0)
		FUZZ_CHECK(rollout.arn[0] != '\0' && rollout.status < ECS_STATUS_COUNT);
	else
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	read_alarms(doc);
	json_free(doc);
	return 0;
}
