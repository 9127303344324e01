"""What boto3 expects of DynamoDB, Lambda, CloudWatch Logs and STS, errors included.

Run against the application store-python; SAMLET_AWS names its endpoint.
"""
import base64
import gzip
import json
import os
import random
import time
import unittest
import urllib.error
import urllib.request
import zlib
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

TABLE = "local-Orders"
READER = "local-Reader"


def client(service, key="local", secret="local", session=boto3, **config):
    return session.client(
        service,
        endpoint_url=os.environ["SAMLET_AWS"],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}, **config),
    )


def order(customer, number, **more):
    return {"customer": {"S": customer}, "number": {"N": str(number)}, **more}


class DynamoDb(unittest.TestCase):
    def setUp(self):
        self.client = client("dynamodb")
        self.resource = boto3.resource(
            "dynamodb",
            endpoint_url=os.environ["SAMLET_AWS"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self.table = self.resource.Table(TABLE)

    def test_items_of_every_type_survive_the_round_trip(self):
        item = {
            "customer": "types",
            "number": 1,
            "binary": b"\x00\xff",
            "decimal": Decimal("-1.5E-20"),
            "set": {Decimal(1), Decimal(2)},
            "texts": {"a", "b"},
            "nested": {"list": [None, True, {"deep": "x"}]},
        }
        self.table.put_item(Item=item)
        read = self.table.get_item(Key={"customer": "types", "number": 1})["Item"]
        read["binary"] = read["binary"].value
        self.assertEqual(read, item)

    def test_conditions_expressions_and_return_values(self):
        key = {"customer": "expressions", "number": 1}
        self.table.put_item(Item={**key, "count": 1})
        updated = self.table.update_item(
            Key=key,
            UpdateExpression="SET #c = #c + :one",
            ConditionExpression=Attr("count").lt(5),
            ExpressionAttributeNames={"#c": "count"},
            ExpressionAttributeValues={":one": 1},
            ReturnValues="UPDATED_NEW",
        )
        self.assertEqual(updated["Attributes"], {"count": 2})
        with self.assertRaises(self.client.exceptions.ConditionalCheckFailedException) as caught:
            self.client.put_item(
                TableName=TABLE,
                Item=order("expressions", 1),
                ConditionExpression="attribute_not_exists(customer)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        self.assertEqual(caught.exception.response["Item"]["count"], {"N": "2"})
        self.assertEqual(caught.exception.response["Error"]["Message"], "The conditional request failed")

    def test_a_removal_makes_no_item(self):
        key = {"customer": "removed", "number": 1}
        self.table.update_item(Key=key, UpdateExpression="REMOVE something")
        self.assertNotIn("Item", self.table.get_item(Key=key))

    def test_queries_scans_and_indexes(self):
        with self.table.batch_writer() as batch:
            for number in range(30):
                batch.put_item(Item={"customer": "query", "number": number, "state": "odd" if number % 2 else "even"})
        found = self.table.query(KeyConditionExpression=Key("customer").eq("query") & Key("number").between(5, 8))
        self.assertEqual([item["number"] for item in found["Items"]], [5, 6, 7, 8])
        local = self.table.query(
            IndexName="own-by-state",
            KeyConditionExpression=Key("customer").eq("query") & Key("state").eq("odd"),
        )
        self.assertEqual(local["Count"], 15)
        pages = self.client.get_paginator("scan").paginate(
            TableName=TABLE,
            FilterExpression="customer = :c",
            ExpressionAttributeValues={":c": {"S": "query"}},
            PaginationConfig={"PageSize": 7},
        )
        self.assertEqual(sum(page["Count"] for page in pages), 30)

    def test_a_scan_is_one_page_up_to_a_megabyte(self):
        for start in range(0, 2500, 25):
            self.client.batch_write_item(
                RequestItems={
                    TABLE: [{"PutRequest": {"Item": order("many", n)}} for n in range(start, start + 25)]
                }
            )
        found = self.table.query(KeyConditionExpression=Key("customer").eq("many"), Select="COUNT")
        self.assertEqual((found["Count"], "LastEvaluatedKey" in found), (2500, False))

    def test_transactions_are_all_or_nothing_and_idempotent(self):
        put = lambda number: {"Put": {"TableName": TABLE, "Item": order("transaction", number)}}
        check = {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": order("transaction", 99),
                "ConditionExpression": "attribute_exists(customer)",
            }
        }
        with self.assertRaises(self.client.exceptions.TransactionCanceledException) as caught:
            self.client.transact_write_items(TransactItems=[put(1), check])
        codes = [reason["Code"] for reason in caught.exception.response["CancellationReasons"]]
        self.assertEqual(codes, ["None", "ConditionalCheckFailed"])
        self.assertNotIn("Item", self.client.get_item(TableName=TABLE, Key=order("transaction", 1)))

        add = {
            "Update": {
                "TableName": TABLE,
                "Key": order("transaction", 2),
                "UpdateExpression": "ADD hits :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }
        for _ in range(2):
            self.client.transact_write_items(TransactItems=[add], ClientRequestToken="once")
        read = self.client.transact_get_items(
            TransactItems=[{"Get": {"TableName": TABLE, "Key": order("transaction", 2)}}]
        )
        self.assertEqual(read["Responses"][0]["Item"]["hits"], {"N": "1"})
        with self.assertRaises(self.client.exceptions.IdempotentParameterMismatchException):
            self.client.transact_write_items(TransactItems=[put(3)], ClientRequestToken="once")

    def test_partiql(self):
        run = lambda statement, *values: self.client.execute_statement(
            Statement=statement, Parameters=list(values) or [{"S": "unused"}]
        ) if values else self.client.execute_statement(Statement=statement)
        run(f"INSERT INTO \"{TABLE}\" VALUE {{'customer': ?, 'number': 1, 'state': 'open'}}", {"S": "partiql"})
        found = run(f'SELECT state FROM "{TABLE}" WHERE customer = ? AND number = 1', {"S": "partiql"})
        self.assertEqual(found["Items"], [{"state": {"S": "open"}}])
        run(f'UPDATE "{TABLE}" SET state = \'done\' WHERE customer = ? AND number = 1', {"S": "partiql"})
        batch = self.client.batch_execute_statement(
            Statements=[{"Statement": f"SELECT * FROM \"{TABLE}\" WHERE customer = 'partiql' AND number = 1"}]
        )
        self.assertEqual(batch["Responses"][0]["Item"]["state"], {"S": "done"})
        with self.assertRaises(self.client.exceptions.DuplicateItemException):
            run(f"INSERT INTO \"{TABLE}\" VALUE {{'customer': 'partiql', 'number': 1}}")
        with self.assertRaises(ClientError) as caught:
            run("DROP TABLE x")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")

    def test_streams_tell_of_changes(self):
        self.client.put_item(TableName=TABLE, Item=order("streamed", 1, state={"S": "new"}))
        streams = client("dynamodbstreams")
        described = self.client.describe_table(TableName=TABLE)["Table"]
        arn = described["LatestStreamArn"]
        self.assertTrue(arn.startswith("arn:aws:dynamodb:us-east-1:123456789012:table/local-Orders/stream/"), arn)
        self.assertEqual(streams.list_streams(TableName=TABLE)["Streams"][0]["StreamArn"], arn)
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        images = []
        for shard in shards:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                answer = streams.get_records(ShardIterator=iterator)
                if not answer["Records"]:
                    break
                for record in answer["Records"]:
                    self.assertEqual(record["awsRegion"], "us-east-1")
                    images.append(record["dynamodb"].get("NewImage", {}))
                iterator = answer.get("NextShardIterator")
        self.assertIn(order("streamed", 1, state={"S": "new"}), images)

    def test_a_change_that_changes_nothing_is_in_no_stream(self):
        streams = client("dynamodbstreams")
        arn = self.client.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self.assertNotIn("EndingSequenceNumber", shard["SequenceNumberRange"])
        after = streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=shard["ShardId"])
        self.assertEqual(after["StreamDescription"]["Shards"], [])
        same = order("unchanged", 1, state={"S": "new"}, tags={"SS": ["a", "b"]})
        key = {"customer": {"S": "unchanged"}, "number": {"N": "1"}}
        self.client.put_item(TableName=TABLE, Item=same)
        self.client.put_item(TableName=TABLE, Item=same)
        self.client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": same}}]})
        for state in ("new", "sent"):
            self.client.update_item(
                TableName=TABLE,
                Key=key,
                UpdateExpression="SET #s = :s",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={":s": {"S": state}},
            )
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        names = [record["eventName"] for record in records if record["dynamodb"]["Keys"] == key]
        self.assertEqual(names, ["INSERT", "MODIFY"])

    def test_what_dynamodb_refuses_is_refused(self):
        def refused(call, text, **request):
            with self.assertRaises(self.client.exceptions.ClientError) as raised:
                call(TableName=TABLE, **request)
            error = raised.exception.response["Error"]
            self.assertEqual(error["Code"], "ValidationException")
            self.assertIn(text, error["Message"])

        refused(
            self.client.scan,
            "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater",
            FilterExpression="#n BETWEEN :a AND :b",
            ExpressionAttributeNames={"#n": "number"},
            ExpressionAttributeValues={":a": {"N": "10"}, ":b": {"N": "9"}},
        )
        refused(
            self.client.scan,
            "Invalid attribute type name found; type: DOG",
            FilterExpression="attribute_type(customer, :t)",
            ExpressionAttributeValues={":t": {"S": "DOG"}},
        )
        operands = ", ".join([":v"] * 101)
        refused(
            self.client.scan,
            "Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101",
            FilterExpression=f"customer IN ({operands})",
            ExpressionAttributeValues={":v": {"S": "a"}},
        )
        refused(
            self.client.scan,
            "Invalid FilterExpression: The expression contains too many operators; operator count: 301",
            FilterExpression=" OR ".join(["customer = :v"] * 151),
            ExpressionAttributeValues={":v": {"S": "a"}},
        )
        refused(
            self.client.scan,
            "Invalid FilterExpression: Expression size has exceeded the maximum allowed size",
            FilterExpression="attribute_type " * 60_000,
        )
        refused(
            self.client.put_item,
            "cannot contain an empty string value. IndexName: by-state, IndexKey: state",
            Item=order("empty", 1, state={"S": ""}),
        )
        refused(
            self.client.update_item,
            "The update expression attempted to update a secondary index key to a value that is not supported. "
            "The AttributeValue for a key attribute cannot contain an empty string value.",
            Key={"customer": {"S": "empty"}, "number": {"N": "1"}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": ""}},
        )

    def test_what_the_template_declares_is_described(self):
        described = self.client.describe_table(TableName=TABLE)["Table"]
        self.assertEqual(described["TableArn"], "arn:aws:dynamodb:us-east-1:123456789012:table/local-Orders")
        self.assertEqual([index["IndexName"] for index in described["GlobalSecondaryIndexes"]], ["by-state"])
        expiry = self.client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
        self.assertEqual(expiry, {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"})
        self.assertIn(TABLE, self.client.list_tables()["TableNames"])
        arn = described["TableArn"]
        self.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(self.client.list_tags_of_resource(ResourceArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
        self.assertEqual(self.client.get_item(TableName=arn, Key=order("none", 1)).get("Item"), None)

    def test_a_table_is_made_changed_and_deleted(self):
        self.client.create_table(
            TableName="made",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        self.client.get_waiter("table_exists").wait(TableName="made")
        with self.assertRaises(self.client.exceptions.ResourceInUseException):
            self.client.create_table(
                TableName="made",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
        self.client.update_table(TableName="made", DeletionProtectionEnabled=True)
        with self.assertRaises(ClientError):
            self.client.delete_table(TableName="made")
        self.client.update_table(TableName="made", DeletionProtectionEnabled=False)
        self.client.delete_table(TableName="made")
        self.client.get_waiter("table_not_exists").wait(TableName="made")

    def test_errors_have_the_classes_of_aws(self):
        exceptions = self.client.exceptions
        for expected, call in [
            (exceptions.ResourceNotFoundException, lambda: self.client.get_item(TableName="none", Key=order("a", 1))),
            (exceptions.ResourceNotFoundException, lambda: self.client.describe_table(TableName="none")),
        ]:
            with self.assertRaises(expected):
                call()
        for code, call in [
            ("ValidationException", lambda: self.client.get_item(TableName=TABLE, Key={"customer": {"S": "a"}})),
            ("ValidationException", lambda: self.client.put_item(TableName=TABLE, Item=order("a", "x"))),
            ("UnknownOperationException", lambda: self.client.list_backups()),
        ]:
            with self.assertRaises(ClientError) as caught:
                call()
            self.assertEqual(caught.exception.response["Error"]["Code"], code)


class Compression(unittest.TestCase):
    """boto3 compresses requests where a service's model says so; that it accepts compressed answers is added here."""

    def setUp(self):
        # A session of its own has a model of its own.
        self.client = client("dynamodb", session=boto3.session.Session(), request_min_compression_size_bytes=1)
        for operation in self.client.meta.service_model._service_description["operations"].values():
            operation["requestcompression"] = {"encodings": ["gzip"]}
        self.accepted = None
        self.sent = self.received = None
        events = self.client.meta.events
        events.register("before-call", self.ask)
        events.register("before-send", self.see_request)
        events.register("before-parse", self.decompress)

    def ask(self, params, **_):
        if self.accepted:
            params["headers"]["Accept-Encoding"] = self.accepted

    def see_request(self, request, **_):
        self.sent = request.headers.get("Content-Encoding")

    def decompress(self, response_dict, **_):
        headers, body = response_dict["headers"], response_dict["body"]
        self.assertEqual(headers["x-amz-crc32"], str(zlib.crc32(body)))
        self.received = headers.get("Content-Encoding")
        if self.received:
            decompress = {"gzip": gzip.decompress, "deflate": zlib.decompress}[self.received]
            response_dict["body"] = decompress(body)

    def test_requests_and_answers_may_be_compressed(self):
        texts = {
            "short": "x" * 100,
            "repeated": "x" * 100_000,
            "random": random.Random(1).randbytes(150_000).hex(),
        }
        for number, (name, text) in enumerate(texts.items()):
            item = order("compressed", number, text={"S": text})
            self.client.put_item(TableName=TABLE, Item=item)
            self.assertEqual(self.sent, b"gzip")
            for self.accepted in [None, "gzip", "deflate", "identity", "gzip;q=0"]:
                key = order("compressed", number)
                read = self.client.get_item(TableName=TABLE, Key=key)["Item"]
                self.assertEqual(read, item)
                is_compressed = name != "short" and self.accepted in ("gzip", "deflate")
                self.assertEqual(self.received, self.accepted if is_compressed else None)

    def test_what_cannot_be_decompressed_is_an_internal_error(self):
        def spoil(request, **_):
            request.headers.replace_header("Content-Encoding", "deflate")

        self.client.meta.events.register("before-sign", spoil)
        with self.assertRaises(self.client.exceptions.InternalServerError):
            self.client.put_item(TableName=TABLE, Item=order("compressed", 9))


class Lambda(unittest.TestCase):
    def setUp(self):
        self.client = client("lambda", read_timeout=30)

    def invoke(self, attempt, **more):
        answer = self.client.invoke(FunctionName=READER, Payload=json.dumps({"try": attempt}), **more)
        return answer, json.loads(answer["Payload"].read() or b"null")

    def test_a_function_does_what_its_policy_lets_it_and_no_more(self):
        for attempt in ["index", "statement"]:
            self.assertIsInstance(self.invoke(attempt)[1], int)
        client("dynamodb").put_item(TableName=TABLE, Item=order("ann", 1))
        self.assertEqual(self.invoke("check")[1], 200)
        for attempt, action in [
            ("item", "GetItem"),
            ("table-statement", "PartiQLSelect"),
            ("transaction", "DeleteItem"),
        ]:
            refused = self.invoke(attempt)[1]
            self.assertTrue(refused.startswith("AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/local-ReaderRole/local-Reader is not authorized to perform: dynamodb:" + action), refused)

    def test_names_log_tails_and_kinds_of_invocation(self):
        arn = "arn:aws:lambda:us-east-1:123456789012:function:" + READER
        for name in [READER, arn, arn + ":$LATEST", "123456789012:function:" + READER]:
            answer = self.client.invoke(FunctionName=name, Payload=b'{"try": "index"}', LogType="Tail")
            self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
            log = base64.b64decode(answer["LogResult"]).decode()
            self.assertIn("trying index", log)
            self.assertTrue(log.startswith("START RequestId: "), log)
            self.assertIn("REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"], log)
        self.assertEqual(self.invoke("index", InvocationType="DryRun")[0]["StatusCode"], 204)
        event, payload = self.invoke("index", InvocationType="Event")
        self.assertEqual((event["StatusCode"], payload), (202, None))

    def test_a_function_error_is_an_answer(self):
        answer, payload = self.invoke("nothing")
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        self.assertEqual(payload["errorType"], "KeyError")

    def test_functions_are_listed_and_described(self):
        listed = self.client.list_functions()["Functions"]
        self.assertEqual([function["FunctionName"] for function in listed], [READER])
        configuration = self.client.get_function_configuration(FunctionName=READER)
        self.assertEqual(
            (configuration["Runtime"], configuration["Timeout"], configuration["MemorySize"]),
            ("python3.12", 10, 128),
        )
        self.assertEqual(configuration["Role"], "arn:aws:iam::123456789012:role/local-ReaderRole")
        self.assertEqual(self.client.get_function(FunctionName=READER)["Configuration"]["State"], "Active")

    def test_errors_have_the_classes_of_aws(self):
        exceptions = self.client.exceptions
        with self.assertRaises(exceptions.ResourceNotFoundException) as caught:
            self.client.invoke(FunctionName="none")
        self.assertEqual(
            caught.exception.response["Message"],
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:none:$LATEST",
        )
        with self.assertRaises(exceptions.ResourceNotFoundException):
            self.client.invoke(FunctionName=READER, Qualifier="7")
        with self.assertRaises(exceptions.InvalidRequestContentException):
            self.client.invoke(FunctionName=READER, Payload=b"{")
        with self.assertRaises(ClientError) as caught:
            self.client.invoke(FunctionName=READER, Payload=json.dumps("x" * 6_300_000))
        # As on AWS, this is none of the exceptions that the API's model names.
        self.assertEqual(caught.exception.response["Error"]["Code"], "RequestEntityTooLargeException")


class Logs(unittest.TestCase):
    GROUP = "/aws/lambda/" + READER

    def setUp(self):
        self.client = client("logs")
        client("lambda").invoke(FunctionName=READER, Payload=b'{"try": "index"}')

    def test_a_functions_group_is_found_filtered_and_read(self):
        groups = self.client.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
        self.assertEqual([group["logGroupName"] for group in groups], [self.GROUP])
        streams = self.client.describe_log_streams(
            logGroupName=self.GROUP, orderBy="LastEventTime", descending=True
        )["logStreams"]
        self.assertRegex(streams[0]["logStreamName"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")
        found = self.client.filter_log_events(logGroupName=self.GROUP, filterPattern='"trying index"')["events"]
        self.assertTrue(found and all(event["message"] == "trying index" for event in found))
        self.assertEqual(len({event["eventId"] for event in found}), len(found))
        read = self.client.get_log_events(
            logGroupName=self.GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True
        )
        self.assertTrue(read["events"][0]["message"].startswith("INIT_START"))
        again = self.client.get_log_events(
            logGroupName=self.GROUP,
            logStreamName=streams[0]["logStreamName"],
            nextToken=read["nextForwardToken"],
        )
        self.assertEqual((again["events"], again["nextForwardToken"]), ([], read["nextForwardToken"]))

    def test_a_live_tail_tells_what_is_logged(self):
        # The SDK would put `streaming-` in front of the endpoint's host.
        tail = client("logs", inject_host_prefix=False)
        self.client.create_log_group(logGroupName="tailed")
        self.client.create_log_stream(logGroupName="tailed", logStreamName="one")
        self.client.create_log_stream(logGroupName="tailed", logStreamName="two")
        arn = "arn:aws:logs:us-east-1:123456789012:log-group:tailed"
        session = tail.start_live_tail(
            logGroupIdentifiers=[arn], logStreamNames=["one"], logEventFilterPattern="wanted"
        )["responseStream"]
        events = iter(session)
        self.assertEqual(next(events)["sessionStart"]["logGroupIdentifiers"], [arn])
        now = int(time.time() * 1000)
        for stream in ("one", "two"):
            self.client.put_log_events(
                logGroupName="tailed",
                logStreamName=stream,
                logEvents=[{"timestamp": now, "message": text} for text in ("wanted", "other")],
            )
        results = []
        while not results:
            update = next(events)["sessionUpdate"]
            self.assertFalse(update["sessionMetadata"]["sampled"])
            results = update["sessionResults"]
        [result] = results
        self.assertEqual(
            (result["logGroupIdentifier"], result["logStreamName"], result["message"], result["timestamp"]),
            ("123456789012:tailed", "one", "wanted", now),
        )
        session.close()
        with self.assertRaises(tail.exceptions.ResourceNotFoundException):
            tail.start_live_tail(logGroupIdentifiers=[arn + "-not"])
        with self.assertRaises(tail.exceptions.InvalidParameterException):
            tail.start_live_tail(logGroupIdentifiers=[arn, arn], logStreamNames=["one"])

    def test_events_are_paged_in_the_order_of_their_time(self):
        group = "pages"
        self.client.create_log_group(logGroupName=group)
        start = int(time.time() * 1000)
        for stream in ["one", "two"]:
            self.client.create_log_stream(logGroupName=group, logStreamName=stream)
            self.client.put_log_events(
                logGroupName=group,
                logStreamName=stream,
                logEvents=[
                    {"timestamp": start + number, "message": json.dumps({"n": number, "stream": stream})}
                    for number in range(10)
                ],
            )
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern="{ $.n >= 5 }", PaginationConfig={"PageSize": 3}
        )
        events = [event for page in pages for event in page["events"]]
        self.assertEqual([event["timestamp"] - start for event in events], [5, 5, 6, 6, 7, 7, 8, 8, 9, 9])
        self.client.put_retention_policy(logGroupName=group, retentionInDays=7)
        described = self.client.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
        self.assertEqual(described["retentionInDays"], 7)
        self.client.delete_log_group(logGroupName=group)
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.client.filter_log_events(logGroupName=group)

    def test_errors_have_the_classes_of_aws(self):
        exceptions = self.client.exceptions
        with self.assertRaises(exceptions.ResourceNotFoundException):
            self.client.describe_log_streams(logGroupName="none")
        with self.assertRaises(exceptions.ResourceAlreadyExistsException):
            self.client.create_log_group(logGroupName=self.GROUP)
        with self.assertRaises(exceptions.InvalidParameterException):
            self.client.filter_log_events(logGroupName=self.GROUP, filterPattern="{ broken")


class Credentials(unittest.TestCase):
    def test_who_one_is(self):
        identity = client("sts").get_caller_identity()
        self.assertEqual(identity["Arn"], "arn:aws:iam::123456789012:user/local")
        self.assertEqual(identity["Account"], "123456789012")

    def test_a_presigned_request_may_be_used_by_whoever_has_it(self):
        url = client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        with urllib.request.urlopen(url) as answer:
            self.assertIn(b"arn:aws:iam::123456789012:user/local", answer.read())
        for change in [("Signature=", "Signature=0"), ("Expires=60", "Expires=600"), ("=local", "=nobody")]:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(url.replace(*change))
            self.assertEqual(refused.exception.code, 403)

    def test_strangers_and_guesses_are_refused_by_every_service(self):
        calls = {
            "dynamodb": (lambda c: c.list_tables(), "UnrecognizedClientException", "InvalidSignatureException"),
            "lambda": (lambda c: c.list_functions(), "UnrecognizedClientException", "InvalidSignatureException"),
            "logs": (lambda c: c.describe_log_groups(), "UnrecognizedClientException", "InvalidSignatureException"),
            "sts": (lambda c: c.get_caller_identity(), "InvalidClientTokenId", "SignatureDoesNotMatch"),
        }
        for service, (call, stranger, guess) in calls.items():
            for key, secret, code in [("AKIAUNKNOWN", "x", stranger), ("local", "guess", guess)]:
                with self.assertRaises(ClientError) as caught:
                    call(client(service, key, secret))
                self.assertEqual(caught.exception.response["Error"]["Code"], code, service)

    def test_other_services_are_refused_in_clear_words(self):
        for service, call, what in [
            ("sqs", lambda c: c.list_queues(), "AmazonSQS.ListQueues"),
            ("sns", lambda c: c.list_topics(), "sns: ListTopics"),
            ("s3", lambda c: c.list_buckets(), "s3: GET /"),
            ("s3", lambda c: c.put_object(Bucket="a", Key="b", Body=b"c"), "s3: PUT"),
            ("ssm", lambda c: c.get_parameter(Name="a"), "AmazonSSM.GetParameter"),
        ]:
            with self.assertRaises(ClientError) as caught:
                call(client(service))
            self.assertIn("samlet does not provide " + what, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
