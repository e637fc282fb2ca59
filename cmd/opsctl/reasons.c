#include "reasons.h"

/* https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
static const struct {
	const char *code, *words;
} target_reasons[] = {
	{ "Elb.InitialHealthChecking", "the first health checks are under way" },
	{ "Elb.InternalError", "an error within the load balancer" },
	{ "Elb.RegistrationInProgress", "it is being registered" },
	{ "Target.DeregistrationInProgress", "it is being taken out" },
	{ "Target.FailedHealthChecks",
	    "no connection, or not a whole answer, at the health check" },
	{ "Target.HealthCheckDisabled", "its target group has health checks switched off" },
	{ "Target.InvalidState", "it is stopped or terminated" },
	{ "Target.IpUnusable", "its address is in use by a load balancer" },
	{ "Target.NotInUse", "no listener sends anything to it, or its zone is not enabled" },
	{ "Target.NotRegistered", "it is not registered" },
	{ "Target.ResponseCodeMismatch", "the health check gets another status than it wants" },
	{ "Target.Timeout", "it does not answer the health check in time" },
	/* Classic */
	{ "ELB", "an error within the load balancer" },
	{ "Instance", "it fails the health check, or does not run" },
};

const char *reason_of_target(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(target_reasons); i++)
		if (strcmp(target_reasons[i].code, code) == 0)
			return target_reasons[i].words;
	return NULL;
}

const char *reason_text(const struct elb_target *t, char out[REASON_SIZE])
{
	const char *words = reason_of_target(t->reason);
	int n;

	if (t->port > 0)
		n = snprintf(out, REASON_SIZE, "%s:%d %s", t->id, t->port,
		    elb_state_name(t->state));
	else
		n = snprintf(out, REASON_SIZE, "%s %s", t->id, elb_state_name(t->state));
	if (words == NULL)
		words = t->reason;
	if (n < REASON_SIZE && words[0] != '\0')
		n += snprintf(out + n, REASON_SIZE - (size_t)n, ": %s", words);
	if (n < REASON_SIZE && t->description[0] != '\0')
		(void)snprintf(out + n, REASON_SIZE - (size_t)n, " (%s)", t->description);
	return out;
}

/* Of shells and container runtimes; 128 + the number of a signal. */
static const struct {
	int code;
	const char *words;
} exits[] = {
	{ 0, "it ended by itself" },
	{ 125, "the container could not be run" },
	{ 126, "its program cannot be executed" },
	{ 127, "its program was not found" },
	{ 130, "interrupted" },
	{ 132, "illegal instruction: built for another processor" },
	{ 134, "aborted" },
	{ 135, "bus error" },
	{ 137, "killed: out of memory, or it did not stop in time" },
	{ 139, "segmentation fault" },
	{ 143, "asked to stop" },
	{ 255, "it could not be started, or ended with -1" },
};

const char *reason_of_exit(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
		if (exits[i].code == code)
			return exits[i].words;
	return NULL;
}

const char *reason_exit_text(int code, char out[REASON_EXIT_SIZE])
{
	const char *words = reason_of_exit(code);

	if (words != NULL)
		(void)snprintf(out, REASON_EXIT_SIZE, "exit %d (%s)", code, words);
	else
		(void)snprintf(out, REASON_EXIT_SIZE, "exit %d", code);
	return out;
}
