import { expect, test } from "vitest";

test("the package exports exactly this", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "OPENCLAW_CAPABILITIES",
    "PLUGIN_ID",
    "callContextOf",
    "createOpenClawAdapter",
    "principalOf",
  ]);
});
