import type { JsonValue } from "@proclaw/core";
import { isArray, isObject, LoadError } from "./reference-document.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** One window: `08:00-18:00`, or `{ days, hours }`, or a list of either. */
export function inWindow(window: JsonValue, timezone: string, now: number): boolean {
  if (isArray(window)) return window.some((one) => inWindow(one, timezone, now));
  if (typeof window === "string") return inHours(window, DAYS, timezone, now);
  if (!isObject(window)) throw new LoadError("time_window");
  const days = (window["days"] as readonly string[] | undefined) ?? DAYS;
  const hours = window["hours"];
  if (hours === undefined) return days.includes(wallClock(timezone, now).day);
  const several = isArray(hours) ? hours : [hours];
  return several.some((one) => inHours(one as string, days, timezone, now));
}

/** `[start, end)`; "the day of a window over midnight is the day it starts" */
function inHours(hours: string, days: readonly string[], timezone: string, now: number): boolean {
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
