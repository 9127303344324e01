"""Put item in DDB"""
import json
import logging
import os
import time
from uuid import uuid4

import boto3
import common

ddb_table = boto3.resource("dynamodb").Table(os.environ["DDB_TABLE_NAME"])


def _create_item(item):
    item.update(pk=str(uuid4()), sk="v0", timestamp=int(time.time()))
    ddb_table.put_item(Item=item)
    return {"message_id": item["pk"]}


def handler(event, context):
    message = _create_item(json.loads(event["body"]))
    logging.info("created %s", message["message_id"])
    return common.response(200, {"success": True, "message": message})
