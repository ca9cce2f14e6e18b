import { join } from "node:path";
import { expect, test } from "vitest";
import { Failure, installFailure } from "./failure.ts";
import { packageClosure } from "./tarballs.ts";

const root = join(import.meta.dirname, "../../..");

test("the plugin's packages, all of them and nothing else", () => {
  const names = packageClosure(root, "@proclaw/adapter-openclaw").map(({ name }) => name);
  expect(names).toContain("proclaw");
  expect(names).toContain("@proclaw/verify");
  expect(names).not.toContain("@proclaw/conformance");
  expect(() => packageClosure(root, "@proclaw/none")).toThrow(Failure);
});

test("a missing network is named as what it is", () => {
  const npm = "npm error code ENOTFOUND\nnpm error network request to https://x failed\nnpm error A complete log of";
  expect(installFailure("openclaw", npm).message).toMatch(/registry does not answer \(ENOTFOUND\).*needs the network/);
  const other = installFailure("openclaw", "npm error code ETARGET\nnpm error A complete log of this run").message;
  expect(other).toBe("cannot install openclaw:\n  npm error code ETARGET");
});
