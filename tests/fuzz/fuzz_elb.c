/* Answers about targets, instances and target groups, whatever the document. */
#include "elb.h"

#include "fuzz.h"

static void check(const struct elb_targets *t)
{
	size_t counted = 0;

	for (size_t i = 0; i < ELB_STATE_COUNT; i++)
		counted += t->by_state[i];
	FUZZ_CHECK(counted == t->count && t->count <= ELB_TARGETS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct elb_targets targets = { .count = 0 }, instances = { .count = 0 };
	struct elb_target_group group;
	struct xml *root;
	struct err err;

	if (xml_parse(fuzz_input(bytes, size), &root, &err) != 0)
		return 0;
	if (elb_read_target_health(root, &targets, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	if (elb_read_instance_health(root, &instances, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	check(&targets);
	check(&instances);
	if (elb_read_target_group(root, &group, &err) == 0)
		FUZZ_CHECK(group.balancer_count <= ELB_BALANCERS_MAX);
	else
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	elb_targets_release(&targets);
	elb_targets_release(&instances);
	xml_free(root);
	return 0;
}
