import type { JsonValue } from "@proclaw/core";
import { isArray, isObject, LoadError } from "./reference-document.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** One window: `08:00-18:00`, or `{ days, hours }`, or a list of either. */
export function inWindow(window: JsonValue, timezone: string, now: number): boolean {
  if (isArray(window)) return window.some((one) => inWindow(one, timezone, now));
  if (typeof window === "string") return inWindowHours(window, DAYS, timezone, now);
  if (!isObject(window)) throw new LoadError("time_window");
  const days = (window["days"] as readonly string[] | undefined) ?? DAYS;
  const hours = window["hours"];
  if (hours === undefined) return days.includes(wallClock(timezone, now).day);
  const several = isArray(hours) ? hours : [hours];
  return several.some((one) => inWindowHours(one as string, days, timezone, now));
}

/** `[start, end)`; "the day of a window over midnight is the day it starts" */
function inWindowHours(hours: string, days: readonly string[], timezone: string, now: number): boolean {
  const [start, end] = hours.split("-").map(minutes) as [number, number];
  const { day, minute } = wallClock(timezone, now);
  if (start < end) return days.includes(day) && minute >= start && minute < end;
  const dayBefore = DAYS[(DAYS.indexOf(day) + 6) % 7] as string;
  return (days.includes(day) && minute >= start) || (days.includes(dayBefore) && minute < end);
}

function minutes(text: string): number {
  const [hour, minute] = text.split(":").map(Number) as [number, number];
  return hour * 60 + minute;
}

function wallClock(timezone: string, now: number): { day: string; minute: number } {
  const parts = formatter(timezone).formatToParts(now);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
  return { day: part("weekday").toLowerCase(), minute: Number(part("hour")) * 60 + Number(part("minute")) };
}

const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

/** Kept, because making one takes longer than a whole decision. */
function formatter(timeZone: string): Intl.DateTimeFormat {
  const kept = FORMATTERS.get(timeZone);
  if (kept !== undefined) return kept;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  FORMATTERS.set(timeZone, made);
  return made;
}

/** `[start, end)` on a clock without days; the end may lie on the next day. */
export function inHours(hours: string, minute: number): boolean {
  const [start, end] = hours.split("-").map(minutes) as [number, number];
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

/**
 * "`HH:MM`, `HH:MM:SS`, a local date-time with it, or an RFC 3339 date-time with offset, which is
 * read in the policy's zone": minute of the day, or null for any other text.
 */
export function timeOfDay(text: string, timezone: string): number | null {
  const parts = /^(?:(\d{4})-(\d\d)-(\d\d)[Tt ])?(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?$/.exec(
    text,
  );
  if (parts === null) return null;
  const [year, month, day, hour, minute, second, offset] = parts.slice(1);
  if (Number(hour) > 23 || Number(minute) > 59) return null;
  if (offset === undefined) {
    if (Number(second ?? 0) > 59) return null;
    if (month !== undefined && !(Number(month) >= 1 && Number(month) <= 12)) return null;
    if (day !== undefined && !(Number(day) >= 1 && Number(day) <= 31)) return null;
    return Number(hour) * 60 + Number(minute);
  }
  // An offset needs a whole date-time with seconds, of a day that exists; second 60 is a leap second.
  if (year === undefined || second === undefined || Number(second) > 60) return null;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return null;
  const [, sign, hours, minutesEast] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [null, "+", "0", "0"];
  if (Number(hours) > 23 || Number(minutesEast) > 59) return null;
  const east = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutesEast));
  const clock = wallClock(timezone, date.getTime() + (Number(hour) * 60 + Number(minute) - east) * 60_000);
  return clock.minute;
}
