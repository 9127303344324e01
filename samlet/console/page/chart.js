// Wraps uPlot: one chart with its title, and its numbers in words for those who don't see it.

import { clock } from "./format.js";
import { Component, html } from "./html.js";
import uPlot from "./vendor/uPlot.esm.js";

const HEIGHT = 150;
const DARK = matchMedia("(prefers-color-scheme: dark)");

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** `series` are `{label, values, color}`, `color` the name of a custom property. */
export class Chart extends Component {
  hold = (element) => {
    this.canvas = element ?? this.canvas;
  };

  shouldComponentUpdate(next) {
    return next.series !== this.props.series;
  }

  componentDidMount() {
    this.make();
    // A change of the width within the observer's call would be observed again.
    this.observer = new ResizeObserver(() => requestAnimationFrame(() => this.resize()));
    this.observer.observe(this.canvas);
    this.onScheme = () => this.make();
    DARK.addEventListener("change", this.onScheme);
  }

  componentDidUpdate() {
    if (this.plot.series.length !== this.props.series.length + 1) this.make();
    else this.plot.setData(this.data());
  }

  componentWillUnmount() {
    this.observer.disconnect();
    DARK.removeEventListener("change", this.onScheme);
    this.plot.destroy();
    this.plot = null;
  }

  data() {
    const { times, series } = this.props;
    return [times, ...series.map((each) => each.values)];
  }

  resize() {
    this.plot?.setSize({ width: this.canvas.clientWidth, height: HEIGHT });
  }

  make() {
    this.plot?.destroy();
    this.plot = new uPlot(options(this.props, this.canvas.clientWidth), this.data(), this.canvas);
  }

  render({ title, summary, testid }) {
    return html`<figure class="chart" data-testid=${testid}>
      <figcaption><h2>${title}</h2><p class="chart-summary small muted">${summary}</p></figcaption>
      <div class="chart-canvas" ref=${this.hold} role="img" aria-label=${`${title}: ${summary}`}></div>
    </figure>`;
  }
}

function options({ series, format, shape }, width) {
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, sync: { key: "metrics" }, points: { size: 6 } },
    legend: { show: true, live: true, markers: { width: 2, dash: (_, index) => (series[index - 1]?.dash ? "dashed" : "solid") } },
    scales: { y: { range: (_, __, most) => [0, niceTop(most)] } },
    axes: [
      { ...axis, size: 26, space: 70, values: (_, times) => times.map((time) => clock(time * 1000, { millis: false }).slice(0, 5)) },
      { ...axis, size: 56, space: 32, values: (_, values) => values.map(format) },
    ],
    series: [
      { label: "Time", value: (_, time) => (time === null ? "–" : clock(time * 1000, { millis: false })) },
      ...series.map((each) => line(each, format, shape)),
    ],
  };
}

const PATHS = {
  bars: uPlot.paths.bars({ size: [0.9, 24], align: 1 }),
  steps: uPlot.paths.stepped({ align: 1 }),
};

/** The points that no line shows, for nothing is beside them. */
function alone(plot, index) {
  const values = plot.data[index];
  const is = (at) => values[at] !== null && values[at] !== undefined;
  return [...values.keys()].filter((at) => is(at) && !is(at - 1) && !is(at + 1));
}

function niceTop(most) {
  return most > 0 ? most * 1.1 : 1;
}

/** `shape` is bars (what happened in each step), steps (a level) or nothing (a line). */
function line({ label, color: name, dash }, format, shape) {
  return {
    label,
    stroke: color(name),
    dash,
    width: shape === "bars" ? 1 : 1.5,
    fill: shape ? `${color(name)}59` : undefined,
    paths: PATHS[shape],
    points: { show: !shape, filter: alone, size: 5, fill: color(name), width: 0 },
    value: (_, value) => (value === null || value === undefined ? "–" : format(value)),
  };
}
