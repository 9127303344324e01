"""Get item in DDB"""
import os

import boto3
import common

ddb_table = boto3.resource("dynamodb").Table(os.environ["DDB_TABLE_NAME"])


def handler(event, context):
    key = {"pk": event["pathParameters"]["message_id"], "sk": "v0"}
    item = ddb_table.get_item(Key=key).get("Item")
    if item is None:
        return common.response(404, {"success": False, "message": "not found"})
    return common.response(200, {"success": True, "message": item})
