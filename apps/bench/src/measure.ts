/** One of several ways of doing the same work. */
export interface Candidate {
  readonly name: string;
  /** Does the work `n` times. */
  readonly run: (n: number) => void | Promise<void>;
}

export interface Measured {
  readonly name: string;
  /** Median over the rounds of the time of one operation, microseconds. */
  readonly p50: number;
  /** Quietest round, microseconds an operation. */
  readonly best: number;
  /** Median over the rounds of (this candidate / first candidate) within the same round. */
  readonly ratio: number;
}

export interface MeasuredWithCpu extends Measured {
  /** Median over the rounds of the CPU time of one operation, all threads, user and system, microseconds. */
  readonly cpu: number;
}

/**
 * Runs all candidates in turn, round after round, so that whatever else the machine does hits them
 * alike; ratios are taken within a round. The first candidate is the one the others are held against.
 */
export async function interleave(
  candidates: readonly Candidate[],
  n: number,
  rounds: number,
): Promise<MeasuredWithCpu[]> {
  const times: number[][] = candidates.map(() => []);
  const cpus: number[][] = candidates.map(() => []);
  for (const candidate of candidates) await candidate.run(Math.min(n, 2000)); // warm up
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < candidates.length; i++) {
      // The order turns, so that no candidate always runs after the same one.
      const c = (i + round) % candidates.length;
      const cpuStart = process.cpuUsage();
      const start = process.hrtime.bigint();
      await candidates[c]?.run(n);
      times[c]?.push(Number(process.hrtime.bigint() - start) / 1000 / n);
      const { user, system } = process.cpuUsage(cpuStart);
      cpus[c]?.push((user + system) / n);
    }
  }
  const base = times[0] ?? [];
  return candidates.map(({ name }, c) => {
    const own = times[c] ?? [];
    return {
      name,
      p50: median(own),
      best: Math.min(...own),
      cpu: median(cpus[c] ?? []),
      ratio: median(own.map((time, round) => time / (base[round] ?? Number.NaN))),
    };
  });
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The value that the share `q` of all values lies below (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? Number.NaN;
}

/** A Markdown table of what was measured. */
export function table(measured: readonly Measured[], unit = "µs"): string {
  const rows = measured.map(
    (m) => `| ${m.name} | ${m.p50.toFixed(2)} | ${m.best.toFixed(2)} | ${m.ratio.toFixed(2)}× |`,
  );
  return [`| | p50 ${unit} | quietest ${unit} | ratio |`, "|---|--:|--:|--:|", ...rows].join("\n");
}
