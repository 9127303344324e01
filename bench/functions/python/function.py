"""RetrieveMessageItem in Python: one GetItem through boto3's default set-up."""

import json
import os
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table(os.environ["DDB_TABLE_NAME"])


class DecimalEncoder(json.JSONEncoder):
    """boto3 gives numbers as Decimal, which json cannot write."""

    def default(self, o):
        if isinstance(o, Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        return super().default(o)


def handler(event, context):
    key = {"pk": event["pathParameters"]["message_id"], "sk": "v0"}
    found = table.get_item(Key=key)
    if "Item" not in found:
        return answer(404, False, "Message not found")
    return answer(200, True, found["Item"])


def answer(status, success, message):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"success": success, "message": message}, cls=DecimalEncoder),
    }
