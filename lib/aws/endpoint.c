#include "endpoint.h"

/* Hosts are "<prefix>[-fips].<region>.<suffix>", with the exceptions of the second table. */
enum {
	IS_GOV = 1, /* see struct shape */
	IS_OLD = 2, /* older than the dual-stack suffix */
};

struct partition {
	const char *regions; /* what their names begin with */
	const char *name;    /* in ARNs */
	const char *home;    /* the region that signatures for global services name */
	const char *suffix, *dual_suffix;
	unsigned flags;
};

static const struct partition partitions[] = {
	{ "cn-", "aws-cn", "cn-north-1", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
	    IS_OLD },
	{ "us-gov-", "aws-us-gov", "us-gov-west-1", "amazonaws.com", "api.aws", IS_OLD | IS_GOV },
	{ "eusc-", "aws-eusc", "eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu", 0 },
	{ "us-iso-", "aws-iso", "us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov", 0 },
	{ "us-isob-", "aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud", 0 },
	{ "us-isof-", "aws-iso-f", "us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov", 0 },
	{ "eu-isoe-", "aws-iso-e", "eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
	    0 },
	{ "", "aws", "us-east-1", "amazonaws.com", "api.aws", IS_OLD },
};

/* IAM is one for all regions of a partition; in these its hosts have no region in their names. */
static const struct {
	const char *partition;
	const char *hosts[2][2]; /* by fips, dual-stack */
} iam_hosts[] = {
	{ "aws",
	    { { "iam.amazonaws.com", "iam.global.api.aws" },
		{ "iam-fips.amazonaws.com", "iam-fips.aws-global.api.aws" } } },
	{ "aws-us-gov",
	    { { "iam.us-gov.amazonaws.com", "iam.aws-us-gov-global.api.aws" },
		{ "iam.us-gov.amazonaws.com", "iam-fips.aws-us-gov-global.api.aws" } } },
};

/* In GovCloud the plain host of most services is the FIPS one, but for their dual-stack host. */
struct shape {
	const char *prefix;   /* NULL: all others */
	bool has_label;       /* dual-stack: "s3.dualstack.<region>.<suffix>" */
	bool is_dual_already; /* its plain host is, in the old partitions */
	bool has_gov_fips, lacks_gov_dual_fips;
	const char *variant_prefix; /* of the FIPS and dual-stack hosts, in the old partitions */
};

static const struct shape shapes[] = {
	{ "s3", .has_label = true, .has_gov_fips = true },
	{ "secretsmanager", .is_dual_already = true, .has_gov_fips = true },
	{ "ecs", .has_gov_fips = true },
	{ "monitoring", .lacks_gov_dual_fips = true },
	{ "api.ecr", .has_gov_fips = true, .variant_prefix = "ecr" },
	{ .prefix = NULL },
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *p = partitions;

	while (!str_has_prefix(str_from(region), str_from(p->regions)))
		p++;
	return p;
}

static const struct shape *shape_of(const char *prefix)
{
	const struct shape *s = shapes;

	while (s->prefix && strcmp(s->prefix, prefix) != 0)
		s++;
	return s;
}

const char *region_partition(const char *region)
{
	return partition_of(region)->name;
}

const char *region_home(const char *region)
{
	return partition_of(region)->home;
}

struct variant {
	bool fips, dual;
};

static bool write_iam_host(const char *region, struct variant v, struct buf *url)
{
	for (size_t i = 0; i < ARRAY_SIZE(iam_hosts); i++)
		if (strcmp(region_partition(region), iam_hosts[i].partition) == 0) {
			buf_addf(url, "https://%s", iam_hosts[i].hosts[v.fips][v.dual]);
			return true;
		}
	return false;
}

static void write_host(const char *prefix, const char *region, struct variant v, struct buf *url)
{
	const struct partition *p = partition_of(region);
	const struct shape *s = shape_of(prefix);
	bool is_plain = (p->flags & IS_GOV) && (v.dual ? s->lacks_gov_dual_fips : !s->has_gov_fips);
	bool is_dual_host = v.dual && !s->has_label && !(s->is_dual_already && (p->flags & IS_OLD));

	if (strcmp(prefix, "iam") == 0 && write_iam_host(region, v, url))
		return;
	if (s->variant_prefix && (v.fips || v.dual) && (p->flags & IS_OLD))
		prefix = s->variant_prefix;
	buf_addf(url, "https://%s%s%s.%s.%s", prefix, v.fips && !is_plain ? "-fips" : "",
	    v.dual && s->has_label ? ".dualstack" : "", region,
	    is_dual_host ? p->dual_suffix : p->suffix);
}

/* ---- what is configured ---- */

static const char *get_profile(const struct endpoint_options *o, const char *key)
{
	return profiles_get(o->profiles, PROFILE_PROFILE, profile_name(o->profile), key);
}

/* What the environment says, else the profile; `from` names the place. */
static const char *get_either(const struct endpoint_options *o, const char *variable,
    const char *key, const char **from)
{
	const char *value = profile_env(variable);

	*from = value ? variable : key;
	return value ? value : get_profile(o, key);
}

/* A misspelt "yes" must not lead to another host than the one that was meant. */
static int read_switch(const struct endpoint_options *o, const char *variable, const char *key,
    bool *out, struct err *err)
{
	const char *from, *value = get_either(o, variable, key, &from);

	*out = value && str_eq_nocase(str_from(value), STR("true"));
	if (value && !*out && !str_eq_nocase(str_from(value), STR("false")))
		return err_set(err, ERR_CONFIG, "%s '%s': must be true or false", from, value);
	return 0;
}

