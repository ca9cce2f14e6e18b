/** Time after which all zones differ from UTC by whole minutes (Liberia was the last, in 1972). */
const WHOLE_MINUTE_OFFSETS_SINCE = 94_694_400_000; // 1973-01-01T00:00:00Z
const MINUTE = 60_000;
const MINUTES_A_DAY = 1440;

/** Wall-clock time of a zone. The answer for the current minute is kept, since Intl costs microseconds. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat | null;
  #minute = Number.NaN;
  #answer = 0;

  constructor(timezone: string) {
    this.#format =
      timezone === "UTC"
        ? null
        : new Intl.DateTimeFormat("en-US", {
            timeZone: timezone,
            calendar: "gregory",
            numberingSystem: "latn",
            hourCycle: "h23",
            weekday: "short",
            hour: "2-digit",
            minute: "2-digit",
          });
  }

  /**
   * Minute of the week (0 is Sunday 00:00) that a wall clock in this zone shows.
   *
   * @param now milliseconds since the Unix epoch
   */
  minuteOfWeek(now: number): number {
    const minute = Math.floor(now / MINUTE);
    // 1970-01-01 was a Thursday.
    if (this.#format === null) return mod(minute + 4 * MINUTES_A_DAY, 7 * MINUTES_A_DAY);
    if (minute === this.#minute && now >= WHOLE_MINUTE_OFFSETS_SINCE) return this.#answer;
    this.#answer = read(this.#format, now);
    this.#minute = minute;
    return this.#answer;
  }
}

const WEEKDAY_NAMES: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function read(format: Intl.DateTimeFormat, now: number): number {
  let day = -1;
  let hour = -1;
  let minute = -1;
  for (const part of format.formatToParts(now)) {
    if (part.type === "weekday") day = WEEKDAY_NAMES.indexOf(part.value);
    else if (part.type === "hour") hour = Number(part.value);
    else if (part.type === "minute") minute = Number(part.value);
  }
  if (day < 0 || !(hour >= 0 && hour < 24) || !(minute >= 0 && minute < 60))
    throw new RangeError("unreadable wall clock");
  return day * MINUTES_A_DAY + hour * 60 + minute;
}

function mod(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
