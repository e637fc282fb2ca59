/*
 * The request as commands of a POSIX shell with curl and openssl. The token appears as $TOKEN
 * only, and never on a command line: printf is the shell's own, and HMAC is put together from
 * two plain SHA-256 (RFC 2104), since `openssl dgst -hmac` would show the key to `ps`.
 */
#include "ports.h"
#include "shell.h"
#include "submit.h"

enum { SCRIPT_MAX = 8 * 1024 * 1024 };

static const char take_token[] =
    ": \"${TOKEN:?set it first: TOKEN=\\$(opsctl token show --reveal)}\"\n";

static const char sign[] =
    "hex() { od -An -v -tx1 | tr -d ' \\n'; }\n"
    "sha256() { openssl dgst -sha256 -binary; }\n"
    "key() {\n"
    "	case $TOKEN in\n"
    "	whsec_*) printf %s \"${TOKEN#whsec_}\" | openssl base64 -d -A ;;\n"
    "	*) printf %s \"$TOKEN\" ;;\n"
    "	esac\n"
    "}\n"
    "key=$(key | hex)\n"
    "[ ${#key} -le 128 ] || key=$(key | sha256 | hex) # longer than a block\n"
    "pad() { # the key, each byte XOR $1, in a block of 64 bytes\n"
    "	rest=$key n=0\n"
    "	while [ $n -lt 64 ]; do\n"
    "		byte=${rest%\"${rest#??}\"} rest=${rest#??} n=$((n + 1))\n"
    "		printf \"\\\\$(printf %03o $((0x${byte:-0} ^ $1)))\"\n"
    "	done\n"
    "}\n"
    "timestamp=$(date +%s)\n"
    "signature=$({ pad 92; { pad 54; printf %s \"$id.$timestamp.$body\"; } | sha256; } |\n"
    "    sha256 | openssl base64 -A)\n";

#define POST                                                                                       \
	"printf %s \"$body\" | curl -sS --data-binary @- -H 'Content-Type: application/json' \\\n"

static const char post_signed[] = POST
    "    -H \"webhook-id: $id\" -H \"webhook-timestamp: $timestamp\" \\\n"
    "    -H \"webhook-signature: v1,$signature\" ";

/* curl's configuration and JSON both want a backslash before backslash and quote. */
static const char escape_token[] = "token=$(printf %s \"$TOKEN\" | sed 's/[\\\\\"]/\\\\&/g')\n";

/* A here-document is read by curl from a descriptor, it is not on the command line. */
static const char post_bearer[] = POST "    --config /dev/fd/3 ";
static const char bearer_config[] = " 3<<END\nheader = \"Authorization: Bearer $token\"\nEND\n";

static const char post_token[] = "body=\"{\\\"token\\\":\\\"$token\\\"$body\"\n" POST "    ";

/* The body behind the place where the token goes: ",...}" or "}". */
static int body_after_token(struct str payload, struct buf *out, struct err *err)
{
	struct buf with_token = BUF_INIT(CLIENT_BODY_MAX);
	struct str head = STR("\"token\":\"\"");
	size_t at = str_find(payload, '{') + 1 + head.n;
	int rc = client_body(CLIENT_TOKEN, STR_NONE, payload, &with_token, err);

	if (rc == 0)
		buf_add(out, str_skip(buf_str(&with_token), at));
	buf_release(&with_token);
	return rc;
}

static int add_script(struct buf *s, const char *auth, const char *url, const char *id,
    struct str payload, struct err *err)
{
	struct buf body = BUF_INIT(CLIENT_BODY_MAX);
	bool is_token = strcmp(auth, "token") == 0;

	buf_adds(s, take_token);
	if (is_token && body_after_token(payload, &body, err) != 0) {
		buf_release(&body);
		return -1;
	}
	buf_adds(s, "body=");
	shell_quote(s, is_token ? buf_str(&body) : payload);
	buf_release(&body);
	if (strcmp(auth, "signature") == 0) {
		buf_addf(s, "\nid=%s\n%s%s", id, sign, post_signed);
		shell_quote(s, str_from(url));
		buf_addc(s, '\n');
	} else {
		buf_addf(s, "\n%s%s", escape_token, is_token ? post_token : post_bearer);
		shell_quote(s, str_from(url));
		buf_adds(s, is_token ? "\n" : bearer_config);
	}
	return s->full ? err_set(err, ERR_INVALID, "the payload is too large to print") : 0;
}

int submit_curl(struct cli *cli, const char *id, struct str payload, struct err *err)
{
	struct buf script = BUF_INIT(SCRIPT_MAX), url = BUF_INIT(2 * CONTEXT_VALUE_MAX);
	struct buf out = BUF_INIT(2 * SCRIPT_MAX);
	const char *base;
	struct json_writer w;
	int rc = -1;

	if (context_require(&cli->context, CONTEXT_URL, &base, err) != 0)
		return -1;
	ports_url(&url, base, "/submit");
	if (add_script(&script, cli_text(cli, "auth"), buf_text(&url), id, payload, err) != 0)
		goto out;

	out_text(cli, "%s", buf_text(&script));
	if (cli->json) {
		out_json_begin(&w, &out, "opsctl/submit-dry-run/1");
		json_member_text(&w, "id", id);
		json_member_str(&w, "script", buf_str(&script));
		json_object_end(&w);
		out_json(cli, buf_str(&out));
	}
	rc = 0;
out:
	buf_release(&out);
	buf_release(&url);
	buf_release(&script);
	return rc;
}
