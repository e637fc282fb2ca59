#include "healthcheck.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "file.h"

enum { TIMEOUT_S = 2 };

/* What the service listens on; "any address" is asked on the loopback of its family. */
static socklen_t target_of(const struct setting_address *address, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, address->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(address->port);
		if (v4->sin_addr.s_addr == htonl(INADDR_ANY))
			v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*v4);
	}
	/* The settings have checked that it is one. */
	(void)inet_pton(AF_INET6, address->host, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(address->port);
	if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
		v6->sin6_addr = in6addr_loopback;
	return sizeof(*v6);
}

/* SO_SNDTIMEO bounds connect() too. */
static int ask(int fd, const struct sockaddr_storage *target, socklen_t length, char *answer,
    size_t size, struct err *err)
{
	struct timeval limit = { .tv_sec = TIMEOUT_S };
	ssize_t n;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
		return err_errno(err, "socket");
	if (connect(fd, (const struct sockaddr *)target, length) != 0)
		return err_errno(err, "connect");
	if (file_write_all(fd, STR("GET /livez HTTP/1.0\r\n\r\n"), err) != 0)
		return -1;
	n = recv(fd, answer, size - 1, MSG_WAITALL);
	if (n < 0)
		return err_errno(err, "no answer");
	answer[n] = '\0';
	return 0;
}

static int check(const struct setting_address *address, struct err *err)
{
	struct sockaddr_storage target;
	socklen_t length = target_of(address, &target);
	char answer[16];
	int fd = socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return err_errno(err, "socket");
	rc = ask(fd, &target, length, answer, sizeof(answer), err);
	(void)close(fd); /* nothing was written that close could lose */
	if (rc != 0)
		return -1;
	if (strlen(answer) < 12 || memcmp(answer, "HTTP/1.", 7) != 0)
		return err_set(err, ERR_INVALID, "the answer is not HTTP");
	if (memcmp(answer + 9, "200", 3) != 0)
		return err_set(err, ERR_BUSY, "answered %.3s", answer + 9);
	return 0;
}

int healthcheck_run(const struct setting_address *address)
{
	struct err err;

	if (check(address, &err) != 0) {
		fprintf(stderr, "not alive: %s:%u: %s\n", address->host, (unsigned)address->port,
		    err.text);
		return 1;
	}
	return printf("alive: %s:%u\n", address->host, (unsigned)address->port) < 0 ||
	    fflush(stdout) != 0;
}
