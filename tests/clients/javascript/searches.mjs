// Queries, scans and lists, page by page.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import {
  BatchWriteItemCommand,
  ExecuteStatementCommand,
  QueryCommand,
  ScanCommand,
  paginateListTables,
  paginateQuery,
  paginateScan,
} from "@aws-sdk/client-dynamodb";

import { collect, dynamodb, key, newTable, suite } from "./samlet.mjs";

const numbers = (items) => items.map((item) => Number(item.n.N));
const itemsOf = (pages) => pages.flatMap((page) => page.Items);
const range = (start, end) => Array.from({ length: end - start }, (_, index) => start + index);

describe("searches", suite, () => {
  let table;

  before(async () => {
    table = await newTable({
      AttributeDefinitions: [{ AttributeName: "state", AttributeType: "S" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-state",
          KeySchema: [
            { AttributeName: "state", KeyType: "HASH" },
            { AttributeName: "n", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: "own-by-state",
          KeySchema: [
            { AttributeName: "id", KeyType: "HASH" },
            { AttributeName: "state", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
    const item = (n) => ({ ...key("a", n), state: { S: n % 2 ? "odd" : "even" }, more: { N: String(n * n) } });
    await dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: { [table]: range(0, 25).map((n) => ({ PutRequest: { Item: item(n) } })) },
      }),
    );
  });

  const query = (more) => ({
    TableName: table,
    KeyConditionExpression: "id = :id AND n BETWEEN :low AND :high",
    ExpressionAttributeValues: { ":id": { S: "a" }, ":low": { N: "5" }, ":high": { N: "14" } },
    ...more,
  });

  test("a query is read page by page, in both directions", async () => {
    const pages = await collect(paginateQuery({ client: dynamodb, pageSize: 4 }, query()));
    assert.deepEqual(pages.map((page) => page.Count), [4, 4, 2]);
    assert.deepEqual(numbers(itemsOf(pages)), range(5, 15));
    assert.deepEqual(pages[0].LastEvaluatedKey, key("a", 8));
    const backward = await collect(
      paginateQuery({ client: dynamodb, pageSize: 3 }, query({ ScanIndexForward: false })),
    );
    assert.deepEqual(numbers(itemsOf(backward)), range(5, 15).reverse());
  });

  test("a query goes on from where another one stopped", async () => {
    const paginator = paginateQuery({ client: dynamodb, pageSize: 4, startingToken: key("a", 8) }, query());
    assert.deepEqual(numbers(itemsOf(await collect(paginator))), range(9, 15));
  });

  test("indexes are queried page by page", async () => {
    const pages = await collect(
      paginateQuery(
        { client: dynamodb, pageSize: 5 },
        {
          TableName: table,
          IndexName: "by-state",
          KeyConditionExpression: "#state = :state",
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: { ":state": { S: "odd" } },
        },
      ),
    );
    assert.deepEqual(numbers(itemsOf(pages)), range(0, 25).filter((n) => n % 2));
    assert.deepEqual(pages[0].Items[0], { ...key("a", 1), state: { S: "odd" } });
    assert.deepEqual(pages[0].LastEvaluatedKey, { ...key("a", 9), state: { S: "odd" } });
    const own = await dynamodb.send(
      new QueryCommand({
        TableName: table,
        IndexName: "own-by-state",
        KeyConditionExpression: "id = :id AND #state = :state",
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ":id": { S: "a" }, ":state": { S: "even" } },
        Select: "COUNT",
      }),
    );
    assert.deepEqual([own.Count, own.ScannedCount, own.Items], [13, 13, undefined]);
  });

  test("a scan is filtered page by page", async () => {
    const pages = await collect(
      paginateScan(
        { client: dynamodb, pageSize: 10 },
        {
          TableName: table,
          FilterExpression: "more > :least",
          ProjectionExpression: "n",
          ExpressionAttributeValues: { ":least": { N: "400" } },
        },
      ),
    );
    assert.deepEqual(pages.map((page) => page.ScannedCount), [10, 10, 5]);
    assert.deepEqual(itemsOf(pages), range(21, 25).map((n) => ({ n: { N: String(n) } })));
  });

  test("the segments of a scan are the whole together", async () => {
    const segments = await Promise.all(
      range(0, 4).map((Segment) => dynamodb.send(new ScanCommand({ TableName: table, Segment, TotalSegments: 4 }))),
    );
    const all = numbers(itemsOf(segments)).sort((a, b) => a - b);
    assert.deepEqual(all, range(0, 25));
  });

  test("a PartiQL statement goes on by its token", async () => {
    const found = [];
    let NextToken;
    do {
      const answer = await dynamodb.send(
        new ExecuteStatementCommand({ Statement: `SELECT n FROM "${table}" WHERE id = 'a'`, Limit: 10, NextToken }),
      );
      found.push(numbers(answer.Items));
      NextToken = answer.NextToken;
    } while (NextToken);
    assert.deepEqual(found, [range(0, 10), range(10, 20), range(20, 25)]);
  });

  test("tables are listed page by page", async () => {
    const made = [table, await newTable(), await newTable()];
    const pages = await collect(paginateListTables({ client: dynamodb, pageSize: 1 }, {}));
    const names = pages.flatMap((page) => page.TableNames);
    assert.ok(pages.every((page) => page.TableNames.length <= 1));
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const name of made) assert.ok(names.includes(name), name);
  });
});
