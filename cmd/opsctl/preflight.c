#include "preflight.h"

#include <assert.h>

#include "shell.h"

static const struct check {
	const char *name;
	enum preflight_state severity; /* of what is not good */
	const char *why, *fix;
} checks[CHECK_COUNT] = {
	[CHECK_ACCOUNT] = { "account", PREFLIGHT_BAD,
	    "all that follows would be about another system",
	    "log in to the other account, or mend the context" },
	[CHECK_TOKEN_READABLE] = { "there", PREFLIGHT_BAD,
	    "without the token ops-api does not become ready, and nobody can submit",
	    "write it, or mend `secret` of the context" },
	[CHECK_TOKEN_TYPE] = { "encrypted", PREFLIGHT_BAD,
	    "a plain parameter shows the token to whoever may read parameters",
	    "write it anew as a SecureString: the type of a parameter does not change" },
	[CHECK_TOKEN_STAGES] = { "versions", PREFLIGHT_BAD,
	    "ops-api reads the version at AWSCURRENT: without one nobody can submit",
	    "put the token into the secret" },
	[CHECK_TOKEN_ROTATION] = { "rotation", PREFLIGHT_WARN,
	    "a rotation that does not end leaves clients with a token that is not in force",
	    "see the log of the rotation's function, or run: aws secretsmanager "
	    "cancel-rotate-secret" },
	[CHECK_QUEUE_THERE] = { "there", PREFLIGHT_BAD, "ops-api has nowhere to put what it gets",
	    "make the queue, or mend `queue` of the context" },
	[CHECK_QUEUE_DEAD] = { "dead-letter queue", PREFLIGHT_BAD,
	    "a message that cannot be stored would come back until it expires, and be lost",
	    "give the queue a RedrivePolicy" },
	[CHECK_QUEUE_RECEIVES] = { "receives", PREFLIGHT_WARN,
	    "a redelivery is normal: after one or two, good messages are dead",
	    "set maxReceiveCount of the RedrivePolicy to 3 or more" },
	[CHECK_QUEUE_RETENTION] = { "retention", PREFLIGHT_WARN,
	    "what was accepted is lost when the worker stands still that long",
	    "set MessageRetentionPeriod to 4 days or more" },
	[CHECK_QUEUE_ENCRYPTION] = { "encryption", PREFLIGHT_BAD,
	    "payloads lie in the queue in the clear", "set SqsManagedSseEnabled, or a KMS key" },
	[CHECK_QUEUE_TLS] = { "TLS only", PREFLIGHT_WARN,
	    "nothing forbids requests without encryption",
	    "deny what has aws:SecureTransport false in the queue's policy" },
	[CHECK_DEAD_THERE] = { "dead letters there", PREFLIGHT_BAD,
	    "dead letters have nowhere to go", "make the queue that the RedrivePolicy names" },
	[CHECK_DEAD_RETENTION] = { "dead letters' retention", PREFLIGHT_BAD,
	    "a dead letter keeps the time of its first sending: it would expire at once",
	    "set MessageRetentionPeriod of the dead-letter queue above that of the queue" },
	[CHECK_DEAD_ENCRYPTION] = { "dead letters' encryption", PREFLIGHT_BAD,
	    "payloads lie among the dead letters in the clear",
	    "set SqsManagedSseEnabled of the dead-letter queue, or a KMS key" },
	[CHECK_BUCKET_ENCRYPTION] = { "encryption", PREFLIGHT_BAD,
	    "objects lie in the bucket in the clear", "set the bucket's default encryption" },
	[CHECK_BUCKET_PRIVATE] = { "public access", PREFLIGHT_BAD,
	    "one wrong policy or ACL would show all objects to everybody",
	    "switch on all four of the bucket's public access block" },
	[CHECK_BUCKET_VERSIONS] = { "versions", PREFLIGHT_WARN,
	    "what is deleted by mistake is gone", "switch on versioning" },
	[CHECK_SERVICE_THERE] = { "there", PREFLIGHT_BAD, "nothing runs",
	    "make the service, or mend service.NAME.ecs of the context" },
	[CHECK_SERVICE_BREAKER] = { "circuit breaker", PREFLIGHT_WARN,
	    "a deployment that cannot start would be tried for ever",
	    "switch on the deployment circuit breaker, with rollback" },
	[CHECK_TASK_DEFINITION] = { "task definition", PREFLIGHT_BAD, "no new task can start",
	    "register the task definition again, and deploy it" },
	[CHECK_IMAGE_DIGEST] = { "image by digest", PREFLIGHT_BAD,
	    "a tag can be moved: two tasks of one revision may run different programs",
	    "name the image as REPOSITORY@sha256:..., as opsctl deploy does" },
	[CHECK_IMAGE_THERE] = { "image", PREFLIGHT_BAD, "the next task that stops is not replaced",
	    "push the image, or deploy another" },
	[CHECK_LOG_GROUP] = { "log group", PREFLIGHT_BAD,
	    "tasks do not start without their log group, and nobody sees why",
	    "make the log group that the task definition names" },
	[CHECK_LOG_RETENTION] = { "log retention", PREFLIGHT_WARN,
	    "logs are kept, and paid for, for ever", "set the retention of the log group" },
	[CHECK_STOP_TIMEOUT] = { "stop timeout", PREFLIGHT_BAD,
	    "ECS kills the task before it has finished what is under way",
	    "set stopTimeout of the container above OPS_DRAIN_TIMEOUT_S" },
	[CHECK_VISIBILITY] = { "visibility timeout", PREFLIGHT_WARN,
	    "after a short pause of the worker messages come back while they are stored",
	    "set OPS_VISIBILITY_TIMEOUT_S to 30 or more" },
	[CHECK_ROLE_THERE] = { "task role", PREFLIGHT_BAD,
	    "without a role the task has no credentials",
	    "give the task definition a taskRoleArn" },
	[CHECK_ROLE_MUST] = { "role: what it must", PREFLIGHT_BAD,
	    "the service fails when it first needs it", "allow it in the policy of the task role" },
	[CHECK_ROLE_MUST_NOT] = { "role: what it must not", PREFLIGHT_BAD,
	    "who takes over one service has the other's powers as well",
	    "take it out of the policy of the task role" },
	[CHECK_TARGET_GROUP] = { "target group", PREFLIGHT_BAD, "no request reaches the service",
	    "name a target group with a listener in service.NAME.targets of the context" },
	[CHECK_TARGET_PORT] = { "container port", PREFLIGHT_BAD,
	    "the load balancer talks to a port on which nothing listens",
	    "make containerPort of the service, its port mapping and OPS_LISTEN the same" },
	[CHECK_TARGET_PROTOCOL] = { "target protocol", PREFLIGHT_BAD,
	    "the load balancer speaks a protocol that the service does not",
	    "HTTP with version HTTP1 for ops-api, GRPC for a gRPC service" },
	[CHECK_TARGET_PATH] = { "health check path", PREFLIGHT_WARN,
	    "a task that drains, or cannot work, would still get requests",
	    "check /readyz or /health of ops-api, or the path that the context probes" },
	[CHECK_TARGET_DELAY] = { "deregistration delay", PREFLIGHT_WARN,
	    "too short it cuts requests off, too long every deployment waits for it",
	    "set deregistration_delay.timeout_seconds to 30 to 120" },
	[CHECK_TARGET_IDLE] = { "idle timeout", PREFLIGHT_BAD,
	    "ops-api would close idle connections first, and clients see 502",
	    "set the load balancer's idle timeout below the 75 s of ops-api" },
	[CHECK_ALARMS_THERE] = { "there", PREFLIGHT_BAD, "nobody learns of a failure",
	    "make alarms whose names begin as `alarms` of the context says" },
	[CHECK_ALARMS_ACT] = { "actions", PREFLIGHT_BAD, "an alarm that calls nobody is none",
	    "give each an SNS topic as its action, and switch its actions on" },
	[CHECK_ALARMS_RECEIVED] = { "receivers", PREFLIGHT_BAD,
	    "alarms are sent to a topic that nobody reads",
	    "subscribe to the topic, and confirm the subscription" },
	[CHECK_LOCAL_THERE] = { "there", PREFLIGHT_BAD,
	    "nothing was ever started here, so that nothing can be checked", "run: opsctl up" },
	[CHECK_LOCAL_MODES] = { "file modes", PREFLIGHT_BAD,
	    "other users of this machine can read the token or the payloads",
	    "run: chmod go= {dir}" },
	[CHECK_LOCAL_SPACE] = { "free space", PREFLIGHT_BAD,
	    "when the disk is full nothing is accepted any more", "make room, or enlarge it" },
	[CHECK_LOCAL_VERSIONS] = { "versions", PREFLIGHT_WARN,
	    "the three programs are tested together, as one version",
	    "install all three from one build" },
};

