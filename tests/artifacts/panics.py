"""Has a handler panic, under `samlet exec`: that must be an answer and a log line, and the environment must live on."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

import boto3

from check import Broken

GROUP = "/aws/lambda/local-DeleteMessageItem"
WAIT_S = 10


def delete(message_id):
    request = urllib.request.Request(f"{os.environ['API_URL']}/message/{message_id}", method="DELETE")
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def expect(what, found, wanted):
    if found != wanted:
        raise Broken(f"{what} is {found}, and should be {wanted}")


def logged():
    """The lines about the panic, as soon as there are any, and the environments that there have been."""
    logs = boto3.client("logs")
    until = time.monotonic() + WAIT_S
    while True:
        events = logs.filter_log_events(logGroupName=GROUP)["events"]
        lines = [event["message"].strip() for event in events if "on purpose" in event["message"]]
        if lines or time.monotonic() > until:
            return lines, {event["logStreamName"] for event in events}
        time.sleep(0.1)


def main():
    expect("the answer of a handler that panics", delete("panic"), (502, {"message": "Internal server error"}))
    expect("the next answer", delete("none"), (404, {"success": False, "message": "Message not found"}))
    lines, environments = logged()
    if not lines:
        raise Broken("the panic is not in the log")
    expect("the number of environments", len(environments), 1)
    print(f"a panic is answered with 502, its environment goes on, and its log says: {lines[0]}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (Broken, OSError) as error:
        sys.exit(f"error: {error}")
