#include "why_rule.h"

void cause_text(struct cause *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(c->text, sizeof(c->text), fmt, args); /* may be cut, as all of these */
	va_end(args);
}

void cause_next(struct cause *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(c->next, sizeof(c->next), fmt, args);
	va_end(args);
}

void cause_cure(struct cause *c, const char *cure)
{
	(void)snprintf(c->cure, sizeof(c->cure), "%s", cure);
}

void cause_evidence(struct cause *c, const char *fmt, ...)
{
	va_list args;

	if (c->evidence_count == WHY_EVIDENCE_MAX)
		return;
	va_start(args, fmt);
	(void)vsnprintf(c->evidence[c->evidence_count++], WHY_EVIDENCE_SIZE, fmt, args);
	va_end(args);
}

void cause_next_of_service(struct cause *c, const struct facts *f, const char *service)
{
	char next[ERR_TEXT_MAX];

	facts_next_of_service(f, service, next);
	cause_next(c, "%s", next);
}

bool why_is_down(const struct facts *f)
{
	return f->context->local_dir[0] != '\0' && f->context->values[CONTEXT_URL][0] == '\0';
}
