// The document client, which makes items of JavaScript's own values.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocument,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetCommand,
  NumberValue,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
  paginateQuery,
  paginateScan,
  paginatedBatchGet,
} from "@aws-sdk/lib-dynamodb";

import { client, collect, newTable, suite } from "./samlet.mjs";

const translated = (marshallOptions, unmarshallOptions) =>
  DynamoDBDocumentClient.from(client(DynamoDBClient), { marshallOptions, unmarshallOptions });
const documents = translated();

/** Writes an item and reads it again; gives it without its key. */
async function roundTrip(Item, by = documents) {
  const TableName = await newTable();
  await by.send(new PutCommand({ TableName, Item: { id: "a", n: 1, ...Item } }));
  const { id, n, ...read } = (await by.send(new GetCommand({ TableName, Key: { id: "a", n: 1 } }))).Item;
  return read;
}

/** Writes an item; gives it as DynamoDB itself has it. */
async function written(Item, writer) {
  const TableName = await newTable();
  await writer.send(new PutCommand({ TableName, Item: { id: "a", n: 1, ...Item } }));
  const Key = { id: { S: "a" }, n: { N: "1" } };
  const { id, n, ...raw } = (await writer.send(new GetItemCommand({ TableName, Key }))).Item;
  return raw;
}

