#!/usr/bin/env python3
"""moto, with a door for the test: moto_peer.py [PORT]; prints its URL, ends on SIGTERM.

The wire and the world (queues, parameters, services) are moto's. Through /_test/ a test sets single
answers that moto cannot give, sees what was asked, and switches the checking of signatures and
policies on. Needs exactly the moto of requirements.txt: one internal method is replaced.

    POST   /_test/answers  {"service", "action", and one of: "result" (the whole answer), "merge" (laid
                           over moto's own; lists by position), "error": {"code", "message", "status"};
                           "when": members the request must have; "times": then it is gone;
                           "delay_s"}. Names are boto3's; a member the API does not have is refused.
    DELETE /_test/answers
    GET    /_test/calls    [{"service", "action", "params", "access_key"}]; DELETE forgets them
    POST   /_test/auth     "off"; "on"; "on KEY": but not for who signs with that access key
"""
import json
import signal
import sys
import threading
import time

import flask
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException, _RESTError
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.iam.access_control import IAMRequest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

UNSIGNED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}

# moto says its refusals in the words of the Query protocol; these are those of the JSON ones.
JSON_CODE = {
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "AccessDenied": "AccessDeniedException",
}

# The resource that a policy is compared with, where moto itself would take "*".
RESOURCE = {
    ("ssm", "GetParameter"): lambda p: f"parameter/{p['Name'].lstrip('/').partition(':')[0]}",
    ("ssm", "GetParameterHistory"): lambda p: f"parameter/{p['Name'].lstrip('/')}",
    ("ssm", "PutParameter"): lambda p: f"parameter/{p['Name'].lstrip('/')}",
    ("secretsmanager", "DescribeSecret"): lambda p: f"secret:{p['SecretId']}-AbCdEf",
    ("secretsmanager", "GetSecretValue"): lambda p: f"secret:{p['SecretId']}-AbCdEf",
    ("ecs", "DescribeServices"): lambda p: f"service/{p['cluster']}/{p['services'][0]}",
    ("ecs", "UpdateService"): lambda p: f"service/{p['cluster']}/{p['service']}",
}


class Refused(ServiceException):
    __module__ = "peer"  # moto takes the name of the service from here

    def __init__(self, code, message, status=None):
        super().__init__(code, message)
        self.status = status


class Door:
    """What the test has set, and what it may see."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers, self.calls, self.checks, self.unjudged = [], [], False, ""

    def add(self, answer):
        answer = {"when": {}, "times": None, "delay_s": 0, **answer}
        shape = get_service_model(answer["service"]).operation_model(answer["action"]).output_shape
        if shape:
            report = ParamValidator().validate(answer.get("result") or answer.get("merge") or {}, shape)
            if report.has_errors():
                return Response(report.generate_report() + "\n", 400)
        with self.lock:
            self.answers.append(answer)
        return Response(status=204)

    def take(self, service, action, params):
        with self.lock:
            for answer in self.answers:
                if (answer["service"], answer["action"]) != (service, action):
                    continue
                if any(params.get(k) != v for k, v in answer["when"].items()):
                    continue
                if answer["times"] is not None:
                    answer["times"] -= 1
                    if answer["times"] <= 0:
                        self.answers.remove(answer)
                return answer
        return None

    def serve(self, request):
        what = request.path.rpartition("/")[2], request.method
        if what == ("answers", "POST"):
            return self.add(request.get_json(force=True))
        if what == ("calls", "GET"):
            return Response(json.dumps(self.calls, default=str), content_type="application/json")
        if what == ("auth", "POST"):
            state, self.unjudged = (request.get_data(as_text=True) + " ").split(" ", 1)
            self.checks = state == "on"
        elif what in (("answers", "DELETE"), ("calls", "DELETE")):
            getattr(self, what[0]).clear()
        else:
            return Response("no such door\n", 404)
        return Response(status=204)


DOOR = Door()
MOTO_CALL_ACTION = BaseResponse.call_action


def parse_parameters(response):
    """The request's parameters by the API's names, whatever the protocol."""
    before, response.PROTOCOL_PARSER_MAP_TYPE = response.__dict__.get("params"), dict
    response.parse_parameters(flask.request)
    params, response.params = response.params, before
    del response.PROTOCOL_PARSER_MAP_TYPE
    return params


def signer():
    """The access key of the signature, or "". (moto's own idea of it is a constant for unknown keys.)"""
    return flask.request.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]


