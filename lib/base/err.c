#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The functions themselves, not the analyzer's picture of them in err.h. */
#undef err_set
#undef err_errno
#undef err_wrap

static const char *const names[ERR_CODE_COUNT] = {
	[ERR_NONE] = "none",
	[ERR_USAGE] = "usage",
	[ERR_CONFIG] = "config",
	[ERR_CREDENTIALS] = "credentials",
	[ERR_DENIED] = "denied",
	[ERR_NOTFOUND] = "not_found",
	[ERR_INVALID] = "invalid",
	[ERR_CONFLICT] = "conflict",
	[ERR_BUSY] = "busy",
	[ERR_TIMEOUT] = "timeout",
	[ERR_IO] = "io",
	[ERR_CORRUPT] = "corrupt",
	[ERR_STOPPED] = "stopped",
};

static const struct {
	int number;
	enum err_code code;
} errno_codes[] = {
	{ ENOENT, ERR_NOTFOUND },
	{ ENOTDIR, ERR_NOTFOUND },
	{ EACCES, ERR_DENIED },
	{ EPERM, ERR_DENIED },
	{ EROFS, ERR_DENIED },
	{ EEXIST, ERR_CONFLICT },
	{ EAGAIN, ERR_BUSY },
	{ EBUSY, ERR_BUSY },
	{ ETIMEDOUT, ERR_TIMEOUT },
	{ EINVAL, ERR_INVALID },
	{ ENAMETOOLONG, ERR_INVALID },
	{ EISDIR, ERR_INVALID },
};

/* One line always: text may quote what a peer or a file said. */
static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args); /* a cut text is still a text */
	va_end(args);
	flatten(err->text);
	return -1;
}

static enum err_code code_of_errno(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(errno_codes); i++)
		if (errno_codes[i].number == number)
			return errno_codes[i].code;
	return ERR_IO;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int number = errno;
	va_list args;
	size_t n;

	err->code = code_of_errno(number);
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(number));
	flatten(err->text);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[ERR_TEXT_MAX];
	va_list args;
	size_t n;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", inner);
	flatten(err->text);
	return -1;
}

const char *err_name(enum err_code code)
{
	return code < ERR_CODE_COUNT ? names[code] : "unknown";
}

bool err_is_transient(enum err_code code)
{
	return code == ERR_BUSY || code == ERR_TIMEOUT || code == ERR_IO;
}
