import { expect, test } from "vitest";

test("the names the package gives", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "ISSUER_RANGES",
    "RULES_VERSION",
    "createSanitizer",
    "findDataClasses",
  ]);
});
