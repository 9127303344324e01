"""The least that a function of an API does."""


def handler(event, context):
    return {"statusCode": 200, "body": event["path"]}
