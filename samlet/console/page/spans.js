// Finds where a request's time went: each part without what happened within it, and the slowest.

import { duration } from "./format.js";

/** The parts of a request, the slowest first: `{span, ms, what}`. */
export function breakdown(spans) {
  const end = extent(spans);
  // What never ended, as a call that a timeout cut off, lasted until the end.
  const whole = spans.map((span) => ({ ...span, duration_ms: span.duration_ms ?? end - span.start_ms, span }));
  const parts = whole.map((each) => ({ span: each.span, ms: ownTime(each, whole), what: describe(each) }));
  return parts.sort((a, b) => b.ms - a.ms);
}

/** When the last span ends, from the request's start. */
export function extent(spans) {
  return Math.max(...spans.map((span) => span.start_ms + (span.duration_ms ?? 0)), 0.001);
}

/** Where the time went, in one sentence. */
export function verdict(request) {
  if (request.duration_ms === null) return "Still under way.";
  const total = duration(request.duration_ms);
  const [slowest] = breakdown(request.spans ?? []);
  if (!slowest) return `${total}.`;
  return `${total}, of which ${duration(slowest.ms)} ${slowest.what}.`;
}

const WITHIN = {
  gateway: ["wait", "init", "invocation"],
  wait: ["init"],
  init: ["aws"],
  invocation: ["aws"],
  aws: [],
};

function ownTime(span, spans) {
  const kinds = WITHIN[span.kind] ?? [];
  const inner = spans.filter((each) => {
    const sameFunction = !span.function || each.function === span.function;
    return kinds.includes(each.kind) && sameFunction;
  });
  return span.duration_ms - covered(span, inner);
}

/** How much of a span others cover, counted once where they overlap. */
function covered(span, others) {
  const end = span.start_ms + span.duration_ms;
  let reached = span.start_ms;
  let total = 0;
  for (const other of [...others].sort((a, b) => a.start_ms - b.start_ms)) {
    const from = Math.max(other.start_ms, reached);
    const to = Math.min(other.start_ms + other.duration_ms, end);
    if (to > from) {
      total += to - from;
      reached = to;
    }
  }
  return total;
}

function describe(span) {
  switch (span.kind) {
    case "gateway":
      return "in the gateway";
    case "wait":
      return `waiting for an environment of ${span.function}`;
    case "init":
      return `init of ${span.function} (cold start)`;
    case "invocation":
      return `in the code of ${span.function}`;
    default:
      return `in ${span.name}${span.resource ? ` on ${span.resource}` : ""}`;
  }
}
