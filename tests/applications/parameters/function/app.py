import json
import os


def handler(event, context):
    names = ["COLOUR", "NAMES", "SIZE", "LIVE", "TABLE", "QUEUE", "SECOND"]
    body = {name: os.environ.get(name) for name in names}
    return {"statusCode": 200, "body": json.dumps(body)}
