"""Prints what AWS's own SAM translator makes of templates: CloudFormation as JSON, one a line.

Parameters have their defaults, or the values given as NAME=VALUE.
"""

import json
import logging
import os
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"


def translate(path, overrides):
    with open(path) as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        # `sam deploy` uploads the code first.
        if resource["Type"] == "AWS::Serverless::Function":
            resource.setdefault("Properties", {})["CodeUri"] = "s3://bucket/code"
    parameters = template.get("Parameters", {})
    values = {name: parameter["Default"] for name, parameter in parameters.items() if "Default" in parameter}
    translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=boto3.Session(region_name=REGION))
    return translator.translate(template, values | overrides)


if __name__ == "__main__":
    os.environ["AWS_DEFAULT_REGION"] = REGION
    # It warns of AWS's own settings for new features, which are not here.
    logging.disable(logging.WARNING)
    overrides = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    for path in sys.argv[1:]:
        if "=" not in path:
            print(json.dumps(translate(path, overrides)))
