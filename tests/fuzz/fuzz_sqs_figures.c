/* Answers to GetQueueAttributes, GetMetricData and ListMessageMoveTasks, whatever the document. */
#include "queue_sqs_figures.h"
#include "queue_sqs_task.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sqs_figures figures;
	struct sqs_task task;
	struct json *doc;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	if (sqs_figures_read(doc, &figures, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	FUZZ_CHECK(sqs_age_read(doc) >= -1);
	sqs_task_read(doc, &task);
	FUZZ_CHECK(task.state != SQS_TASK_NONE || task.moved == 0);
	json_free(doc);
	return 0;
}
