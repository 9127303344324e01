// Shows what functions log, as they log it, filtered by function and by pattern.

import { api } from "./api.js";
import { clock, count, logKind } from "./format.js";
import { Component, html } from "./html.js";
import { Live } from "./live.js";
import { announce, Empty, FunctionSelect, Notice } from "./parts.js";
import { fragment, rememberQuery } from "./route.js";
import { store } from "./store.js";

const MOST_LINES = 2000;
const REDRAW_MS = 200;
// Drawing takes at most this share of the time, however much is logged.
const DRAWING_SHARE = 0.2;
const TYPING_MS = 400;
// This near to the end counts as being there, in pixels.
const NEAR = 24;
const INVOCATION_ID = /^START RequestId: ([0-9a-f-]{36})/;

export class Logs extends Component {
  lines = [];
  /** Lines that came while the reader paused or before the history was read. */
  waiting = [];
  number = 0;
  drawingMs = 0;

  constructor({ query }) {
    super();
    this.state = { function: query.function ?? "", filter: query.filter ?? "", typed: query.filter ?? "", lines: null };
  }

  componentDidMount() {
    this.tail();
    this.unsubscribe = store.subscribe(() => this.relink());
  }

  componentWillUnmount() {
    this.unsubscribe();
    this.live?.stop();
    clearTimeout(this.redrawing);
    clearTimeout(this.typing);
  }

  shouldComponentUpdate(props, state) {
    return state !== this.state || props.application !== this.props.application;
  }

  // A line often comes before the request that it belongs to.
  relink() {
    if (this.requests === store.requests) return;
    this.requests = store.requests;
    if (this.lines.length) this.redrawSoon();
  }

  getSnapshotBeforeUpdate() {
    const box = this.box;
    return !box || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  }

  componentDidUpdate(_, __, atEnd) {
    if (atEnd && this.box) this.box.scrollTop = this.box.scrollHeight;
  }

  tail() {
    this.live?.stop();
    this.lines = [];
    this.waiting = [];
    const { function: id, filter } = this.state;
    this.live = new Live("logs/stream", { function: id, filter }, { log: ({ events }) => this.take(events) }, {
      opened: () => this.readHistory(),
      broken: () => this.readHistory(),
    }).start();
  }

  // The stream is open before the history is read, so that nothing falls between them.
  async readHistory() {
    this.stale = Boolean(this.state.paused);
    if (this.stale) return;
    const { function: id, filter } = this.state;
    this.reading = true;
    try {
      const { events } = await api.logs({ function: id, filter });
      if (id !== this.state.function || filter !== this.state.filter) return;
      const known = new Set(events.map(identity));
      const news = this.waiting.filter((event) => !known.has(identity(event)));
      this.waiting = [];
      this.lines = [];
      this.reading = false;
      this.append([...events, ...news]);
      this.setState({ error: null });
    } catch (error) {
      if (error.status === 400) this.live.stop();
      if (error.status) this.setState({ error, lines: this.state.lines ?? [] });
    } finally {
      this.reading = false;
    }
  }

  take(events) {
    if (this.reading || this.state.paused) {
      this.waiting = [...this.waiting, ...events].slice(-MOST_LINES);
      if (this.state.paused) this.redrawSoon();
    } else this.append(events);
  }

  append(events) {
    for (const event of events) this.lines.push({ ...event, number: ++this.number });
    if (this.lines.length > MOST_LINES) this.lines.splice(0, this.lines.length - MOST_LINES);
    this.redrawSoon();
  }

  redrawSoon() {
    this.redrawing ??= setTimeout(() => {
      const begun = performance.now();
      this.redrawing = null;
      this.setState({ lines: [...this.lines] }, () => {
        this.drawingMs = performance.now() - begun;
      });
    }, Math.max(REDRAW_MS, this.drawingMs / DRAWING_SHARE));
  }

  pause = () => {
    const paused = !this.state.paused;
    announce(paused ? "Paused" : "Resumed");
    this.setState({ paused }, () => {
      if (paused) return;
      if (this.stale) return this.readHistory();
      const waiting = this.waiting;
      this.waiting = [];
      this.append(waiting);
    });
  };

  choose(choice) {
    this.setState({ ...choice, error: null, lines: null }, () => {
      rememberQuery({ function: this.state.function, filter: this.state.filter });
      this.tail();
    });
  }

  type = (event) => {
    const typed = event.target.value;
    this.setState({ typed });
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.choose({ filter: typed }), TYPING_MS);
  };

  render(_, { lines, typed, paused, error, function: id }) {
    return html`
      <div class="head"><h1 tabindex="-1">Logs</h1></div>
      <div class="filters" role="search" aria-label="Filter logs">
        <${FunctionSelect} id="function" all value=${id} functions=${store.application.functions} onChange=${(each) => this.choose({ function: each })} />
        <label class="field grow" for="pattern"><span>Filter pattern</span>
          <input id="pattern" data-testid="filter-pattern" class="mono" value=${typed} spellcheck="false" autocomplete="off" aria-invalid=${Boolean(error)} aria-describedby="pattern-help"
            placeholder='ERROR, or { $.level = "error" }' onInput=${this.type} /></label>
        <button type="button" data-testid="pause" aria-pressed=${Boolean(paused)} onClick=${this.pause}>
          ${paused ? `Resume${this.waiting.length ? ` (${count(this.waiting.length)} newer)` : ""}` : "Pause"}</button>
      </div>
      <p id="pattern-help" class="small muted">As in CloudWatch Logs: words that all must occur, <code>?a ?b</code> for either, <code>-a</code> for none, or a JSON pattern.</p>
      ${error && html`<${Notice} kind="warn" testid="log-error">${error.message}<//>`}
      ${!lines && !error && html`<p class="muted">Loading…</p>`}
      ${lines?.length === 0 && !error && html`<${Empty} title="No lines in the last 15 minutes."><p>What functions write to standard output and standard error appears here at once.</p><//>`}
      ${lines?.length > 0 && html`<div class="log-box tail" data-testid="log" tabindex="0" role="group" aria-label="Log lines" ref=${(box) => (this.box = box)}>
        <ol class="log-lines with-function">${lines.map((line) => html`<${LogLine} key=${line.number} line=${line} />`)}</ol>
      </div>`}
    `;
  }
}

function identity({ time, stream, message }) {
  return `${time} ${stream} ${message}`;
}

class LogLine extends Component {
  shouldComponentUpdate({ line }) {
    return !this.linked && knownRequest(line.message) !== null;
  }

  render({ line }) {
    const id = knownRequest(line.message);
    this.linked = id !== null;
    return html`<li class="log-line ${logKind(line.message)}" data-testid="log-line">
      <span class="log-time">${clock(line.time)}</span>
      <span class="log-function">${line.function}</span>
      <span class="log-message"><${Message} text=${(line.shown ?? line.message).trimEnd()} id=${id} /></span>
    </li>`;
  }
}

function knownRequest(message) {
  const found = INVOCATION_ID.exec(message);
  return found && store.knows(found[1]) ? found[1] : null;
}

function Message({ text, id }) {
  if (!id) return text;
  const [before, ...after] = text.split(id);
  return html`${before}<a href=${fragment("requests", id)}>${id}</a>${after.join(id)}`;
}
