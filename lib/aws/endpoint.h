/*
 * endpoint: which host a service of a region has, and where the region comes from. Pure but for
 * the environment; any thread.
 *
 * Overrides, first wins: the caller's, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the
 * profile's [services] block, its endpoint_url; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS leaves only the
 * first. AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT (or the profile's keys) pick variants.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
#ifndef OPS_ENDPOINT_H
#define OPS_ENDPOINT_H

#include "profile.h"

enum { ENDPOINT_URL_MAX = 1024, REGION_MAX = 63 };

struct endpoint_options {
	const struct profiles *profiles; /* or NULL */
	const char *profile;             /* its name */
	const char *override_url;        /* the caller's, or NULL */
};

struct endpoint {
	char url[ENDPOINT_URL_MAX]; /* "https://sqs.eu-west-1.amazonaws.com", no slash at the end */
	bool is_override;           /* a configured URL, not AWS's own */
};

/*
 * service_id: "SQS", "ELASTIC_LOAD_BALANCING_V2", the SDKs' name of the override variable;
 * prefix: "sqs", of the host. ERR_CONFIG: bad URL or region, or FIPS/dual-stack with an override.
 */
int endpoint_resolve(const struct endpoint_options *o, const char *service_id, const char *prefix,
    const char *region, struct endpoint *out, struct err *err) ATTR_MUST_CHECK;

/* The override that a URL is. ERR_CONFIG: not http[s]://host[:port][/path]. */
int endpoint_override(const char *url, struct endpoint *out, struct err *err) ATTR_MUST_CHECK;

/*
 * Parts of an http or https URL, pointing into it: the host without the scheme's own port, which is
 * how it is sent and signed; path "" or beginning with '/'.
 */
struct endpoint_parts {
	struct str scheme, host, path;
};
struct endpoint_parts endpoint_split(const char *url);

/* [a-z0-9-]{1,63}, no hyphen at the ends: it becomes part of host names. */
bool region_is_valid(const char *region);

/* "aws", "aws-cn": of ARNs in that region. */
const char *region_partition(const char *region);

/* The region that stands in signatures for IAM, which is one for all of them: "us-east-1". */
const char *region_home(const char *region);

/*
 * Without asking the network: `wanted` (may be NULL), AWS_REGION, AWS_DEFAULT_REGION, the profile's
 * region. ERR_NOTFOUND: none of them (EC2's metadata service may know: creds.h); ERR_CONFIG: bad.
 */
int region_resolve(const struct endpoint_options *o, const char *wanted, char out[REGION_MAX + 1],
    struct err *err) ATTR_MUST_CHECK;

#endif
