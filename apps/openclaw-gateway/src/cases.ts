import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlaces, type PluginSetup, runTurn, type TurnResult } from "./openclaw.ts";
import { run } from "./process-tree.ts";
import type { InstalledPlugin } from "./plugin-install.ts";

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was there instead; only for a failed check. */
  readonly seen?: string;
}

export interface CaseRun {
  readonly checks: readonly Check[];
  readonly turn: TurnResult;
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

const SECRET_LINE = "the night ward has 14 beds";

const POLICY = `version: 1
name: openclaw-demo
rules:
  - name: read the workspace
    tool: read
    effect: allow
    constraints:
      path: { path: { within: ["\${workspace}"] } }
  - name: no shell
    tool: exec
    effect: deny
    reason: shell commands are not allowed here
`;

/** A typing error, as they happen: `efect`. */
const BROKEN_POLICY = `version: 1
rules:
  - name: everything
    tool: "*"
    efect: allow
`;

const allowedAndDenied: GatewayCase = {
  id: "enforced",
  title: "an allowed read runs, a denied shell command does not, and both are on record",
  async run(tools) {
    const { turn, marker, trail } = await playTurn(tools, POLICY);
    const verified = await run(process.execPath, [tools.plugin.command, "audit", "verify", trail, "--json"], {
      cwd: tools.folder,
      timeoutMs: 60_000,
    });
    const records = readRecords(trail);
    const decisions = records.filter(({ kind }) => kind === "decision");
    const denied = decisions.find(({ tool_name }) => tool_name === "exec");
    const read = decisions.find(({ tool_name }) => tool_name === "read");
    const outcome = records.find(({ kind, call_id }) => kind === "outcome" && call_id === read?.call_id);
    return {
      turn,
      checks: [
        ended(turn),
        check("the model got the text of the file", turn.told(0, 0)?.includes(SECRET_LINE) === true, turn.told(0, 0)),
        check("the command left no trace on disk", !existsSync(marker), "its marker file is there"),
        check(
          "the model was told why",
          turn.told(1, 0)?.includes("shell commands are not allowed here") === true,
          turn.told(1, 0),
        ),
        check("the trail verifies", verified.code === 0, verified.stdout + verified.stderr),
        check(
          "the allow, its outcome and the denial are on record",
          read?.policy_decision?.effect === "allow" &&
            outcome?.execution_status === "success" &&
            denied?.policy_decision?.effect === "deny" &&
            denied.execution_status === "not_executed",
          JSON.stringify(records.map(({ kind, tool_name, execution_status }) => [kind, tool_name, execution_status])),
        ),
      ],
    };
  },
};

const brokenPolicy: GatewayCase = {
  id: "broken-policy",
  title: "with a broken policy everything is denied",
  async run(tools) {
    const { turn, marker, trail } = await playTurn(tools, BROKEN_POLICY);
    return {
      turn,
      checks: [
        ended(turn),
        check("the file was not read", turn.told(0, 0)?.includes(SECRET_LINE) === false, turn.told(0, 0)),
        check("the command left no trace on disk", !existsSync(marker), "its marker file is there"),
        check(
          "the model was told about the policy",
          turn.told(1, 0)?.includes("the policy cannot be loaded") === true,
          turn.told(1, 0),
        ),
        check(
          "the denials are on record",
          readRecords(trail).filter(({ policy_decision }) => policy_decision?.effect === "deny").length === 2,
          "not two denials",
        ),
      ],
    };
  },
};

const contrast: GatewayCase = {
  id: "contrast",
  title: "without ProClaw the same command runs",
  async run(tools) {
    const { turn, marker } = await playTurn(tools, null);
    return { turn, checks: [ended(turn), check("the command left its marker file", existsSync(marker), "no marker")] };
  },
};

/** Runs by default. */
export const CASES: readonly GatewayCase[] = [allowedAndDenied, brokenPolicy];
/** Shows that the checks can fail. */
export const CONTRAST_CASES: readonly GatewayCase[] = [contrast];

/** The turn of all cases: read a file, then run a command that leaves a marker. */
async function playTurn(
  { folder, openclaw, plugin }: CaseTools,
  policy: string | null,
): Promise<{ readonly turn: TurnResult; readonly marker: string; readonly trail: string }> {
  const { workspace } = makePlaces(folder);
  const marker = join(workspace, "marker.txt");
  const trail = join(folder, "proclaw", "trail");
  writeFileSync(join(workspace, "notes.txt"), `${SECRET_LINE}\n`);
  let setup: PluginSetup | undefined;
  if (policy !== null) {
    const policyFile = join(folder, "policy.yaml");
    writeFileSync(policyFile, policy.replaceAll("${workspace}", workspace));
    setup = {
      id: "proclaw",
      folder: plugin.folder,
      // Far more than a decision needs: this also runs on machines that are busy with other things.
      config: { policyFile, stateDir: join(folder, "proclaw"), trailDir: trail, deadlineMs: 20_000 },
    };
  }
  const turn = await runTurn({
    install: openclaw,
    folder,
    script: () => [
      { calls: [{ name: "read", args: { path: "notes.txt" } }] },
      { calls: [{ name: "exec", args: { command: `touch '${marker}'` } }] },
      { text: "done" },
    ],
    ...(setup === undefined ? {} : { plugin: setup }),
  });
  return { turn, marker, trail };
}

function ended(turn: TurnResult): Check {
  const last = turn.stderr.trim().split("\n").slice(-5).join("\n");
  return check("OpenClaw ended by itself, without an error", turn.code === 0 && !turn.timedOut, last);
}

function check(what: string, ok: boolean, seen: string | null): Check {
  return ok ? { what, ok } : { what, ok, seen: seen ?? "nothing" };
}

interface TrailRecord {
  readonly kind: string;
  readonly call_id: string | null;
  readonly tool_name: string | null;
  readonly execution_status: string | null;
  readonly policy_decision: { readonly effect: string } | null;
}

/** The records of a trail as they lie on disk; whether they can be believed is the verifier's word. */
function readRecords(trail: string): readonly TrailRecord[] {
  try {
    return readdirSync(trail, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".jsonl"))
      .sort()
      .flatMap((file) => readFileSync(join(trail, file), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TrailRecord);
  } catch {
    return [];
  }
}
