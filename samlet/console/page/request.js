// Shows one request: where its time went, why it failed and what to change, and all that was said.

import { advise } from "./advice.js";
import { api } from "./api.js";
import { bytes, clock, count, counted, logKind, moment, pretty } from "./format.js";
import { Component, html } from "./html.js";
import { announce, CopyBlock, Notice, Outcome, requestTitle, Status } from "./parts.js";
import { fragment } from "./route.js";
import { verdict } from "./spans.js";
import { store } from "./store.js";
import { callsSummary, Waterfall } from "./waterfall.js";

const RELOAD_MS = 500;

export class RequestView extends Component {
  componentDidMount() {
    this.load();
  }

  // What is under way is read again when the stream tells of a change.
  componentDidUpdate() {
    const news = store.requests.find((each) => each.id === this.props.id);
    if (!news || news === this.news) return;
    const first = !this.news;
    this.news = news;
    const over = this.state.request?.status !== null;
    if (first || over || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.load();
    }, RELOAD_MS);
  }

  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  async load() {
    try {
      const request = await api.request(this.props.id);
      this.setState({ request, error: null });
      document.title = `${requestTitle(request)} · samlet console`;
    } catch (error) {
      this.setState({ error });
    }
  }

  replay = () =>
    this.act(async () => {
      const { id, status } = await api.replay(this.state.request.id);
      announce(`Replayed: the new request was answered ${status}`);
      location.hash = fragment("requests", id);
    });

  saveEvent = () =>
    this.act(async () => {
      const { path } = await api.saveEvent(this.state.request.id);
      this.say({ text: `Saved as ${path}` });
    });

  async act(action) {
    this.setState({ busy: true, outcome: null });
    try {
      await action();
    } catch (error) {
      this.say({ text: error.message, failed: true });
    }
    this.setState({ busy: false });
  }

  say(outcome) {
    this.setState({ outcome });
    announce(outcome.text);
  }

  render({ id }, { request, error, busy, outcome }) {
    const heading = html`<${Heading} request=${request ?? store.requests.find((each) => each.id === id)} />`;
    if (!request) {
      return html`<article class="request">${heading}
        ${error ? html`<${Missing} id=${id} error=${error} />` : html`<p class="muted">Loading…</p>`}</article>`;
    }
    return html`<article class="request" data-testid="request-detail" data-id=${request.id}>
      ${heading}
      <p class="verdict" data-testid="verdict">${verdict(request)}</p>
      <div class="actions">
        <button type="button" data-testid="replay" disabled=${busy || !request.can_replay} onClick=${this.replay}>Replay</button>
        <button type="button" data-testid="save-event" disabled=${busy || !request.event} onClick=${this.saveEvent}>Save as event</button>
        ${!request.can_replay && html`<span class="muted">It can't be replayed: its text was cut or forgotten.</span>`}
        <${Outcome} outcome=${outcome} />
      </div>
      <${Failure} request=${request} />
      <section data-testid="waterfall" aria-labelledby="waterfall-title">
        <div class="section-head"><h2 id="waterfall-title">Waterfall</h2><span class="muted">${callsSummary(request.spans)}</span></div>
        <${Waterfall} spans=${request.spans} over=${request.status !== null} />
      </section>
      <${RequestLogs} logs=${request.logs} />
      <div class="columns">
        <${Asked} request=${request} />
        <${Answered} request=${request} />
      </div>
    </article>`;
  }
}

function Missing({ id, error }) {
  const gone = error.status === 404;
  return html`<${Notice} kind="warn" testid="missing">
    ${gone ? html`The request <code>${id}</code> is not kept: samlet keeps the last ${count(store.kept)} in memory, until it ends.` : error.message}
  <//>`;
}

// The heading stays the same element while the rest is loaded, for it holds the focus.
function Heading({ request }) {
  return html`<p class="back"><a href=${store.listFragment} data-testid="back"><span aria-hidden="true">← </span>Requests</a></p>
    <h1 tabindex="-1" class="request-title">${request ? html`<code>${requestTitle(request)}</code> <${Status} ...${request} />` : "Request"}</h1>
    ${request && html`<${Facts} request=${request} />`}`;
}

function Facts({ request }) {
  return html`<dl class="facts">
      <div><dt>Time</dt><dd>${moment(request.started)}</dd></div>
      ${request.function && html`<div><dt>Function</dt><dd><a href=${fragment("requests", "", { function: request.function })}>${request.function}</a></dd></div>`}
      ${request.route && html`<div><dt>Route</dt><dd><code>${request.route}</code></dd></div>`}
      <div><dt>Start</dt><dd>${request.cold ? "cold" : "warm"}</dd></div>
      ${request.trace_id && html`<div><dt>Trace</dt><dd><code>${request.trace_id}</code></dd></div>`}
    </dl>`;
}

