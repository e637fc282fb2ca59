/*
 * port_url: which backend a URL's scheme picks. Pure; any thread. Private to queue.c, store.c
 * and secret.c.
 */
#ifndef OPS_PORT_URL_H
#define OPS_PORT_URL_H

#include "err.h"
#include "str.h"

/* The scheme of the backend in row i of the port's table; NULL behind the last. */
typedef const char *port_url_scheme(size_t i);

/* The row of the backend whose scheme the URL has. ERR_CONFIG names all of them, not the URL. */
int port_url_pick(struct str url, port_url_scheme *scheme, size_t *row, struct err *err)
    ATTR_MUST_CHECK;

#endif
