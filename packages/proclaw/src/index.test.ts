import { expect, test } from "vitest";

test("the names that this package gives out", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "DeniedError",
    "ToolFailedError",
    "WithheldError",
    "openDenyAllGuard",
    "openGuard",
    "openGuardOrDenyAll",
    "secureAgent",
  ]);
});
