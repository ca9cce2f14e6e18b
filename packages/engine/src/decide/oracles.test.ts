import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { ask, planOf } from "../fixtures/support.ts";
import { parseInstant } from "../instant.ts";
import { compileGlob } from "../pattern/index.ts";
import { loadPattern, runPattern } from "../pattern/run.ts";
import { ZoneClock } from "./zone-clock.ts";

test("property: wall clocks agree with Temporal", () => {
  const zones = [
    "Europe/Madrid",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
  ];
  const clocks = new Map(zones.map((zone) => [zone, new ZoneClock(zone)]));
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2060, 0) }),
      fc.nat(120_000),
      (zone, start, step) => {
        // Two instants close together: the second may find the kept answer of the first.
        for (const now of [start, start + step]) {
          const there = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
          expect(clocks.get(zone)?.minuteOfWeek(now)).toBe(
            ((there.dayOfWeek % 7) * 24 + there.hour) * 60 + there.minute,
          );
        }
      },
    ),
    { seed: 9, numRuns: 1500 },
  );
});

test("property: instants agree with Temporal, and what it refuses is refused", () => {
  const two = fc.nat(99).map((value) => String(value).padStart(2, "0"));
  const text = fc
    .tuple(
      fc.integer({ min: 0, max: 9999 }),
      two,
      two,
      two,
      two,
      two,
      fc.constantFrom("", ".5", ".123456789"),
      fc.constantFrom("Z", "+02:00", "-03:30", "+24:00", "", "z"),
    )
    .map(
      ([year, month, day, hour, minute, second, fraction, zone]) =>
        `${String(year).padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`,
    );
  const valid = fc
    .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
    .map((date) => date.toISOString());
  fc.assert(
    fc.property(fc.oneof(text, valid), (value) => {
      let theirs: number | undefined;
      try {
        theirs = Temporal.Instant.from(value).epochMilliseconds;
      } catch {
        theirs = undefined;
      }
      expect(parseInstant(value)).toBe(theirs);
    }),
    { seed: 10, numRuns: 3000 },
  );
});

test("property: a glob with a variable matches what the glob with the escaped value matches", () => {
  const piece = fc.constantFrom("a", "/", "*", "**", "?", "**/", "/**", "b", ".", "\\*", "😀");
  const plain = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(""));
  const value = fc
    .array(fc.constantFrom("a", "b", "*", "?", "😀", "[", "{"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(""));
  const subject = fc
    .array(fc.constantFrom("a", "b", "/", "*", ".", "😀", "?"), { maxLength: 8 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(plain, plain, value, subject, fc.boolean(), (before, after, inserted, text, exact) => {
      const literal = inserted.replaceAll(/[\\*?[\]{}!]/gu, String.raw`\$&`);
      let expected: boolean;
      const candidate = exact ? `${before}${inserted}${after}`.replaceAll(/[\\*]/g, "a") : text;
      try {
        expected = runPattern(loadPattern(compileGlob(`${before}${literal}${after}`, { separator: "/" })), candidate);
        const glob = `${before}$\{v}${after}`;
        const plan = planOf({ rules: [{ name: "r", tool: "t", constraints: { x: { glob } } }] });
        expect(ask(plan, "t", { x: candidate }, { context: { variables: { v: inserted } } }).effect).toBe(
          expected ? "allow" : "deny",
        );
      } catch (error) {
        // Globs that the grammar refuses, alone or together with the value.
        expect(String(error)).toMatch(/glob|\\/);
      }
    }),
    { seed: 11, numRuns: 1500 },
  );
});
