def handler(event, context):
    print("working on", event["how"], context.aws_request_id)
    if event["how"] in ("fail", "event"):
        raise ValueError("on purpose")
    return {"worked on": event["how"]}
