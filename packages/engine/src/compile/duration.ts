import type { Place } from "../diagnostics.ts";
import type { Reader } from "./reader.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration such as `500ms`, `5s`, `1m`, `2h`, `1d`. Positive, at most 365 days. A
 * bare number is milliseconds in the data of a program; who writes `5` in a text may mean seconds.
 */
export function readDuration(reader: Reader, value: unknown, place: Place, what: string): number | undefined {
  const ms = milliseconds(value);
  if (typeof value === "number" && place.written) {
    const hint = `write \`${value}s\` or \`${value}ms\``;
    reader.findings.error(place, "unstated_unit", `${what} is a number without a unit`, hint);
    return undefined;
  }
  return ms ?? reader.invalid(place, `${what} is not a duration`, "for example 500ms, 5s, 1m, 1h");
}

function milliseconds(value: unknown): number | undefined {
  let ms: number;
  if (typeof value === "number") ms = value;
  else {
    const match = typeof value === "string" ? /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(value) : null;
    if (match === null) return undefined;
    ms = Number(match[1]) * (UNITS[match[2] as string] as number);
  }
  return Number.isInteger(ms) && ms > 0 && ms <= 365 * 86_400_000 ? ms : undefined;
}
