#include "local_service.h"

const struct local_service local_services[LOCAL_SERVICES] = {
	{ "api", "ops-api.log" },
	{ "worker", "ops-worker.log" },
};
