import { HANGING_STORE_CASES, OWN_PART_CASES } from "./families/own-parts.ts";

const OWN = [...OWN_PART_CASES, ...HANGING_STORE_CASES].map(({ id }) => id);

/** Cases whose marker the policy lets appear. */
const ALLOWED_COMMANDS = [
  "allowed",
  "hook-throws",
  "hook-hangs",
  "disk-full",
  "trail-unwritable",
  "policy-broken",
  ...OWN.filter((id) => !id.startsWith("http-")),
];
const ALLOWED_NOTES = ["http-allowed", "nested-allowed", "overhead", ...OWN.filter((id) => id.startsWith("http-"))];

/** The file that shows that the effect of case `id` took place. */
export function markerPath(workspace: string, id: string): string {
  return `${workspace}/${id}.marker`;
}

/** The policy of all cases; what no rule allows is denied. */
export function suitePolicy(workspace: string): string {
  const commands = ALLOWED_COMMANDS.map((id) => `touch '${markerPath(workspace, id)}'`);
  const list = (values: readonly string[]): string => JSON.stringify(values);
  const marker = (id: string): string => markerPath(workspace, id);
  return `version: 1
name: openclaw-suite
rules:
  - name: read the workspace
    tool: read
    effect: allow
    constraints:
      path: { path: { within: ["${workspace}"] } }
  - name: not this one
    tool: read
    effect: deny
    constraints:
      path: { one_of: ["${workspace}/plan.docx"] }
  - name: write the workspace
    tool: write
    effect: allow
    constraints:
      path: { prefix: "${workspace}/" }
      content: { length: { max: 100 } }
  - name: nor that one
    tool: write
    effect: deny
    constraints:
      path: { one_of: ${list([marker("repaired-write")])} }
  - name: the commands of the cases
    tool: exec
    effect: allow
    constraints:
      command: { one_of: ${list(["echo harmless", ...commands])} }
  - name: a command that somebody must approve
    tool: exec
    effect: require_approval
    constraints:
      command: { one_of: ${list([`touch '${marker("approval")}'`])} }
  - name: the notes of the cases
    tool: ward_note
    effect: allow
    constraints:
      file: { one_of: ${list(ALLOWED_NOTES.map(marker))} }
  - name: one mark
    tool: ward__mark
    effect: allow
    constraints:
      file: { one_of: ${list([marker("mcp-allowed")])} }
  - name: what only leads to other calls
    tool: [tool_call, sessions_spawn]
    effect: allow
`;
}
