import { withTrail } from "./bench-trail.ts";
import { median, quantile } from "./measure.ts";
import { embed, type BenchContext, type Plot } from "./part.ts";
import { svgChart } from "./svg-chart.ts";
import { denied } from "./trail-events.ts";

const CALLERS = [1, 2, 4, 8, 16, 32, 64, 128];

interface Window {
  /** Records a second. */
  readonly rate: number;
  /** Milliseconds, each append. */
  readonly latencies: readonly number[];
}

interface Figures {
  readonly callers: number;
  readonly rate: number;
  readonly ratio: number;
  readonly p50: number;
  readonly p99: number;
  /** p99 of the quietest window. */
  readonly best99: number;
}

/** Rate and latency of appends against the number of callers, who each wait for their record. */
export async function callersSection(
  bench: BenchContext,
  folder: string,
): Promise<{ readonly text: string; readonly plots: readonly Plot[] }> {
  const windowMs = bench.pick(300, 30);
  const rounds = bench.pick(9, 2);
  const windows = await withTrail(folder, async (trail, appended) => {
    let calls = 0;
    const open = async (callers: number): Promise<Window> => {
      const latencies: number[] = [];
      const start = performance.now();
      const caller = async (): Promise<void> => {
        for (let before = start; before - start < windowMs;) {
          await trail.append(denied(`call-${calls++}`));
          const now = performance.now();
          latencies.push(now - before);
          before = now;
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
      appended(latencies.length);
      return { rate: (1000 * latencies.length) / (performance.now() - start), latencies };
    };
    await open(64); // warm up
    const all: Window[][] = CALLERS.map(() => []);
    for (let round = 0; round < rounds; round++) {
      bench.say(`1 to 128 callers, round ${round + 1} of ${rounds}`);
      for (let i = 0; i < CALLERS.length; i++) {
        const turn = (i + round) % CALLERS.length;
        all[turn]?.push(await open(CALLERS[turn] ?? 1));
      }
    }
    return all;
  });
  const figures = CALLERS.map((callers, i) => figuresOf(callers, windows[i] ?? [], windows[0] ?? []));
  const about = `Each caller appends its next record when the last one is durable; ${rounds} windows of ${windowMs} ms each, in turn; the trail verifies afterwards. Goal: 64 callers at least 8 times the rate of one.`;
  return {
    text: ["### Many callers", about, callersTable(figures), ...PLOTS.map(([name, about]) => embed(name, about))].join(
      "\n\n",
    ),
    plots: [
      {
        name: "append-rate",
        svg: svgChart({
          title: "Durable records a second against callers",
          x: { label: "callers", scale: "log", ticks: CALLERS },
          y: { label: "records / s", scale: "linear" },
          series: [{ name: "median window", points: figures.map(({ callers, rate }) => [callers, rate]) }],
          level: { name: "8 times the rate of one caller", y: 8 * (figures[0]?.rate ?? Number.NaN) },
        }),
      },
      {
        name: "append-latency",
        svg: svgChart({
          title: "Time until a record is durable against callers",
          x: { label: "callers", scale: "log", ticks: CALLERS },
          y: { label: "latency, ms", scale: "log" },
          series: [
            { name: "p99", points: figures.map(({ callers, p99 }) => [callers, p99]) },
            { name: "p99 of the quietest window", points: figures.map(({ callers, best99 }) => [callers, best99]) },
            { name: "p50", points: figures.map(({ callers, p50 }) => [callers, p50]) },
          ],
        }),
      },
    ],
  };
}

const PLOTS = [
  ["append-rate", "Durable records a second against the number of callers; the figures are in the table above"],
  ["append-latency", "Latency of an append against the number of callers; the figures are in the table above"],
] as const;

function figuresOf(callers: number, windows: readonly Window[], serial: readonly Window[]): Figures {
  const latencies = windows.flatMap((window) => window.latencies);
  return {
    callers,
    rate: median(windows.map(({ rate }) => rate)),
    ratio: median(windows.map(({ rate }, round) => rate / (serial[round]?.rate ?? Number.NaN))),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    best99: Math.min(...windows.map((window) => quantile(window.latencies, 0.99))),
  };
}

function callersTable(figures: readonly Figures[]): string {
  return [
    "| callers | records / s | over one caller | p50 ms | p99 ms | p99 ms, quietest window |",
    "|--:|--:|--:|--:|--:|--:|",
    ...figures.map(
      ({ callers, rate, ratio, p50, p99, best99 }) =>
        `| ${callers} | ${rate.toFixed(0)} | ${ratio.toFixed(1)}× | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${best99.toFixed(2)} |`,
    ),
  ].join("\n");
}
