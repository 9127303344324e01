// Draws a request's spans as a waterfall: a list in the order of their start, each with its bar.

import { counted, duration } from "./format.js";
import { html } from "./html.js";
import { breakdown, extent } from "./spans.js";

const DEPTH = { gateway: 0, wait: 1, init: 2, invocation: 1, aws: 2 };
const KIND = {
  gateway: "Gateway",
  wait: "Wait",
  init: "Init",
  invocation: "Invocation",
  aws: "AWS call",
};
const OUTCOME = {
  ok: "ok",
  error: "error",
  refused: "refused by a policy",
  timeout: "timed out",
  throttled: "throttled",
};
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** `over` tells that the request has ended, so that what is pending never will. */
export function Waterfall({ spans, over }) {
  const total = extent(spans);
  const [slowest] = breakdown(spans);
  return html`<div class="waterfall">
    <div class="axis" aria-hidden="true">
      ${TICKS.map((tick) => html`<span key=${tick} style=${{ left: `${tick * 100}%` }}>${duration(total * tick)}</span>`)}
    </div>
    <ol>
      ${spans.map(
        (span, index) => html`<${Span} key=${index} span=${span} total=${total} over=${over} slowest=${slowest?.span === span && spans.length > 1} own=${slowest?.ms} />`,
      )}
    </ol>
  </div>`;
}

function Span({ span, total, over, slowest, own }) {
  const failed = !["ok", "pending"].includes(span.outcome);
  const classes = `span ${span.kind} ${failed ? "failed" : ""} ${slowest ? "slowest" : ""}`;
  return html`<li class=${classes} data-testid="span" data-kind=${span.kind} data-outcome=${span.outcome}>
    <div class="span-name" style=${{ "--depth": String(DEPTH[span.kind] ?? 1) }}>
      <span class="kind">${KIND[span.kind] ?? span.kind}</span>
      <span class="name">${name(span)}</span>
      ${slowest && html`<span class="badge slow">slowest${own < span.duration_ms * 0.95 ? ` (${duration(own)} itself)` : ""}</span>`}
      ${failed && html`<span class="badge bad"><span aria-hidden="true">✕ </span>${OUTCOME[span.outcome] ?? span.outcome}</span>`}
      ${span.outcome === "pending" && html`<span class="badge quiet">${over ? "never ended" : "under way"}</span>`}
    </div>
    <span class="span-time">${duration(span.duration_ms)}</span>
    <div class="track" aria-hidden="true"><span class="mark" style=${place(span, total)}></span></div>
    ${details(span)}
  </li>`;
}

function name(span) {
  if (span.kind === "wait") return `for an environment of ${span.function}`;
  if (span.kind === "init") return `of ${span.function} (cold start)`;
  return span.name;
}

function place(span, total) {
  const length = span.duration_ms ?? total - span.start_ms;
  return { left: `${(span.start_ms / total) * 100}%`, width: `${(length / total) * 100}%` };
}

function details(span) {
  const facts = [
    span.resource && `on ${span.resource}`,
    span.status && `status ${span.status}`,
    span.memory_mb && `${span.memory_mb} MB of memory used`,
    span.environment && `environment ${span.environment}`,
    span.request_id && `request id ${span.request_id}`,
  ].filter(Boolean);
  if (!facts.length && !span.message) return null;
  return html`<div class="span-details">
    ${facts.length > 0 && html`<span>${facts.join(" · ")}</span>`}
    ${span.message && html`<p class="span-message">${span.message}</p>`}
  </div>`;
}

/** What AWS calls came to, such as `3 AWS calls, 1 refused`. */
export function callsSummary(spans) {
  const calls = spans.filter((span) => span.kind === "aws");
  const refused = calls.filter((span) => span.outcome === "refused").length;
  return `${counted(calls.length, "AWS call")}${refused ? `, ${refused} refused` : ""}`;
}
