/* Any store under several threads and several processes. */
#include <pthread.h>
#include <stdatomic.h>

#include "contract_store.h"

enum { PUTTERS = 8, KEYS = 12 };

struct putter {
	unsigned number;
	bool same; /* all put the same bytes */
};

static atomic_uint created[KEYS], conflicts, errors;

/* How many are told that they were the first. */
static bool counts_winners(void)
{
	return !peer_differs("one winner among puts of one key at the same moment");
}

static void *put_all(void *arg)
{
	const struct putter *p = arg;

	for (unsigned k = 0; k < KEYS; k++) {
		unsigned key = (k + p->number) % KEYS;
		char name[64], bytes[32];
		bool existed = false;
		struct err err;

		(void)snprintf(name, sizeof(name), "2026/01/02/03/%u", key);
		(void)snprintf(bytes, sizeof(bytes), "%u of %u", key, p->same ? 0 : p->number);
		if (put(store, name, str_from(bytes), &existed, &err) == 0)
			atomic_fetch_add(&created[key], !existed);
		else
			atomic_fetch_add(err.code == ERR_CONFLICT ? &conflicts : &errors, 1);
	}
	return NULL;
}

static void put_from_threads(bool same)
{
	struct putter putters[PUTTERS];
	pthread_t threads[PUTTERS];

	atomic_store(&conflicts, 0);
	atomic_store(&errors, 0);
	for (size_t i = 0; i < KEYS; i++)
		atomic_store(&created[i], 0);
	for (unsigned i = 0; i < PUTTERS; i++) {
		putters[i] = (struct putter){ i, same };
		if (pthread_create(&threads[i], NULL, put_all, &putters[i]) != 0)
			test_die("pthread_create");
	}
	for (size_t i = 0; i < PUTTERS; i++)
		(void)pthread_join(threads[i], NULL);
	CHECK_INT(atomic_load(&errors), 0);
	if (!counts_winners())
		return;
	for (size_t i = 0; i < KEYS; i++)
		CHECK_INT(atomic_load(&created[i]), 1);
}

static void test_same_from_threads(void)
{
	begin();
	put_from_threads(true);
	CHECK_INT(atomic_load(&conflicts), 0);
	check_get("2026/01/02/03/5", STR("5 of 0"));
	end();
}

/* One of them wins, whole; the others are told. */
static void test_different_from_threads(void)
{
	begin();
	put_from_threads(false);
	if (counts_winners())
		CHECK_INT(atomic_load(&conflicts), KEYS * (PUTTERS - 1));
	for (unsigned k = 0; k < KEYS; k++) {
		struct buf got = BUF_INIT(100);
		char name[64], want[32];
		struct err err;

		(void)snprintf(name, sizeof(name), "2026/01/02/03/%u", k);
		(void)snprintf(want, sizeof(want), "%u of ", k);
		CHECK_OK(store_get(store, str_from(name), &got, NULL, &err), &err);
		CHECK(str_has_prefix(buf_str(&got), str_from(want)));
		buf_release(&got);
	}
	end();
}

static int put_from_process(void *arg)
{
	test_failures = 0;
	store = open_again();
	(void)put_all(arg);
	store_close(store);
	return (int)(atomic_load(&errors) ? 100 : atomic_load(&conflicts));
}

static void test_processes(void)
{
	struct putter putters[4];
	pid_t children[ARRAY_SIZE(putters)];
	int sum = 0;

	begin();
	atomic_store(&conflicts, 0);
	atomic_store(&errors, 0);
	store_close(store); /* a handle is not carried over a fork */
	for (unsigned i = 0; i < ARRAY_SIZE(putters); i++) {
		putters[i] = (struct putter){ i, false };
		children[i] = place_fork(put_from_process, &putters[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(putters); i++)
		sum += place_join(children[i]);
	if (counts_winners())
		CHECK_INT(sum, KEYS * (ARRAY_SIZE(putters) - 1));
	store = open_again();
	for (unsigned k = 0; k < KEYS; k++) {
		struct buf got = BUF_INIT(100);
		char name[64];
		struct err err;

		(void)snprintf(name, sizeof(name), "2026/01/02/03/%u", k);
		CHECK_OK(store_get(store, str_from(name), &got, NULL, &err), &err);
		buf_release(&got);
	}
	end();
}

static const struct test tests[] = {
	{ "same_from_threads", test_same_from_threads },
	{ "different_from_threads", test_different_from_threads },
	{ "processes", test_processes },
};

STORE_CONTRACT_MAIN(tests)
