// Says why a request failed and what to change, from all that is known of it.

import { duration, logKind } from "./format.js";
import { breakdown } from "./spans.js";

const MOST_QUOTED = 240;

/** `{why, change}` of a failed request, each a sentence; null when there is nothing to say. */
export function advise(request, application) {
  if (request.refusals.length) return refused(request.refusals[0]);
  if (!request.error) return null;
  const declared = application.functions.find((each) => each.id === request.function);
  const outcomes = request.spans.map((span) => span.outcome);
  if (outcomes.includes("timeout")) return timedOut(request, declared);
  if (outcomes.includes("throttled")) return throttled(request, declared);
  if (!request.function) return unrouted(request, application);
  return failedInCode(request, declared);
}

function refused(refusal) {
  return {
    why: `A policy refused ${refusal.action} to ${refusal.function}.`,
    change: refusal.statement
      ? `Add the statement below at ${refusal.place}.`
      : `Adding an Allow would not help: change what is at ${refusal.place}.`,
  };
}

function timedOut(request, declared) {
  const limit = declared ? ` of ${duration(declared.timeout_ms)}` : "";
  const [slowest] = breakdown(request.spans);
  return {
    why: `${request.function} was stopped at its Timeout${limit}.`,
    change: `It spent ${duration(slowest.ms)} ${slowest.what}: make that faster, or raise Timeout${at(declared)}.`,
  };
}

function throttled(request, declared) {
  return {
    why: `${request.function} already ran as often at once as it may.`,
    change: `Raise ReservedConcurrentExecutions${at(declared)}, or send fewer requests at once.`,
  };
}

function unrouted(request, application) {
  const api = application.apis.find((each) => each.id === request.api);
  const routes = (api?.routes ?? []).map((route) => `${route.method} ${route.path}`);
  return {
    why: "The request reached no function.",
    change: routes.length
      ? `${request.api} declares these routes: ${routes.join(", ")}.`
      : `Declare a route for it in ${application.template}.`,
  };
}

function failedInCode(request, declared) {
  const line = tellingLine(request.logs);
  const code = `the code of ${request.function}, which is declared${at(declared)}`;
  return {
    why: request.error,
    change: line ? `Its log says “${line}”: correct ${code}.` : `It logged no error; look at ${code}.`,
  };
}

/** The first line of the log that tells of an error, and what follows it. */
function tellingLine(logs) {
  const lines = logs.map((line) => (line.shown ?? line.message).trim());
  const first = lines.findIndex((line) => logKind(line) === "bad");
  if (first < 0) return null;
  const next = lines[first + 1];
  const text = next && logKind(next) !== "platform" && lines[first].endsWith(":") ? `${lines[first]} ${next}` : lines[first];
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text;
}

function at(declared) {
  return declared ? ` at ${declared.place}` : "";
}
