"""Creates the stack that SAM's translator makes of a template, in moto, and asks the services what came to exist.

    create.py TRANSLATED.json [NAME=VALUE …]

Resource types that moto's CloudFormation lacks are left out and named; all others must come to exist.
"""

import io
import json
import logging
import os
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

REGION = "us-east-1"
STACK = "hello-serverless"

# What moto 5.2.5 lacks of what the template comes to. One more, or one less, is a failure.
LACKING = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
}


# It has this one, but passes over the Body of the API, and deploys none that has no methods. The Body is put and
# deployed after the stack, by API Gateway's own actions.
DEPLOYMENT = "AWS::ApiGateway::Deployment"


class Broken(Exception):
    """What is wrong, in words."""


def holds(condition, template, values):
    """Whether a condition of the template is true."""
    (name, argument), = condition.items()
    if name == "Condition":
        return holds(template["Conditions"][argument], template, values)
    if name == "Fn::Not":
        return not holds(argument[0], template, values)
    if name == "Fn::And":
        return all(holds(each, template, values) for each in argument)
    if name == "Fn::Or":
        return any(holds(each, template, values) for each in argument)
    if name == "Fn::Equals":
        first, second = (values[each["Ref"]] if isinstance(each, dict) else each for each in argument)
        return str(first) == str(second)
    raise Broken(f"the condition function {name} is not known here")


def without(value, left_out):
    """A value in which nothing refers to what was left out: it gives that one's name, an alias that of its function."""
    if isinstance(value, list):
        return [without(each, left_out) for each in value]
    if isinstance(value, str):
        for name, stand_in in left_out.items():
            value = value.replace("${%s}" % name, "${%s}" % stand_in if stand_in != name else name)
            value = value.replace("${%s." % name, "${%s." % stand_in if stand_in != name else "${!%s." % name)
        return value
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in left_out:
        name = value["Ref"]
        return {"Ref": left_out[name]} if left_out[name] != name else name
    attribute = value.get("Fn::GetAtt")
    if attribute and attribute[0] in left_out:
        return ".".join(attribute)
    return {name: without(each, left_out) for name, each in value.items()}


def creatable(template):
    """The template as far as moto can create it, and the types that it cannot."""
    resources = template["Resources"]
    left_out = {}
    for name, resource in resources.items():
        if resource["Type"] == DEPLOYMENT or resource["Type"] not in get_model_map():
            function = resource["Properties"].get("FunctionName", {}) if resource["Type"] == "AWS::Lambda::Alias" else {}
            left_out[name] = function.get("Ref", name)
    lacking = {resources[name]["Type"] for name in left_out} - {DEPLOYMENT}
    kept = {name: without(resource, left_out) for name, resource in resources.items() if name not in left_out}
    for resource in kept.values():
        after = resource.get("DependsOn", [])
        after = [after] if isinstance(after, str) else after
        resource["DependsOn"] = [name for name in after if name in kept]
    outputs = {name: without(output, left_out) for name, output in template.get("Outputs", {}).items()}
    return template | {"Resources": kept, "Outputs": outputs}, lacking


