/*
 * submit: one submission from its head to its answer, in the order in which design and
 * openapi.yaml say it is judged. A submission lives in the loop of its connection; while
 * it is deferred it belongs to the outbox, to replay or to keyring. Loop threads.
 */
#ifndef OPS_SUBMIT_H
#define OPS_SUBMIT_H

#include "api.h"
#include "outbox.h"

void submit_head(struct api *api, struct httpd_request *r); /* media type, room */
void submit_body(struct api *api, struct httpd_request *r); /* all the rest */

/* It came back from wherever it waited. */
void submit_return(struct httpd_request *r);

/* The connection is done with it: forget it. */
void submit_done(struct httpd_request *r);

/* In a sender thread: records of one loop with their results. For outbox_options.deliver. */
void submit_deliver(void *api, unsigned loop, struct parcel *list);

#endif
