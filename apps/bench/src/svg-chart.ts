export interface Axis {
  /** What it shows, with the unit. */
  readonly label: string;
  readonly scale: "linear" | "log";
  /** Where lines and numbers stand; default: round values over the data. The axis spans ticks and data. */
  readonly ticks?: readonly number[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** At most six. */
  readonly series: readonly Series[];
  /** A dashed level line, such as a goal. */
  readonly level?: { readonly name: string; readonly y: number };
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 78;
const RIGHT = 28;
const BOTTOM = 58;
const LEGEND_TOP = 52;
const LEGEND_ROW = 20;
const LEGEND_COLUMNS = 2;

/** Contrast of at least 4.5:1 (WCAG 2.2, 1.4.3) with white, and with the dark ground of the other list. */
const LIGHT = ["#0b5cad", "#a8480a", "#00704a", "#8a1f9c", "#a3123a", "#4a5560"];
const DARK = ["#6cb6ff", "#f0a35e", "#4fd1a0", "#dd9bf0", "#ff8fa3", "#b6c2cf"];

/**
 * A line chart as SVG. It brings its own ground, so that it can be read on any page, follows the
 * reader's light or dark setting, and tells series apart by marks as well as by color.
 */
export function svgChart(chart: Chart): string {
  const levelRow = chart.level === undefined ? 0 : 1;
  const rows = Math.ceil((chart.series.length + levelRow) / LEGEND_COLUMNS);
  const top = LEGEND_TOP + rows * LEGEND_ROW + 14;
  const points = chart.series.flatMap((series) => series.points);
  const xValues = points.map(([x]) => x);
  const yValues = [...points.map(([, y]) => y), ...(chart.level === undefined ? [] : [chart.level.y])];
  const xTicks = ticksOf(chart.x, xValues);
  const yTicks = ticksOf(chart.y, yValues);
  const x = scaleOf(chart.x, [...xTicks, ...xValues], LEFT, WIDTH - RIGHT);
  const y = scaleOf(chart.y, [...yTicks, ...yValues], HEIGHT - BOTTOM, top);

  const lines: string[] = [];
  for (const tick of yTicks) {
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>`,
      `<text x="${LEFT - 8}" y="${y(tick)}" dy="0.35em" text-anchor="end">${formatTick(tick)}</text>`,
    );
  }
  for (const tick of xTicks) {
    lines.push(
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${HEIGHT - BOTTOM}"/>`,
      `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${formatTick(tick)}</text>`,
    );
  }
  const middle = (top + HEIGHT - BOTTOM) / 2;
  lines.push(
    `<path class="axis" d="M${LEFT} ${top}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escapeXml(chart.x.label)}</text>`,
    `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(chart.y.label)}</text>`,
  );
  const legend = (index: number): readonly [number, number] => [
    LEFT + (index % LEGEND_COLUMNS) * ((WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS),
    LEGEND_TOP + Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW,
  ];
  for (const [index, series] of chart.series.entries()) {
    const path = series.points.map(([px, py]) => `${x(px)} ${y(py)}`).join("L");
    const [lx, ly] = legend(index);
    lines.push(
      `<g class="s${index}">`,
      `<path class="line" d="M${path}"/>`,
      ...series.points.map(([px, py]) => mark(index, x(px), y(py))),
      `<path class="line" d="M${lx} ${ly}h26"/>`,
      mark(index, lx + 13, ly),
      `</g>`,
      `<text x="${lx + 34}" y="${ly}" dy="0.35em">${escapeXml(series.name)}</text>`,
    );
  }
  if (chart.level !== undefined) {
    const [lx, ly] = legend(chart.series.length);
    lines.push(
      `<path class="level" d="M${LEFT} ${y(chart.level.y)}H${WIDTH - RIGHT}M${lx} ${ly}h26"/>`,
      `<text x="${lx + 34}" y="${ly}" dy="0.35em">${escapeXml(chart.level.name)}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>${escapeXml(chart.title)}</title>
<style>
${style("#ffffff", "#1f2328", "#d8dee4", "#59636e", LIGHT)}
@media (prefers-color-scheme: dark) {
${style("#0d1117", "#e6edf3", "#30363d", "#9198a1", DARK)}
}
</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
<text class="title" x="${LEFT}" y="28">${escapeXml(chart.title)}</text>
${lines.join("\n")}
</svg>
`;
}

function style(ground: string, ink: string, grid: string, axis: string, colors: readonly string[]): string {
  return [
    `.ground{fill:${ground}}`,
    `text{fill:${ink};font:13px system-ui,sans-serif}`,
    `.title{font-size:16px;font-weight:600}`,
    `.grid{stroke:${grid}}`,
    `.axis{fill:none;stroke:${axis}}`,
    `.level{fill:none;stroke:${axis};stroke-width:1.5;stroke-dasharray:6 4}`,
    `.line{fill:none;stroke-width:2}`,
    ...colors.map((color, index) => `.s${index}{stroke:${color};fill:${color}}`),
  ].join("\n");
}

/** A circle, square, diamond or triangle of about 8 pixels. */
function mark(index: number, x: number, y: number): string {
  switch (index) {
    case 0:
      return `<circle cx="${x}" cy="${y}" r="4"/>`;
    case 1:
      return `<rect x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"/>`;
    case 2:
      return `<path d="M${x} ${round(y - 5)}l5 5l-5 5l-5 -5z"/>`;
    case 3:
      return `<path d="M${x} ${round(y - 5)}l5 9h-10z"/>`;
    case 4:
      return `<path d="M${x} ${round(y + 5)}l5 -9h-10z"/>`;
    case 5:
      return `<path d="M${round(x - 5)} ${round(y - 1.5)}h10v3h-10z"/>`;
    default:
      throw new RangeError("a chart has room for six series");
  }
}

function scaleOf(axis: Axis, shown: readonly number[], from: number, to: number): (value: number) => number {
  const place = axis.scale === "log" ? Math.log : (value: number) => value;
  const low = place(Math.min(...shown));
  const high = place(Math.max(...shown));
  return (value) => {
    const at = from + ((place(value) - low) / (high - low)) * (to - from);
    if (!Number.isFinite(at)) throw new RangeError(`${value} has no place on the axis ${axis.label}`);
    return round(at);
  };
}

function ticksOf(axis: Axis, values: readonly number[]): readonly number[] {
  if (axis.ticks !== undefined) return axis.ticks;
  const high = Math.max(...values);
  const low = Math.min(...values);
  return axis.scale === "log" ? logTicks(low, high, axis.label) : linearTicks(high);
}

/** From 0: a cut axis would make differences look larger than they are. */
function linearTicks(high: number): readonly number[] {
  const rough = (high > 0 ? high : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.max(1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function logTicks(low: number, high: number, label: string): readonly number[] {
  if (!(low > 0)) throw new RangeError(`a logarithmic axis has no place for ${low}: ${label}`);
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of [1, 2, 5]) all.push(Number((factor * 10 ** power).toPrecision(3)));
  }
  const first = all.findLastIndex((tick) => tick <= low);
  const last = all.findIndex((tick) => tick >= high);
  return all.slice(first, Math.max(last, first + 1) + 1);
}

/** `1500000` as `1.5 M`, `20000` as `20 k`. */
function formatTick(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
