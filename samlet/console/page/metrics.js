// Charts of each function's numbers over the last minutes, and the same in a table.

import { api } from "./api.js";
import { Chart } from "./chart.js";
import { count, counted, duration } from "./format.js";
import { Component, html } from "./html.js";
import { Empty, FunctionSelect, NoRequests, Notice } from "./parts.js";
import { fragment, rememberQuery } from "./route.js";
import { store } from "./store.js";

const REFRESH_MS = 5000;
const SPANS = [
  [300, "5 min"],
  [900, "15 min"],
  [3600, "1 h"],
];

export class Metrics extends Component {
  constructor({ query }) {
    super();
    const seconds = SPANS.find(([each]) => String(each) === query.seconds)?.[0] ?? 900;
    this.state = { function: query.function ?? "", seconds, metrics: null };
  }

  componentDidMount() {
    this.onVisibility = () => !document.hidden && this.load();
    document.addEventListener("visibilitychange", this.onVisibility);
    this.timer = setInterval(() => this.load(), REFRESH_MS);
    this.load();
  }

  componentWillUnmount() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  // The charts depend on what was read, not on the stream's news.
  shouldComponentUpdate(props, state) {
    return state !== this.state || props.application !== this.props.application;
  }

  async load() {
    if (document.hidden) return;
    const { seconds } = this.state;
    try {
      const metrics = await api.metrics(seconds);
      if (seconds === this.state.seconds) this.setState({ metrics, error: null });
    } catch (error) {
      this.setState({ error });
    }
  }

  choose(choice) {
    this.setState(choice, () => {
      rememberQuery({ function: this.state.function, seconds: String(this.state.seconds) });
      if (choice.seconds) this.load();
    });
  }

  render(_, { metrics, seconds, error, function: chosen }) {
    const { functions } = store.application;
    const id = functions.some((each) => each.id === chosen) ? chosen : busiest(functions, metrics);
    return html`
      <div class="head"><h1 tabindex="-1">Metrics</h1></div>
      ${functions.length > 0 && html`<div class="filters">
        <${FunctionSelect} id="function" value=${id} functions=${functions} onChange=${(each) => this.choose({ function: each })} />
        <fieldset class="segments"><legend>Time span</legend>
          ${SPANS.map(([each, name]) => html`<label key=${each}><input type="radio" name="span" data-testid="span-${each}" value=${each} checked=${each === seconds} onChange=${() => this.choose({ seconds: each })} /><span>${name}</span></label>`)}
        </fieldset>
      </div>`}
      ${error && html`<${Notice} kind="warn">${error.message}<//>`}
      ${functions.length === 0 && html`<${NoRequests} application=${store.application} />`}
      ${metrics && id && html`<${Charts} id=${id} metrics=${metrics} memory=${store.function(id).memory_mb} /><${Totals} metrics=${metrics} chosen=${id} seconds=${seconds} />`}
    `;
  }
}

function busiest(functions, metrics) {
  const invocations = (each) => total(metrics?.functions[each.id]?.invocations);
  return [...functions].sort((a, b) => invocations(b) - invocations(a))[0]?.id;
}

function total(values = []) {
  return values.reduce((sum, each) => sum + (each ?? 0), 0);
}

function most(values = []) {
  return values.reduce((top, each) => Math.max(top, each ?? 0), 0);
}

function latest(values = []) {
  return values.findLast((each) => each !== null && each !== undefined) ?? null;
}

function Charts({ id, metrics, memory }) {
  const numbers = metrics.functions[id];
  if (!numbers) return html`<${Empty} title="${id} was not invoked in this time." />`;
  const each = (testid, title, summary, series, format, shape) =>
    html`<${Chart} key=${`${id} ${testid}`} testid=${testid} title=${title} summary=${summary} times=${metrics.times} series=${series} format=${format} shape=${shape} />`;
  const whole = (value) => (Number.isInteger(value) ? count(value) : "");
  const megabytes = (value) => `${Math.round(value)} MB`;
  const step = `in each ${metrics.step_seconds} s`;
  return html`<div class="charts">
    ${each("chart-invocations", "Invocations", `${count(total(numbers.invocations))} in all; at most ${count(most(numbers.invocations))} ${step}.`, [one("Invocations", numbers.invocations, "--accent")], whole, "bars")}
    ${each("chart-errors", "Errors", `${counted(total(numbers.errors), "error")} and ${counted(total(numbers.throttles), "throttle")} in all.`, [one("Errors", numbers.errors, "--bad"), one("Throttles", numbers.throttles, "--warn")], whole, "bars")}
    ${each("chart-duration", "Duration", `Latest: p50 ${duration(latest(numbers.p50_ms))}, p90 ${duration(latest(numbers.p90_ms))}, p99 ${duration(latest(numbers.p99_ms))}; longest ${duration(most(numbers.max_ms))}.`, [
      one("p50", numbers.p50_ms, "--accent"),
      one("p90", numbers.p90_ms, "--warn", [6, 3]),
      one("p99", numbers.p99_ms, "--bad", [2, 3]),
    ], duration)}
    ${each("chart-cold-starts", "Cold starts", `${counted(total(numbers.cold_starts), "cold start")} in all.`, [one("Cold starts", numbers.cold_starts, "--cold")], whole, "bars")}
    ${each("chart-concurrency", "Concurrency", `Latest ${count(latest(numbers.concurrency) ?? 0)}, at most ${count(most(numbers.concurrency))} at once.`, [one("At once", numbers.concurrency, "--good")], whole, "steps")}
    ${each("chart-memory", "Memory", `Latest ${latest(numbers.memory_mb) ?? "–"} MB, at most ${most(numbers.memory_mb)} of ${memory} MB.`, [one("Used", numbers.memory_mb, "--accent")], megabytes)}
  </div>`;
}

function one(label, values, color, dash) {
  return { label, values, color, dash };
}

function Totals({ metrics, chosen, seconds }) {
  const span = SPANS.find(([each]) => each === seconds)[1];
  return html`<section aria-labelledby="totals-title"><h2 id="totals-title">All functions</h2>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="totals-title"><table class="totals" data-testid="totals">
      <caption class="visually-hidden">Totals of the last ${span} for each function</caption>
      <thead><tr><th scope="col">Function</th>${["Invocations", "Errors", "Throttles", "Cold starts", "Latest p50", "Latest p99", "Longest", "Memory"].map((name) => html`<th key=${name} scope="col" class="number">${name}</th>`)}</tr></thead>
      <tbody>${store.application.functions.map(({ id }) => {
        const numbers = metrics.functions[id] ?? {};
        const errors = total(numbers.errors);
        return html`<tr key=${id} aria-current=${id === chosen ? "true" : null}>
          <th scope="row"><a href=${fragment("metrics", "", { function: id, seconds: String(seconds) })}>${id}</a></th>
          <td class="number">${count(total(numbers.invocations))}</td>
          <td class="number ${errors ? "bad-text" : ""}">${count(errors)}</td>
          <td class="number">${count(total(numbers.throttles))}</td>
          <td class="number">${count(total(numbers.cold_starts))}</td>
          <td class="number">${duration(latest(numbers.p50_ms))}</td>
          <td class="number">${duration(latest(numbers.p99_ms))}</td>
          <td class="number">${numbers.max_ms ? duration(most(numbers.max_ms)) : "–"}</td>
          <td class="number">${numbers.memory_mb ? `${most(numbers.memory_mb)} MB` : "–"}</td>
        </tr>`;
      })}</tbody>
    </table></div>
  </section>`;
}
