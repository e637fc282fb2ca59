#!/usr/bin/env python3
"""Container definitions, held against the model of the API that takes them.

To Terraform they are a text: a misspelt key would be found by AWS, or ignored by it. botocore,
which has the model, comes with the scanners' environment.
"""
import json
import sys

import botocore.session
import botocore.validate
from mocked import report, resources, runs


def members():
    ecs = botocore.session.get_session().get_service_model("ecs")
    return ecs.operation_model("RegisterTaskDefinition").input_shape.members


def main():
    shape = members()["containerDefinitions"]
    problems, count = [], 0
    for run in runs("terraform"):
        for task in resources(run.module, "aws_ecs_task_definition"):
            definitions = json.loads(task["values"]["container_definitions"])
            verdict = botocore.validate.ParamValidator().validate(definitions, shape)
            count += 1
            if verdict.has_errors():
                problems.append(f"{run}: {task['address']}: {verdict.generate_report()}")
    if count == 0:
        problems.append("there is no task definition in any mocked state")
    return report(f"{count} task definitions", problems)


sys.exit(main())
