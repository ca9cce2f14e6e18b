import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
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

/** The trail's first public key: whoever has it needs none of those that came after. */
export async function readFirstKey(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "trail/keys/proclaw.vkey"), "utf8").catch(() => null);
  return text === null ? [] : [text.trim()];
}

/**
 * Leaves the state folder as somebody does who dies while he changes the signing key: the next guard
 * goes on with it. False if a change is under way already, or there is no key yet.
 */
export async function beginRotation(folder: string): Promise<boolean> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = privateKey.export({ format: "pem", type: "pkcs8" });
  try {
    await writeFile(join(folder, "state/keys/trail.pem.next"), text, { mode: 0o600, flag: "wx" });
    return true;
  } catch {
    return false;
  }
}
