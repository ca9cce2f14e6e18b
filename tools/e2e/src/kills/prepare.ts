import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { planSha256 } from "@proclaw/engine";
import { loadPolicyText } from "@proclaw/engine/yaml";
import type { Plan } from "./kill.ts";

const POLICY = `rules:
  - name: notes
    tool: note
    constraints: { id: { regex: "r[0-9]+-[0-9]+-[0-9]+", search: false } }
  - name: nothing else
    default: true
    allow: false
`;

/** Compiles the policy once, so that a worker starts fast. */
export async function preparePlan(folder: string): Promise<Plan> {
  const loaded = loadPolicyText(POLICY, { file: "kills.yaml" });
  if (!loaded.ok) throw new Error(`the policy of this test does not load: ${JSON.stringify(loaded.diagnostics)}`);
  const file = join(folder, "plan.json");
  await writeFile(file, JSON.stringify(loaded.plan));
  return { file, sha256: planSha256(loaded.plan) };
}

export async function readKeys(folder: string): Promise<string[]> {
  const keys = join(folder, "trail/keys");
  const names = await readdir(keys).catch(() => []);
  const vkeys = names.filter((name) => name.endsWith(".vkey"));
  return Promise.all(vkeys.map(async (name) => (await readFile(join(keys, name), "utf8")).trim()));
}
