import { expect, it } from "vitest";

it("exports these names", async () => {
  expect(Object.keys(await import("./index.ts")).sort()).toEqual([
    "createFileStore",
    "createSpool",
    "exportTrail",
    "openFileSigner",
    "openFileSource",
    "openKeyFile",
    "openTrail",
    "rotateKeyFile",
    "tailTrail",
    "writePublicKey",
  ]);
});
