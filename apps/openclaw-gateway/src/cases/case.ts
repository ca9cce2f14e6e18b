import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { ScriptStep } from "../model-server.ts";
import { makePlaces, type Places, type PluginSetup } from "../host-config.ts";
import { runTurn, type TurnResult } from "../openclaw.ts";
import type { InstalledPlugin } from "../plugin-install.ts";
import { run, type RunResult } from "../process-tree.ts";

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was there instead; only for a failed check. */
  readonly seen?: string;
}

export interface CaseRun {
  readonly turns: readonly TurnResult[];
  readonly checks: readonly Check[];
}

export interface CaseTools {
  /** Empty folder of this case. */
  readonly folder: string;
  readonly openclaw: string;
  readonly plugin: InstalledPlugin;
}

/** One thing the real OpenClaw must do. */
export interface GatewayCase {
  readonly id: string;
  readonly title: string;
  run(tools: CaseTools): Promise<CaseRun>;
}

/** Where a case finds what its turn used. */
export interface Scene extends Places {
  readonly policyFile: string;
  readonly proclaw: string;
  readonly trail: string;
}

export function makeScene(folder: string): Scene {
  const proclaw = join(folder, "proclaw");
  return {
    ...makePlaces(folder),
    policyFile: join(folder, "policy.yaml"),
    proclaw,
    trail: join(proclaw, "trail"),
  };
}

/**
 * One turn of OpenClaw with ProClaw.
 *
 * @param policy null: without ProClaw
 */
export function playTurn(
  { folder, openclaw, plugin }: CaseTools,
  scene: Scene,
  policy: string | null,
  script: readonly ScriptStep[],
  neighbors: readonly PluginSetup[] = [],
): Promise<TurnResult> {
  const plugins = [...neighbors];
  if (policy !== null) {
    writeFileSync(scene.policyFile, policy);
    plugins.unshift({
      id: "proclaw",
      folder: plugin.folder,
      // Far more than a decision needs: this also runs on machines that are busy with other things.
      config: {
        policyFile: scene.policyFile,
        stateDir: scene.proclaw,
        trailDir: scene.trail,
        deadlineMs: 20_000,
      },
    });
  }
  return runTurn({ install: openclaw, folder, script: () => script, plugins });
}

export function check(what: string, ok: boolean, seen: string | null): Check {
  return ok ? { what, ok } : { what, ok, seen: seen ?? "nothing" };
}

/** A check that the model was told something that holds (or does not hold) `text`. */
export function told(turn: TurnResult, step: number, index: number, text: string, what: string, holds = true): Check {
  const answer = turn.told(step, index);
  return check(what, answer !== null && answer.includes(text) === holds, answer);
}

export function ended(turn: TurnResult): Check {
  const last = turn.stderr.trim().split("\n").slice(-5).join("\n");
  return check("OpenClaw ended by itself, without an error", turn.code === 0 && !turn.timedOut, last);
}

/** `proclaw audit verify`, from the installed tarballs. */
export function verifyTrail({ folder, plugin }: CaseTools, trail: string): Promise<RunResult> {
  const args = [plugin.command, "audit", "verify", trail, "--json"];
  return run(process.execPath, args, { cwd: folder, timeoutMs: 60_000 });
}

export async function intact(tools: CaseTools, trail: string): Promise<Check> {
  const { code, stdout, stderr } = await verifyTrail(tools, trail);
  return check("the trail verifies", code === 0, stdout + stderr);
}

export interface TrailRecord {
  readonly kind: string;
  readonly call_id: string | null;
  readonly session_id: string | null;
  readonly event_id: string;
  readonly tool_name: string | null;
  readonly execution_status: string | null;
  readonly policy_decision: { readonly effect: string } | null;
}

/** The records of a trail as they lie on disk; whether they can be believed is the verifier's word. */
export function readRecords(trail: string): readonly TrailRecord[] {
  try {
    // Beside the logs lies the log of checkpoints, which holds nothing of calls.
    return readdirSync(trail, { recursive: true, encoding: "utf8" })
      .filter((file) => file.startsWith(`logs${sep}`) && file.endsWith(".jsonl"))
      .sort()
      .flatMap((file) => readFileSync(join(trail, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TrailRecord);
  } catch {
    return [];
  }
}

/** One line a record, for a failed check. */
export function summary(records: readonly TrailRecord[]): string {
  return records
    .map(({ kind, tool_name, policy_decision, execution_status }) =>
      [kind, tool_name, policy_decision?.effect, execution_status]
        .filter((part) => part !== null && part !== undefined)
        .join(" "),
    )
    .join("\n");
}