def code():
    """A function's package, as small as can be."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("bootstrap", "")
    return file.getvalue()


def create(template, values):
    """Creates the stack; gives the physical ids of its resources, where moto gives them any."""
    boto3.client("s3").create_bucket(Bucket="bucket")
    boto3.client("s3").put_object(Bucket="bucket", Key="code", Body=code())
    cloudformation = boto3.client("cloudformation")
    parameters = [{"ParameterKey": name, "ParameterValue": str(value)} for name, value in values.items()]
    try:
        cloudformation.create_stack(
            StackName=STACK, TemplateBody=json.dumps(template), Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
        )
    except Exception as error:
        # Of what is not sound, moto refuses some, and fails at some.
        raise Broken(f"the stack cannot be created: {error!r}") from error
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise Broken(f"the stack is {stack['StackStatus']}")
    for name, output in template["Outputs"].items():
        wanted = "Condition" not in output or holds({"Condition": output["Condition"]}, template, values)
        if wanted != (name in {made["OutputKey"] for made in stack["Outputs"]}):
            raise Broken(f"the output {name} is {'missing' if wanted else 'there'}")
    made = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    # One that a condition leaves out has no name.
    made = [resource for resource in made if "LogicalResourceId" in resource]
    return {resource["LogicalResourceId"]: resource.get("PhysicalResourceId") for resource in made}


def expect(what, found, wanted):
    if found != wanted:
        raise Broken(f"{what} is {found!r}, not {wanted!r}")


def look(template, values, ids):
    """Asks each service for what the template declares."""
    live = holds({"Condition": "IsLive"}, template, values)
    for name, resource in template["Resources"].items():
        declared, kind = resource.get("Properties", {}), resource["Type"]
        if "Condition" in resource and not holds({"Condition": resource["Condition"]}, template, values):
            expect(f"{name}, whose condition is false", name in ids, False)
            continue
        if name not in ids:
            raise Broken(f"{name} ({kind}) did not come to exist")
        if kind == "AWS::DynamoDB::Table":
            table = boto3.client("dynamodb").describe_table(TableName=ids[name])["Table"]
            expect(f"the key of {name}", table["KeySchema"], declared["KeySchema"])
            expect(f"the protection of {name}", table.get("DeletionProtectionEnabled"), live)
        elif kind == "AWS::Lambda::Function":
            function = boto3.client("lambda").get_function(FunctionName=ids[name])["Configuration"]
            for setting in ("MemorySize", "Timeout", "Handler", "Runtime"):
                expect(f"{setting} of {name}", function[setting], declared[setting])
            expect(f"the architecture of {name}", function["Architectures"], [values["Architecture"]])
            variables = function["Environment"]["Variables"]
            expect(f"the table of {name}", variables["DDB_TABLE_NAME"], ids["DynamoDBTable"])
            role = function["Role"].rsplit("/", 1)[1]
            policies = boto3.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
            expect(f"the policies of {name}", len(policies), 1)
            versions = boto3.client("lambda").list_versions_by_function(FunctionName=ids[name])["Versions"]
            expect(f"the versions of {name}", [each["Version"] for each in versions], ["$LATEST", "1"])
            policy = json.loads(boto3.client("lambda").get_policy(FunctionName=ids[name])["Policy"])
            may = [(each["Principal"]["Service"], each["Action"]) for each in policy["Statement"]]
            expect(f"who may call {name}", may, [("apigateway.amazonaws.com", "lambda:InvokeFunction")])
        elif kind == "AWS::Logs::LogGroup":
            groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=ids[name])["logGroups"]
            expect(f"the retention of {name}", groups[0]["retentionInDays"], int(values["LogRetentionDays"]))
        elif kind == "AWS::CloudWatch::Dashboard":
            body = boto3.client("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
            if not json.loads(body)["widgets"]:
                raise Broken(f"{name} is empty")
        elif kind == "AWS::SNS::Topic":
            subscribed = boto3.client("sns").list_subscriptions_by_topic(TopicArn=ids[name])["Subscriptions"]
            expect(f"who {name} tells", [each["Endpoint"] for each in subscribed], [values["AlarmEmail"]])
        elif kind == "AWS::ApiGateway::RestApi":
            deploy(name, ids[name], declared["Body"])


def deploy(name, api, body):
    """Puts an API's Body, and deploys it."""
    gateway = boto3.client("apigateway")
    document = json.dumps(plain(body)).encode()
    gateway.put_rest_api(restApiId=api, body=document, mode="overwrite")
    gateway.create_deployment(restApiId=api, stageName="Prod")
    resources = gateway.get_resources(restApiId=api)["items"]
    routes = {(each["path"], method) for each in resources for method in each.get("resourceMethods", {})}
    paths = body["paths"].items()
    expect(f"the routes of {name}", routes, {(path, method.upper()) for path, own in paths for method in own})


def plain(value):
    """A value with a text for each intrinsic function."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in ("Ref", "Fn::Sub", "Fn::GetAtt"):
        return str(next(iter(value.values())))
    return {name: plain(each) for name, each in value.items()}


def main(path, overrides):
    with open(path) as file:
        template = json.load(file)
    values = {name: parameter["Default"] for name, parameter in template["Parameters"].items()} | overrides
    template, lacking = creatable(template)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        ids = create(template, values)
        look(template, values, ids)
    unknown = lacking - LACKING
    if unknown:
        raise Broken(f"moto does not support {', '.join(sorted(unknown))}")
    known = [kind for kind in LACKING if kind in get_model_map()]
    if known:
        raise Broken(f"moto does support {', '.join(sorted(known))}: take it off the list of what it lacks")
    print(f"{os.path.basename(path)}: moto created {len(ids)} resources; it has no {', '.join(sorted(lacking))}")


if __name__ == "__main__":
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    logging.disable()
    try:
        main(sys.argv[1], dict(argument.split("=", 1) for argument in sys.argv[2:]))
    except (Broken, ClientError) as error:
        sys.exit(f"error: {sys.argv[1]}: {error}")
