// Whether all of the SDK was tried: what it has and these tests do not use must be refused, or be named here.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as service from "@aws-sdk/client-dynamodb";
import * as streamsService from "@aws-sdk/client-dynamodb-streams";

import { answered, dynamodb, refusals, streams, suite } from "./samlet.mjs";

/** Classes of errors that no test gives, and why. */
const NOT_MET = {
  "operations that are not there": [
    "BackupInUseException",
    "BackupNotFoundException",
    "ContinuousBackupsUnavailableException",
    "ExportConflictException",
    "ExportNotFoundException",
    "GlobalTableAlreadyExistsException",
    "GlobalTableNotFoundException",
    "ImportConflictException",
    "ImportNotFoundException",
    "IndexNotFoundException",
    "InvalidEndpointException",
    "InvalidExportTimeException",
    "InvalidRestoreTimeException",
    "PointInTimeRecoveryUnavailableException",
    "PolicyNotFoundException",
    "ReplicaAlreadyExistsException",
    "ReplicaNotFoundException",
    "ReplicatedWriteConflictException",
    "TableAlreadyExistsException",
    "TableInUseException",
  ],
  "load, size or age that a test does not make": [
    "ExpiredIteratorException",
    "ItemCollectionSizeLimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "TrimmedDataAccessException",
  ],
};

const named = (module, fits) => Object.keys(module).filter(fits);

describe("the SDK", suite, () => {
  test("each operation is answered in a test or refused as unknown", async () => {
    for (const [module, client] of [
      [service, dynamodb],
      [streamsService, streams],
    ]) {
      const commands = named(module, (name) => /^\w+Command$/.test(name) && !answered.has(name));
      for (const name of commands) {
        await assert.rejects(client.send(new module[name]({})), { name: "UnknownOperationException" }, name);
      }
    }
    assert.ok(answered.has("GetItemCommand") && answered.has("GetRecordsCommand"));
  });

  test("each paginator of these operations is tested", () => {
    const paginators = named(service, (name) => /^paginate/.test(name));
    const here = paginators.filter((name) => answered.has(`${name.replace("paginate", "")}Command`));
    assert.deepEqual(here, ["paginateListTables", "paginateQuery", "paginateScan"]);
  });

  test("each class of error is met in a test or named here", () => {
    const met = new Set([...refusals].map((Class) => Class.name));
    const known = Object.values(NOT_MET).flat();
    for (const [module, Base] of [
      [service, service.DynamoDBServiceException],
      [streamsService, streamsService.DynamoDBStreamsServiceException],
    ]) {
      const classes = named(module, (name) => module[name].prototype instanceof Base);
      assert.deepEqual(classes.filter((name) => !met.has(name) && !known.includes(name)), []);
    }
    assert.deepEqual(known.filter((name) => met.has(name)), []);
  });
});
