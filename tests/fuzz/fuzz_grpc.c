/*
 * grpc: the first line is a URL, the second a grpc-message, the third a grpc-status; the rest is an
 * answer's body with a health check's message.
 */
#include "fuzz.h"
#include "grpc_wire.h"

static void check_url(struct str line)
{
	char text[GRPC_URL_MAX + 100];
	struct grpc_url url;
	struct err err;

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(line));
	if (grpc_url_parse(text, &url, &err) != 0)
		return;
	FUZZ_CHECK(str_has_prefix(str_from(url.http), STR("http")));
	FUZZ_CHECK(url.is_health || !*url.service);
}

static void check_status(struct str status, struct str message)
{
	struct grpc_result result = { 0 };
	struct http_response answer;
	struct err err;

	http_response_init(&answer, 0);
	answer.status = 200;
	buf_adds(&answer.headers, "HTTP/2 200\r\n\r\n");
	buf_addf(&answer.trailers, "grpc-status: %.*s\r\ngrpc-message: %.*s\r\n", STR_ARG(status),
	    STR_ARG(message));
	if (grpc_read_status(&answer, &result, &err) == 0) {
		FUZZ_CHECK(result.status < GRPC_STATUS_COUNT && grpc_status_name(result.status));
		for (const char *p = result.message; *p; p++)
			FUZZ_CHECK((unsigned char)*p >= ' ');
	}
	http_response_release(&answer);
}

static void check_body(struct str body)
{
	struct str message;
	enum grpc_health health;
	struct err err;

	if (grpc_unframe(body, &message, &err) == 0) {
		FUZZ_CHECK(fuzz_is_within(message, body) && message.n + GRPC_PREFIX_SIZE == body.n);
		if (grpc_health_read(message, &health, &err) == 0)
			FUZZ_CHECK(health <= GRPC_HEALTH_SERVICE_UNKNOWN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str rest = fuzz_input(bytes, size), url, message, status;

	(void)str_cut(rest, '\n', &url, &rest);
	(void)str_cut(rest, '\n', &message, &rest);
	(void)str_cut(rest, '\n', &status, &rest);
	check_url(url);
	check_status(status, message);
	check_body(rest);
	return 0;
}
