/* Records and objects as they are printed, by more than one way of looking at the store. */
#include "verify.h"

void verify_print_line(struct cli *cli, struct str line)
{
	struct str s = str_trim(line);

	out_text(cli, "%.*s\n", STR_ARG(s));
}

void verify_object_json(struct json_writer *w, const struct walk_object *o)
{
	char stored[CLOCK_RFC3339_SIZE];

	clock_rfc3339(o->info.stored_at_ms, stored);
	json_member_bool(w, "ok", o->fault == NULL);
	json_member_str(w, "object", o->key);
	json_member_uint(w, "bytes", o->body.n);
	json_member_text(w, "sha256", o->info.sha256[0] ? o->info.sha256 : NULL);
	json_member_uint(w, "records", o->record_count);
	json_member_bool(w, "foreign", o->is_foreign);
	json_member_text(w, "stored_at", stored);
	json_member_text(w, "fault", o->fault ? o->fault->text : NULL);
}

void verify_print_object_json(struct cli *cli, const struct walk_object *o)
{
	struct buf out = BUF_INIT(8192);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/verify-s3-object/1");
	verify_object_json(&w, o);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

void verify_print_record_json(const struct verify *v, const struct walk_object *o, struct str line,
    const struct record *r)
{
	struct buf out = BUF_INIT(STORE_OBJECT_MAX + 4096);
	char accepted[CLOCK_RFC3339_SIZE], stored[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(r->accepted_at_ms, accepted);
	clock_rfc3339(o->info.stored_at_ms, stored);
	out_json_begin(&w, &out, "opsctl/verify-s3-record/1");
	json_member_str(&w, "id", r->id);
	json_member_str(&w, "object", o->key);
	json_member_text(&w, "accepted_at", accepted);
	json_member_text(&w, "stored_at", stored);
	json_member_uint(&w, "bytes", line.n);
	if (v->with_body) {
		json_key(&w, "data");
		json_raw(&w, r->data[0]);
	}
	json_object_end(&w);
	out_json(v->cli, buf_str(&out));
	buf_release(&out);
}
