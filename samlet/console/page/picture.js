// Draws the application as a picture: routes, the functions they call, and the tables those use.

import { counted, rate } from "./format.js";
import { Component, html } from "./html.js";
import { layout } from "./layout.js";
import { RequestLink } from "./parts.js";
import { fragment } from "./route.js";
import { store } from "./store.js";

const NARROW = "(max-width: 760px)";
const MOST_GLYPHS = 8;

export class Picture extends Component {
  narrow = matchMedia(NARROW);

  componentDidMount() {
    this.onChange = () => this.setState({});
    this.narrow.addEventListener("change", this.onChange);
  }

  componentWillUnmount() {
    this.narrow.removeEventListener("change", this.onChange);
  }

  // The layout depends on the declaration alone, which seldom changes.
  place(application) {
    if (this.application !== application) {
      this.application = application;
      this.placed = layout(application);
    }
    return this.placed;
  }

  render({ application }) {
    const placed = this.place(application);
    const last = lastByFunction(store.requests);
    return html`<div data-testid="picture">
      ${this.narrow.matches ? html`<${Stacked} placed=${placed} last=${last} />` : html`<${Columns} placed=${placed} last=${last} />`}
      <${Legend} />
    </div>`;
  }
}

/** The newest finished request of each function. */
function lastByFunction(requests) {
  const last = new Map();
  for (const each of requests) {
    if (each.function && each.status !== null && !last.has(each.function)) last.set(each.function, each);
  }
  return last;
}

function present(id) {
  return store.now.functions?.[id] ?? { rate: 0, errors: 0, starting: 0, idle: 0, busy: 0 };
}

function Columns({ placed, last }) {
  const high = { height: `${placed.height}px` };
  return html`<div class="picture-scroll" tabindex="0" role="group" aria-label="Picture of the application">
    <div class="picture-heads">
      <h3>Routes</h3><h3 class="second">Functions</h3><h3 class="third">Tables</h3>
    </div>
    <div class="picture" style=${high}>
      <ul class="nodes" aria-label="Routes">${placed.routes.map((route) => html`<li key=${route.key} style=${at(route)}><${RouteNode} route=${route} /></li>`)}</ul>
      <${Lines} lines=${placed.routeLines} height=${placed.height} />
      <ul class="nodes" aria-label="Functions">${placed.functions.map((each) => html`<li key=${each.id} style=${at(each)}><${FunctionNode} declared=${each} last=${last.get(each.id)} /></li>`)}</ul>
      <div class="gutter">
        <${Lines} lines=${placed.tableLines} height=${placed.height} />
        ${placed.tableLines.map((line) => html`<span key=${line.key} class="line-label" style=${{ top: `${line.from}px` }}>${actions(line.actions)}</span>`)}
      </div>
      <ul class="nodes" aria-label="Tables">${placed.tables.map((table) => html`<li key=${table.id} style=${at(table)}><${TableNode} table=${table} /></li>`)}</ul>
    </div>
  </div>`;
}

/** On a narrow screen: each function with its routes above and its tables below. */
function Stacked({ placed, last }) {
  const unrouted = placed.routes.filter((route) => !placed.functions.some((each) => each.id === route.function));
  return html`<ul class="stacked">
    ${placed.functions.map(
      (each) => html`<li key=${each.id}>
        ${placed.routes.filter((route) => route.function === each.id).map((route) => html`<${RouteNode} key=${route.key} route=${route} />`)}
        <${FunctionNode} declared=${each} last=${last.get(each.id)} />
        ${each.tables.map((use) => {
          const table = placed.tables.find((other) => other.id === use.table);
          return table && html`<${TableNode} key=${use.table} table=${table} uses=${use.actions} />`;
        })}
      </li>`,
    )}
    ${unrouted.map((route) => html`<li key=${route.key}><${RouteNode} route=${route} /></li>`)}
  </ul>`;
}

function at({ top, height }) {
  return { top: `${top}px`, height: `${height}px` };
}

