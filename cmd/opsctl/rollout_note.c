#include "rollout.h"
#include "ssm_parameter.h"

/* Where it would be noted; NULL: nowhere, or there is nothing new. */
static const char *place(const struct rollout *r)
{
	return r->image[0] != '\0' && r->workload.image_parameter[0] != '\0'
	    ? r->workload.image_parameter
	    : NULL;
}

#define BY_HAND "aws ssm put-parameter --name %s --type String --overwrite --value %s"

int rollout_note(struct rollout *r, struct err *err)
{
	const char *name = place(r);

	if (name == NULL || r->view.phase != ROLLOUT_DEPLOYED)
		return 0;
	r->is_noted = ssm_parameter_write(r->workload.aws, name, r->image, err) == 0;
	if (r->is_noted)
		return 0;
	(void)err_wrap(err, "%s runs, but is not noted: the next terraform apply would take it back",
	    r->workload.name);
	return cli_next(r->cli, "run: " BY_HAND, name, r->image);
}

void rollout_note_later(struct rollout *r)
{
	if (place(r) != NULL)
		out_note(r->cli, "%s still names the image before; when this one runs: " BY_HAND,
		    place(r), place(r), r->image);
}
