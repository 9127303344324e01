// The clients of the samlet at SAMLET_AWS, and tables to use them on.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";

const settings = {
  endpoint: process.env.SAMLET_AWS,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  // A second attempt would hide that the first one failed.
  maxAttempts: 1,
};

/** The tests of a suite run beside each other, and none of them for ever. */
export const suite = { concurrency: true, timeout: 120_000 };

/** The operations that were answered at least once, by the names of the SDK's commands. */
export const answered = new Set();

/** The classes of the errors that there were. */
export const refusals = new Set();

/** A client that notes which operations are answered, and which errors there are. */
export function client(Class, more = {}) {
  const made = new Class({ ...settings, ...more });
  const note = (next, context) => async (request) => {
    try {
      const answer = await next(request);
      answered.add(context.commandName);
      return answer;
    } catch (error) {
      refusals.add(error.constructor);
      throw error;
    }
  };
  made.middlewareStack.add(note, { step: "initialize", name: "noteAnswers" });
  return made;
}

export const dynamodb = client(DynamoDBClient);
export const streams = client(DynamoDBStreamsClient);

/** How a waiter is to wait: the SDK's own first pause would be 20 seconds. */
export const patience = { client: dynamodb, minDelay: 0.05, maxDelay: 0.5, maxWaitTime: 30 };

/** The parameters of a table whose key is the string `id` and the number `n`. */
export function definition(TableName, more = {}) {
  const { AttributeDefinitions = [], ...others } = more;
  return {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "id", KeyType: "HASH" },
      { AttributeName: "n", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "id", AttributeType: "S" },
      { AttributeName: "n", AttributeType: "N" },
      ...AttributeDefinitions,
    ],
    ...others,
  };
}

let tables = 0;

/** Makes such a table for one test, and gives its name; `more` are parameters of CreateTable. */
export async function newTable(more, TableName = `javascript-${(tables += 1)}`) {
  await dynamodb.send(new CreateTableCommand(definition(TableName, more)));
  await waitUntilTableExists(patience, { TableName });
  return TableName;
}

/** A key of such a table. */
export const key = (id, n = 1) => ({ id: { S: id }, n: { N: String(n) } });

/** All that an asynchronous iterator gives. */
export async function collect(iterator) {
  const all = [];
  for await (const one of iterator) all.push(one);
  return all;
}
