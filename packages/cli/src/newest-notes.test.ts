import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run, temporaryFolder } from "./fixtures/run.ts";
import { writeTrail } from "./fixtures/trail.ts";

const folder = temporaryFolder();

it("names the log of checkpoints of the key in force, whichever id sorts last", async () => {
  const seen = new Set<boolean>();
  // Key ids are random: go on until the key in force sorted before and after the retired one.
  for (let i = 0; i < 40 && seen.size < 2; i++) {
    const parent = mkdtempSync(join(folder, "trail-"));
    const { folder: trail, key } = await writeTrail(parent, 1);
    const former = readFileSync(key, "utf8").split("+")[1] ?? "";
    const rotate = ["audit", "rotate-key", trail, "--signing-key", join(parent, "key.pem"), "--key-name", "operator"];
    const { out } = await run(rotate);
    const id = out.split("+")[1] ?? "";
    expect(readdirSync(join(trail, "checkpoints")).sort()).toEqual([former, id].sort());
    const verified = await run(["audit", "verify", trail, "--key", key]);
    expect(verified.code).toBe(0);
    expect(verified.out).toMatch(new RegExp(`cp \\S+/checkpoints/${id}/checkpoints/\\d{16}\\.note …`));
    expect(verified.out).not.toContain(`/checkpoints/${former}/`);
    seen.add(id < former);
  }
  expect(seen.size).toBe(2);
});
