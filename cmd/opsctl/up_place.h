/*
 * up_place: the directory of a local system and what must be there before its services
 * start: token, queue, store; and the ports they will need.
 */
#ifndef OPS_UP_PLACE_H
#define OPS_UP_PLACE_H

#include "context.h"
#include "hash.h"
#include "settings.h"

struct up_place {
	struct context context; /* `local` of that directory */
	char fingerprint[HASH_FINGERPRINT_SIZE];
	bool token_is_new;
	int lock_fd;
};

/*
 * Make the directory if need be, lock it, make a token if there is none, and open queue and
 * store once. ERR_CONFLICT: another `up` is there; or what the ports say.
 */
int up_place_open(struct up_place *p, const char *dir, struct err *err) ATTR_MUST_CHECK;
void up_place_close(struct up_place *p);

/* ERR_CONFIG: somebody listens there already. Port 0 is always free. */
int up_port_check(const struct setting_address *address, const char *option, struct err *err)
    ATTR_MUST_CHECK;

/* "whsec_" and 32 random bytes in base64, for the secret's value. */
void token_random(struct buf *out);

#endif
