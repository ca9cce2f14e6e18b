import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScriptStep } from "../model-server.ts";
import {
  type CaseTools,
  check,
  ended,
  type GatewayCase,
  intact,
  makeScene,
  playTurn,
  readRecords,
  type Scene,
  summary,
  told,
} from "./case.ts";

const LINE = "the night ward has 14 beds";

/** Read a file, then run a command that leaves a marker: the turn of all cases here. */
function prepare({ folder }: CaseTools): { scene: Scene; marker: string; script: readonly ScriptStep[] } {
  const scene = makeScene(folder);
  const marker = join(scene.workspace, "marker.txt");
  writeFileSync(join(scene.workspace, "notes.txt"), `${LINE}\n`);
  const script = [
    { calls: [{ name: "read", args: { path: "notes.txt" } }] },
    { calls: [{ name: "exec", args: { command: `touch '${marker}'` } }] },
    { text: "done" },
  ];
  return { scene, marker, script };
}

const policyFor = (workspace: string): string => `version: 1
name: openclaw-demo
rules:
  - name: read the workspace
    tool: read
    effect: allow
    constraints:
      path: { path: { within: ["${workspace}"] } }
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

const noTrace = (marker: string) =>
  check("the command left no trace on disk", !existsSync(marker), "its marker file is there");

const enforced: GatewayCase = {
  id: "enforced",
  title: "an allowed read runs, a denied shell command does not, and both are on record",
  async run(tools) {
    const { scene, marker, script } = prepare(tools);
    const turn = await playTurn(tools, scene, policyFor(scene.workspace), script);
    const records = readRecords(scene.trail);
    const decided = (tool: string) => records.find(({ kind, tool_name }) => kind === "decision" && tool_name === tool);
    const read = decided("read");
    const denied = decided("exec");
    const outcome = records.find(({ kind, call_id }) => kind === "outcome" && call_id === read?.call_id);
    const complete =
      read?.policy_decision?.effect === "allow" &&
      outcome?.execution_status === "success" &&
      denied?.policy_decision?.effect === "deny" &&
      denied.execution_status === "not_executed";
    return {
      turns: [turn],
      checks: [
        ended(turn),
        told(turn, 0, 0, LINE, "the model got the text of the file"),
        noTrace(marker),
        told(turn, 1, 0, "shell commands are not allowed here", "the model was told why"),
        await intact(tools, scene.trail),
        check("the allow, its outcome and the denial are on record", complete, summary(records)),
      ],
    };
  },
};

const brokenPolicy: GatewayCase = {
  id: "broken-policy",
  title: "with a broken policy everything is denied",
  async run(tools) {
    const { scene, marker, script } = prepare(tools);
    const turn = await playTurn(tools, scene, BROKEN_POLICY, script);
    const records = readRecords(scene.trail);
    const denials = records.filter(({ policy_decision }) => policy_decision?.effect === "deny");
    return {
      turns: [turn],
      checks: [
        ended(turn),
        told(turn, 0, 0, LINE, "the file was not read", false),
        noTrace(marker),
        told(turn, 1, 0, "the policy cannot be loaded", "the model was told about the policy"),
        check("both denials are on record", denials.length === 2, summary(records)),
      ],
    };
  },
};

const contrast: GatewayCase = {
  id: "contrast",
  title: "without ProClaw the same command runs",
  async run(tools) {
    const { scene, marker, script } = prepare(tools);
    const turn = await playTurn(tools, scene, null, script);
    return { turns: [turn], checks: [ended(turn), check("the command left its marker", existsSync(marker), null)] };
  },
};

/** Runs by default. */
export const CASES: readonly GatewayCase[] = [enforced, brokenPolicy];
/** Shows that the checks can fail. */
export const CONTRAST_CASES: readonly GatewayCase[] = [contrast];
