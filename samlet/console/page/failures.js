// Gathers the newest failures by what went wrong, each with its reason and what to change.

import { advise } from "./advice.js";
import { api } from "./api.js";
import { count, moment } from "./format.js";
import { Component, html } from "./html.js";
import { CopyBlock, requestTitle, RequestLink } from "./parts.js";
import { fragment } from "./route.js";
import { store } from "./store.js";

const MOST = 5;

/** Failures of the same kind together, the newest first: `{key, newest, times}`. */
export function groupFailures(requests) {
  const groups = new Map();
  for (const request of requests) {
    if (!request.error) continue;
    const key = `${request.function ?? request.path} ${alike(request.error)}`;
    const group = groups.get(key);
    if (group) group.times += 1;
    else groups.set(key, { key, newest: request, times: 1 });
  }
  return [...groups.values()];
}

// Ids and numbers differ from one failure to the next; the rest tells its kind.
function alike(error) {
  return error.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "ID").replace(/\d+(\.\d+)?/g, "N");
}

export function Failures() {
  const groups = groupFailures(store.requests);
  return html`<section aria-labelledby="failures-title" data-testid="failures">
    <div class="section-head"><h2 id="failures-title">Newest failures</h2>
      ${groups.length > 0 && html`<a href=${fragment("requests", "", { failed: "true" })}>All failed requests</a>`}</div>
    ${groups.length === 0 && html`<p class="muted">${store.requests.length ? "None of the requests that are kept failed." : "Nothing failed."}</p>`}
    <ul class="failures">${groups.slice(0, MOST).map((group) => html`<${FailureItem} key=${group.key} group=${group} />`)}</ul>
  </section>`;
}

class FailureItem extends Component {
  // One example tells the reason of its whole kind.
  componentDidMount() {
    const { id } = this.props.group.newest;
    api.request(id).then((detail) => this.setState({ detail }), () => {});
  }

  render({ group: { newest, times } }, { detail }) {
    const advice = detail && advise(detail, store.application);
    const statement = detail?.refusals[0]?.statement;
    return html`<li class="failure-item" data-testid="failure-item" data-function=${newest.function}>
      <p class="failure-head"><strong>${newest.function ?? "No function"}</strong>
        <${RequestLink} id=${newest.id}>${requestTitle(newest)}<//>
        <span class="muted small">${times > 1 ? `${count(times)} times, last ` : ""}${moment(newest.started)}</span></p>
      <p class="failure-why"><span class="badge bad"><span aria-hidden="true">✕ </span>${newest.status ?? "…"}</span> ${newest.error}</p>
      ${advice && html`<p class="small"><strong>What to change:</strong> ${advice.change}</p>`}
      ${statement && html`<${CopyBlock} text=${statement} label="statement to add" />`}
    </li>`;
  }
}
