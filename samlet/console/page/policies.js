// The least-privilege report: what was refused, what is granted beyond its use, and the least that would do.

import { api } from "./api.js";
import { count, counted, moment } from "./format.js";
import { Component, html } from "./html.js";
import { CopyBlock, Empty, Notice } from "./parts.js";
import { Refusal } from "./request.js";
import { fragment } from "./route.js";
import { store } from "./store.js";

// How many failed requests to look through for a refusal's remedy.
const LOOKED_THROUGH = 3;

export class Policies extends Component {
  state = { reports: null, remedies: {} };

  componentDidMount() {
    this.load();
  }

  shouldComponentUpdate(props, state) {
    return state !== this.state || props.application !== this.props.application;
  }

  load = async () => {
    try {
      const reports = await api.policies();
      this.setState({ reports, error: null });
      for (const report of reports) for (const entry of report.refused) this.findRemedy(report.function, entry);
    } catch (error) {
      this.setState({ error });
    }
  };

  // The report tells what was refused; a request that was refused tells what to add, and where.
  async findRemedy(id, entry) {
    const name = remedyName(id, entry);
    const found = await findRefusal(id, entry).catch(() => null);
    if (found) this.setState(({ remedies }) => ({ remedies: { ...remedies, [name]: found } }));
  }

  render(_, { reports, error, remedies }) {
    return html`
      <div class="head"><h1 tabindex="-1">Policies</h1>
        <button type="button" data-testid="refresh" onClick=${this.load}>Refresh</button></div>
      <p class="muted">What each function may do, beside what it did.</p>
      ${error && html`<${Notice} kind="warn">${error.message}<//>`}
      ${!reports && !error && html`<p class="muted">Loading…</p>`}
      ${reports?.length === 0 && html`<${Empty} title="This application has no functions." />`}
      ${reports && [...reports].sort(byUrgency).map((report) => html`<${Policy} key=${report.function} report=${report} remedies=${remedies} />`)}
    `;
  }
}

function remedyName(id, { action, resource }) {
  return `${id} ${action} ${resource}`;
}

async function findRefusal(id, { action, resource }) {
  const { requests } = await api.requests({ function: id, failed: true, search: action, limit: LOOKED_THROUGH });
  for (const request of requests) {
    const { refusals } = await api.request(request.id);
    const found = refusals.find((each) => each.function === id && each.action === action && each.resource === resource);
    if (found) return found;
  }
  return null;
}

// What was refused first, then what is wider than it need be.
function byUrgency(a, b) {
  return urgency(b) - urgency(a);
}

function urgency(report) {
  if (report.refused.length) return 2;
  return report.grants.some((grant) => grant.finding !== "used") ? 1 : 0;
}

function Policy({ report, remedies }) {
  const title = `policy-${report.function}`;
  return html`<section class="policy" data-testid="policy" data-id=${report.function} aria-labelledby=${title}>
    <div class="section-head"><h2 id=${title}>${report.function}</h2><${Verdict} report=${report} /></div>
    ${report.refused.map((entry) => html`<${Refused} key=${entry.action + entry.resource} report=${report} entry=${entry} remedy=${remedies[remedyName(report.function, entry)]} />`)}
    <${Grants} report=${report} />
    <${Least} report=${report} />
  </section>`;
}

function Verdict({ report }) {
  if (report.refused.length) return html`<span class="badge bad"><span aria-hidden="true">✕ </span>refused</span>`;
  if (urgency(report)) return html`<span class="badge warn"><span aria-hidden="true">! </span>more than it used</span>`;
  return html`<span class="badge good"><span aria-hidden="true">✓ </span>least privilege</span>`;
}

function Refused({ report, entry, remedy }) {
  const all = fragment("requests", "", { function: report.function, failed: "true" });
  return html`<div class="failure" data-testid="policy-refused">
    ${remedy
      ? html`<${Refusal} refusal=${remedy} />`
      : html`<p><strong>${report.function}</strong> is not allowed to perform <code>${entry.action}</code> on <code class="break">${entry.resource}</code>.</p>`}
    <p class="small muted">Refused ${counted(entry.refused, "time")}, last ${moment(entry.last * 1000)}. <a href=${all}>Its failed requests</a></p>
  </div>`;
}

function Grants({ report }) {
  if (!report.grants.length) return html`<p class="muted">The template grants it nothing.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${`Grants of ${report.function}`}><table class="grants">
    <caption class="visually-hidden">What ${report.function} is granted</caption>
    <thead><tr><th scope="col">Granted</th><th scope="col">Finding</th><th scope="col" class="number">Used</th><th scope="col">Last</th></tr></thead>
    <tbody>${report.grants.map((grant, index) => html`<tr key=${index} data-testid="grant" data-finding=${findingName(grant)}>
      <th scope="row"><span class="muted small">${grant.kind}</span> <code class="break">${grant.pattern}</code>
        <span class="small grant-place">at <code class="place">${grant.place}</code></span></th>
      <td><${Finding} grant=${grant} /></td>
      <td class="number">${count(grant.used)}</td>
      <td>${grant.last ? moment(grant.last * 1000) : "never"}</td>
    </tr>`)}</tbody>
  </table></div>`;
}

function findingName({ finding }) {
  return finding.wider ? "wider" : finding;
}

function Finding({ grant }) {
  const name = findingName(grant);
  if (name === "used") return html`<span class="badge good"><span aria-hidden="true">✓ </span>used</span>`;
  if (name === "never") return html`<span class="badge warn"><span aria-hidden="true">! </span>never used</span> <span class="small">remove it</span>`;
  return html`<span class="badge warn"><span aria-hidden="true">! </span>wider than its use</span>${" "}
    <span class="small">narrow it to ${grant.finding.wider.map((each) => html`<code key=${each} class="break">${each}</code> `)}</span>`;
}

function Least({ report }) {
  if (!report.least?.length) return html`<p class="muted small">It used nothing yet, so no least policy is known.</p>`;
  const wider = urgency(report) > 0;
  return html`<details class="least" open=${wider}>
    <summary>The least policy that would do for what it did</summary>
    <${CopyBlock} text=${leastPolicy(report.least)} label=${`least policy of ${report.function}`} testid="least-policy" />
  </details>`;
}

function leastPolicy(least) {
  const statements = least.map(({ actions, resource }) =>
    ["    - Effect: Allow", "      Action:", ...actions.map((action) => `        - ${action}`), `      Resource: ${resource}`].join("\n"),
  );
  return ["Policies:", "  - Statement:", ...statements.map(indent)].join("\n");
}

function indent(text) {
  return text.replace(/^/gm, "  ");
}
