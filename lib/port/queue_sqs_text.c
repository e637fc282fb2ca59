#include "queue_sqs_text.h"

/* Well-formed UTF-8 (Unicode table 3-7) beyond ASCII; surrogates do not occur in it. */
static const struct form {
	unsigned char first_min, first_max, second_min, second_max, length;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool has_form(const unsigned char *p, size_t n, const struct form *f)
{
	if (p[0] < f->first_min || p[0] > f->first_max || n < f->length || p[1] < f->second_min ||
	    p[1] > f->second_max)
		return false;
	for (size_t i = 2; i < f->length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* U+FFFE and U+FFFF; those of the other planes are allowed. */
static bool is_refused(const unsigned char *p, size_t length)
{
	return length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

/* Length of the character, 0 when it is none that SQS takes. */
static size_t character(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 || p[0] == '\t' || p[0] == '\n' || p[0] == '\r';
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (has_form(p, n, &forms[i]))
			return is_refused(p, forms[i].length) ? 0 : forms[i].length;
	return 0;
}

size_t sqs_text_good(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t i = 0;

	while (i < text.n) {
		size_t length;

		while (i < text.n && p[i] >= 0x20 && p[i] < 0x80) /* most of every body */
			i++;
		length = i < text.n ? character(p + i, text.n - i) : 0;
		if (length == 0)
			break;
		i += length;
	}
	return i;
}
