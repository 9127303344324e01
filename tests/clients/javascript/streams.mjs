// Streams: what becomes of changes, as the client of DynamoDB's streams reads them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  DeleteItemCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsServiceException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb-streams";
import { unmarshall } from "@aws-sdk/util-dynamodb";

import { dynamodb, key, newTable, streams, suite } from "./samlet.mjs";

/** Makes a table with a stream, and puts, updates and deletes an item of it. */
async function changedTable(StreamViewType, name) {
  const TableName = await newTable({ StreamSpecification: { StreamEnabled: true, StreamViewType } }, name);
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key("a"), state: { S: "new" } } }));
  await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: key("a"),
      UpdateExpression: "SET #state = :state",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: { ":state": { S: "old" } },
    }),
  );
  await dynamodb.send(new DeleteItemCommand({ TableName, Key: key("a") }));
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: Table.LatestStreamArn }));
  return { Table, StreamArn: Table.LatestStreamArn, StreamDescription, ShardId: StreamDescription.Shards[0].ShardId };
}

const iterator = async (where) => (await streams.send(new GetShardIteratorCommand(where))).ShardIterator;

/** Sends what must be refused, because there is nothing of that name. */
async function missing(command) {
  await assert.rejects(streams.send(command), (error) => {
    assert.equal(error.constructor, ResourceNotFoundException, String(error));
    return true;
  });
}

/** Reads on from an iterator until there are so many records; each answer has no more than `Limit`. */
async function records(ShardIterator, count, Limit) {
  const found = [];
  const deadline = Date.now() + 30_000;
  while (found.length < count) {
    assert.ok(Date.now() < deadline, `${found.length} of ${count} records`);
    const answer = await streams.send(new GetRecordsCommand({ ShardIterator, Limit }));
    assert.ok(answer.Records.length <= (Limit ?? 1000));
    found.push(...answer.Records);
    ShardIterator = answer.NextShardIterator;
  }
  return found;
}

/** Reads the stream of a table of this name. */
async function readByName(name) {
  const { StreamArn, ShardId } = await changedTable("KEYS_ONLY", name);
  assert.equal((await records(await iterator({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }), 3)).length, 3);
}

describe("streams", suite, () => {
  test("a stream is listed and described", async () => {
    const { Table, StreamArn, StreamDescription } = await changedTable("NEW_AND_OLD_IMAGES");
    const { TableName } = Table;
    const listed = await streams.send(new ListStreamsCommand({ TableName }));
    assert.deepEqual(listed.Streams, [{ StreamArn, StreamLabel: Table.LatestStreamLabel, TableName }]);
    const every = await streams.send(new ListStreamsCommand({ Limit: 1 }));
    assert.equal(every.Streams.length, 1);
    assert.deepEqual(
      [StreamDescription.TableName, StreamDescription.StreamStatus, StreamDescription.StreamViewType],
      [TableName, "ENABLED", "NEW_AND_OLD_IMAGES"],
    );
    assert.ok(StreamDescription.CreationRequestDateTime instanceof Date);
    assert.equal(StreamDescription.Shards[0].SequenceNumberRange.EndingSequenceNumber, undefined);
  });

  test("a stream's description has the table's key", async () => {
    const { Table, StreamDescription } = await changedTable("KEYS_ONLY");
    assert.deepEqual(StreamDescription.KeySchema, Table.KeySchema);
  });

  test("a stream's label is the time of its making", async () => {
    const { Table } = await changedTable("KEYS_ONLY");
    assert.match(Table.LatestStreamLabel, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
  });

  test("the stream of a table with a short name", () => readByName("abc"));

  test("the stream of a table with a long name", () => readByName("l".repeat(255)));

  test("a shard that is not there", async () => {
    const { StreamArn } = await changedTable("KEYS_ONLY");
    const ShardId = "shardId-00000000000000000000-00000000";
    await missing(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "LATEST" }));
  });

  test("records have the keys and images that the stream was made for", async () => {
    const Keys = { id: "a", n: 1 };
    const [first, second] = ["new", "old"].map((state) => ({ ...Keys, state }));
    const images = {
      NEW_AND_OLD_IMAGES: [{ NewImage: first }, { NewImage: second, OldImage: first }, { OldImage: second }],
      NEW_IMAGE: [{ NewImage: first }, { NewImage: second }, {}],
      OLD_IMAGE: [{}, { OldImage: first }, { OldImage: second }],
      KEYS_ONLY: [{}, {}, {}],
    };
    for (const [StreamViewType, expected] of Object.entries(images)) {
      const { StreamArn, ShardId } = await changedTable(StreamViewType);
      const start = await iterator({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
      const found = await records(start, 3);
      assert.deepEqual(found.map((record) => record.eventName), ["INSERT", "MODIFY", "REMOVE"]);
      const read = found.map(({ dynamodb: { NewImage, OldImage } }) => ({
        ...(NewImage && { NewImage: unmarshall(NewImage) }),
        ...(OldImage && { OldImage: unmarshall(OldImage) }),
      }));
      assert.deepEqual(read, expected, StreamViewType);
      for (const record of found) {
        assert.deepEqual(unmarshall(record.dynamodb.Keys), Keys);
        assert.deepEqual(
          [record.eventSource, record.awsRegion, record.dynamodb.StreamViewType],
          ["aws:dynamodb", "us-east-1", StreamViewType],
        );
        assert.ok(record.dynamodb.ApproximateCreationDateTime instanceof Date);
        assert.ok(record.dynamodb.SizeBytes > 0);
      }
      assert.equal(new Set(found.map((record) => record.eventID)).size, 3);
    }
  });

  test("a stream is read from any place in it, in small parts", async () => {
    const { Table, StreamArn, ShardId } = await changedTable("KEYS_ONLY");
    const from = (ShardIteratorType, SequenceNumber) =>
      iterator({ StreamArn, ShardId, ShardIteratorType, SequenceNumber });
    const numbers = (found) => found.map((record) => record.dynamodb.SequenceNumber);
    const all = numbers(await records(await from("TRIM_HORIZON"), 3, 1));
    assert.deepEqual(numbers(await records(await from("AT_SEQUENCE_NUMBER", all[1]), 2)), all.slice(1));
    assert.deepEqual(numbers(await records(await from("AFTER_SEQUENCE_NUMBER", all[1]), 1)), all.slice(2));
    const latest = await from("LATEST");
    await dynamodb.send(new PutItemCommand({ TableName: Table.TableName, Item: key("b") }));
    const [record] = await records(latest, 1);
    assert.deepEqual(record.dynamodb.Keys, key("b"));
  });

  test("what is not there is refused in the classes of this client", async () => {
    const { StreamArn, ShardId } = await changedTable("KEYS_ONLY");
    const none = StreamArn.replace(/[^/]*$/, "2020-01-01T00:00:00.000");
    await missing(new DescribeStreamCommand({ StreamArn: none }));
    await missing(new GetShardIteratorCommand({ StreamArn: none, ShardId, ShardIteratorType: "LATEST" }));
    await assert.rejects(streams.send(new GetRecordsCommand({ ShardIterator: "nonsense" })), (error) => {
      assert.equal(error.constructor, DynamoDBStreamsServiceException, String(error));
      assert.equal(error.name, "ValidationException");
      return true;
    });
  });
});
