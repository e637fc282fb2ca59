#include "workload.h"

#include "ports.h"

static int unknown(struct cli *cli, const char *name, struct err *err)
{
	const struct context *c = &cli->context;
	struct buf names = BUF_INIT(ERR_TEXT_MAX);

	for (size_t i = 0; i < c->service_count; i++)
		buf_addf(&names, "%s%s", i > 0 ? ", " : "", c->services[i].name);
	if (c->service_count == 0)
		(void)err_set(err, ERR_CONFIG, "context %s knows no services", c->name);
	else
		(void)err_set(err, ERR_NOTFOUND, "context %s has no service '%s', but: %s", c->name,
		    name, buf_text(&names));
	buf_release(&names);
	return cli_next(cli, "see: service.NAME.ecs in opsctl.conf(5)");
}

int workload_check_name(struct cli *cli, const char *name, struct err *err)
{
	return context_service(&cli->context, name) != NULL ? 0 : unknown(cli, name, err);
}

int workload_find(struct cli *cli, const char *name, const char *instead, struct workload *out,
    struct err *err)
{
	const struct context_service *s = context_service(&cli->context, name);
	const char *cluster;

	if (cli->context.local_dir[0] != '\0') {
		(void)err_set(err, ERR_CONFIG, "context local has no services of ECS");
		return cli_next(cli, "%s", instead);
	}
	if (s == NULL)
		return unknown(cli, name, err);
	if (s->values[SERVICE_ECS][0] == '\0') {
		(void)err_set(err, ERR_CONFIG, "context %s does not say which service of ECS %s is",
		    cli->context.name, name);
		return cli_next(cli, "see: service.%s.ecs in opsctl.conf(5)", name);
	}
	if (context_require(&cli->context, CONTEXT_CLUSTER, &cluster, err) != 0)
		return -1;
	*out = (struct workload){
		.name = s->name,
		.cluster = cluster,
		.service = s->values[SERVICE_ECS],
		.container = s->values[SERVICE_CONTAINER],
		.repository = s->values[SERVICE_IMAGE],
		.image_parameter = s->values[SERVICE_IMAGE_PARAMETER],
	};
	return ports_aws(cli, &out->aws, err);
}

int workload_describe(struct cli *cli, const struct workload *w, struct ecs_service *out,
    struct err *err)
{
	if (ecs_services(w->aws, w->cluster, &w->service, 1, out, err) != 0)
		return ports_failed(cli, err);
	if (out->is_found && strcmp(out->status, "INACTIVE") != 0)
		return 0;
	(void)err_set(err, ERR_NOTFOUND, "cluster %s has no service '%s'", w->cluster, w->service);
	return cli_next(cli, "run: opsctl context check %s", cli->context.name);
}
