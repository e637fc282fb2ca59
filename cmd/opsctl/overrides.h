/*
 * overrides: the global options that take the place of values of the context: --url, --queue and
 * so on, --region, --profile. Where the context would be `local`, what URLs name is another system:
 * then they stand alone, as the context CONTEXT_FLAGS; with a `local` that was named they do not go
 * together.
 */
#ifndef OPS_OVERRIDES_H
#define OPS_OVERRIDES_H

#include "cli.h"

/*
 * Fill cli->context: context_resolve() by that name (NULL: in its order), and then the options.
 * ERR_USAGE: the value of one is not what its key allows; others of context_resolve().
 */
int overrides_resolve(struct cli *cli, const char *name, struct err *err) ATTR_MUST_CHECK;

/* That there is no value of that key: "the context has no url", or "--url is not given". Any thread. */
enum { OVERRIDES_LACK_SIZE = 80 };
const char *overrides_lack(const struct context *c, enum context_key key,
    char out[OVERRIDES_LACK_SIZE]);

#endif
