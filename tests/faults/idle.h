/* idle: the connections that wait for a request, to be reset on order. Any thread. */
#ifndef OPS_FAULTS_IDLE_H
#define OPS_FAULTS_IDLE_H

#include <stdbool.h>

/* From now on until idle_end() the connection waits for a request. */
void idle_begin(int fd);

/* true: it was ordered to be reset; call idle_closed() when it is closed. */
bool idle_end(int fd);
void idle_closed(void);

/* Resets all that wait, and returns when they are closed: clients have an RST and did not ask for it. */
void idle_reset(void);

#endif
