#include "xml.h"

#include <expat.h>
#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "mem.h"

struct xml {
	const char *name, *text;
	struct xml *first, *next;
};

/* ---- memory: all of a document lies in a few chunks, which go together ---- */

enum { CHUNK_MIN = 4 * 1024, CHUNK_MAX = 1024 * 1024, ALIGNMENT = _Alignof(struct xml) };

struct chunk {
	struct chunk *older;
	size_t used, size;
	_Alignas(ALIGNMENT) char bytes[];
};

/* The root is the first member: who holds it holds all. */
struct document {
	struct xml root;
	struct chunk *newest;
};

static void add_chunk(struct document *d, size_t need)
{
	size_t size = d->newest ? d->newest->size * 2 : CHUNK_MIN;
	struct chunk *c;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < need)
		size = need;
	c = xmalloc(sizeof(*c) + size);
	*c = (struct chunk){ .older = d->newest, .size = size };
	d->newest = c;
}

static void *take(struct document *d, size_t size)
{
	void *p;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!d->newest || d->newest->size - d->newest->used < size)
		add_chunk(d, size);
	p = d->newest->bytes + d->newest->used;
	d->newest->used += size;
	return p;
}

static const char *take_text(struct document *d, struct str s)
{
	char *p;

	if (s.n == 0)
		return "";
	p = take(d, s.n + 1);
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

void xml_free(struct xml *root)
{
	struct document *d = (struct document *)root;
	struct chunk *older;

	if (!d)
		return;
	for (struct chunk *c = d->newest; c; c = older) {
		older = c->older;
		mem_wipe(c->bytes, c->used); /* STS sends credentials in XML */
		free(c);
	}
	free(d);
}

/* ---- reading ---- */

/* An element whose end has not come. */
struct open {
	struct xml *element, *last; /* last: child */
	size_t text_start;          /* of its own text, in reading.text */
};

struct reading {
	XML_Parser parser;
	struct document *document;
	struct open open[XML_DEPTH_MAX];
	size_t depth, count;
	/* Of all open elements, one after the other: a child's is gone when its parent's goes on. */
	struct buf text;
	const char *refusal;
};

static void refuse(struct reading *r, const char *why)
{
	r->refusal = why;
	(void)XML_StopParser(r->parser, XML_FALSE); /* cannot fail: it is parsing */
}

static struct xml *append(struct reading *r)
{
	struct open *parent = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
	struct xml *element;

	if (!parent)
		return &r->document->root; /* zeroed; there is only one */
	element = take(r->document, sizeof(*element));
	*element = (struct xml){ 0 };
	if (parent->last)
		parent->last->next = element;
	else
		parent->element->first = element;
	parent->last = element;
	return element;
}

static void XMLCALL on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = arg;
	struct str prefix, local;
	struct xml *element;

	(void)attributes; /* nothing that is read here has any but namespaces */
	if (r->depth == XML_DEPTH_MAX) {
		refuse(r, "elements too deep");
		return;
	}
	if (r->count == XML_ELEMENTS_MAX) {
		refuse(r, "too many elements");
		return;
	}
	if (!str_cut(str_from(name), ':', &prefix, &local))
		local = prefix;
	element = append(r);
	element->name = take_text(r->document, local);
	element->text = "";
	r->open[r->depth++] = (struct open){ .element = element, .text_start = r->text.n };
	r->count++;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct reading *r = arg;
	struct open *open;

	(void)name;
	if (r->refusal) /* expat ends an empty element though its start stopped the parser */
		return;
	open = &r->open[--r->depth];
	open->element->text = take_text(r->document, str_skip(buf_str(&r->text), open->text_start));
	buf_truncate(&r->text, open->text_start);
}

/* Comes in pieces. */
static void XMLCALL on_text(void *arg, const XML_Char *text, int n)
{
	struct reading *r = arg;

	buf_add(&r->text, (struct str){ text, (size_t)n });
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	refuse(arg, "document type declaration");
}

static int read_all(struct reading *r, struct str text, struct err *err)
{
	enum XML_Status status;

	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	status = XML_Parse(r->parser, text.p ? text.p : "", (int)text.n, XML_TRUE);
	if (status == XML_STATUS_OK)
		return 0;
	return err_set(err, ERR_CORRUPT, "XML, line %lu: %s",
	    (unsigned long)XML_GetCurrentLineNumber(r->parser),
	    r->refusal ? r->refusal : XML_ErrorString(XML_GetErrorCode(r->parser)));
}

int xml_parse(struct str text, struct xml **out, struct err *err)
{
	static const XML_Memory_Handling_Suite memory = { xmalloc, xrealloc, free };
	struct reading r = { .text = BUF_INIT(XML_TEXT_MAX) };
	int rc;

	if (text.n > XML_TEXT_MAX)
		return err_set(err, ERR_CORRUPT, "XML: more than %d bytes", XML_TEXT_MAX);

	/* UTF-16, which expat would read though it is told UTF-8; it has NUL in every '<'. */
	if (str_find(text, '\0') < text.n)
		return err_set(err, ERR_CORRUPT, "XML: must be UTF-8");

	/* Every service says UTF-8; another name in the declaration does not count. */
	r.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
	if (!r.parser)
		abort();
	r.document = xcalloc(1, sizeof(*r.document));
	rc = read_all(&r, text, err);
	if (rc == 0) {
		*out = &r.document->root;
		r.document = NULL; /* now the caller's */
	}
	XML_ParserFree(r.parser);
	xml_free((struct xml *)r.document);
	buf_wipe(&r.text);
	return rc;
}

/* ---- looking up ---- */

const struct xml *xml_first(const struct xml *element)
{
	return element ? element->first : NULL;
}

const struct xml *xml_next(const struct xml *element)
{
	return element ? element->next : NULL;
}

const char *xml_name(const struct xml *element)
{
	return element ? element->name : "";
}

bool xml_is(const struct xml *element, const char *name)
{
	return element && strcmp(element->name, name) == 0;
}

const struct xml *xml_get(const struct xml *element, const char *child)
{
	const struct xml *found = xml_first(element);

	while (found && !xml_is(found, child))
		found = found->next;
	return found;
}

const char *xml_text(const struct xml *element)
{
	return element ? element->text : "";
}

const char *xml_get_text(const struct xml *element, const char *child, const char *fallback)
{
	const struct xml *found = xml_get(element, child);

	return found ? found->text : fallback;
}

const char *xml_library_version(void)
{
	return XML_ExpatVersion();
}
