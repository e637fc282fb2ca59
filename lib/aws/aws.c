#include "aws.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "aws_core.h"
#include "mem.h"

enum { USER_AGENT_MAX = 512, APP_ID_MAX = 50 };

double aws_random01(void)
{
	uint32_t n;

	hash_random(&n, sizeof(n));
	return (double)n / ((double)UINT32_MAX + 1);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

int aws_open(struct aws **out, const struct aws_options *o, struct err *err)
{
	struct aws *a;

	if (!o->program || !*o->program)
		return err_set(err, ERR_INVALID, "AWS client: the program must have a name");

	a = xcalloc(1, sizeof(*a));
	a->program = xstrdup(o->program);
	a->profile = copy(o->profile);
	a->region = copy(o->region);
	a->endpoint_url = copy(o->endpoint_url);
	a->clock = o->clock ? o->clock : &clock_system;
	a->caller_repeats = o->caller_repeats;
	a->creds_timeout_ms = o->creds_timeout_ms;
	a->stop = o->stop;
	a->trace = o->trace_line ? o->trace : AWS_TRACE_OFF;
	a->trace_line = o->trace_line;
	a->trace_arg = o->trace_arg;
	a->sleep_ms = clock_sleep_ms;
	a->random01 = aws_random01;
	pthread_mutex_init(&a->lock, NULL);
	for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
		retry_bucket_init(&a->clients[i].bucket);
	*out = a;
	return 0;
}

void aws_bound(struct aws *a, int total_ms, struct http_stop stop)
{
	a->total_ms = total_ms;
	a->stop = stop;
}

static void setup_release(struct aws_setup *s)
{
	creds_close(s->creds); /* before what it borrows */
	http_close(s->http);
	profiles_free(s->profiles);
}

void aws_close(struct aws *a)
{
	if (!a)
		return;
	setup_release(&a->setup);
	for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
		mem_wipe(&a->clients[i].signing_key, sizeof(a->clients[i].signing_key));
	pthread_mutex_destroy(&a->lock);
	free(a->program);
	free(a->profile);
	free(a->region);
	free(a->endpoint_url);
	free(a);
}

/* ---- setting up ---- */

/* The environment's word, else the profile's, else NULL. */
static const char *setting(const struct aws_setup *s, const char *variable, const char *key)
{
	const char *value = profile_env(variable);

	return value ? value : profiles_get(s->profiles, PROFILE_PROFILE, s->profile, key);
}

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html */
static bool is_app_id(struct str s)
{
	return s.n > 0 && s.n <= APP_ID_MAX &&
	    str_only(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");
}

/* The shape that the SDKs share, so that their traces and ours can be read alike. */
static void user_agent(const struct aws *a, const struct aws_setup *s, struct buf *out)
{
	const char *app_id = setting(s, "AWS_SDK_UA_APP_ID", "sdk_ua_app_id");
	struct utsname machine;

	if (uname(&machine) != 0)
		memset(&machine, 0, sizeof(machine));
	buf_addf(out, "%s ua/2.1 os/linux#%s lang/c md/arch#%s cfg/retry-mode#standard", a->program,
	    machine.release, machine.machine);
	if (is_app_id(str_from(app_id)))
		buf_addf(out, " app/%s", app_id);
	else if (app_id)
		aws_trace_text(a, "AWS_SDK_UA_APP_ID '%s': not sent: 1 to %d letters and digits",
		    app_id, APP_ID_MAX);
}

static int open_http(const struct aws *a, struct aws_setup *s, struct err *err)
{
	struct buf agent = BUF_INIT(USER_AGENT_MAX);
	struct http_options options = {
		.ca_bundle = setting(s, "AWS_CA_BUNDLE", "ca_bundle"),
		.stop = a->stop,
	};
	int rc;

	user_agent(a, s, &agent);
	options.user_agent = buf_text(&agent);
	rc = http_open(&s->http, &options, err);
	buf_release(&agent);
	return rc;
}

/* What the network need not be asked for; "" when only EC2's metadata service may know. */
static int local_region(const struct aws *a, struct aws_setup *s, struct err *err)
{
	struct endpoint_options o = { .profiles = s->profiles, .profile = s->profile };

	s->region[0] = '\0';
	if (region_resolve(&o, a->region, s->region, err) == 0 || err->code == ERR_NOTFOUND)
		return 0;
	return -1;
}

static int remote_region(struct aws_setup *s, struct err *err)
{
	if (s->region[0] || creds_region(s->creds, s->region, err) == 0)
		return 0;
	if (err->code == ERR_STOPPED)
		return -1;
	/* Why EC2's metadata could not tell does not help who is not there. */
	return err_set(err, ERR_CONFIG,
	    "no AWS region: set AWS_REGION, or region in profile '%s' of ~/.aws/config",
	    s->profile);
}

static int open_creds(const struct aws *a, struct aws_setup *s, struct err *err)
{
	struct creds_options o = {
		.http = s->http,
		.profiles = s->profiles,
		.profile = a->profile,
		.region = s->region[0] ? s->region : NULL,
		.clock = a->clock,
		.timeout_ms = a->creds_timeout_ms,
	};

	return creds_open(&s->creds, &o, err);
}

static int read_retry_settings(const struct aws *a, struct aws_setup *s, struct err *err)
{
	const char *mode = setting(s, "AWS_RETRY_MODE", "retry_mode");

	if (mode && strcmp(mode, "standard") != 0)
		aws_trace_text(a, "AWS_RETRY_MODE '%s': 'standard' is what this client has", mode);
	return retry_attempts(
	    profiles_get(s->profiles, PROFILE_PROFILE, s->profile, "max_attempts"),
	    &s->attempts_max, err);
}

/* In place: the providers borrow what stands here. */
static int set_up(struct aws *a, struct err *err)
{
	struct aws_setup *s = &a->setup;

	s->profile = profile_name(a->profile);
	if (profiles_load(&s->profiles, err) == 0 && read_retry_settings(a, s, err) == 0 &&
	    open_http(a, s, err) == 0 && local_region(a, s, err) == 0 &&
	    open_creds(a, s, err) == 0 && remote_region(s, err) == 0)
		return 0;

	setup_release(s);
	*s = (struct aws_setup){ 0 };
	return -1;
}

int aws_set_up(struct aws *a, struct err *err)
{
	int rc = 0;

	if (atomic_load_explicit(&a->is_set_up, memory_order_acquire))
		return 0;
	pthread_mutex_lock(&a->lock);
	if (!atomic_load_explicit(&a->is_set_up, memory_order_relaxed)) {
		rc = set_up(a, err);
		atomic_store_explicit(&a->is_set_up, rc == 0, memory_order_release);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

/* ---- where services are ---- */

static int resolve_endpoint(const struct aws *a, enum aws_service_id service, const char *region,
    struct endpoint *out, struct err *err)
{
	struct endpoint_options o = {
		.profiles = a->setup.profiles,
		.profile = a->setup.profile,
		.override_url = a->endpoint_url,
	};

	return endpoint_resolve(&o, aws_services[service].endpoint_id, aws_services[service].prefix,
	    region, out, err);
}

/* Kept, because an endpoint must not change under a running program with its environment. */
static int own_endpoint(struct aws *a, enum aws_service_id service, struct err *err)
{
	struct aws_client *client = &a->clients[service];
	int rc = 0;

	if (atomic_load_explicit(&client->has_endpoint, memory_order_acquire))
		return 0;
	pthread_mutex_lock(&a->lock);
	if (!atomic_load_explicit(&client->has_endpoint, memory_order_relaxed)) {
		rc = resolve_endpoint(a, service, a->setup.region, &client->endpoint, err);
		atomic_store_explicit(&client->has_endpoint, rc == 0, memory_order_release);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

int aws_endpoint(struct aws *a, enum aws_service_id service, const char *region,
    struct endpoint *out, struct err *err)
{
	if (region && strcmp(region, a->setup.region) != 0)
		return resolve_endpoint(a, service, region, out, err);
	if (own_endpoint(a, service, err) != 0)
		return -1;
	*out = a->clients[service].endpoint;
	return 0;
}

int aws_is_real(struct aws *a, enum aws_service_id service, bool *out, struct err *err)
{
	struct endpoint endpoint;

	if (aws_set_up(a, err) != 0 || aws_endpoint(a, service, NULL, &endpoint, err) != 0)
		return -1;
	*out = !endpoint.is_override;
	return 0;
}

int aws_region(struct aws *a, const char **out, struct err *err)
{
	if (aws_set_up(a, err) != 0)
		return -1;
	*out = a->setup.region;
	return 0;
}

int64_t aws_skew_s(const struct aws *a)
{
	return skew_s(&a->skew);
}

int64_t aws_creds_expire_at(const struct aws *a)
{
	if (!atomic_load_explicit(&a->is_set_up, memory_order_acquire))
		return 0;
	return creds_expire_at(a->setup.creds);
}

void aws_counts(const struct aws *a, enum aws_service_id service, struct aws_counts *out)
{
	const struct aws_client *client = &a->clients[service];

	out->calls = client->calls;
	out->retries = client->retries;
	out->throttled = client->throttled;
}
