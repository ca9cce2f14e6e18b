import type { SuiteCase } from "../suite-case.ts";

/** Milliseconds that our own plugin has for a decision on the gateway of these cases. OpenClaw's own limit for a hook is 15 s. */
export const OWN_DEADLINE_MS = 8_000;

const command = (text: string): SuiteCase["drive"] => ({
  kind: "turn",
  calls: [{ name: "exec", args: { command: text } }],
});
const touch = command("touch 'MARKER'");
const note: SuiteCase["drive"] = { kind: "invoke", call: { name: "ward_note", args: { file: "MARKER" } } };
const IN_TIME = `no decision within ${OWN_DEADLINE_MS} ms (deadline_exceeded)`;
const UNRECORDED = "the decision could not be recorded (audit_unavailable)";

type Expected = Pick<SuiteCase, "trail" | "told"> & { readonly remark?: string };

/** A case whose effect the policy allows, and which a fault of ours must prevent. */
const stopped = (id: string, what: string, drive: SuiteCase["drive"], expected: Expected): SuiteCase => ({
  id,
  what,
  drive,
  effect: { kind: "marker" },
  takesPlace: { without: true, with: false },
  ...expected,
});

/** The same fault in a turn of a model and over `/tools/invoke`. */
const both = (id: string, what: string, turn: Expected, http: Expected): readonly SuiteCase[] => [
  stopped(`own-${id}`, what, touch, turn),
  stopped(`http-own-${id}`, `${what}, at a call over \`/tools/invoke\``, note, http),
];

/**
 * ProClaw's own parts fail, in a plugin that an app composed of its packages (fixtures/composed).
 * All commands and notes here are allowed by the policy: only the fault stops them.
 */
export const OWN_PART_CASES: readonly SuiteCase[] = [
  {
    id: "own-plugin",
    what: "an app's own plugin around its own guard, nothing fails",
    drive: touch,
    effect: { kind: "marker" },
    takesPlace: { without: true, with: true },
    trail: ["exec allow", "exec success"],
  },
  ...both(
    "decision-throws",
    "ProClaw's decision point throws",
    { trail: ["exec deny not_executed"], told: "the decision point failed" },
    { trail: ["ward_note deny not_executed"], told: "the decision point failed" },
  ),
  ...both(
    "decision-hangs",
    "ProClaw's guard never answers",
    { trail: [], told: IN_TIME },
    { trail: [], told: IN_TIME },
  ),
  stopped(
    "own-redecision-throws",
    "ProClaw's decision point throws inside `before_tool_call`, at arguments that another plugin changed",
    command("echo harmless"),
    { trail: ["exec allow", "exec deny not_executed", "exec not_executed"], told: "the decision point failed" },
  ),
  stopped(
    "own-redecision-hangs",
    "ProClaw's guard never answers inside `before_tool_call`, about arguments that another plugin changed",
    command("echo harmless"),
    { trail: ["exec allow", "exec not_executed"], told: IN_TIME },
  ),
  ...both(
    "hook-throws",
    "ProClaw's `before_tool_call` hook itself throws",
    { trail: ["exec allow", "exec not_executed"] },
    { trail: ["ward_note allow", "ward_note unobserved"] },
  ),
  ...both(
    "hook-hangs",
    "ProClaw's `before_tool_call` hook itself never answers",
    { trail: ["exec allow", "exec not_executed"] },
    { trail: ["ward_note allow", "ward_note unobserved"] },
  ),
  ...both(
    "store-throws",
    "the trail's store throws at the record of the decision",
    { trail: [], told: UNRECORDED },
    { trail: [], told: UNRECORDED },
  ),
];

/** Come last: a store that hangs takes no other record either. */
export const HANGING_STORE_CASES: readonly SuiteCase[] = both(
  "store-hangs",
  "the trail's store never answers",
  { trail: [], told: UNRECORDED },
  { trail: [], told: UNRECORDED },
);
