import { describe, expect, it } from "vitest";
import type { ObjectVersion, Retention } from "./bucket.ts";
import { isDeletable, isReplaceable } from "./lock.ts";

const NOW = 1000;
const lock = (mode: Retention["mode"], until: number): Retention => ({ mode, until });
const version = (retention: Retention | null, legalHold: "ON" | "OFF" | null = null): ObjectVersion => ({
  key: "a",
  versionId: "v",
  isDeleteMarker: false,
  lastModified: 0,
  body: Buffer.alloc(0),
  etag: "",
  headers: {},
  checksums: {},
  retention,
  legalHold,
});

describe("a version can be deleted", () => {
  it.each([
    [null, null, true, true],
    [lock("COMPLIANCE", 1001), null, false, false],
    [lock("COMPLIANCE", 1000), null, true, true],
    [lock("GOVERNANCE", 1001), null, false, true],
    [lock("GOVERNANCE", 1000), null, true, true],
    [null, "ON", false, false],
    [lock("GOVERNANCE", 999), "ON", false, false],
    [null, "OFF", true, true],
  ] as const)("%j, hold %s: %s, with the right to bypass %s", (retention, hold, without, bypassing) => {
    expect(isDeletable(version(retention, hold), false, NOW)).toBe(without);
    expect(isDeletable(version(retention, hold), true, NOW)).toBe(bypassing);
  });
});

describe("a retention can be replaced", () => {
  it.each([
    [null, lock("COMPLIANCE", 2000), true, true],
    [lock("COMPLIANCE", 1500), lock("COMPLIANCE", 1500), true, true],
    [lock("COMPLIANCE", 1500), lock("COMPLIANCE", 1499), false, false],
    [lock("COMPLIANCE", 1500), lock("GOVERNANCE", 9000), false, false],
    [lock("COMPLIANCE", 1500), null, false, false],
    [lock("COMPLIANCE", 1000), lock("GOVERNANCE", 1100), true, true],
    [lock("COMPLIANCE", 1000), null, true, true],
    [lock("GOVERNANCE", 1500), lock("GOVERNANCE", 1499), false, true],
    [lock("GOVERNANCE", 1500), null, false, true],
  ] as const)("%j by %j: %s, with the right to bypass %s", (old, wanted, without, bypassing) => {
    expect(isReplaceable(old, wanted, false, NOW)).toBe(without);
    expect(isReplaceable(old, wanted, true, NOW)).toBe(bypassing);
  });
});
