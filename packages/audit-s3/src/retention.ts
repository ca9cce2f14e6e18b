import { ProclawError } from "@proclaw/core";

/** How long every object is locked: so many days from its writing on, or until a moment. */
export type Retention = { readonly days: number } | { readonly until: Date | string };

const DAY_MS = 86_400_000;
/** S3 refuses longer ones. */
const MAX_DAYS = 36_500;

export interface CheckedRetention {
  readonly days: number | null;
  readonly until: Date | null;
  /** End of the lock of an object that is written now. */
  end(now: number): Date;
}

/** Throws `invalid_option`. */
export function checkRetention(retention: Retention): CheckedRetention {
  if (typeof retention === "object" && retention !== null) {
    if ("days" in retention) {
      const { days } = retention;
      if (!Number.isSafeInteger(days) || days < 1 || days > MAX_DAYS) {
        throw new ProclawError("invalid_option", `\`retention.days\` must be a whole number from 1 to ${MAX_DAYS}`);
      }
      return { days, until: null, end: (now) => wholeSecond(now + days * DAY_MS) };
    }
    const until = new Date(retention.until);
    if (Number.isNaN(until.getTime())) throw new ProclawError("invalid_option", "`retention.until` is no time");
    return { days: null, until, end: () => until };
  }
  throw new ProclawError("invalid_option", "`retention` is { days } or { until }");
}

/** Servers keep whole seconds: never a shorter lock than was asked for. */
export function wholeSecond(ms: number): Date {
  return new Date(Math.ceil(ms / 1000) * 1000);
}
