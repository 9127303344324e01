// Lists requests as they come, the newest first, filtered as the reader likes.

import { clock, count, counted, duration } from "./format.js";
import { Component, html } from "./html.js";
import { announce, Empty, FunctionSelect, NoRequests, requestTitle, Status } from "./parts.js";
import { fragment, rememberQuery } from "./route.js";
import { store } from "./store.js";

const ROWS = 100;

export class Requests extends Component {
  constructor({ query }) {
    super();
    this.state = {
      search: query.search ?? "",
      function: query.function ?? "",
      failed: query.failed === "true",
      rows: ROWS,
      paused: null,
    };
  }

  choose(choice) {
    this.setState({ ...choice, rows: ROWS }, () => {
      const { search, function: id, failed } = this.state;
      rememberQuery({ search, function: id, failed: failed ? "true" : "" });
    });
  }

  // A pause keeps the list as it was; what comes meanwhile is counted.
  pause = () => {
    const paused = this.state.paused ? null : { requests: store.requests, total: store.total };
    this.setState({ paused });
    announce(paused ? "Paused" : "Resumed");
  };

  older = async () => {
    const rows = this.state.rows + ROWS;
    this.setState({ rows });
    if (rows < this.shown().length || !store.hasOlder) return;
    const added = await store.loadOlder().catch(() => 0);
    announce(`${counted(added, "older request")} loaded`);
  };

  shown() {
    const { paused, search, function: id, failed } = this.state;
    const wanted = search.trim().toLowerCase();
    return (paused?.requests ?? store.requests).filter(
      (each) => (!failed || each.error) && (!id || each.function === id) && (!wanted || searched(each).includes(wanted)),
    );
  }

  render(_, state) {
    store.listFragment = fragment("requests", "", {
      search: state.search,
      function: state.function,
      failed: state.failed ? "true" : "",
    });
    const all = this.shown();
    const rows = all.slice(0, state.rows);
    const older = all.length > rows.length || (!state.paused && store.hasOlder);
    return html`
      <div class="head">
        <h1 tabindex="-1">Requests</h1>
        <p class="muted" data-testid="request-count">${counted(store.total, "request")} since samlet started</p>
      </div>
      <${Filters} state=${state} choose=${(choice) => this.choose(choice)} pause=${this.pause} />
      ${!store.loaded && html`<p class="muted">Loading…</p>`}
      ${store.loaded && store.total === 0 && html`<${NoRequests} application=${store.application} />`}
      ${store.total > 0 && rows.length === 0 && html`<${Empty} title="No request matches." />`}
      ${rows.length > 0 && html`<${List} requests=${rows} />`}
      ${older && rows.length > 0 && html`<p class="more"><button type="button" data-testid="load-older" onClick=${this.older}>Load older</button></p>`}
    `;
  }
}

function searched(request) {
  const { method, path, route, status, error, function: id } = request;
  return [method, path, route, status, error, id, request.id].filter(Boolean).join("\n").toLowerCase();
}

function Filters({ state, choose, pause }) {
  const newer = state.paused ? store.total - state.paused.total : 0;
  return html`<div class="filters" role="search" aria-label="Filter requests">
    <label class="field grow" for="search"><span>Search</span>
      <input id="search" data-testid="filter-search" type="search" placeholder="path, status, error, id" value=${state.search}
        onInput=${(event) => choose({ search: event.target.value })} /></label>
    <${FunctionSelect} id="function" all value=${state.function} functions=${store.application.functions} onChange=${(id) => choose({ function: id })} />
    <label class="check" for="failed"><input id="failed" data-testid="filter-failed" type="checkbox" checked=${state.failed}
      onChange=${(event) => choose({ failed: event.target.checked })} /> Only failed</label>
    <button type="button" data-testid="pause" aria-pressed=${Boolean(state.paused)} onClick=${pause}>
      ${state.paused ? `Resume${newer ? ` (${count(newer)} newer)` : ""}` : "Pause"}
    </button>
  </div>`;
}

function List({ requests }) {
  return html`<table class="requests" data-testid="requests">
    <caption class="visually-hidden">Requests, the newest first</caption>
    <thead><tr>
      <th scope="col">Time</th><th scope="col">Request</th><th scope="col">Function</th>
      <th scope="col">Status</th><th scope="col" class="number">Duration</th><th scope="col">AWS calls</th>
    </tr></thead>
    <tbody>${requests.map((each) => html`<${Row} key=${each.number} request=${each} />`)}</tbody>
  </table>`;
}

class Row extends Component {
  shouldComponentUpdate(next) {
    return next.request !== this.props.request;
  }

  // The link serves the keyboard; the whole row, the mouse.
  open = (event) => {
    if (event.target.closest("a") || String(getSelection())) return;
    location.hash = fragment("requests", this.props.request.id);
  };

  render({ request }) {
    const { id, error, cold } = request;
    return html`<tr data-testid="request" data-id=${id} class=${error ? "failed" : ""} onClick=${this.open}>
      <td class="time">${clock(request.started)}</td>
      <td class="what"><a href=${fragment("requests", id)}>${requestTitle(request)}</a>
        ${error && html`<span class="error">${error}</span>`}</td>
      <td class="function">${request.function ?? html`<span class="muted">no function</span>`}${cold && html` <span class="badge cold">cold</span>`}</td>
      <td class="status"><${Status} ...${request} /></td>
      <td class="number duration">${duration(request.duration_ms)}<span class="bar-mark" aria-hidden="true" style=${{ width: barWidth(request.duration_ms) }}></span></td>
      <td class="calls">${request.aws_calls || ""}</td>
    </tr>`;
  }
}

// Logarithmic, from 0.1 ms to 10 s: a glance tells fast from slow across five magnitudes.
function barWidth(ms) {
  if (!ms) return "0";
  const share = (Math.log10(ms) + 1) / 5;
  return `${Math.min(Math.max(share, 0.02), 1) * 100}%`;
}
