/*
 * alarms: reads alarms of CloudWatch, metric and composite ones. Texts are as field.h says. Any
 * thread.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
#ifndef OPS_ALARMS_H
#define OPS_ALARMS_H

#include "aws.h"

enum {
	ALARMS_MAX = 500,
	ALARM_ARN_SIZE = 512,
	ALARM_ACTIONS_MAX = 5, /* which is the limit of CloudWatch */
};

enum alarm_state { ALARM_OK, ALARM_FIRING, ALARM_NO_DATA, ALARM_STATE_OTHER, ALARM_STATE_COUNT };

struct alarm {
	char name[256];
	enum alarm_state state;
	char reason[512];
	int64_t since_ms; /* the state; 0: not said */
	bool is_composite;
	bool acts;                                       /* its actions are not switched off */
	char actions[ALARM_ACTIONS_MAX][ALARM_ARN_SIZE]; /* when it fires */
	size_t action_count;
	char metric[256], metric_namespace[256]; /* "": composite, or computed */
};

struct alarms {
	struct alarm *items;
	size_t count;
	bool is_cut; /* there are more than ALARMS_MAX */
	size_t by_state[ALARM_STATE_COUNT];
};

/* Those whose name begins with `prefix` (not empty). Release *out whatever comes out. */
int alarms_describe(struct aws *a, const char *prefix, struct alarms *out, struct err *err)
    ATTR_MUST_CHECK;
void alarms_release(struct alarms *alarms);

/* Append what one page of DescribeAlarms holds. */
int alarms_read(const struct json *page, struct alarms *out, struct err *err) ATTR_MUST_CHECK;

#endif
