import { expect, test } from "vitest";
import { svgChart, type Chart } from "./svg-chart.ts";

const CHART: Chart = {
  title: "rate & <latency>",
  x: { label: "callers", scale: "log", ticks: [1, 10, 100] },
  y: { label: "ms", scale: "linear" },
  series: [
    {
      name: "a < b",
      points: [
        [1, 0],
        [10, 50],
        [100, 100],
      ],
    },
  ],
};

/** Places of the marks of the first series (circles), without the legend's, which is the last. */
function places(svg: string): { readonly x: number; readonly y: number }[] {
  const circles = Array.from(svg.matchAll(/<circle cx="([0-9.]+)" cy="([0-9.]+)"/g), ([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
  return circles.slice(0, -1);
}

test("points stand where their axes say: a decade is a decade, half the height is half the value", () => {
  const [first, middle, last] = places(svgChart(CHART));
  expect(first?.x).toBe(78);
  expect(middle?.x).toBeCloseTo(((first?.x ?? 0) + (last?.x ?? 0)) / 2, 1);
  expect(middle?.y).toBeCloseTo(((first?.y ?? 0) + (last?.y ?? 0)) / 2, 1);
  expect(last?.y).toBeLessThan(first?.y ?? 0);
});

test("a linear axis begins at 0, so that differences look as large as they are", () => {
  const svg = svgChart({
    ...CHART,
    series: [
      {
        name: "a",
        points: [
          [1, 90],
          [100, 100],
        ],
      },
    ],
  });
  expect(svg).toMatch(/text-anchor="end">0<\/text>/);
});

test("values beyond the ticks stay inside the plot", () => {
  const svg = svgChart({
    ...CHART,
    series: [
      {
        name: "a",
        points: [
          [0.5, 1],
          [200, 2],
        ],
      },
    ],
  });
  for (const { x } of places(svg)) {
    expect(x).toBeGreaterThanOrEqual(78);
    expect(x).toBeLessThanOrEqual(732);
  }
});

test("names are escaped, units and both color schemes are there", () => {
  const svg = svgChart({ ...CHART, level: { name: "goal", y: 20 } });
  expect(svg).toContain("<title>rate &amp; &lt;latency&gt;</title>");
  expect(svg).toContain("a &lt; b");
  expect(svg).toContain(">ms</text>");
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).toContain(`class="level"`);
});

test.each([
  ["zero on a logarithmic axis", { ...CHART, y: { label: "ms", scale: "log" } }],
  [
    "a value that is no number",
    { ...CHART, series: [{ name: "a", points: [[1, Number.NaN] as const, [10, 1] as const] }] },
  ],
  [
    "a seventh series",
    { ...CHART, series: Array.from({ length: 7 }, () => CHART.series[0] ?? { name: "", points: [] }) },
  ],
] satisfies [string, Chart][])("%s is refused", (_, chart) => {
  expect(() => svgChart(chart)).toThrow(RangeError);
});
