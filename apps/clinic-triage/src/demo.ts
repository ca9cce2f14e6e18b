import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CallContext } from "@proclaw/core";
import { ProclawError } from "@proclaw/core";
import { DeniedError } from "@proclaw/runtime";
import { verifyTrail, type VerifyReport } from "@proclaw/verify";
import { nodeEd25519Verify, nodeHasher } from "@proclaw/verify/node";
import { openGuard } from "proclaw";
import { CATALOGUE, LEAKED_SECRET, openClinic, type Clinic } from "./clinic.ts";
import type { TrailPlace } from "./places/place.ts";
import type { Check, DemoReport, StepResult } from "./report.ts";
import { SCRIPT, type Step } from "./script.ts";

const POLICY = join(import.meta.dirname, "../clinic_policy.yaml");

export interface DemoOptions {
  /** Where the trail is kept. */
  readonly place: TrailPlace;
  /** Folder for the signing key; not the trail's. */
  readonly stateDir: string;
  readonly onStep?: (step: StepResult) => void;
  readonly onCheck?: (check: Check) => void;
}

/** Runs the main job from beginning to end and judges every outcome. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const began = performance.now();
  const { place } = options;
  const clinic = openClinic();
  let now = "";
  const context = (): CallContext => ({
    agent_id: "clinic-triage",
    session_id: "demo",
    principal: { sub: "nurse-7", roles: ["nurse"] },
    variables: { current_patient_id: "P-1001" },
    now,
  });
  const guard = await openGuard({
    policyFile: POLICY,
    store: options.place.store,
    stateDir: options.stateDir,
    context,
    tools: CATALOGUE,
  });
  const steps: StepResult[] = [];
  try {
    for (const [i, step] of SCRIPT.entries()) {
      now = step.now;
      // The host's own id of the call, by which `proclaw audit tail` shows it too.
      const call_id = `demo-${i + 1}`;
      const result = await take(step, call_id, clinic, (tool, args, run) => guard.call({ tool, args, call_id }, run));
      steps.push(result);
      options.onStep?.(result);
    }
  } finally {
    await guard.close();
    await place.settle();
  }

  const checks: Check[] = [];
  const check = (title: string, ok: boolean, happened: string): void => {
    checks.push({ title, ok, happened });
    options.onCheck?.({ title, ok, happened });
  };

  const ran = steps.filter((step) => step.ran).length;
  check("no refused call had an effect", ran === clinic.effects.length, `${ran} tools ran, the others never started`);

  const contents = await place.contents();
  const holders = contents.filter(({ bytes }) => bytes.includes(LEAKED_SECRET)).map(({ name }) => name);
  check(
    "the secret in the record never reached the trail",
    holders.length === 0 && clinic.effects.length > 0 && contents.length > 0,
    holders.length === 0 ? `not in any of ${contents.length} files` : `found in ${holders.join(", ")}`,
  );

  const { key, verify } = await auditor(place);
  const report = await verify();
  check(
    "the trail verifies",
    report.verdict === "intact" && report.level === place.level,
    `${report.records} records ${report.verdict}, level ${report.level}`,
  );

  const { file, line, seen: damaged } = await withFlippedByte(place, verify);
  const where = damaged.first_bad;
  check(
    "one flipped byte is found, and placed",
    damaged.verdict === "tampered" && where?.line === line && basename(file) === basename(where.file ?? ""),
    where === null ? damaged.verdict : `flipped in line ${line}, found in line ${where.line}: ${where.kind}`,
  );

  const extra = await place.extraChecks(async () => {
    const after = await verify();
    const said = after.findings.filter(({ kind }) => kind === "store_evidence").map(({ message }) => message);
    return [after.verdict, ...said].join("; ");
  });
  for (const { title, ok, happened } of extra) check(title, ok, happened);

  return {
    v: 1,
    ok: steps.every((step) => step.ok) && checks.every((one) => one.ok),
    steps,
    checks,
    trail: { folder: place.name, key, records: report.records, level: report.level ?? "none" },
    seconds: (performance.now() - began) / 1000,
    rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
  };
}

type Caller = (
  tool: string,
  args: Step["args"],
  run: (args: Step["args"]) => Promise<unknown>,
) => Promise<{ readonly meta: { readonly rule: string | null; readonly record: string | null } }>;

async function take(step: Step, callId: string, clinic: Clinic, call: Caller): Promise<StepResult> {
  const before = clinic.effects.length;
  const outcome = await settle(step, clinic, call);
  const ran = clinic.effects.length > before;
  const mayRun = step.expect === "runs" || step.expect === "cut_off";
  return {
    title: step.title,
    call_id: callId,
    now: step.now,
    tool: step.tool,
    args: step.args,
    expected: step.expect,
    ...outcome,
    ran,
    ok: outcome.got === step.expect && ran === mayRun,
  };
}

async function settle(
  step: Step,
  clinic: Clinic,
  call: Caller,
): Promise<Pick<StepResult, "got" | "happened" | "rule" | "record">> {
  try {
    const tool = clinic.tools[step.tool];
    if (tool === undefined) throw new Error(`the clinic has no tool ${step.tool}`);
    const { meta } = await call(step.tool, step.args, tool);
    return { got: "runs", happened: `allowed by "${meta.rule}"`, rule: meta.rule, record: meta.record };
  } catch (error) {
    if (error instanceof DeniedError) {
      const { reason_code, reason, rule_name } = error.decision;
      return { got: reason_code, happened: reason, rule: rule_name, record: error.meta.record };
    }
    if (ProclawError.is(error, "deadline_exceeded")) {
      return { got: "cut_off", happened: error.message, rule: null, record: null };
    }
    throw error;
  }
}

/** What somebody does who has the trail and the public key, and nothing of the writer. */
async function auditor(place: TrailPlace): Promise<{ key: string; verify: () => Promise<VerifyReport> }> {
  const keys = (await readdir(place.keys)).filter((name) => name.endsWith(".vkey"));
  const key = join(place.keys, keys[0] ?? "");
  const vkey = (await readFile(key, "utf8")).trim();
  const verify = async (): Promise<VerifyReport> =>
    verifyTrail(await place.source(), { hasher: nodeHasher, ed25519Verify: nodeEd25519Verify, keys: [vkey] });
  return { key, verify };
}

/** Flips one bit in a record, looks, and flips it back. `line` counts from 1. */
async function withFlippedByte<T>(
  place: TrailPlace,
  look: () => Promise<T>,
): Promise<{ file: string; line: number; seen: T }> {
  // In the number of the patient whose record was refused: the line stays a well-formed record.
  const found = (await place.contents()).find(({ name, bytes }) => name.endsWith(".jsonl") && bytes.includes("P-2002"));
  if (found === undefined) throw new Error("the refused call is in no segment");
  const { name: file, bytes } = found;
  const at = bytes.indexOf("P-2002") + "P-".length;
  const line = bytes.subarray(0, at).toString("latin1").split("\n").length;
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  await place.replace(file, flipped);
  try {
    return { file, line, seen: await look() };
  } finally {
    await place.replace(file, bytes);
  }
}
