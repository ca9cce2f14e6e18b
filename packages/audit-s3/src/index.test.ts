import { expect, it } from "vitest";

it("exports these names", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "bucketPolicy",
    "createS3Store",
    "lifecycleRules",
    "openDoctor",
    "openSource",
    "terraform",
  ]);
});
