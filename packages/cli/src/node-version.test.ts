import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isOldNode, NEEDED_NODE, refuseOldNode } from "./node-version.ts";

it("is what package.json demands", () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(manifest).toMatchObject({ engines: { node: `>=${NEEDED_NODE}` } });
});

it.each([
  ["18.0.0", true],
  ["20.20.2", true],
  ["22.11.9", true],
  ["22.12.0", false],
  ["22.13.1", false],
  ["24.0.0", false],
  ["100.1.0", false],
])("%s is old: %j", (version, old) => {
  expect(isOldNode(version)).toBe(old);
});

it("lets this Node pass", () => {
  expect(refuseOldNode()).toBe(false);
});
