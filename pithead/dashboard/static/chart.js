// Lines over time, drawn by uPlot in the colours of the page.

import uPlot from "./vendor/uPlot.esm.js";
import { decimal, h } from "./base.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Canvas knows no light-dark(): an element has it computed.
function resolved(name) {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found || colour(name);
}

// Marks need no zeros at the end, and nothing is nothing in any unit.
const short = (text) => text.replace(/(\.\d*?)0+(?=\D*$)/, "$1").replace(/\.(?=\D*$)/, "").replace(/^0 .*/, "0");
const plain = (_, marks) => marks.map((mark) => decimal(mark, mark % 1 ? 1 : 0));

const faded = (rgb, alpha) => rgb.replace(/^rgba?\(([^)]+)\)$/, (_, parts) =>
  `rgba(${parts.split(",").slice(0, 3).join(",")}, ${alpha})`);

/** One value by itself makes no line: it is a point. */
const isAlone = (plot, at) => plot.data[at].filter((value) => value !== null && value !== undefined).length === 1;

/**
 * `lines`: {label, colour?: "--series-1", fill?, width?, dash?, band?}. `show` turns a value into text.
 * `across` shows what lies along the chart where that is no time, in whole numbers where `counted`.
 * `data` is that of uPlot: times in unix seconds, then values line by line.
 */
export class Chart {
  constructor(place, { label, lines, show, height = 220, low = null, high = null, time = true, across, counted = false, legend = true }) {
    Object.assign(this, { place, label, lines, show, height, low, high, time, across, counted, legend });
    this.data = [[], ...lines.map(() => [])];
    place.classList.add("chart");
    place.setAttribute("role", "img");
    new ResizeObserver(() => this.fit()).observe(place);
    document.addEventListener("theme", () => this.draw());
    this.draw();
  }

  set(data) {
    this.data = data;
    this.describe();
    this.plot.setData(data);
    this.rest(this.plot);
  }

  /** While nobody points at a moment the legend tells the last. */
  rest(plot) {
    const last = this.data[0].length - 1;
    if (this.legend && last >= 0) plot.setLegend({ idx: last }, false);
  }

  /** What the picture says, for who cannot see it. */
  describe() {
    const said = this.lines.map((line, at) => {
      const values = this.data[at + 1].filter((value) => value !== null && value !== undefined);
      if (!values.length) return `${line.label}: no values`;
      return `${line.label}: now ${this.show(values.at(-1))}, lowest ${this.show(Math.min(...values))}, `
        + `highest ${this.show(Math.max(...values))}`;
    });
    this.place.setAttribute("aria-label", `${this.label}. ${said.join("; ")}`);
  }

  fit() {
    const width = Math.floor(this.place.clientWidth);
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.height });
  }

  draw() {
    this.plot?.destroy();
    const [ink, line] = [resolved("--muted"), resolved("--line")];
    const font = "12px system-ui, sans-serif";
    const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
    const show = (_, value) => (value === null || value === undefined ? "–" : this.show(value));
    this.plot = new uPlot({
      width: Math.max(200, Math.floor(this.place.clientWidth)),
      height: this.height,
      series: [this.time ? { value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }
        : { label: "At", value: (_, value) => (value === null ? "–" : this.across(value)) },
        ...this.lines.map((each, at) => this.series(each, at, show))],
      scales: { x: { time: this.time, range: (_, first, last) => this.span(first, last) }, y: { range: (_, low, high) => this.range(low, high) } },
      axes: [{ ...axis, size: this.time ? 44 : 30, space: 70, values: this.time ? TIMES : plain, incrs: this.counted ? COUNTS : undefined },
        { ...axis, size: 76, gap: 4, values: (_, marks) => marks.map((mark) => short(this.show(mark))) }],
      cursor: { y: false, points: { size: 7 } },
      legend: { show: this.legend },
      hooks: { setCursor: [(plot) => { if (plot.cursor.left < 0) this.rest(plot); }] },
    }, this.data, this.place);
    this.describe();
    this.rest(this.plot);
  }

  series(each, at, show) {
    const stroke = resolved(each.colour ?? `--series-${at + 1}`);
    return {
      label: each.label, stroke, width: each.width ?? 2, dash: each.dash, value: show,
      fill: each.fill ? faded(stroke, 0.12) : undefined, points: { show: each.points ?? isAlone },
      paths: each.bars ? uPlot.paths.bars({ size: [0.7, 60] }) : undefined, spanGaps: each.spanGaps ?? false,
    };
  }

  /** Along the chart: bars need room for their halves at both ends. */
  span(first, last) {
    const moments = this.data[0];
    if (first === null || first === undefined) {
      const now = Date.now() / 1000;
      return this.time ? [now - 3600, now] : [0, 1];
    }
    const room = this.lines.some((line) => line.bars) && moments.length > 1 ? (moments[1] - moments[0]) / 2 : 0;
    return [first - room, last + room];
  }

  range(low, high) {
    if (low === null || high === null || low === undefined) return [0, 1];
    const bottom = this.low ?? low - (high - low) * 0.08;
    const top = this.high ?? (high > bottom ? high + (high - bottom) * 0.08 : bottom + Math.abs(bottom || 1));
    return [bottom, top];
  }
}

const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const TIMES = [
  [86400 * 28, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", null, null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
  [60, "{HH}:{mm}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
];