def resource_of(response, service, action, params):
    if (service, action) in RESOURCE:
        name = RESOURCE[service, action](params)
        return f"arn:aws:{service}:{response.region}:{response.current_account}:{name}"
    return getattr(response, "_determine_resource", lambda: "*")()


def check(response, service, action, params):
    if action in UNSIGNED or signer() == DOOR.unjudged.strip():
        return
    if "Credential=" not in response.headers.get("Authorization", ""):
        raise Refused("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    try:
        request = IAMRequest(account_id=response.current_account, method=response.method,
                             path=flask.request.full_path.rstrip("?"), data=response.data,
                             body=response.raw_body, headers=response.headers, action=action)
        # moto makes permissions from the signing name, which for CloudWatch is another word, and of
        # the operation's, of which SQS has one permission for its two forms.
        request._action = request._action.replace("monitoring:", "cloudwatch:")
        if service == "sqs":
            request._action = request._action.removesuffix("Batch")
        request.check_signature()
        request.check_action_permitted(resource_of(response, service, action, params))
    except _RESTError as e:
        if "json" in response.headers.get("Content-Type", ""):
            raise Refused(JSON_CODE[e.error_type], e.message) from e
        raise Refused(e.error_type, e.message, 403) from e


def lay_over(own, top):
    if isinstance(own, dict) and isinstance(top, dict):
        return {**own, **{name: lay_over(own.get(name), value) for name, value in top.items()}}
    if isinstance(own, list) and isinstance(top, list):
        return [lay_over(own[i] if i < len(own) else None, v) for i, v in enumerate(top)] + own[len(top):]
    return top


def say(response, result, status=None):
    own_status, headers, body = response.serialized(ActionResult(result))
    headers, body = response._enrich_response(headers, body)  # request ids
    return status or own_status, headers, body


def merged(response, service, action, answer, top):
    status, headers, body = answer
    if int(status) >= 300:
        return answer
    model = get_service_model(service)
    parser = create_parser(response.determine_response_protocol(model))
    raw = body.encode() if isinstance(body, str) else body
    own = parser.parse({"status_code": 200, "headers": headers, "body": raw},
                       model.operation_model(action).output_shape)
    own.pop("ResponseMetadata", None)
    return say(response, lay_over(own, top))


def call_action(response):
    service, action = response.boto3_service_name, response._get_action()
    params = parse_parameters(response)
    DOOR.calls.append({"service": service, "action": action, "params": params, "access_key": signer()})
    try:
        if DOOR.checks:
            check(response, service, action, params)
        answer = DOOR.take(service, action, params) or {"delay_s": 0}
        time.sleep(answer["delay_s"])
        if "error" in answer:
            raise Refused(**answer["error"])
    except Refused as refusal:
        return say(response, refusal, refusal.status)
    if "result" in answer:
        return say(response, answer["result"])
    own = MOTO_CALL_ACTION(response)
    return merged(response, service, action, own, answer["merge"]) if "merge" in answer else own


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


def main():
    BaseResponse.call_action = call_action
    moto = DomainDispatcherApplication(create_backend_app)

    def serve(environ, start_response):
        if environ["PATH_INFO"].startswith("/_test/"):
            return DOOR.serve(Request(environ))(environ, start_response)
        return moto(environ, start_response)

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = make_server("127.0.0.1", port, serve, threaded=True, request_handler=Quiet)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
