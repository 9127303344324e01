// The small parts that several views are made of: badges, copyable blocks, notices, dialogs.

import { Component, html } from "./html.js";
import { fragment } from "./route.js";

/** Tells what happened to those who don't see it. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  // The same text twice is news too, but only a change is read out.
  announcer.textContent = announcer.textContent === text ? `${text}\u00a0` : text;
}

/** Focus that went with its element goes to the view's heading. */
export function keepFocus() {
  if (document.activeElement === document.body) document.querySelector("h1")?.focus();
}

export function Status({ status, error }) {
  if (status === null) return html`<span class="badge quiet">under way</span>`;
  const failed = error !== null || status >= 500;
  const kind = failed ? "bad" : status >= 400 ? "warn" : "good";
  return html`<span class="badge ${kind}">${failed && html`<span aria-hidden="true">✕ </span>`}${status}</span>`;
}

export function Empty({ title, children }) {
  return html`<div class="empty" data-testid="empty"><p class="empty-title">${title}</p>${children}</div>`;
}

export function Notice({ kind = "info", testid, children }) {
  return html`<div class="notice ${kind}" data-testid=${testid}>${children}</div>`;
}

/** What an action came to, beside the button that did it. */
export function Outcome({ outcome }) {
  if (!outcome) return null;
  return html`<span class="outcome ${outcome.failed ? "bad-text" : "good-text"}" data-testid="outcome">
    <span aria-hidden="true">${outcome.failed ? "✕" : "✓"}</span> ${outcome.text}</span>`;
}

/** A button that copies a text; where it can't, it selects the element that shows the text. */
class CopyButton extends Component {
  copy = async () => {
    const copied = await copyText(this.props.text, this.props.shownIn());
    this.setState({ said: copied ? "Copied" : "Selected" });
    announce(copied ? "Copied" : "Selected: copy it with the keyboard");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setState({ said: null }), 2000);
  };

  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  render({ label, kind }, { said }) {
    return html`<button type="button" class=${kind} onClick=${this.copy}>
      ${said ?? "Copy"}<span class="visually-hidden"> ${label}</span>
    </button>`;
  }
}

/** Text as it is, with a button that copies it. */
export class CopyBlock extends Component {
  hold = (element) => {
    this.pre = element;
  };

  render({ text, label, testid, tall }) {
    return html`<div class="copy-block" data-testid=${testid}>
      <pre ref=${this.hold} tabindex="0" role="group" aria-label=${label} class=${tall ? "tall" : ""}>${text}</pre>
      <${CopyButton} kind="copy" text=${text} label=${label} shownIn=${() => this.pre} />
    </div>`;
  }
}

/** The same for a short text among others. */
export class CopyLine extends Component {
  hold = (element) => {
    this.code = element;
  };

  render({ text, label }) {
    return html`<span class="copy-line"><code ref=${this.hold} class="break">${text}</code>
      <${CopyButton} kind="small" text=${text} label=${label} shownIn=${() => this.code} /></span>`;
  }
}

// The clipboard is there in secure contexts only: on loopback, but not through another name.
async function copyText(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
}

/** A modal dialog; focus goes back to where it was when it closes. */
export class Dialog extends Component {
  hold = (element) => {
    this.dialog = element ?? this.dialog;
  };

  componentDidMount() {
    this.opener = document.activeElement;
    this.dialog.showModal();
  }

  componentWillUnmount() {
    this.dialog.close();
    const back = this.opener?.isConnected ? this.opener : document.querySelector("h1");
    back?.focus();
  }

  render({ title, onClose, wide, testid, children }) {
    const cancel = (event) => {
      event.preventDefault();
      onClose();
    };
    return html`<dialog ref=${this.hold} class=${wide ? "wide" : ""} aria-labelledby="dialog-title" data-testid=${testid} onCancel=${cancel}>
      <h2 id="dialog-title">${title}</h2>
      ${children}
    </dialog>`;
  }
}

export function FunctionSelect({ id, value, functions, all, onChange }) {
  return html`<label class="field" for=${id}>
    <span>Function</span>
    <select id=${id} data-testid="filter-function" value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${all && html`<option value="">All functions</option>`}
      ${functions.map((each) => html`<option key=${each.id} value=${each.id}>${each.id}</option>`)}
    </select>
  </label>`;
}

export function RequestLink({ id, children }) {
  return html`<a href=${fragment("requests", id)}>${children}</a>`;
}

/** How a request is called: its method and path, or who invoked what. */
export function requestTitle(request) {
  if (request.method) return `${request.method} ${request.path}`;
  const kind = request.kind === "event" ? "Asynchronous invocation" : "Invocation";
  return `${kind} of ${request.function}`;
}

/** A command that makes a first request, or null when the application has no route. */
export function firstCommand(application) {
  const all = application.apis.flatMap((each) => each.routes.map((route) => ({ ...route, url: each.url })));
  const routes = all.filter((route) => route.function);
  const route = routes.find((each) => !each.path.includes("{")) ?? routes[0];
  if (!route) return application.functions[0] ? `samlet invoke ${application.functions[0].id}` : null;
  const url = `${route.url}${route.path.replace(/\{[^}]*\}/g, "1")}`;
  const method = route.method.toUpperCase();
  if (["GET", "ANY", "*"].includes(method)) return `curl -s '${url}'`;
  if (method === "POST") return `curl -s '${url}' -d '{"title": "Hello"}'`;
  const body = method === "PUT" || method === "PATCH" ? ` -d '{"title": "Hello"}'` : "";
  return `curl -s -X ${method} '${url}'${body}`;
}

export function NoRequests({ application }) {
  const command = firstCommand(application);
  if (!command) {
    return html`<${Empty} title="This application has no functions yet.">
      <p>Declare one in <code>${application.template}</code>; it appears here by itself.</p>
    <//>`;
  }
  return html`<${Empty} title="No requests yet.">
    <p>Send one from another terminal; it appears here at once:</p>
    <${CopyBlock} text=${command} label="command" testid="first-command" />
  <//>`;
}
