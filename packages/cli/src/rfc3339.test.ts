import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRfc3339 } from "./rfc3339.ts";

describe("parseRfc3339", () => {
  it("reads what Date prints", () => {
    const date = fc.date({
      min: new Date(Date.UTC(0, 0, 1) - 6e13),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (time) => {
        fc.pre(/^\d{4}-/.test(time.toISOString()));
        expect(parseRfc3339(time.toISOString())).toBe(time.getTime());
      }),
      { seed: 20_261_122, numRuns: 500 },
    );
  });

  it.each([
    ["2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000Z"],
    ["2026-11-22t12:00:00.5z", "2026-11-22T12:00:00.500Z"],
    ["2026-11-22T12:00:00.123999+02:00", "2026-11-22T10:00:00.123Z"],
    ["2026-11-22T00:30:00-05:30", "2026-11-22T06:00:00.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(new Date(parseRfc3339(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each([
    "2026-11-22",
    "2026-11-22T12:00:00",
    "2026-11-22 12:00:00Z",
    "2026-02-30T12:00:00Z",
    "2025-02-29T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-00-01T12:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T12:60:00Z",
    "2026-12-31T23:59:60Z",
    "2026-11-22T12:00:00+24:00",
    "2026-11-22T12:00:00.Z",
    "2026-11-22T12:00Z",
    " 2026-11-22T12:00:00Z",
    "2026-11-22T12:00:00Z\n",
    "now",
    "",
  ])("%j is no time", (text) => {
    expect(parseRfc3339(text)).toBeNull();
  });
});
