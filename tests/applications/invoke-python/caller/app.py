import json
import os

import boto3
from botocore.exceptions import ClientError

client = boto3.client("lambda")


def handler(event, context):
    how = event["pathParameters"]["how"]
    name = os.environ["SECRET" if how == "secret" else "WORKER"]
    kind = "Event" if how == "event" else "RequestResponse"
    try:
        answer = client.invoke(
            FunctionName=name,
            InvocationType=kind,
            Payload=json.dumps({"how": how}),
        )
    except ClientError as error:
        return {"statusCode": 403, "body": error.response["Error"]["Code"]}
    body = {
        "status": answer["StatusCode"],
        "error": answer.get("FunctionError"),
        "payload": answer["Payload"].read().decode(),
    }
    return {"statusCode": 200, "body": json.dumps(body)}
