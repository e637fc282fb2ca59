/* Answers of ECS to changes, whatever the document; a described revision is registered as JSON again. */
#include "ecs_change.h"
#include "ecs_revision.h"

#include "fuzz.h"

static void register_again(const struct json *doc)
{
	struct buf body = BUF_INIT(ECS_REVISION_BODY_MAX);
	struct json *again;
	struct err err;

	if (ecs_revision_with_image(doc, NULL, "new", &body, &err) == 0) {
		FUZZ_CHECK(json_parse(buf_str(&body), &again, &err) == 0);
		FUZZ_CHECK(strcmp(json_get_text(
				      json_get(json_at(json_get(again, "containerDefinitions"), 0),
					  "image"),
				      ""),
			       "new") == 0);
		json_free(again);
	}
	buf_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct ecs_revisions revisions;
	static struct ecs_deployment deployment;
	struct ecs_session session;
	struct json *doc;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	if (ecs_read_revisions(doc, &revisions, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (ecs_read_update(doc, &deployment, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (ecs_read_session(doc, &session, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	ecs_session_wipe(&session);
	register_again(doc);
	json_free(doc);
	return 0;
}
