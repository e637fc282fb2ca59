/* The preflight of the system on this machine. */
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "child.h"
#include "preflight.h"
#include "upstate.h"

enum { PATH_SIZE = CONTEXT_VALUE_MAX + 32, SPACE_MIN_MIB = 1024, VERSION_MAX = 64 * 1024 };

/* A token is the first thing that `opsctl up` makes. */
static bool check_there(struct preflight_part *part, const char *dir)
{
	char path[PATH_SIZE];
	bool is_there;

	(void)snprintf(path, sizeof(path), "%s/token", dir);
	is_there = access(path, F_OK) == 0;
	if (is_there)
		preflight_found(part, CHECK_LOCAL_THERE, true, "%s",
		    upstate_is_running(dir) ? "it runs" : "it does not run now");
	else
		preflight_found(part, CHECK_LOCAL_THERE, false, "no system in %s", dir);
	return is_there;
}

/* A directory that nobody else may enter hides what lies in it. */
static void check_modes(struct preflight_part *part, const char *dir)
{
	static const char *const names[] = { "token", "token.previous", "queue.db", "store",
		"ops-api.log", "ops-worker.log" };
	char path[PATH_SIZE];
	struct stat st;

	if (stat(dir, &st) == 0 && (st.st_mode & 077) == 0) {
		preflight_found(part, CHECK_LOCAL_MODES, true, "%o of its directory",
		    st.st_mode & 0777);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (stat(path, &st) == 0 && (st.st_mode & 077) != 0) {
			preflight_found(part, CHECK_LOCAL_MODES, false, "%s has %o", path,
			    st.st_mode & 0777);
			return;
		}
	}
	preflight_found(part, CHECK_LOCAL_MODES, true, "of its files");
}

static void check_space(struct preflight_part *part, const char *dir, struct err *err)
{
	struct statvfs fs;
	double free_mib;

	if (statvfs(dir, &fs) != 0) {
		(void)err_errno(err, "%s", dir);
		preflight_failed(part, CHECK_LOCAL_SPACE, err);
		return;
	}
	free_mib = (double)fs.f_bavail * (double)fs.f_frsize / (1024.0 * 1024.0);
	preflight_found(part, CHECK_LOCAL_SPACE, free_mib >= SPACE_MIN_MIB, "%.0f MiB free",
	    free_mib);
}

/* "ops-api 0.1.0 (...)": the second word of the first line. */
static void check_version(struct preflight_part *part, const char *name, const char *build_path,
    struct err *err)
{
	struct buf path = BUF_INIT(PATH_SIZE), text = BUF_INIT(VERSION_MAX);
	struct str word, rest;

	child_find(name, build_path, &path);
	if (child_output((const char *[]){ buf_text(&path), "--version", NULL }, &text, err) != 0) {
		preflight_failed(part, CHECK_LOCAL_VERSIONS, err);
	} else {
		(void)str_cut(buf_str(&text), '\n', &word, &rest);
		(void)str_cut(word, ' ', &word, &rest);
		(void)str_cut(rest, ' ', &word, &rest); /* a version may stand alone */
		preflight_found(part, CHECK_LOCAL_VERSIONS, str_is(word, OPS_VERSION),
		    "%s %.*s, opsctl " OPS_VERSION, name, STR_ARG(word));
	}
	buf_release(&text);
	buf_release(&path);
}

int preflight_local(void *arg, struct err *err)
{
	struct preflight_part *part = arg;
	const char *dir = part->p->context->local_dir;

	if (check_there(part, dir)) {
		check_modes(part, dir);
		check_space(part, dir, err);
	}
	check_version(part, "ops-api", "../../svc/api/ops-api", err);
	check_version(part, "ops-worker", "../../svc/worker/ops-worker", err);
	return 0;
}
