import { expect, test } from "vitest";
import { assertContract, ProclawError, SPEC_VERSION } from "./index.ts";

test("`is` knows an error of another copy of the package by its brand, and nothing else", () => {
  const foreign = Object.assign(new Error("x"), { code: "denied", [Symbol.for("proclaw.error")]: true });
  expect(ProclawError.is(foreign)).toBe(true);
  expect(ProclawError.is(foreign, "denied")).toBe(true);
  expect(ProclawError.is(foreign, "not_json")).toBe(false);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  for (const other of [revoked.proxy, new Error("x"), { code: "denied" }, null, undefined, "denied", 1]) {
    expect(ProclawError.is(other)).toBe(false);
  }
});

test("a part of another contract version is refused when composing", () => {
  expect(() => assertContract({ specVersion: SPEC_VERSION }, "AuditStore")).not.toThrow();
  for (const part of [{ specVersion: 1 }, {}, null, { specVersion: "0" }]) {
    expect(() => assertContract(part as never, "AuditStore")).toThrow(
      expect.objectContaining({ code: "incompatible_contract" }),
    );
  }
});
