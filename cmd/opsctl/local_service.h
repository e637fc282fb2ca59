/*
 * local_service: the services of context local, as commands name them, and the files that
 * `opsctl up` lets them log to.
 */
#ifndef OPS_LOCAL_SERVICE_H
#define OPS_LOCAL_SERVICE_H

enum { LOCAL_SERVICES = 2 };

struct local_service {
	const char *name; /* "api" */
	const char *log;  /* in the directory of the context */
};

extern const struct local_service local_services[LOCAL_SERVICES];

#endif