function actions(names) {
  const shown = names.slice(0, 2).join(", ");
  return names.length > 2 ? `${shown} +${names.length - 2}` : shown;
}

function RouteNode({ route }) {
  const search = `${route.method} ${route.path}`;
  return html`<a class="node route" data-testid="node-route" data-id=${route.key} href=${fragment("requests", "", { search })}>
    <span class="method">${route.method}</span> <span class="path">${route.path}</span>
  </a>`;
}

function FunctionNode({ declared, last }) {
  const now = present(declared.id);
  const failing = Boolean(last?.error);
  return html`<div class="node function ${failing ? "failing" : ""} ${now.rate > 0 ? "alive" : ""}" data-testid="node-function" data-id=${declared.id} data-failing=${String(failing)}>
    <div class="node-line">
      <a class="node-name" href=${fragment("requests", "", { function: declared.id })}>${declared.id}</a>
      ${failing && html`<${RequestLink} id=${last.id}><span class="badge bad"><span aria-hidden="true">✕ </span>last failed</span><//>`}
    </div>
    <div class="node-line rates">
      <span><strong>${rate(now.rate)}</strong></span>
      <span class=${now.errors > 0 ? "bad-text" : "muted"}>${now.errors > 0 ? `${rate(now.errors)} failing` : "no errors now"}</span>
    </div>
    <${Environments} now=${now} />
    <span class="visually-hidden">${relations(declared)}</span>
  </div>`;
}

/** What the lines show, in words. */
function relations(declared) {
  const routes = store.application.apis.flatMap((api) => api.routes).filter((route) => route.function === declared.id);
  const callers = routes.map((route) => `${route.method} ${route.path}`).join(", ");
  const uses = declared.tables.map((use) => `${use.table} (${use.actions.join(", ")})`).join(", ");
  return `${callers && `Called by ${callers}. `}${uses && `Uses ${uses}.`}`;
}

function Environments({ now }) {
  const all = now.busy + now.idle + now.starting;
  const parts = [
    now.busy && `${now.busy} busy`,
    now.idle && `${now.idle} warm`,
    now.starting && `${now.starting} starting`,
  ].filter(Boolean);
  const glyphs = [
    ...Array(now.busy).fill("busy"),
    ...Array(now.idle).fill("warm"),
    ...Array(now.starting).fill("starting"),
  ].slice(0, MOST_GLYPHS);
  return html`<div class="node-line environments" title=${`${counted(all, "environment")}`}>
    ${glyphs.length > 0 && html`<span class="glyphs" aria-hidden="true">${glyphs.map((kind, index) => html`<span key=${index} class="glyph ${kind}"></span>`)}</span>`}
    <span class="muted">${parts.join(", ") || "no environment"}</span>
  </div>`;
}

function TableNode({ table, uses }) {
  const key = table.key.map((part) => part.name).join(", ");
  return html`<a class="node table" data-testid="node-table" data-id=${table.id} href=${fragment("tables", table.id)}>
    <span class="node-name">${table.id}</span>
    <span class="muted small">${uses ? `${uses.join(", ")} · ` : ""}key ${key}</span>
  </a>`;
}

function Lines({ lines, height }) {
  return html`<svg class="lines" viewBox="0 0 100 ${height}" preserveAspectRatio="none" aria-hidden="true" style=${{ height: `${height}px` }}>
    ${lines.map((line) => {
      const now = present(line.function);
      const state = now.errors > 0 ? "failing" : now.rate > 0 ? "alive" : "";
      return html`<path key=${line.key} class="line ${state}" d="M0 ${line.from} C50 ${line.from} 50 ${line.to} 100 ${line.to}" />`;
    })}
  </svg>`;
}

function Legend() {
  return html`<p class="legend muted small">Environments:
    <span><span class="glyph busy" aria-hidden="true"></span> busy</span>
    <span><span class="glyph warm" aria-hidden="true"></span> warm (idle)</span>
    <span><span class="glyph starting" aria-hidden="true"></span> starting (cold)</span></p>`;
}
