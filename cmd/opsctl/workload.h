/*
 * workload: the service of ECS that a command's SERVICE means, as the context has it: in which
 * cluster, under which name, from which repository. Borrows from struct cli. Main thread.
 */
#ifndef OPS_WORKLOAD_H
#define OPS_WORKLOAD_H

#include "cli.h"
#include "ecs.h"

struct workload {
	const char *name;              /* of the context: "api" */
	const char *cluster, *service; /* of ECS */
	const char *container;         /* that matters; "": the first */
	const char *repository;        /* of its images; "": that of the image in use */
	const char *image_parameter;   /* of SSM, from which Terraform reads its image; "": none */
	struct aws *aws;
};

/* As workload_find() answers in a context that is not local and has no service of that name. */
int workload_check_name(struct cli *cli, const char *name, struct err *err) ATTR_MUST_CHECK;

/*
 * By its name in the context. `instead` is what to do in context local, which has no ECS: a hint as
 * of cli_next(). ERR_CONFIG: local, or the context does not say enough; ERR_NOTFOUND: it knows no
 * such service. The next step is set.
 */
int workload_find(struct cli *cli, const char *name, const char *instead, struct workload *out,
    struct err *err) ATTR_MUST_CHECK;

/* What ECS says of it now. ERR_NOTFOUND: it is not there. The next step is set. */
int workload_describe(struct cli *cli, const struct workload *w, struct ecs_service *out,
    struct err *err) ATTR_MUST_CHECK;

#endif