const char *preflight_state_name(enum preflight_state state)
{
	static const char *const names[PREFLIGHT_STATE_COUNT] = {
		[PREFLIGHT_OK] = "ok",
		[PREFLIGHT_WARN] = "warning",
		[PREFLIGHT_BAD] = "bad",
		[PREFLIGHT_UNKNOWN] = "not checked",
	};

	return names[state];
}

const char *preflight_name(enum preflight_check check)
{
	return checks[check].name;
}

const char *preflight_why(enum preflight_check check)
{
	return checks[check].why;
}

void preflight_fix(const struct preflight_part *part, enum preflight_check check, struct buf *out)
{
	static const char word[] = "{dir}";
	const char *fix = checks[check].fix, *at = strstr(fix, word);

	if (at == NULL) {
		buf_adds(out, fix);
		return;
	}
	buf_add(out, (struct str){ fix, (size_t)(at - fix) });
	shell_word(out, str_from(part->p->context->local_dir)); /* the fix is typed as it stands */
	buf_adds(out, at + strlen(word));
}

static struct preflight_finding *add(struct preflight_part *part, enum preflight_check check)
{
	struct preflight_finding *f = &part->findings[part->count];

	assert(part->count < PREFLIGHT_FINDINGS_MAX); /* a part has fewer checks by far */
	part->count++;
	*f = (struct preflight_finding){ .check = check };
	return f;
}

void preflight_found(struct preflight_part *part, enum preflight_check check, bool is_good,
    const char *fmt, ...)
{
	struct preflight_finding *f = add(part, check);
	va_list args;

	f->state = is_good ? PREFLIGHT_OK : checks[check].severity;
	va_start(args, fmt);
	(void)vsnprintf(f->detail, sizeof(f->detail), fmt, args); /* a detail may be cut */
	va_end(args);
}

void preflight_failed(struct preflight_part *part, enum preflight_check check,
    const struct err *err)
{
	struct preflight_finding *f = add(part, check);

	f->state = err->code == ERR_NOTFOUND ? checks[check].severity : PREFLIGHT_UNKNOWN;
	(void)snprintf(f->detail, sizeof(f->detail), "%.199s", err->text);
}