/* "elastic_load_balancing_v2": the block of [services x]. */
static void block_name(const char *service_id, char *out, size_t size)
{
	size_t n = strlen(service_id);

	n = n < size ? n : size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = service_id[i] >= 'A' && service_id[i] <= 'Z' ? (char)(service_id[i] | 0x20)
								      : service_id[i];
	out[n] = '\0';
}

static const char *get_services_url(const struct endpoint_options *o, const char *service_id)
{
	const char *services = get_profile(o, "services");
	char block[64];

	block_name(service_id, block, sizeof(block));
	return services
	    ? profiles_get_nested(o->profiles, PROFILE_SERVICES, services, block, "endpoint_url")
	    : NULL;
}

/* The configured URL, or NULL: AWS's own. */
static int find_override(const struct endpoint_options *o, const char *service_id, const char **out,
    struct err *err)
{
	char variable[96];
	bool is_ignored;

	*out = o->override_url;
	if (*out)
		return 0;
	if (read_switch(o, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
		&is_ignored, err) != 0)
		return -1;
	if (is_ignored)
		return 0;

	(void)snprintf(variable, sizeof(variable), "AWS_ENDPOINT_URL_%s", service_id);
	*out = profile_env(variable);
	if (!*out)
		*out = profile_env("AWS_ENDPOINT_URL");
	if (!*out)
		*out = get_services_url(o, service_id);
	if (!*out)
		*out = get_profile(o, "endpoint_url");
	return 0;
}

/* Visible ASCII; no user, query or fragment: a path is put behind it, and texts repeat it. */
static bool is_url(struct str url)
{
	struct str rest = str_has_prefix(url, STR("https://")) ? str_skip(url, 8)
	    : str_has_prefix(url, STR("http://"))              ? str_skip(url, 7)
							       : STR_NONE;

	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] <= ' ' || rest.p[i] > '~' || strchr("@?#\"'<>\\", rest.p[i]))
			return false;
	return rest.n > 0 && rest.p[0] != '/' && rest.p[0] != ':';
}

int endpoint_override(const char *url, struct endpoint *out, struct err *err)
{
	struct str s = str_from(url);

	while (s.n && s.p[s.n - 1] == '/')
		s.n--;
	if (!is_url(s) || s.n >= ENDPOINT_URL_MAX)
		return err_set(err, ERR_CONFIG,
		    "endpoint URL: must be http[s]://host[:port][/path] of at most %d characters, "
		    "without user, query or fragment",
		    ENDPOINT_URL_MAX - 1);
	memcpy(out->url, s.p, s.n);
	out->url[s.n] = '\0';
	out->is_override = true;
	return 0;
}

int endpoint_resolve(const struct endpoint_options *o, const char *service_id, const char *prefix,
    const char *region, struct endpoint *out, struct err *err)
{
	struct buf url = BUF_INIT(ENDPOINT_URL_MAX - 1);
	struct variant v;
	const char *override;

	if (!region_is_valid(region))
		return err_set(err, ERR_CONFIG, "region '%s': not the name of a region", region);
	if (find_override(o, service_id, &override, err) != 0 ||
	    read_switch(o, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &v.fips, err) != 0 ||
	    read_switch(o, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &v.dual, err) !=
		0)
		return -1;
	if (override && (v.fips || v.dual))
		return err_set(err, ERR_CONFIG,
		    "a configured endpoint URL and %s exclude each other",
		    v.fips ? "use_fips_endpoint" : "use_dualstack_endpoint");
	if (override)
		return endpoint_override(override, out, err);

	write_host(prefix, region, v, &url);
	out->is_override = false;
	memcpy(out->url, buf_text(&url), url.n + 1); /* names and regions are short */
	buf_release(&url);
	return 0;
}

struct endpoint_parts endpoint_split(const char *url)
{
	struct endpoint_parts parts;
	struct str rest, port;

	(void)str_cut(str_from(url), ':', &parts.scheme, &rest);
	rest = str_skip(rest, 2);
	parts.host = str_slice(rest, 0, str_find(rest, '/'));
	parts.path = str_skip(rest, parts.host.n);
	port = str_is(parts.scheme, "https") ? STR(":443") : STR(":80");
	if (str_has_suffix(parts.host, port))
		parts.host.n -= port.n;
	return parts;
}

bool region_is_valid(const char *region)
{
	struct str s = str_from(region);

	return s.n >= 1 && s.n <= REGION_MAX && s.p[0] != '-' && s.p[s.n - 1] != '-' &&
	    str_only(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

int region_resolve(const struct endpoint_options *o, const char *wanted, char out[REGION_MAX + 1],
    struct err *err)
{
	const struct {
		const char *value, *from;
	} places[] = {
		{ wanted, "region" },
		{ profile_env("AWS_REGION"), "AWS_REGION" },
		{ profile_env("AWS_DEFAULT_REGION"), "AWS_DEFAULT_REGION" },
		{ get_profile(o, "region"), "region of the profile" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!places[i].value)
			continue;
		if (!region_is_valid(places[i].value))
			return err_set(err, ERR_CONFIG, "%s '%s': not the name of a region",
			    places[i].from, places[i].value);
		memcpy(out, places[i].value, strlen(places[i].value) + 1);
		return 0;
	}
	return err_set(err, ERR_NOTFOUND,
	    "no region: set AWS_REGION, or region in profile '%s' (aws configure)",
	    profile_name(o->profile));
}
