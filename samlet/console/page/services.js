// Lists what each AWS service has, whichever services there are: nothing here knows one by name.

import { api } from "./api.js";
import { count, counted } from "./format.js";
import { Component, html } from "./html.js";
import { announce, CopyLine, Empty, Notice } from "./parts.js";
import { rememberQuery } from "./route.js";
import { store } from "./store.js";

// Rows of each service at first, and how many each step adds.
const ROWS = 100;

export class Services extends Component {
  asked = 0;

  constructor({ query }) {
    super();
    this.state = { services: null, search: query.search ?? "", rows: {} };
  }

  componentDidMount() {
    this.load();
  }

  // Another application object means that the template was applied anew, or that samlet was away.
  componentDidUpdate(previous) {
    if (previous.application !== this.props.application) this.load();
  }

  // The stream's news of requests are not shown here.
  shouldComponentUpdate(props, state) {
    return state !== this.state || props.application !== this.props.application;
  }

  async load() {
    // Answers may overtake each other; the one to the last question counts.
    const asked = ++this.asked;
    try {
      const { services } = await api.services();
      if (asked === this.asked) this.setState({ services, error: null });
    } catch (error) {
      if (asked !== this.asked) return;
      this.setState({ error });
      announce(error.message);
    }
  }

  refresh = async () => {
    await this.load();
    if (!this.state.error) announce("Refreshed");
  };

  search = (event) => {
    const search = event.target.value;
    this.setState({ search, rows: {} }, () => rememberQuery({ search }));
  };

  more(name, rows, added) {
    this.setState({ rows: { ...this.state.rows, [name]: rows + ROWS } });
    announce(`${count(added)} more shown`);
  }

  render(_, { services, error, search, rows }) {
    const wanted = search.trim().toLowerCase();
    const full = (services ?? []).filter((each) => each.resources.length > 0 || !each.answered);
    const found = full.map((service) => ({ service, resources: matching(service, wanted) }));
    const shown = found.filter(({ service, resources }) => resources.length > 0 || !service.answered);
    const matches = found.some(({ resources }) => resources.length > 0);
    const ofService = ({ name }) => rows[name] ?? ROWS;
    return html`
      <div class="head"><h1 tabindex="-1">Services</h1>
        <button type="button" data-testid="refresh" onClick=${this.refresh}>Refresh</button></div>
      <p class="muted lead">The AWS services that samlet provides, with the resources that each of them has now.</p>
      ${error && html`<${Notice} kind="warn" testid="services-error">${error.message}<//>`}
      ${!services && !error && html`<p class="muted">Loading…</p>`}
      ${full.length > 0 && html`<div class="filters" role="search" aria-label="Filter resources">
        <label class="field grow" for="search"><span>Search</span>
          <input id="search" data-testid="filter-search" type="search" placeholder="name, kind, ARN, details" value=${search} onInput=${this.search} /></label>
      </div>`}
      ${services && full.length === 0 && html`<${Empty} title="No service has a resource yet.">
        <p>What <code>${store.application.template}</code> declares, or a program creates, appears here.</p><//>`}
      ${full.length > 0 && wanted && !matches && html`<${Empty} title="No resource matches." />`}
      ${shown.map((each) => html`<${Service} key=${each.service.name} ...${each} rows=${ofService(each.service)}
        more=${(added) => this.more(each.service.name, ofService(each.service), added)} />`)}
      ${services && html`<${WithoutResources} services=${services} />`}
    `;
  }
}

function matching({ resources }, wanted) {
  if (!wanted) return resources;
  return resources.filter((each) => searched(each).includes(wanted));
}

function searched({ logical_id: id, kind, name, arn, details }) {
  return [id ?? "", kind, name, arn, ...Object.values(details)].join("\n").toLowerCase();
}

function Service({ service, resources, rows, more }) {
  const title = `service-${service.name}`;
  const drawn = resources.slice(0, rows);
  return html`<section class="service" data-testid="service" data-name=${service.name} aria-labelledby=${title}>
    <div class="section-head"><h2 id=${title}>${service.title}</h2>
      ${service.answered
        ? html`<span class="muted small" data-testid="resource-count">${counted(service.count, "resource")}</span>`
        : html`<span class="badge warn"><span aria-hidden="true">! </span>not answering</span>`}</div>
    ${!service.answered && html`<p class="muted">It did not list its resources in time. Refresh to ask again.</p>`}
    ${drawn.length > 0 && html`<${Resources} service=${service} resources=${drawn} />`}
    <${Bound} service=${service} drawn=${drawn.length} found=${resources.length} more=${more} />
  </section>`;
}

function Resources({ service, resources }) {
  return html`<table class="resources">
    <caption class="visually-hidden">Resources of ${service.title}</caption>
    <thead><tr><th scope="col">Resource</th><th scope="col">ARN</th><th scope="col">Details</th></tr></thead>
    <tbody>${resources.map((each, index) => html`<${Resource} key=${`${index} ${each.arn}`} resource=${each} />`)}</tbody>
  </table>`;
}

class Resource extends Component {
  shouldComponentUpdate(next) {
    return next.resource !== this.props.resource;
  }

  render({ resource: { logical_id: id, kind, name, arn, details } }) {
    const known = Object.entries(details);
    return html`<tr data-testid="resource">
      <th scope="row"><span class="muted small">${kind}</span> <strong>${name}</strong>
        ${!id && html`${" "}<span class="muted small" data-testid="undeclared">not in the template</span>`}</th>
      <td><${CopyLine} text=${arn} label=${`ARN of ${kind} ${name}`} /></td>
      <td>${known.length > 0 && html`<dl class="details small">
        ${known.map(([title, value]) => html`<div key=${title}><dt>${title}</dt><dd>${value}</dd></div>`)}</dl>`}</td>
    </tr>`;
  }
}

/** What is not drawn, and why. */
function Bound({ service, drawn, found, more }) {
  const left = found - drawn;
  const next = Math.min(ROWS, left);
  const unlisted = (service.count ?? 0) - service.resources.length;
  return html`
    ${unlisted > 0 && html`<p class="muted small" data-testid="unlisted">Only the first ${count(service.resources.length)} of its ${count(service.count)} resources are listed and searched here.</p>`}
    ${left > 0 && html`<p class="more"><span class="muted">${count(drawn)} of ${count(found)} shown</span>${" "}
      <button type="button" data-testid="more-resources" onClick=${() => more(next)}>Show ${count(next)} more<span class="visually-hidden"> of ${service.title}</span></button></p>`}
  `;
}

function WithoutResources({ services }) {
  const titles = services.filter((each) => each.answered && each.count === 0).map((each) => each.title);
  if (!titles.length) return null;
  return html`<p class="muted small without" data-testid="without-resources">Without resources: ${titles.join(", ")}.</p>`;
}
