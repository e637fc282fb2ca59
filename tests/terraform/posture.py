#!/usr/bin/env python3
"""What must be so in every mocked state, whichever module, root or example made it.

The modules' own tests hold their defaults; this holds what any caller could undo by an input.
"""
import json
import re
import sys

from mocked import report, resources, runs

WORLD = ("0.0.0.0/0", "::/0")
PUBLIC_PORTS = (80, 443)
TLS = re.compile(r"ELBSecurityPolicy-TLS13-1-[23](-Res)?(-PQ)?-\d{4}-\d{2}|ELBSecurityPolicy-TLS-1-2-2017-01")
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def open_to_the_world(module):
    for rule in resources(module, "aws_vpc_security_group_ingress_rule"):
        values = rule["values"]
        ports = (values["from_port"], values["to_port"])
        if {values.get("cidr_ipv4"), values.get("cidr_ipv6")} & set(WORLD) and \
                (ports[0] != ports[1] or ports[0] not in PUBLIC_PORTS):
            yield rule, f"ports {ports} are open to the world"


def old_tls(module):
    for listener in resources(module, "aws_lb_listener"):
        policy = listener["values"].get("ssl_policy")
        if listener["values"]["protocol"] in ("HTTPS", "TLS") and not TLS.fullmatch(policy or ""):
            yield listener, f"speaks TLS by {policy}"
    for policy in resources(module, "aws_load_balancer_policy"):
        for attribute in policy["values"]["policy_attribute"]:
            if attribute["name"] == "Reference-Security-Policy" and not TLS.fullmatch(attribute["value"]):
                yield policy, f"speaks TLS by {attribute['value']}"


def dead_letters_that_die_first(module):
    """A dead letter keeps the age that it had in the queue."""
    queues = {q["values"]["name"]: q for q in resources(module, "aws_sqs_queue")}
    for name, queue in queues.items():
        dead = queues.get(f"{name}-dlq", queue)
        if dead["values"]["message_retention_seconds"] < queue["values"]["message_retention_seconds"]:
            yield dead, "keeps messages for less time than the queue that they come from"


def public_buckets(module):
    buckets = list(resources(module, "aws_s3_bucket"))
    blocks = list(resources(module, "aws_s3_bucket_public_access_block"))
    if len(blocks) != len(buckets):
        yield buckets[0], f"{len(buckets)} buckets, of which {len(blocks)} are closed"
    for block in blocks:
        yield from ((block, f"{name} is not true") for name in BLOCKS if block["values"][name] is not True)


def anybody(module):
    """Resource policies that let everybody in. That of an endpoint opens nothing: it only narrows."""
    for resource in resources(module):
        document = resource["values"].get("policy")
        if resource["type"] == "aws_vpc_endpoint" or not isinstance(document, str) or document[:1] != "{":
            continue
        for statement in json.loads(document).get("Statement", []):
            is_anybody = statement.get("Principal") in ("*", {"AWS": "*"})
            if statement["Effect"] == "Allow" and is_anybody and not statement.get("Condition"):
                yield resource, f"lets everybody in: {statement}"


def old_metadata(module):
    """Version 1 of the metadata service gives a role to whoever can make a program fetch a URL."""
    for resource in resources(module, "aws_instance", "aws_launch_template"):
        options = resource["values"]["metadata_options"]
        if not options or options[0]["http_tokens"] != "required":
            yield resource, "its metadata service wants no token"


def keys_for_ever(module):
    for key in resources(module, "aws_kms_key"):
        if key["values"]["enable_key_rotation"] is not True:
            yield key, "is never rotated"


RULES = (open_to_the_world, old_tls, dead_letters_that_die_first, public_buckets, anybody, old_metadata,
         keys_for_ever)


def main():
    problems, count = [], 0
    for run in runs("terraform", "distinct/terraform/bootstrap"):
        count += 1
        problems += [f"{run}: {resource['address']}: {text}" for rule in RULES for resource, text in rule(run.module)]
    if count == 0:
        problems.append("there is no mocked state")
    return report(f"{count} mocked states, {len(RULES)} rules", problems)


sys.exit(main())
