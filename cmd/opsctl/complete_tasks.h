/*
 * complete_tasks: ids of tasks that run, for completion: from a file that is kept for a short while,
 * else from ECS, for as long as somebody who has pressed a key waits. Main thread.
 */
#ifndef OPS_COMPLETE_TASKS_H
#define OPS_COMPLETE_TASKS_H

#include "cli.h"

typedef bool complete_task_fn(void *arg, const char *id, const char *service);

/*
 * Those of the services of that context (NULL: the current one). The program ends quietly where ECS
 * does not answer in time. What goes wrong is no more than nothing to offer.
 */
void complete_tasks(const char *context, complete_task_fn *fn, void *arg);

#endif
