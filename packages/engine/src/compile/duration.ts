const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `500ms`, `5s`, `1m`, `2h`, `1d`; a bare number is milliseconds. Positive, at most 365 days. */
export function readDuration(value: unknown): number | undefined {
  let ms: number;
  if (typeof value === "number") ms = value;
  else {
    const match = typeof value === "string" ? /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(value) : null;
    if (match === null) return undefined;
    ms = Number(match[1]) * (UNITS[match[2] as string] as number);
  }
  return Number.isInteger(ms) && ms > 0 && ms <= 365 * 86_400_000 ? ms : undefined;
}
