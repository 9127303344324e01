"""What both functions share."""
import json
import logging
import os
from decimal import Decimal

logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))


class DecimalEncoder(json.JSONEncoder):
    def default(self, o):
        return int(o) if isinstance(o, Decimal) else super().default(o)


def response(status, body):
    return {"statusCode": status, "body": json.dumps(body, cls=DecimalEncoder)}
