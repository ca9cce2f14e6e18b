import { expect, test } from "vitest";

test("the public names", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "ERROR_CODES",
    "EXECUTION_STATUSES",
    "MAX_CALL_BYTES",
    "MAX_JSON_DEPTH",
    "MAX_PATTERN_INPUT_BYTES",
    "MAX_RECORD_BYTES",
    "ProclawError",
    "REASON_CODES",
    "RECORD_KINDS",
    "RECORD_VERSION",
    "SPEC_VERSION",
    "assertContract",
    "canonicalJson",
    "clonePlainJson",
    "clonePlainObject",
    "eventFields",
  ]);
});
