// Items: written and read alone, in batches, in transactions and by PartiQL.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDB,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";

import { client, dynamodb, key, newTable, suite } from "./samlet.mjs";

const put = (TableName, Item) => dynamodb.send(new PutItemCommand({ TableName, Item }));
const get = async (TableName, Key) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;

const EVERY_TYPE = {
  ...key("types"),
  string: { S: "ä\u0000\u{1F980}" },
  empty: { S: "" },
  number: { N: "-1.2345678901234567890123456789012345678E-100" },
  binary: { B: Uint8Array.of(0, 255) },
  nothing: { B: Uint8Array.of() },
  truth: { BOOL: true },
  lie: { BOOL: false },
  null: { NULL: true },
  list: { L: [{ S: "a" }, { N: "1" }, { L: [] }] },
  map: { M: { inner: { M: {} }, "odd name.": { NULL: true } } },
  strings: { SS: ["a", "b"] },
  numbers: { NS: ["1", "2"] },
  binaries: { BS: [Uint8Array.of(1), Uint8Array.of(2)] },
};

describe("items", suite, () => {
  test("a value of every type is read as it was written", async () => {
    const table = await newTable();
    const written = structuredClone(EVERY_TYPE);
    await put(table, written);
    const read = await get(table, key("types"));
    for (const name of ["strings", "numbers", "binaries"]) {
      const [type] = Object.keys(read[name]);
      read[name][type].sort();
    }
    // DynamoDB writes numbers without an exponent.
    const digits = "12345678901234567890123456789012345678";
    written.number.N = `-0.${"0".repeat(99)}${digits}`;
    assert.deepEqual(read, written);
    assert.equal(await get(table, key("none")), undefined);
  });

  test("an update answers with what was asked for", async () => {
    const table = await newTable();
    await put(table, { ...key("a"), kept: { S: "x" }, count: { N: "1" } });
    const expected = {
      NONE: undefined,
      UPDATED_OLD: { count: { N: "2" } },
      UPDATED_NEW: { count: { N: "4" } },
      ALL_OLD: { ...key("a"), kept: { S: "x" }, count: { N: "4" } },
      ALL_NEW: { ...key("a"), kept: { S: "x" }, count: { N: "6" } },
    };
    for (const [ReturnValues, attributes] of Object.entries(expected)) {
      const answer = await dynamodb.send(
        new UpdateItemCommand({
          TableName: table,
          Key: key("a"),
          UpdateExpression: "ADD #count :one",
          ConditionExpression: "attribute_exists(kept)",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
          ReturnValues,
        }),
      );
      assert.deepEqual(answer.Attributes, attributes, ReturnValues);
    }
  });

  test("a projection and a deletion answer with parts and the whole", async () => {
    const table = await newTable();
    const item = { ...key("a"), map: { M: { x: { N: "1" }, y: { N: "2" } } }, list: { L: [{ S: "p" }, { S: "q" }] } };
    await put(table, item);
    const part = await dynamodb.send(
      new GetItemCommand({
        TableName: table,
        Key: key("a"),
        ProjectionExpression: "#map.x, #list[1]",
        ExpressionAttributeNames: { "#map": "map", "#list": "list" },
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    assert.deepEqual(part.Item, { map: { M: { x: { N: "1" } } }, list: { L: [{ S: "q" }] } });
    assert.deepEqual(part.ConsumedCapacity, { TableName: table, CapacityUnits: 0.5 });
    assert.equal(part.$metadata.httpStatusCode, 200);
    assert.ok(part.$metadata.requestId);
    const deleted = await dynamodb.send(
      new DeleteItemCommand({ TableName: table, Key: key("a"), ReturnValues: "ALL_OLD" }),
    );
    assert.deepEqual(deleted.Attributes, item);
    assert.equal(await get(table, key("a")), undefined);
  });

  test("batches write, delete and read over several tables", async () => {
    const [one, other] = [await newTable(), await newTable()];
    const items = Array.from({ length: 24 }, (_, n) => key("batch", n));
    const written = await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [one]: items.map((Item) => ({ PutRequest: { Item } })),
          [other]: [{ PutRequest: { Item: key("other") } }],
        },
      }),
    );
    assert.deepEqual(written.UnprocessedItems, {});
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [one]: [{ DeleteRequest: { Key: key("batch", 0) } }] } }),
    );
    const read = await dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { [one]: { Keys: items }, [other]: { Keys: [key("other")] } } }),
    );
    assert.deepEqual(read.UnprocessedKeys, {});
    assert.deepEqual(read.Responses[other], [key("other")]);
    const numbers = read.Responses[one].map((item) => Number(item.n.N)).sort((a, b) => a - b);
    assert.deepEqual(numbers, items.map((_, n) => n).slice(1));
  });

  test("a transaction puts, updates, deletes and checks; another reads", async () => {
    const table = await newTable();
    for (const id of ["update", "delete", "check"]) await put(table, key(id));
    const here = (id) => ({ TableName: table, Key: key(id) });
    const transaction = {
      ClientRequestToken: "once",
      TransactItems: [
        { Put: { TableName: table, Item: key("put") } },
        {
          Update: {
            ...here("update"),
            UpdateExpression: "ADD hits :one",
            ExpressionAttributeValues: { ":one": { N: "1" } },
          },
        },
        { Delete: here("delete") },
        { ConditionCheck: { ...here("check"), ConditionExpression: "attribute_exists(id)" } },
      ],
    };
    await dynamodb.send(new TransactWriteItemsCommand(transaction));
    // The same token: done once.
    await dynamodb.send(new TransactWriteItemsCommand(transaction));
    const ids = ["put", "update", "delete", "check"];
    const read = await dynamodb.send(
      new TransactGetItemsCommand({ TransactItems: ids.map((id) => ({ Get: here(id) })) }),
    );
    assert.deepEqual(
      read.Responses.map((response) => response.Item),
      [key("put"), { ...key("update"), hits: { N: "1" } }, undefined, key("check")],
    );
    // The SDK makes up a token of its own.
    delete transaction.ClientRequestToken;
    await dynamodb.send(new TransactWriteItemsCommand(transaction));
    assert.deepEqual((await get(table, key("update"))).hits, { N: "2" });
  });

  test("PartiQL inserts, selects, updates and deletes", async () => {
    const table = await newTable();
    const run = async (Statement, ...Parameters) =>
      (await dynamodb.send(new ExecuteStatementCommand({ Statement, ...(Parameters.length && { Parameters }) }))).Items;
    await run(`INSERT INTO "${table}" VALUE {'id': ?, 'n': 1, 'state': 'open'}`, { S: "a" });
    assert.deepEqual(await run(`SELECT state FROM "${table}" WHERE id = ? AND n = 1`, { S: "a" }), [
      { state: { S: "open" } },
    ]);
    const updated = await run(`UPDATE "${table}" SET state = 'done' WHERE id = 'a' AND n = 1 RETURNING ALL NEW *`);
    assert.deepEqual(updated, [{ ...key("a"), state: { S: "done" } }]);
    await run(`DELETE FROM "${table}" WHERE id = 'a' AND n = 1`);
    assert.deepEqual(await run(`SELECT * FROM "${table}"`), []);
  });

  test("PartiQL works in batches and transactions", async () => {
    const table = await newTable();
    await dynamodb.send(
      new ExecuteTransactionCommand({
        TransactStatements: ["a", "b"].map((id) => ({
          Statement: `INSERT INTO "${table}" VALUE {'id': ?, 'n': 1}`,
          Parameters: [{ S: id }],
        })),
      }),
    );
    const read = await dynamodb.send(
      new ExecuteTransactionCommand({
        TransactStatements: ["a", "b"].map((id) => ({
          Statement: `SELECT * FROM "${table}" WHERE id = '${id}' AND n = 1`,
        })),
      }),
    );
    assert.deepEqual(read.Responses, [{ Item: key("a") }, { Item: key("b") }]);
    const batch = await dynamodb.send(
      new BatchExecuteStatementCommand({
        Statements: [
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'a', 'n': 1}` },
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'c', 'n': 1}` },
        ],
      }),
    );
    assert.equal(batch.Responses[0].Error.Code, "DuplicateItem");
    assert.equal(batch.Responses[0].TableName, table);
    assert.deepEqual(batch.Responses[1], { TableName: table });
    assert.deepEqual(await get(table, key("c")), key("c"));
  });

  test("the aggregated client does the same", async () => {
    const table = await newTable();
    const all = client(DynamoDB);
    await all.putItem({ TableName: table, Item: key("a") });
    assert.deepEqual((await all.getItem({ TableName: table, Key: key("a") })).Item, key("a"));
  });
});
