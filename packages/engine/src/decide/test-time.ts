import type { JsonValue } from "@proclaw/core";
import { parseInstant } from "../instant.ts";
import type { WindowSetPlan } from "../plan/types.ts";
import type { Scope } from "./scope.ts";
import { MISTYPED, truth, type Truth } from "./truth.ts";
import type { ZoneClock } from "./zone-clock.ts";

const DAY = 1440;

/** Day (0 is Sunday) and minute of the day on the wall clock of a window's zone. */
export function wallClock(timezone: string, scope: Scope): readonly [day: number, minute: number] {
  const week = clockOf(timezone, scope).minuteOfWeek(scope.now);
  return [Math.floor(week / DAY), week % DAY];
}

/** Whether one of the windows is open; the day of a window over midnight is the day it starts. */
export function isOpen(set: WindowSetPlan, scope: Scope): boolean {
  const [day, minute] = wallClock(set.timezone, scope);
  for (const { days, start, end } of set.windows) {
    if (start < end) {
      if (minute >= start && minute < end && days.includes(day)) return true;
    } else if ((minute >= start && days.includes(day)) || (minute < end && days.includes((day + 6) % 7))) return true;
  }
  return false;
}

/** `14:30`, `14:30:00`, a local date-time with it, or an RFC 3339 date-time, which is read in the policy's zone. */
export function testTimeOfDay(
  timezone: string,
  ranges: readonly (readonly [number, number])[],
  value: JsonValue,
  scope: Scope,
): Truth {
  if (typeof value !== "string" || value.length > 64) return MISTYPED;
  const minute = minuteOfDay(value, timezone, scope);
  if (minute === undefined) return MISTYPED;
  return truth(
    ranges.some(([start, end]) => (start < end ? minute >= start && minute < end : minute >= start || minute < end)),
  );
}

const LOCAL =
  /^(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt ])?([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d(?:\.\d{1,9})?)?$/;

function minuteOfDay(text: string, timezone: string, scope: Scope): number | undefined {
  const local = LOCAL.exec(text);
  if (local !== null) return Number(local[1]) * 60 + Number(local[2]);
  const instant = parseInstant(text);
  return instant === undefined ? undefined : clockOf(timezone, scope).minuteOfWeek(instant) % DAY;
}

function clockOf(timezone: string, scope: Scope): ZoneClock {
  const clock = scope.prepared.clocks.get(timezone);
  if (clock === undefined) throw new RangeError("a time zone without clock");
  return clock;
}