function Failure({ request }) {
  const advice = advise(request, store.application);
  if (!advice) return null;
  const refused = request.refusals.length > 0;
  return html`<section class="failure" data-testid=${refused ? "refusal" : "failure"} aria-labelledby="failure-title">
    <h2 id="failure-title"><span aria-hidden="true">✕ </span>${refused ? "Refused by a policy" : "Failed"}</h2>
    ${refused
      ? request.refusals.map((refusal, index) => html`<${Refusal} key=${index} refusal=${refusal} />`)
      : html`<p>${advice.why}</p>${advice.why !== request.error && html`<p class="muted">${request.error}</p>`}<p data-testid="advice"><strong>What to change:</strong> ${advice.change}</p>`}
  </section>`;
}

export function Refusal({ refusal }) {
  return html`<div class="refusal">
    <p><strong>${refusal.function}</strong> is not allowed to perform <code>${refusal.action}</code> on <code class="break">${refusal.resource}</code>.</p>
    ${refusal.why.length > 0 && html`<ul class="why">${refusal.why.map((why) => html`<li key=${why}>${why}</li>`)}</ul>`}
    <div data-testid="remedy">
      ${refusal.statement
        ? html`<p><strong>What to change:</strong> add this to its <code>Policies</code> at <code class="place">${refusal.place}</code></p>
            <${CopyBlock} text=${refusal.statement} label="statement to add" />`
        : html`<p><strong>What to change:</strong> adding an Allow would not help; look at <code class="place">${refusal.place}</code>, which denies it.</p>`}
    </div>
  </div>`;
}

function RequestLogs({ logs }) {
  return html`<section data-testid="request-logs" aria-labelledby="logs-title">
    <h2 id="logs-title">Log lines</h2>
    ${logs.length === 0
      ? html`<p class="muted">It logged nothing.</p>`
      : html`<div class="log-box" tabindex="0" role="group" aria-labelledby="logs-title"><ol class="log-lines">
          ${logs.map(
            (line, index) => html`<li key=${index} class="log-line ${logKind(line.message)}">
              <span class="log-time">${clock(line.time)}</span>
              <span class="log-message">${(line.shown ?? line.message).trimEnd()}</span>
            </li>`,
          )}
        </ol></div>`}
  </section>`;
}

function Asked({ request }) {
  return html`<div class="column">
    <section data-testid="event" aria-labelledby="event-title">
      <h2 id="event-title">Event</h2>
      <${Text} text=${request.event} label="event" none="No function was given an event, or its text was forgotten." />
    </section>
    ${request.request &&
    html`<section data-testid="request-message">
      <h2>Request</h2>
      <${Headers} headers=${request.request.headers} />
      <${Text} text=${asText(request.request)} label="request body" none="It had no body." />
    </section>`}
  </div>`;
}

function asText({ body, size, cut, base64 }) {
  return body ? { text: body, size, cut, base64 } : null;
}

function Answered({ request }) {
  const { response, result } = request;
  const own = response?.body ?? null;
  const body = own ?? bodyOf(result);
  return html`<div class="column">
    <section data-testid="response" aria-labelledby="response-title">
      <h2 id="response-title">Response</h2>
      ${response && html`<p><${Status} ...${request} />${own !== null && html` <span class="muted">the gateway's own answer</span>`}</p><${Headers} headers=${response.headers} />`}
      ${body !== null && html`<${CopyBlock} text=${pretty(body)} label="response body" tall />`}
      ${body === null && request.status !== null && html`<p class="muted">No body.</p>`}
      ${request.status === null && html`<p class="muted">Not answered yet.</p>`}
    </section>
    <section data-testid="result" aria-labelledby="result-title">
      <h2 id="result-title">What the function returned</h2>
      <${Text} text=${result} label="result" none=${request.status === null ? "Nothing yet." : "No function was asked, or its text was forgotten."} />
    </section>
  </div>`;
}

/** The body in a function's answer to the gateway, when it is text. */
function bodyOf(result) {
  if (!result) return null;
  try {
    const answer = JSON.parse(result.text);
    return typeof answer?.body === "string" && !answer.isBase64Encoded ? answer.body : null;
  } catch {
    return null;
  }
}

function Text({ text, label, none }) {
  if (!text) return html`<p class="muted">${none}</p>`;
  return html`${text.cut && html`<p class="muted">Cut: ${bytes(text.size)} in all.</p>`}
    ${text.base64 && html`<p class="muted">Binary, shown in Base64.</p>`}
    <${CopyBlock} text=${text.base64 ? text.text : pretty(text.shown ?? text.text)} label=${label} tall />`;
}

function Headers({ headers }) {
  if (!headers.length) return null;
  return html`<details class="headers">
    <summary>${counted(headers.length, "header")}</summary>
    <dl>${headers.map(([name, value], index) => html`<div key=${index}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </details>`;
}
