import { expect, it } from "vitest";

it("exports these names", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "TABLE_CELLS",
    "adapterKit",
    "auditStoreKit",
    "createMemoryStore",
    "createRandom",
    "createReference",
    "generateCall",
    "generatePolicy",
    "generateTools",
    "memoryPlace",
    "policyCases",
  ]);
});
