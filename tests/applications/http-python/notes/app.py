import base64
import json
import os
import uuid
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def create(event):
    body = event["body"]
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    note = json.loads(body, parse_float=Decimal)
    note["id"] = str(uuid.uuid4())
    table.put_item(Item=note)
    return {"statusCode": 201, "body": json.dumps({"id": note["id"]}), "cookies": ["last=" + note["id"]]}


def list_by_author(event):
    author = event["pathParameters"]["author"]
    found = table.query(
        IndexName="by-author",
        KeyConditionExpression=Key("author").eq(author),
        ScanIndexForward=False,
    )
    # Without a status: an HTTP API takes this for the body.
    return [note["text"] for note in found["Items"]]


ROUTES = {"POST /notes": create, "GET /authors/{author}/notes": list_by_author}


def handler(event, context):
    route = ROUTES.get(event["routeKey"])
    if route is None:
        return {"statusCode": 404, "body": "nothing at " + event["rawPath"]}
    return route(event)
