import { ProclawError } from "@proclaw/core";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `setTimeout` fires at once beyond this (2^31 - 1 ms, about 24.8 days). */
export const MAX_DURATION_MS = 2_147_483_647;

/**
 * Milliseconds of a catalogue duration: a number of milliseconds, or a number with a unit (`500ms`,
 * `5s`, `2m`, `1h`).
 *
 * @throws ProclawError `invalid_option` for anything else, zero and negative included
 */
export function durationMs(value: string | number, where: string): number {
  let ms: number;
  if (typeof value === "number") ms = value;
  else {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
    ms = match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? Number.NaN);
  }
  if (!(ms > 0 && ms <= MAX_DURATION_MS)) {
    throw new ProclawError("invalid_option", `\`${value}\` is not a duration such as \`5s\` (${where})`);
  }
  return Math.ceil(ms);
}
