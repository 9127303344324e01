// A message's retrieval, as the Rust function does it.
const { DynamoDBClient, GetItemCommand } = require("@aws-sdk/client-dynamodb");

const client = new DynamoDBClient({});

exports.handler = async (event) => {
  const key = { pk: { S: event.pathParameters.message_id }, sk: { S: "v0" } };
  const get = new GetItemCommand({ TableName: process.env.DDB_TABLE_NAME, Key: key });
  const { Item: item } = await client.send(get);
  return item
    ? { statusCode: 200, body: JSON.stringify({ success: true, message: item }) }
    : { statusCode: 404, body: JSON.stringify({ success: false, message: "Message not found" }) };
};
