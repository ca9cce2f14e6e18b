import type { SuiteCase } from "../suite-case.ts";

const harmless = { kind: "turn", calls: [{ name: "exec", args: { command: "echo harmless" } }] } as const;

/** Another plugin of the same process (fixtures/neighbor) interferes with a call. */
export const NEIGHBOR_CASES: readonly SuiteCase[] = [
  {
    id: "hook-throws",
    what: "another plugin's hook throws at an allowed command: no contrast, since OpenClaw itself blocks a call at which any plugin's hook throws (for ProClaw's own see `own-…`)",
    drive: { kind: "turn", calls: [{ name: "exec", args: { command: "touch 'MARKER'" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: false, with: false },
    trail: ["exec allow", "exec not_executed"],
    remark: "OpenClaw blocks it",
  },
  {
    id: "hook-hangs",
    what: "another plugin's hook never answers: no contrast, since OpenClaw itself gives up on the hook after its time limit and blocks the call (for ProClaw's own see `own-…`)",
    drive: { kind: "turn", calls: [{ name: "exec", args: { command: "touch 'MARKER'" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: false, with: false },
    trail: ["exec allow", "exec not_executed"],
    remark: "OpenClaw blocks it",
  },
  {
    id: "late-hook",
    what: "another plugin's hook turns an allowed command into a denied one",
    drive: harmless,
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    // The command that was decided is the one that ran.
    trail: ["exec allow", "exec success"],
  },
  {
    id: "later-policy",
    what: "another plugin's trusted policy, asked after ours, does the same",
    drive: harmless,
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["exec allow", "exec deny not_executed", "exec not_executed"],
  },
  {
    id: "live-params",
    what: "another plugin writes into the live arguments after the decision",
    drive: harmless,
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["exec allow", "exec deny not_executed", "exec not_executed"],
  },
];
