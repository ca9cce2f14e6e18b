import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { parseInstant } from "./instant.ts";

describe("RFC 3339 date-times", () => {
  test.each<[text: string, iso: string]>([
    ["2026-03-02T12:34:56Z", "2026-03-02T12:34:56.000Z"],
    ["2026-03-02t12:34:56z", "2026-03-02T12:34:56.000Z"],
    ["2026-03-02 12:34:56Z", "2026-03-02T12:34:56.000Z"],
    ["2026-03-02T12:34:56.7Z", "2026-03-02T12:34:56.700Z"],
    ["2026-03-02T12:34:56.0456789Z", "2026-03-02T12:34:56.045Z"],
    ["2026-03-02T12:34:56.999999999Z", "2026-03-02T12:34:56.999Z"],
    ["2026-03-02T12:34:56+02:30", "2026-03-02T10:04:56.000Z"],
    ["2026-03-02T12:34:56-02:30", "2026-03-02T15:04:56.000Z"],
    ["2026-03-02T12:34:56+23:59", "2026-03-01T12:35:56.000Z"],
    ["2026-03-02T00:00:00-00:00", "2026-03-02T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["2026-01-31T23:59:59Z", "2026-01-31T23:59:59.000Z"],
    ["2026-04-30T00:00:00Z", "2026-04-30T00:00:00.000Z"],
    ["2026-12-31T00:00:00Z", "2026-12-31T00:00:00.000Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00.000Z"],
  ])("%s", (text, iso) => {
    expect(new Date(parseInstant(text) as number).toISOString()).toBe(iso);
  });

  test.each([
    "",
    "2026-03-02",
    "2026-03-02T12:34Z",
    "2026-03-02T12:34:56",
    " 2026-03-02T12:34:56Z",
    "2026-03-02T12:34:56Z ",
    "2026-03-02_12:34:56Z",
    "2026-03-02T12:34:56.Z",
    "2026-03-02T12:34:56.1234567890Z",
    "2026-03-02T12:34:56+2:30",
    "2026-03-02T12:34:56+02:3",
    "2026-03-02T12:34:56+0230",
    "2026-03-02T12:34:56a02:30",
    "2026-00-02T12:34:56Z",
    "2026-13-02T12:34:56Z",
    "2026-03-00T12:34:56Z",
    "2026-03-32T12:34:56Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-06-31T00:00:00Z",
    "2026-09-31T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T12:60:00Z",
    "2026-03-02T12:34:61Z",
    "2026-03-02T12:34:56+24:00",
    "2026-03-02T12:34:56+00:60",
    "12026-03-02T12:34:56Z",
  ])("%j is none", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

test("property: instants with any offset agree with Temporal", () => {
  const two = (max: number): fc.Arbitrary<string> => fc.nat(max).map((value) => String(value).padStart(2, "0"));
  const text = fc
    .tuple(
      fc.integer({ min: 1, max: 9999 }).map((year) => String(year).padStart(4, "0")),
      two(13),
      two(32),
      two(24),
      two(60),
      two(61),
      fc.constantFrom("", ".5", ".123456789"),
      fc.oneof(
        fc.constantFrom("Z", "z"),
        fc.tuple(fc.constantFrom("+", "-"), two(24), two(60)).map(([sign, h, m]) => `${sign}${h}:${m}`),
      ),
    )
    .map(
      ([year, month, day, hour, minute, second, fraction, zone]) =>
        `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`,
    );
  let runs = 0;
  let valid = 0;
  fc.assert(
    fc.property(text, (value) => {
      runs++;
      let theirs: number | undefined;
      try {
        theirs = Temporal.Instant.from(value).epochMilliseconds;
        valid++;
      } catch {
        theirs = undefined;
      }
      expect(parseInstant(value)).toBe(theirs);
    }),
    { seed: 21, numRuns: 2000 },
  );
  expect(valid).toBeGreaterThan(runs / 10);
});
