#include "cli.h"
#include "http.h"

int cmd_version(struct cli *cli, struct err *err)
{
	struct buf out = BUF_INIT(4096);
	struct json_writer w;

	(void)err; /* cannot go wrong */
	out_text(cli, "opsctl %s\n", OPS_VERSION);
	if (cli->json) {
		out_json_begin(&w, &out, "opsctl/version/1");
		json_member_text(&w, "version", OPS_VERSION);
		json_key(&w, "libraries");
		json_object_begin(&w);
		json_member_text(&w, "libcurl", http_library_version());
		json_object_end(&w);
		json_object_end(&w);
		out_json(cli, buf_str(&out));
	}
	buf_release(&out);
	return 0;
}
