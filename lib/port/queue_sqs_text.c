#include "queue_sqs_text.h"

/* U+FFFE and U+FFFF; those of the other planes are allowed. */
static bool is_refused(const unsigned char *p, size_t length)
{
	return length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

/* Length of the character, 0 when it is none that SQS takes. */
static size_t character(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t length = str_utf8_length(s);

	if (length == 1 && p[0] < 0x20 && p[0] != '\t' && p[0] != '\n' && p[0] != '\r')
		return 0;
	return is_refused(p, length) ? 0 : length;
}

size_t sqs_text_good(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t i = 0;

	while (i < text.n) {
		size_t length;

		while (i < text.n && p[i] >= 0x20 && p[i] < 0x80) /* most of every body */
			i++;
		length = i < text.n ? character(str_skip(text, i)) : 0;
		if (length == 0)
			break;
		i += length;
	}
	return i;
}
