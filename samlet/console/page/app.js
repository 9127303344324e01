// The page's frame: navigation, the state of the connection, and the view that the address names.

import { hasToken } from "./api.js";
import { Component, html, render } from "./html.js";
import { Logs } from "./logs.js";
import { Metrics } from "./metrics.js";
import { Overview } from "./overview.js";
import { announce } from "./parts.js";
import { Policies } from "./policies.js";
import { RequestView } from "./request.js";
import { Requests } from "./requests.js";
import { currentRoute, fragment } from "./route.js";
import { Services } from "./services.js";
import { store } from "./store.js";
import { Tables } from "./tables.js";

const VIEWS = [
  ["overview", "Overview"],
  ["requests", "Requests"],
  ["metrics", "Metrics"],
  ["services", "Services"],
  ["tables", "Tables"],
  ["logs", "Logs"],
  ["policies", "Policies"],
];

const CONNECTION = {
  connecting: "Connecting…",
  live: "Live",
  interrupted: "Updates interrupted, trying again…",
  gone: "samlet is not running. Waiting for it…",
};

class App extends Component {
  state = { route: currentRoute(), visit: 0 };

  componentDidMount() {
    store.subscribe(() => this.setState({}));
    addEventListener("hashchange", () => this.visit());
    this.title();
  }

  componentDidUpdate() {
    if (this.connection !== store.connection) {
      if (this.connection && store.connection !== "connecting") announce(CONNECTION[store.connection] ?? "");
      this.connection = store.connection;
    }
  }

  // Each link that is followed makes its view anew, with the choices that are in the address.
  visit() {
    this.setState(({ visit }) => ({ route: currentRoute(), visit: visit + 1 }), () => this.arrived());
  }

  // A new view begins at its heading, for the keyboard and for those who hear the page.
  arrived() {
    this.title();
    scrollTo(0, 0);
    document.querySelector("h1")?.focus();
  }

  title() {
    const { view, id } = this.state.route;
    const name = VIEWS.find(([each]) => each === view)?.[1] ?? "Not found";
    document.title = `${id ? `${id} · ` : ""}${name} · samlet console`;
  }

  render(_, { route, visit }) {
    if (!hasToken || store.connection === "refused") return html`<${Refused} />`;
    return html`
      <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
      <header class="bar">
        <a class="brand" href="#/"><img src="icon.svg" alt="" width="22" height="22" />samlet</a>
        <nav aria-label="Views">
          ${VIEWS.map(
            ([view, name]) => html`<a key=${view} href=${fragment(view === "overview" ? "" : view)}
              data-testid="nav-${view}" aria-current=${route.view === view ? "page" : null}>${name}</a>`,
          )}
        </nav>
        <${Connection} />
      </header>
      <main id="main" tabindex="-1">
        ${store.application ? html`<${View} key=${visit} route=${route} />` : html`<h1 tabindex="-1">samlet console</h1><p class="muted">${CONNECTION[store.connection]}</p>`}
      </main>
      <${Footer} />
    `;
  }
}

// The fragment belongs to the views, so the link must not change it.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function View({ route }) {
  const { view, id, query } = route;
  const { application } = store;
  if (view === "overview") return html`<${Overview} />`;
  if (view === "requests" && id) return html`<${RequestView} id=${id} />`;
  if (view === "requests") return html`<${Requests} query=${query} />`;
  if (view === "metrics") return html`<${Metrics} application=${application} query=${query} />`;
  if (view === "services") return html`<${Services} application=${application} query=${query} />`;
  if (view === "tables") return html`<${Tables} id=${id} />`;
  if (view === "logs") return html`<${Logs} application=${application} query=${query} />`;
  if (view === "policies") return html`<${Policies} application=${application} />`;
  return html`<h1 tabindex="-1">Not found</h1><p>There is no such view. <a href="#/">Overview</a></p>`;
}

function Connection() {
  const { connection } = store;
  return html`<p class="connection ${connection}" data-testid="connection" data-state=${connection}>
    <span class="dot" aria-hidden="true"></span>${CONNECTION[connection]}
  </p>`;
}

function Footer() {
  const { application } = store;
  if (!application) return null;
  return html`<footer>
    <span>samlet ${application.version}</span>
    <span><code>${application.template}</code></span>
    <span>AWS endpoint <code>${application.aws_endpoint_url}</code></span>
  </footer>`;
}

function Refused() {
  return html`<main id="main" class="refused" data-testid="unauthorized">
    <h1 tabindex="-1">This address has no valid token</h1>
    <p>Open the address that <code>samlet start</code> printed. It looks like this:</p>
    <pre>${location.origin}/_samlet/?token=…</pre>
    <p>The token is kept in <code>.samlet/console-token</code>; where that was deleted, an older address works no more.</p>
  </main>`;
}

const root = document.getElementById("app");
root.textContent = "";
render(html`<${App} />`, root);
store.start();
