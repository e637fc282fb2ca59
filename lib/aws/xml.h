/*
 * xml: a reader for answers of AWS services; the home of expat. Names are local names: the
 * namespace prefix is cut. A document type declaration is refused (AWS sends none, and
 * entities are how small documents become large ones).
 * A parsed document is read-only and may be read from any thread.
 */
#ifndef OPS_XML_H
#define OPS_XML_H

#include "err.h"
#include "str.h"

enum { XML_TEXT_MAX = 16 * 1024 * 1024, XML_DEPTH_MAX = 32, XML_ELEMENTS_MAX = 1 << 20 };

/* An element; opaque; children live as long as the document. */
struct xml;

/*
 * The root element, which owns all; the text is UTF-8 whatever it declares. ERR_CORRUPT: not
 * well-formed, DOCTYPE, over a limit; the text names the line and nothing that stands there.
 */
int xml_parse(struct str text, struct xml **out, struct err *err) ATTR_MUST_CHECK;
void xml_free(struct xml *root); /* wipes: credentials may stand in it */

/* All accept NULL, so that look-ups chain. */
const struct xml *xml_get(const struct xml *element, const char *child); /* first of that name */
const struct xml *xml_first(const struct xml *element);                  /* child */
const struct xml *xml_next(const struct xml *element);                   /* sibling */
const char *xml_name(const struct xml *element);                         /* "" for NULL */
bool xml_is(const struct xml *element, const char *name);

/* Character data of the element itself, "" when there is none; untrimmed, NUL-free. */
const char *xml_text(const struct xml *element);
const char *xml_get_text(const struct xml *element, const char *child, const char *fallback);

/* Version line of the linked library, for --version. */
const char *xml_library_version(void);

#endif
