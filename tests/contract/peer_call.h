/*
 * peer_call: what a test asks of a server besides what our code can: to make things. Unsigned, but
 * for a header that names the service, by which moto tells services apart; AWS would refuse it.
 */
#ifndef OPS_TEST_PEER_CALL_H
#define OPS_TEST_PEER_CALL_H

#include "http.h"
#include "json.h"
#include "test.h"

enum { PEER_TEXT_SIZE = 256, PEER_ANSWER_MAX = 64 * 1024 };

/* *response is to be released. */
static inline void peer_post(const char *endpoint, const char *service, const char *target,
    struct str body, struct http_response *response)
{
	char scope[PEER_TEXT_SIZE];
	const struct http_header headers[] = {
		{ "Content-Type", "application/x-amz-json-1.1" },
		{ "X-Amz-Target", target },
		{ "Authorization", scope },
	};
	struct http_request request = {
		.method = "POST",
		.url = endpoint,
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.body = body,
		.has_body = true,
	};
	struct http_options options = { .user_agent = "contract" };
	struct http *http;
	struct err err;

	(void)snprintf(scope, sizeof(scope),
	    "AWS4-HMAC-SHA256 Credential=none/20261121/us-east-1/%s/aws4_request, "
	    "SignedHeaders=host, Signature=0",
	    service);
	http_response_init(response, PEER_ANSWER_MAX);
	if (http_open(&http, &options, &err) != 0 || http_call(http, &request, response, &err) != 0)
		test_die("%s %s: %s", endpoint, target, err.text);
	http_close(http);
}

/* target: "AmazonSQS.CreateQueue". Whether the answer was 200. */
static inline bool peer_try(const char *endpoint, const char *service, const char *target,
    struct str body)
{
	struct http_response response;
	bool is_done;

	peer_post(endpoint, service, target, body, &response);
	is_done = response.status == 200;
	http_response_release(&response);
	return is_done;
}

/* The answer is to be freed; whatever fails ends the test. */
static inline struct json *peer_call(const char *endpoint, const char *service, const char *target,
    struct str body)
{
	struct http_response response;
	struct json *answer;
	struct err err;

	peer_post(endpoint, service, target, body, &response);
	if (response.status != 200 || json_parse(buf_str(&response.body), &answer, &err) != 0)
		test_die("%s %s: %d: %s", endpoint, target, response.status,
		    buf_text(&response.body));
	http_response_release(&response);
	return answer;
}

#endif
