"""Prints what AWS's own SAM translator makes of templates: CloudFormation as JSON, one a line."""

import json
import os
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"


def translate(path):
    with open(path) as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        # `sam deploy` uploads the code first.
        if resource["Type"] == "AWS::Serverless::Function":
            resource.setdefault("Properties", {})["CodeUri"] = "s3://bucket/code"
    parameters = template.get("Parameters", {})
    values = {name: parameter["Default"] for name, parameter in parameters.items() if "Default" in parameter}
    translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=boto3.Session(region_name=REGION))
    return translator.translate(template, values)


if __name__ == "__main__":
    os.environ["AWS_DEFAULT_REGION"] = REGION
    for path in sys.argv[1:]:
        print(json.dumps(translate(path)))
