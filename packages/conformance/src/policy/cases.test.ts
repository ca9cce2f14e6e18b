import { REASON_CODES } from "@proclaw/core";
import { expect, test } from "vitest";
import { policyCases } from "./cases.ts";

/** Codes that `decide` cannot give: they come from the guard, or need an approval or a limiter. */
const NOT_DECIDED = new Set([
  "allowed_after_approval",
  "approval_refused",
  "rate_limited",
  "audit_unavailable",
  "outcome_unrecorded",
  "obligation_unsupported",
  "context_unavailable",
  "facts_changed",
  "deadline_exceeded",
  "quarantined",
  "unsupported_platform",
  "internal_error",
]);

const cases = policyCases();

test("every case has an id of its own, a sentence and an expectation of closed words", () => {
  expect(new Set(cases.map((one) => one.id)).size).toBe(cases.length);
  const malformed = cases.filter(
    ({ sentence, now, expect: wanted }) =>
      sentence === "" ||
      Number.isNaN(now) ||
      !["allow", "deny", "require_approval"].includes(wanted.effect) ||
      !REASON_CODES.includes(wanted.reason_code),
  );
  expect(malformed).toEqual([]);
});

test("there is a case for every reason code that deciding can give", () => {
  const seen = new Set<string>(cases.map((one) => one.expect.reason_code));
  expect(REASON_CODES.filter((code) => !NOT_DECIDED.has(code) && !seen.has(code))).toEqual([]);
});
