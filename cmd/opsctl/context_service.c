#include "context.h"
#include "prefix.h"

/* `output` is the member of the Terraform output; `prefixes`: a value begins with one; NULL: any. */
static const struct {
	const char *name, *output, *prefixes;
} keys[SERVICE_KEY_COUNT] = {
	[SERVICE_ECS] = { "ecs", "ecs_service", NULL },
	[SERVICE_TARGETS] = { "targets", "target_group_arns", "arn:" },
	[SERVICE_TARGETS_2] = { "targets-2", "target_group_arns", "arn:" },
	[SERVICE_ELB] = { "elb", "elb", NULL },
	[SERVICE_LOGS] = { "logs", "log_group", NULL },
	[SERVICE_CONTAINER] = { "container", "container", NULL },
	[SERVICE_IMAGE] = { "image", "image_repository", NULL },
	[SERVICE_IMAGE_PARAMETER] = { "image-parameter", "image_parameter", NULL },
	[SERVICE_PROBE] = { "probe", "probe", "http://|https://|grpc://|grpcs://" },
};

const char *context_service_key_name(enum context_service_key key)
{
	return keys[key].name;
}

static int check_value(enum context_service_key key, const char *value, struct err *err)
{
	if (strlen(value) >= CONTEXT_VALUE_MAX)
		return err_set(err, ERR_CONFIG, "%s: longer than %d bytes", keys[key].name,
		    CONTEXT_VALUE_MAX - 1);
	if (keys[key].prefixes == NULL || prefix_is_one_of(keys[key].prefixes, value))
		return 0;
	return err_set(err, ERR_CONFIG, "%s: '%s' begins with none of %s", keys[key].name, value,
	    keys[key].prefixes);
}

static int check_name(struct str name, struct err *err)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (name.n > 0 && name.n <= CONTEXT_SERVICE_NAME_MAX && str_only(name, allowed))
		return 0;
	return err_set(err, ERR_CONFIG, "service name '%.*s': 1 to %d letters, digits and hyphens",
	    STR_ARG(name), CONTEXT_SERVICE_NAME_MAX);
}

/* The service of that name, a new one when there is none. */
static int find_or_add(struct context_service *services, size_t *count, struct str name,
    struct context_service **out, struct err *err)
{
	for (size_t i = 0; i < *count; i++)
		if (str_is(name, services[i].name)) {
			*out = &services[i];
			return 0;
		}
	if (check_name(name, err) == -1)
		return -1;
	if (*count == CONTEXT_SERVICES_MAX)
		return err_set(err, ERR_CONFIG, "more than %d services", CONTEXT_SERVICES_MAX);
	*out = &services[(*count)++];
	**out = (struct context_service){ 0 };
	(void)snprintf((*out)->name, sizeof((*out)->name), "%.*s", STR_ARG(name));
	return 0;
}

static int put(struct context_service *s, enum context_service_key key, const char *value,
    struct err *err)
{
	if (check_value(key, value, err) == -1)
		return err_wrap(err, "service %s", s->name);
	(void)snprintf(s->values[key], CONTEXT_VALUE_MAX, "%s", value);
	return 0;
}

int context_service_take(struct context_service *services, size_t *count, const char *name_and_key,
    const char *value, struct err *err)
{
	struct str name, key;
	struct context_service *s;

	(void)str_cut(str_from(name_and_key), '.', &name, &key);
	for (int k = 0; k < SERVICE_KEY_COUNT; k++)
		if (str_is(key, keys[k].name))
			return find_or_add(services, count, name, &s, err) == -1
			    ? -1
			    : put(s, (enum context_service_key)k, value, err);
	return err_set(err, ERR_CONFIG, "unknown key '%s%s'", CONTEXT_SERVICE_PREFIX, name_and_key);
}

const struct context_service *context_service(const struct context *c, const char *name)
{
	for (size_t i = 0; i < c->service_count; i++)
		if (strcmp(c->services[i].name, name) == 0)
			return &c->services[i];
	return NULL;
}

/* ---- Terraform ---- */

/* The text of a member; of a list its element for this key. "": not there. */
static const char *output_text(const struct json *service, enum context_service_key key)
{
	const struct json *value = json_get(service, keys[key].output);

	if (key == SERVICE_TARGETS || key == SERVICE_TARGETS_2)
		value = json_at(value, key == SERVICE_TARGETS ? 0 : 1);
	return json_get_text(value, "");
}

static int import_one(const char *name, const struct json *value, struct context_service *services,
    size_t *count, struct err *err)
{
	struct context_service *s;

	if (json_count(json_get(value, keys[SERVICE_TARGETS].output)) > 2)
		return err_set(err, ERR_INVALID, "service %s: more than two target groups", name);
	if (find_or_add(services, count, str_from(name), &s, err) == -1)
		return -1;
	for (int k = 0; k < SERVICE_KEY_COUNT; k++) {
		const char *text = output_text(value, (enum context_service_key)k);

		if (text[0] != '\0' && put(s, (enum context_service_key)k, text, err) == -1)
			return -1;
	}
	return 0;
}

int context_service_import(const struct json *map, struct context_service *services, size_t *count,
    struct err *err)
{
	for (size_t i = 0; i < json_count(map); i++) {
		const char *name = json_key_at(map, i);

		if (import_one(name, json_get(map, name), services, count, err) == -1)
			return -1;
	}
	return 0;
}
