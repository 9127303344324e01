// Refusals, each in the class that the SDK has for it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DuplicateItemException,
  DynamoDBClient,
  DynamoDBServiceException,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  IdempotentParameterMismatchException,
  InternalServerError,
  LimitExceededException,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  QueryCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  ScanCommand,
  TableNotFoundException,
  TransactWriteItemsCommand,
  TransactionCanceledException,
  UpdateItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";

import { client, definition, dynamodb, key, newTable, suite } from "./samlet.mjs";

/** Sends what must be refused; gives the error, which is of this class and has its name, status and request id. */
async function refused(Class, command, name = Class.name, by = dynamodb) {
  const error = await by.send(command).then(
    () => assert.fail(`${command.constructor.name} was not refused`),
    (error) => error,
  );
  assert.equal(error.constructor, Class, String(error));
  assert.equal(error.name, name);
  assert.ok(error instanceof DynamoDBServiceException);
  const fault = Class === InternalServerError ? ["server", 500] : ["client", 400];
  assert.deepEqual([error.$fault, error.$metadata.httpStatusCode], fault);
  assert.ok(error.$metadata.requestId);
  return error;
}

const put = (TableName, Item) => dynamodb.send(new PutItemCommand({ TableName, Item }));

describe("errors", suite, () => {
  test("a condition that does not hold gives the item where that is asked for", async () => {
    const TableName = await newTable();
    const item = { ...key("a"), state: { S: "x" } };
    await put(TableName, item);
    const condition = {
      TableName,
      ConditionExpression: "attribute_not_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    const change = { UpdateExpression: "SET a = :a", ExpressionAttributeValues: { ":a": { S: "b" } } };
    for (const command of [
      new PutItemCommand({ ...condition, Item: key("a") }),
      new UpdateItemCommand({ ...condition, ...change, Key: key("a") }),
      new DeleteItemCommand({ ...condition, Key: key("a") }),
    ]) {
      const error = await refused(ConditionalCheckFailedException, command);
      assert.equal(error.message, "The conditional request failed");
      assert.deepEqual(error.Item, item);
    }
    delete condition.ReturnValuesOnConditionCheckFailure;
    const plain = new PutItemCommand({ ...condition, Item: key("a") });
    assert.equal((await refused(ConditionalCheckFailedException, plain)).Item, undefined);
    const missing = new UpdateItemCommand({
      ...condition,
      ...change,
      ConditionExpression: "attribute_exists(id)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      Key: key("none"),
    });
    assert.equal((await refused(ConditionalCheckFailedException, missing)).Item, undefined);
    const statement = `UPDATE "${TableName}" SET a = 'b' WHERE id = 'a' AND n = 1 AND state = 'y'`;
    await refused(ConditionalCheckFailedException, new ExecuteStatementCommand({ Statement: statement }));
  });

  test("a transaction that is cancelled has a reason for each of its items", async () => {
    const TableName = await newTable();
    const item = { ...key("a"), text: { S: "x" } };
    await put(TableName, item);
    const ConditionExpression = "attribute_not_exists(id)";
    const conditional = { TableName, Item: key("a"), ConditionExpression };
    const cancelled = await refused(
      TransactionCanceledException,
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: key("b") } },
          { Put: { ...conditional, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } },
          { Delete: { TableName, Key: key("c"), ConditionExpression: "attribute_exists(id)" } },
          { Update: { TableName, Key: key("d"), UpdateExpression: "SET a = b" } },
        ],
      }),
    );
    const codes = ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "ValidationError"];
    assert.equal(
      cancelled.message,
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(", ")}]`,
    );
    const failed = { Code: "ConditionalCheckFailed", Message: "The conditional request failed" };
    assert.deepEqual(cancelled.CancellationReasons, [
      { Code: "None" },
      { ...failed, Item: item },
      failed,
      {
        Code: "ValidationError",
        Message: "The provided expression refers to an attribute that does not exist in the item",
      },
    ]);
    const read = await dynamodb.send(new GetItemCommand({ TableName, Key: key("b") }));
    assert.equal(read.Item, undefined);
  });

  test("a transaction of PartiQL is cancelled alike", async () => {
    const TableName = await newTable();
    await put(TableName, key("a"));
    const insert = (id) => ({ Statement: `INSERT INTO "${TableName}" VALUE {'id': '${id}', 'n': 1}` });
    const cancelled = await refused(
      TransactionCanceledException,
      new ExecuteTransactionCommand({ TransactStatements: [insert("a"), insert("b")] }),
    );
    const codes = cancelled.CancellationReasons.map((reason) => reason.Code);
    assert.deepEqual(codes, ["DuplicateItem", "None"]);
  });

  test("what is not there is not found", async () => {
    const TableName = "javascript-none";
    const exists = await newTable();
    const named = `Requested resource not found: Table: ${TableName} not found`;
    for (const [message, command] of [
      ["Requested resource not found", new GetItemCommand({ TableName, Key: key("a") })],
      ["Requested resource not found", new PutItemCommand({ TableName, Item: key("a") })],
      ["Requested resource not found", new ScanCommand({ TableName })],
      ["Requested resource not found", new ExecuteStatementCommand({ Statement: `SELECT * FROM "${TableName}"` })],
      [named, new DescribeTableCommand({ TableName })],
      [named, new DeleteTableCommand({ TableName })],
      [named, new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true })],
      [named, new DescribeTimeToLiveCommand({ TableName })],
      [
        undefined,
        new UpdateTableCommand({
          TableName: exists,
          GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "none" } }],
        }),
      ],
    ]) {
      const error = await refused(ResourceNotFoundException, command);
      if (message) assert.equal(error.message, message, command.constructor.name);
    }
  });

  test("tags of a table that is not there", async () => {
    const ResourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/javascript-none";
    const error = await refused(ResourceNotFoundException, new ListTagsOfResourceCommand({ ResourceArn }));
    // As AWS spells it.
    assert.equal(error.message, `Requested resource not found: ResourcArn: ${ResourceArn} not found`);
  });

  test("backups of a table that is not there", async () => {
    const TableName = "javascript-none";
    const error = await refused(TableNotFoundException, new DescribeContinuousBackupsCommand({ TableName }));
    assert.equal(error.message, `Table not found: ${TableName}`);
  });

  test("what is there already is refused", async () => {
    const TableName = await newTable();
    const again = await refused(ResourceInUseException, new CreateTableCommand(definition(TableName)));
    assert.equal(again.message, `Table already exists: ${TableName}`);
    await put(TableName, key("a"));
    const Statement = `INSERT INTO "${TableName}" VALUE {'id': 'a', 'n': 1}`;
    const duplicate = await refused(DuplicateItemException, new ExecuteStatementCommand({ Statement }));
    assert.equal(duplicate.message, "Duplicate primary key exists in table");
  });

  test("a token is for one transaction", async () => {
    const TableName = await newTable();
    const transaction = (id) => ({
      ClientRequestToken: `token-${TableName}`,
      TransactItems: [{ Put: { TableName, Item: key(id) } }],
    });
    await dynamodb.send(new TransactWriteItemsCommand(transaction("a")));
    await refused(IdempotentParameterMismatchException, new TransactWriteItemsCommand(transaction("b")));
  });

  test("one index is made at a time", async () => {
    const TableName = await newTable();
    const index = (IndexName) => ({
      Create: {
        IndexName,
        KeySchema: [{ AttributeName: "n", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    });
    const error = await refused(
      LimitExceededException,
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions: [{ AttributeName: "n", AttributeType: "N" }],
        GlobalSecondaryIndexUpdates: [index("one"), index("two")],
      }),
    );
    assert.equal(
      error.message,
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    );
  });

  // DynamoDB's model has no class for it.
  test("what is not valid is refused by name", async () => {
    const TableName = await newTable();
    const schema = "The provided key element does not match the schema";
    for (const [message, command] of [
      [schema, new GetItemCommand({ TableName, Key: { id: { S: "a" } } })],
      [schema, new DeleteItemCommand({ TableName, Key: { ...key("a"), n: { S: "1" } } })],
      [
        "One or more parameter values were invalid: Missing the key n in the item",
        new PutItemCommand({ TableName, Item: { id: { S: "a" } } }),
      ],
      [
        "Item size has exceeded the maximum allowed size",
        new PutItemCommand({ TableName, Item: { ...key("a"), large: { S: "x".repeat(400 * 1024) } } }),
      ],
      [
        "Query condition missed key schema element: id",
        new QueryCommand({
          TableName,
          KeyConditions: { other: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "a" }] } },
        }),
      ],
      [
        'Invalid FilterExpression: Syntax error; token: "=", near: "= = b"',
        new ScanCommand({ TableName, FilterExpression: "a = = b" }),
      ],
      [
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:unused}",
        new UpdateItemCommand({
          TableName,
          Key: key("a"),
          UpdateExpression: "REMOVE x",
          ExpressionAttributeValues: { ":unused": { S: "" } },
        }),
      ],
      [
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: " +
          "Member must have value less than or equal to 100",
        new ListTablesCommand({ Limit: 101 }),
      ],
    ]) {
      const error = await refused(DynamoDBServiceException, command, "ValidationException");
      assert.equal(error.message, message, command.constructor.name);
    }
  });

  test("strangers and guesses are refused by name", async () => {
    for (const [name, accessKeyId, secretAccessKey] of [
      ["UnrecognizedClientException", "AKIAUNKNOWN", "local"],
      ["InvalidSignatureException", "local", "guess"],
    ]) {
      const stranger = client(DynamoDBClient, { credentials: { accessKeyId, secretAccessKey } });
      await refused(DynamoDBServiceException, new ListTablesCommand({}), name, stranger);
    }
  });

  test("what cannot be decompressed is an internal error", async () => {
    const spoilt = client(DynamoDBClient);
    const spoil = (next) => (args) => {
      args.request.headers["content-encoding"] = "deflate";
      return next(args);
    };
    spoilt.middlewareStack.add(spoil, { step: "build" });
    await refused(InternalServerError, new ListTablesCommand({}), "InternalServerError", spoilt);
  });
});
