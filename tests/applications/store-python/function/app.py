"""Tries what the event asks for, and says what came of it."""
import os

import boto3
from botocore.exceptions import ClientError

client = boto3.client("dynamodb")
TABLE = os.environ["TABLE"]
KEY = {"customer": {"S": "ann"}, "number": {"N": "1"}}

ATTEMPTS = {
    "index": lambda: client.query(
        TableName=TABLE,
        IndexName="by-state",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "open"}},
    )["Count"],
    "statement": lambda: len(
        client.execute_statement(
            Statement=f'SELECT * FROM "{TABLE}"."by-state" WHERE "state" = \'open\''
        )["Items"]
    ),
    "item": lambda: client.get_item(TableName=TABLE, Key=KEY),
    "table-statement": lambda: client.execute_statement(
        Statement=f'SELECT * FROM "{TABLE}" WHERE customer = \'ann\''
    ),
    "check": lambda: client.transact_write_items(
        TransactItems=[
            {"ConditionCheck": {"TableName": TABLE, "Key": KEY, "ConditionExpression": "attribute_exists(customer)"}}
        ]
    )["ResponseMetadata"]["HTTPStatusCode"],
    "transaction": lambda: client.transact_write_items(
        TransactItems=[{"Delete": {"TableName": TABLE, "Key": KEY}}]
    ),
}


def handler(event, context):
    print("trying", event["try"])
    try:
        return ATTEMPTS[event["try"]]()
    except ClientError as error:
        return error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
