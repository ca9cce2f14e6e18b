import { expect, it } from "vitest";

it("exports what the list says", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "compileGlob",
    "compileRegex",
    "escapeGlob",
    "loadPattern",
    "runPattern",
  ]);
});
