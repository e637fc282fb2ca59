#include "up_place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "queue.h"
#include "secret.h"
#include "store.h"
#include "upstate.h"

enum { TOKEN_BYTES = 32 };

void token_random(struct buf *out)
{
	char bytes[TOKEN_BYTES];

	hash_random(bytes, sizeof(bytes));
	buf_adds(out, "whsec_");
	hash_base64_encode(out, (struct str){ bytes, sizeof(bytes) });
	explicit_bzero(bytes, sizeof(bytes));
}

static int make_token(const char *path, struct err *err)
{
	struct buf token = BUF_INIT(SECRET_MAX);
	int rc;

	token_random(&token);
	buf_addc(&token, '\n');
	rc = file_replace(path, buf_str(&token), 0600, err);
	buf_wipe(&token);
	return rc;
}

static int read_token(struct up_place *p, struct secret_value *out, struct err *err)
{
	struct secret *secret;
	int rc;

	if (secret_open(&secret, str_from(p->context.values[CONTEXT_SECRET]), NULL, err) == -1)
		return -1;
	rc = secret_get(secret, SECRET_CURRENT, out, err);
	secret_close(secret);
	return rc;
}

static int open_token(struct up_place *p, struct err *err)
{
	const char *path = p->context.values[CONTEXT_SECRET] + strlen("file:");
	struct secret_value value;
	int rc;

	secret_value_init(&value);
	rc = read_token(p, &value, err);
	if (rc == -1 && err->code == ERR_NOTFOUND && make_token(path, err) == 0) {
		p->token_is_new = true;
		rc = read_token(p, &value, err);
	}
	if (rc == 0)
		hash_fingerprint(buf_str(&value.bytes), p->fingerprint);
	secret_value_wipe(&value);
	return rc;
}

/* What is wrong with them is better said here, once, than found in the log of a service. */
static int try_ports(const struct context *c, struct err *err)
{
	const struct queue_options queue_options = { .create = true };
	const struct store_options store_options = { .create = true };
	struct queue *queue;
	struct store *store;

	if (queue_open(&queue, str_from(c->values[CONTEXT_QUEUE]), &queue_options, err) == -1)
		return -1;
	queue_close(queue);
	if (store_open(&store, str_from(c->values[CONTEXT_STORE]), &store_options, err) == -1)
		return -1;
	store_close(store);
	return 0;
}

int up_place_open(struct up_place *p, const char *dir, struct err *err)
{
	*p = (struct up_place){ .lock_fd = -1 };
	if (context_local(dir, &p->context, err) == -1 ||
	    file_mkdirs(p->context.local_dir, 0700, err) == -1 ||
	    upstate_lock(p->context.local_dir, &p->lock_fd, err) == -1)
		return -1;
	upstate_remove(p->context.local_dir); /* of one that was killed */
	if (open_token(p, err) == -1 || try_ports(&p->context, err) == -1) {
		up_place_close(p);
		return -1;
	}
	return 0;
}

void up_place_close(struct up_place *p)
{
	if (p->lock_fd == -1)
		return;
	upstate_remove(p->context.local_dir);
	(void)close(p->lock_fd); /* lets go of the lock */
	p->lock_fd = -1;
}

/* ---- ports ---- */

static socklen_t to_sockaddr(const struct setting_address *a, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, a->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(a->port);
	(void)inet_pton(AF_INET6, a->host, &v6->sin6_addr); /* the settings parser has checked it */
	return sizeof(*v6);
}

/*
 * ops-api shares its port between threads (SO_REUSEPORT), so a second one of the same user could
 * listen there too and take half of the requests. A socket without that option shows it.
 */
int up_port_check(const struct setting_address *address, const char *option, struct err *err)
{
	struct sockaddr_storage sa;
	socklen_t size = to_sockaddr(address, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, rc = 0;

	if (fd == -1)
		return err_errno(err, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		rc = err_errno(err, "socket");
	else if (bind(fd, (struct sockaddr *)&sa, size) == -1)
		rc = errno == EADDRINUSE
		    ? err_set(err, ERR_CONFIG, "%s: port %u of %s is in use", option, address->port,
			  address->host)
		    : err_errno(err, "%s: %s port %u", option, address->host, address->port);
	(void)close(fd); /* never connected */
	return rc;
}
