#include "cli.h"
#include "commands.h"
#include "hash.h"
#include "http.h"
#include "queue.h"
#include "xml.h"

/* Each from the one file that is the home of the library. */
static const struct {
	const char *name;
	const char *(*version)(void);
} libraries[] = {
	{ "libcurl", http_library_version },
	{ "openssl", hash_library_version },
	{ "sqlite", queue_sqlite_version },
	{ "cjson", json_library_version },
	{ "expat", xml_library_version },
};

static int cmd_version(struct cli *cli, struct err *err)
{
	struct buf out = BUF_INIT(4096);
	struct json_writer w;

	(void)err; /* cannot go wrong */
	out_text(cli, "opsctl %s\n", OPS_VERSION);
	if (!cli->json)
		return 0;
	out_json_begin(&w, &out, "opsctl/version/1");
	json_member_text(&w, "version", OPS_VERSION);
	json_key(&w, "libraries");
	json_object_begin(&w);
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++)
		json_member_text(&w, libraries[i].name, libraries[i].version());
	json_object_end(&w);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.operands = "",
	.operand_completion = "none",
	.summary = "show the version",
	.about = "With --json also the versions of the libraries that are linked.",
	.run = cmd_version,
};