describe("documents", suite, () => {
  test("JavaScript's values are read as they were written", async () => {
    const item = {
      text: "ä\u{1F980}",
      empty: "",
      number: -1.5e-7,
      safe: Number.MAX_SAFE_INTEGER,
      truth: true,
      lie: false,
      nothing: null,
      binary: Uint8Array.of(0, 1, 255),
      list: [1, "two", [null], { three: 3 }],
      map: { inner: { list: [] } },
      texts: new Set(["a", "b"]),
      numbers: new Set([1, 2.5]),
      binaries: new Set([Uint8Array.of(1), Uint8Array.of(2)]),
    };
    assert.deepEqual(await roundTrip(item), item);
  });

  test("other kinds of bytes and numbers become what DynamoDB has for them", async () => {
    const read = await roundTrip({
      buffer: Buffer.from("abc"),
      big: 12n,
      bigs: new Set([3n, 4n]),
      map: new Map([["a", 1]]),
    });
    assert.deepEqual(read, {
      buffer: new Uint8Array(Buffer.from("abc")),
      big: 12,
      bigs: new Set([3, 4]),
      map: { a: 1 },
    });
  });

  test("numbers beyond JavaScript's keep each digit", async () => {
    const digits = "12345678901234567890123456789012345678";
    const exact = translated({}, { wrapNumbers: true });
    const item = {
      number: NumberValue.from(digits),
      numbers: new Set([NumberValue.from("1"), NumberValue.from("-0.5")]),
    };
    const read = await roundTrip(item, exact);
    assert.equal(read.number.value, digits);
    assert.deepEqual([...read.numbers].map((number) => number.value).sort(), ["-0.5", "1"]);
    const texts = translated({}, { wrapNumbers: (text) => `number ${text}` });
    const key = { id: "a", n: 1 };
    const TableName = await newTable();
    await texts.send(new PutCommand({ TableName, Item: { ...key, number: 10n ** 37n } }));
    const { number } = (await texts.send(new GetCommand({ TableName, Key: key }))).Item;
    assert.equal(number, `number 1${"0".repeat(37)}`);
    // Without options, no number is silently rounded.
    assert.deepEqual(await roundTrip({ number: 2n ** 60n }), { number: 2n ** 60n });
    await assert.rejects(roundTrip({ number: NumberValue.from(`${digits.slice(1)}.5`) }), /wrapNumbers/);
    await assert.rejects(roundTrip({ number: 2 ** 60 }), /MAX_SAFE_INTEGER/);
  });

  test("undefined, empty values and instances are as the options say", async () => {
    class Point {
      constructor(x) {
        this.x = x;
      }
    }
    const kept = { text: "x" };
    const gone = { missing: undefined, inner: { missing: undefined, list: [1, undefined] } };
    await assert.rejects(roundTrip({ ...kept, ...gone }), /removeUndefinedValues/);
    const without = translated({ removeUndefinedValues: true });
    assert.deepEqual(await roundTrip({ ...kept, ...gone }, without), { ...kept, inner: { list: [1] } });

    await assert.rejects(roundTrip({ set: new Set() }), /non-empty set/);
    const empty = { text: "", binary: Uint8Array.of(), set: new Set(), list: [], map: {} };
    assert.deepEqual(await written(empty, translated({ convertEmptyValues: true })), {
      text: { NULL: true },
      binary: { NULL: true },
      set: { NULL: true },
      list: { L: [] },
      map: { M: {} },
    });

    await assert.rejects(roundTrip({ point: new Point(1) }), /convertClassInstanceToMap/);
    const instances = translated({ convertClassInstanceToMap: true });
    assert.deepEqual(await roundTrip({ point: new Point(1) }, instances), { point: { x: 1 } });
  });

  test("items are updated and deleted, and a refusal has the item", async () => {
    const TableName = await newTable();
    const Key = { id: "a", n: 1 };
    const updated = await documents.send(
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: "SET tags = :tags, #list = list_append(if_not_exists(#list, :none), :more)",
        ExpressionAttributeNames: { "#list": "list" },
        ExpressionAttributeValues: { ":tags": new Set(["x"]), ":none": [], ":more": [{ deep: true }] },
        ReturnValues: "ALL_NEW",
      }),
    );
    const item = { ...Key, tags: new Set(["x"]), list: [{ deep: true }] };
    assert.deepEqual(updated.Attributes, item);
    await assert.rejects(
      documents.send(
        new DeleteCommand({
          TableName,
          Key,
          ConditionExpression: "contains(tags, :tag)",
          ExpressionAttributeValues: { ":tag": "y" },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      ),
      (error) => {
        assert.equal(error.constructor, ConditionalCheckFailedException);
        // The document client leaves errors as they are.
        assert.deepEqual(error.Item.tags, { SS: ["x"] });
        return true;
      },
    );
    const deleted = await documents.send(new DeleteCommand({ TableName, Key, ReturnValues: "ALL_OLD" }));
    assert.deepEqual(deleted.Attributes, item);
  });

  test("batches and searches are read page by page", async () => {
    const TableName = await newTable();
    const items = Array.from({ length: 10 }, (_, n) => ({ id: "a", n, even: n % 2 === 0 }));
    const written = await documents.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) } }),
    );
    assert.deepEqual(written.UnprocessedItems, {});
    const Keys = items.map(({ id, n }) => ({ id, n }));
    const batch = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }));
    assert.deepEqual(batch.Responses[TableName].sort((a, b) => a.n - b.n), items);
    const batches = await collect(
      paginatedBatchGet({ client: documents }, { RequestItems: { [TableName]: { Keys } } }),
    );
    assert.equal(batches.flatMap((page) => page.Responses[TableName]).length, items.length);

    const query = {
      TableName,
      KeyConditionExpression: "id = :id AND n >= :n",
      ExpressionAttributeValues: { ":id": "a", ":n": 3 },
    };
    assert.deepEqual((await documents.send(new QueryCommand(query))).Items, items.slice(3));
    const found = await collect(paginateQuery({ client: documents, pageSize: 3 }, query));
    assert.deepEqual(found.map((page) => page.Count), [3, 3, 1]);
    assert.deepEqual(found[0].LastEvaluatedKey, { id: "a", n: 5 });
    assert.deepEqual(found.flatMap((page) => page.Items), items.slice(3));
    const scan = { TableName, FilterExpression: "even = :even", ExpressionAttributeValues: { ":even": true } };
    assert.equal((await documents.send(new ScanCommand(scan))).Count, 5);
    const scanned = await collect(paginateScan({ client: documents, pageSize: 4 }, scan));
    assert.deepEqual(scanned.flatMap((page) => page.Items), items.filter((item) => item.even));
  });

  test("transactions write and read", async () => {
    const TableName = await newTable();
    const item = { id: "a", n: 1, set: new Set([1, 2]) };
    await documents.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: item } }] }));
    const read = await documents.send(
      new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: { id: "a", n: 1 } } }] }),
    );
    assert.deepEqual(read.Responses, [{ Item: item }]);
  });

  test("PartiQL has parameters and answers of JavaScript's values", async () => {
    const TableName = await newTable();
    const insert = `INSERT INTO "${TableName}" VALUE {'id': ?, 'n': 1, 'map': ?}`;
    const select = `SELECT map FROM "${TableName}" WHERE id = ? AND n = 1`;
    const map = { list: [1, null, { x: "y" }] };
    await documents.send(new ExecuteStatementCommand({ Statement: insert, Parameters: ["a", map] }));
    const read = await documents.send(new ExecuteStatementCommand({ Statement: select, Parameters: ["a"] }));
    assert.deepEqual(read.Items, [{ map }]);
    const batch = await documents.send(
      new BatchExecuteStatementCommand({ Statements: [{ Statement: select, Parameters: ["a"] }] }),
    );
    assert.deepEqual(batch.Responses, [{ TableName, Item: { map } }]);
    const transaction = await documents.send(
      new ExecuteTransactionCommand({ TransactStatements: [{ Statement: select, Parameters: ["a"] }] }),
    );
    assert.deepEqual(transaction.Responses, [{ Item: { map } }]);
  });

  test("the aggregated document client does the same", async () => {
    const TableName = await newTable();
    const all = DynamoDBDocument.from(client(DynamoDBClient));
    const item = { id: "a", n: 1, set: new Set(["x"]) };
    await all.put({ TableName, Item: item });
    assert.deepEqual((await all.get({ TableName, Key: { id: "a", n: 1 } })).Item, item);
  });
});
