// What AWS's SDK for JavaScript expects of DynamoDB and its streams: `SAMLET_AWS=http://… node all.mjs`.
//
// One process, so that the SDK is read once; `coverage` is last, because it looks at what the others did.

import "./items.mjs";
import "./searches.mjs";
import "./tables.mjs";
import "./errors.mjs";
import "./document.mjs";
import "./streams.mjs";
import "./coverage.mjs";
