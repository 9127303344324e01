// Tables: made, described, changed, tagged, waited for and deleted.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
  PutItemCommand,
  ScanCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";

import { definition, dynamodb, key, newTable, patience, suite } from "./samlet.mjs";

const described = async (TableName) => (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table;

/** Changes a table; waits until it and its indexes are active again, and gives its description. */
async function update(TableName, change) {
  await dynamodb.send(new UpdateTableCommand({ TableName, ...change }));
  for (;;) {
    const table = await described(TableName);
    const parts = [table.TableStatus, ...(table.GlobalSecondaryIndexes ?? []).map((index) => index.IndexStatus)];
    if (parts.every((status) => status === "ACTIVE")) return table;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("tables", suite, () => {
  test("a table is waited for until it exists, and until it does not", async () => {
    const TableName = "javascript-waited-for";
    // The waits begin first.
    const [found] = await Promise.all([
      waitUntilTableExists(patience, { TableName }),
      dynamodb.send(new CreateTableCommand(definition(TableName))),
    ]);
    assert.equal(found.state, "SUCCESS");
    assert.equal(found.reason.Table.TableName, TableName);
    const [gone, deleted] = await Promise.all([
      waitUntilTableNotExists(patience, { TableName }),
      dynamodb.send(new DeleteTableCommand({ TableName })),
    ]);
    assert.equal(deleted.TableDescription.TableStatus, "DELETING");
    assert.equal(gone.state, "SUCCESS");
  });

  test("a wait ends in time", async () => {
    const TableName = await newTable();
    const brief = { ...patience, maxDelay: 0.1, maxWaitTime: 0.3 };
    await assert.rejects(waitUntilTableNotExists(brief, { TableName }), { name: "TimeoutError" });
    await assert.rejects(waitUntilTableExists(brief, { TableName: "none" }), { name: "TimeoutError" });
  });

  test("a table is described with values of the SDK's types", async () => {
    const TableName = await newTable({ Tags: [{ Key: "made", Value: "with it" }] });
    await dynamodb.send(new PutItemCommand({ TableName, Item: key("a") }));
    const table = await described(TableName);
    const expected = definition(TableName);
    assert.deepEqual(table.KeySchema, expected.KeySchema);
    assert.deepEqual(table.AttributeDefinitions, expected.AttributeDefinitions);
    assert.ok(Math.abs(table.CreationDateTime - Date.now()) < 600_000, String(table.CreationDateTime));
    assert.equal(table.TableArn, `arn:aws:dynamodb:us-east-1:123456789012:table/${TableName}`);
    assert.match(table.TableId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(table.BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
    assert.equal(table.DeletionProtectionEnabled, false);
    assert.equal(typeof table.ItemCount, "number");
    // The name may be the ARN everywhere.
    const scanned = await dynamodb.send(new ScanCommand({ TableName: table.TableArn }));
    assert.deepEqual(scanned.Items, [key("a")]);
  });

  test("an index comes and goes, a stream and protection are switched", async () => {
    const TableName = await newTable();
    const IndexName = "later";
    let table = await update(TableName, {
      AttributeDefinitions: [{ AttributeName: "state", AttributeType: "S" }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName,
            KeySchema: [{ AttributeName: "state", KeyType: "HASH" }],
            Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["more"] },
          },
        },
      ],
    });
    assert.deepEqual(table.GlobalSecondaryIndexes[0].Projection, {
      ProjectionType: "INCLUDE",
      NonKeyAttributes: ["more"],
    });
    await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key("a"), state: { S: "x" } } }));
    const scanned = await dynamodb.send(new ScanCommand({ TableName, IndexName }));
    assert.equal(scanned.Count, 1);
    table = await update(TableName, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] });
    assert.equal(table.GlobalSecondaryIndexes, undefined);
    table = await update(TableName, { StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } });
    assert.equal(table.StreamSpecification.StreamViewType, "KEYS_ONLY");
    table = await update(TableName, { DeletionProtectionEnabled: true });
    assert.equal(table.DeletionProtectionEnabled, true);
    await assert.rejects(dynamodb.send(new DeleteTableCommand({ TableName })), { name: "ValidationException" });
  });

  test("provisioned throughput is described and changed", async () => {
    const TableName = await newTable({
      BillingMode: "PROVISIONED",
      ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
    });
    const units = ({ ReadCapacityUnits: read, WriteCapacityUnits: write }) => [read, write];
    assert.deepEqual(units((await described(TableName)).ProvisionedThroughput), [3, 4]);
    const changed = await update(TableName, {
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    });
    assert.deepEqual(units(changed.ProvisionedThroughput), [5, 6]);
  });

  test("tags are set, listed and removed", async () => {
    const { TableArn: ResourceArn } = await described(await newTable({ Tags: [{ Key: "a", Value: "1" }] }));
    const tags = async () => {
      const answer = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn }));
      return Object.fromEntries(answer.Tags.map((tag) => [tag.Key, tag.Value]));
    };
    assert.deepEqual(await tags(), { a: "1" });
    const Tags = [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "" },
    ];
    await dynamodb.send(new TagResourceCommand({ ResourceArn, Tags }));
    assert.deepEqual(await tags(), { a: "2", b: "" });
    await dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a"] }));
    assert.deepEqual(await tags(), { b: "" });
  });

  test("time to live is switched on", async () => {
    const TableName = await newTable();
    const lives = async () => {
      const answer = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
      return answer.TimeToLiveDescription;
    };
    assert.deepEqual(await lives(), { TimeToLiveStatus: "DISABLED" });
    const TimeToLiveSpecification = { AttributeName: "expires", Enabled: true };
    const updated = await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    assert.deepEqual(updated.TimeToLiveSpecification, TimeToLiveSpecification);
    const { TimeToLiveStatus, AttributeName } = await lives();
    assert.ok(["ENABLING", "ENABLED"].includes(TimeToLiveStatus), TimeToLiveStatus);
    assert.equal(AttributeName, "expires");
  });

  test("backups, limits and endpoints are described", async () => {
    const TableName = await newTable();
    const backups = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
    assert.equal(backups.ContinuousBackupsDescription.ContinuousBackupsStatus, "ENABLED");
    assert.equal(
      backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus,
      "DISABLED",
    );
    const limits = await dynamodb.send(new DescribeLimitsCommand({}));
    assert.ok(limits.AccountMaxReadCapacityUnits >= limits.TableMaxReadCapacityUnits);
    const { Endpoints } = await dynamodb.send(new DescribeEndpointsCommand({}));
    assert.equal(Endpoints[0].CachePeriodInMinutes, 1440);
  });
});
