import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { run } from "../fixtures/run.ts";

it("prints the schema of policies, byte for byte the file that the engine ships", async () => {
  const shipped = createRequire(import.meta.url).resolve("@proclaw/engine/schema/policy.v1.json");
  expect(await run(["schema"])).toEqual({ code: 0, err: "", out: readFileSync(shipped, "utf8") });
});

it("prints the schema of a file for --tools", async () => {
  const { code, out } = await run(["schema", "--tools"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: "object", required: ["tools"], additionalProperties: false });
});

it("takes nothing else", async () => {
  expect(await run(["schema", "policy.yaml"])).toMatchObject({ code: 2, out: "" });
});
