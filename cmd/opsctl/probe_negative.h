/*
 * probe_negative: requests that ops-api must refuse, each with the answer that is documented, and
 * what shows that none of them went further.
 */
#ifndef OPS_PROBE_NEGATIVE_H
#define OPS_PROBE_NEGATIVE_H

#include "cli.h"
#include "store.h"

/*
 * Send all of them, then one good payload, and look through what the store got meanwhile: when the
 * good one is there, those before it would be too. Reports; sets cli->exit_code.
 */
int probe_negative(struct cli *cli, struct store *store, struct err *err) ATTR_MUST_CHECK;

#endif
