// The first view: the application as a picture, how it does now, and what failed last.

import { contractAddress } from "./api.js";
import { Failures, groupFailures } from "./failures.js";
import { count, counted, rate } from "./format.js";
import { html } from "./html.js";
import { NoRequests, RequestLink } from "./parts.js";
import { Picture } from "./picture.js";
import { store } from "./store.js";

export function Overview() {
  const { application } = store;
  const empty = store.loaded && store.total === 0;
  return html`
    <div class="head"><h1 tabindex="-1">Overview</h1><${Summary} /></div>
    <${Apis} apis=${application.apis} />
    <div class="overview">
      ${application.functions.length > 0 &&
      html`<section aria-labelledby="picture-title"><h2 id="picture-title" class="visually-hidden">The application</h2>
        <${Picture} application=${application} /></section>`}
      ${empty ? html`<${NoRequests} application=${application} />` : html`<${Failures} />`}
    </div>
  `;
}

/** How it does, in a sentence. */
function Summary() {
  if (!store.loaded) return html`<p class="muted">Loading…</p>`;
  if (store.total === 0) return html`<p class="muted" data-testid="summary">No requests yet.</p>`;
  const [newest] = groupFailures(store.requests);
  if (!newest) return html`<p class="summary" data-testid="summary">${counted(store.total, "request")}, none failed.</p>`;
  const failed = store.requests.filter((each) => each.error).length;
  return html`<p class="summary" data-testid="summary">
    <span class="bad-text"><span aria-hidden="true">✕ </span>${count(failed)} of the last ${counted(store.requests.length, "request")} failed</span>,
    newest: <${RequestLink} id=${newest.newest.id}>${newest.newest.function ?? newest.newest.path}<//>
  </p>`;
}

function Apis({ apis }) {
  if (!apis.length) return null;
  return html`<ul class="apis" aria-label="APIs">
    ${apis.map((api) => {
      const now = store.now.apis?.[api.id] ?? { rate: 0, errors: 0 };
      return html`<li key=${api.id} data-testid="api" data-id=${api.id}>
        <strong>${api.id}</strong> <span class="badge quiet">${api.kind}</span> <code>${api.url}</code>
        <a href=${contractAddress(api.id)} aria-label=${`OpenAPI document of ${api.id}`}>OpenAPI</a>
        <span>${rate(now.rate)}</span>
        ${now.errors > 0 && html`<span class="bad-text">${rate(now.errors)} failing</span>`}
      </li>`;
    })}
  </ul>`;
}
