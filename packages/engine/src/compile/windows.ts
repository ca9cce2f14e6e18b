import type { Place } from "../diagnostics.ts";
import type { WindowPlan, WindowSetPlan } from "../plan/types.ts";
import { WEEKDAYS } from "../policy.ts";
import type { Reader } from "./reader.ts";

const ALL_DAYS: readonly number[] = [0, 1, 2, 3, 4, 5, 6];
const WHOLE_DAY: readonly [number, number] = [0, 1440];

/** `08:00-18:00`, a mapping of days and hours, or a list of either. */
export function readWindows(reader: Reader, value: unknown, place: Place, timezone: string): WindowSetPlan | undefined {
  const sets = reader.each(value, place, "a time window", (item, at) => readWindow(reader, item, at));
  return sets === undefined ? undefined : { timezone, windows: sets.flat() };
}

function readWindow(reader: Reader, value: unknown, place: Place): readonly WindowPlan[] | undefined {
  if (typeof value === "string") {
    const range = readHours(reader, value, place);
    return range === undefined ? undefined : [{ days: ALL_DAYS, start: range[0], end: range[1] }];
  }
  const members = reader.mapping(value, place, "a time window");
  if (members === undefined) return undefined;
  reader.knownKeys(members, place, ["days", "hours"], "a time window");
  if (members["days"] === undefined && members["hours"] === undefined) {
    return reader.invalid(place, "a time window needs `days`, `hours` or both");
  }
  const days =
    members["days"] === undefined
      ? ALL_DAYS
      : reader
          .each(members["days"], place.at("days"), "a day", (day, at) => reader.oneOf(day, at, "day", WEEKDAYS))
          ?.map((day) => WEEKDAYS.indexOf(day))
          .sort((a, b) => a - b);
  const hours =
    members["hours"] === undefined
      ? [WHOLE_DAY]
      : reader.each(members["hours"], place.at("hours"), "hours", (hours, at) => readHours(reader, hours, at));
  if (days === undefined || hours === undefined) return undefined;
  return hours.map(([start, end]) => ({ days, start, end }));
}

/** Minutes of the day, [start, end); an end at or before the start lies on the next day. */
export function readHours(reader: Reader, value: unknown, place: Place): readonly [number, number] | undefined {
  if (typeof value !== "string") return reader.wrongType(place, "hours", "a string such as `08:00-18:00`", value);
  const match = /^([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$/.exec(value);
  if (match === null) {
    return reader.invalid(
      place,
      `hours \`${value}\` are not of the form \`HH:MM-HH:MM\``,
      "for example 08:00-18:00, or 22:00-06:00 over midnight",
    );
  }
  const start = Number(match[1]) * 60 + Number(match[2]);
  const end = match[3] === undefined ? 1440 : Number(match[3]) * 60 + Number(match[4]);
  if (start === end) {
    return reader.invalid(
      place,
      `hours \`${value}\` begin and end at the same time`,
      "write 00:00-24:00 for the whole day",
    );
  }
  return [start, end];
}
