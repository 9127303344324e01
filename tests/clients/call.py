"""Makes one call by boto3, as who and where standard input says; prints what came of it as JSON."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

asked = json.load(sys.stdin)
client = boto3.client(
    asked["service"],
    endpoint_url=asked["endpoint"],
    region_name="us-east-1",
    aws_access_key_id=asked["key"],
    aws_secret_access_key=asked["secret"],
    aws_session_token=asked.get("token"),
    config=Config(retries={"max_attempts": 0}),
)
try:
    answer = client._make_api_call(asked["operation"], asked["parameters"])
    answer.pop("ResponseMetadata")
    print(json.dumps(answer, default=str))
except ClientError as error:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    print(json.dumps({"status": status, **error.response["Error"]}))
