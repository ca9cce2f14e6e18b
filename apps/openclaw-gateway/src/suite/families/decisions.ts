import type { SuiteCase } from "../suite-case.ts";

/** What the policy says, happens. */
export const DECISION_CASES: readonly SuiteCase[] = [
  {
    id: "allowed",
    what: "a command that the policy allows",
    drive: { kind: "turn", calls: [{ name: "exec", args: { command: "touch 'MARKER'" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: true },
    trail: ["exec allow", "exec success"],
  },
  {
    id: "denied",
    what: "a command that the policy denies",
    drive: { kind: "turn", calls: [{ name: "exec", args: { command: "touch 'MARKER'" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["exec deny not_executed"],
  },
  {
    id: "approval",
    what: "a command that needs an approval, with nobody there to give it",
    drive: { kind: "turn", calls: [{ name: "exec", args: { command: "touch 'MARKER'" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["exec require_approval not_executed"],
  },
  {
    id: "sanitized",
    what: "a card number in a file that the model reads",
    drive: { kind: "turn", calls: [{ name: "read", args: { path: "card.txt" } }] },
    effect: { kind: "told", text: "4111 1111 1111 1111" },
    takesPlace: { without: true, with: false },
    trail: ["read allow", "read success"],
  },
  {
    id: "repaired-name",
    what: "a denied file, `plan.docx`, read as `plan.docodex`, which OpenClaw repairs after all hooks",
    drive: { kind: "turn", calls: [{ name: "read", args: { path: "plan.docodex" } }] },
    effect: { kind: "told", text: "the plan for ward 7" },
    takesPlace: { without: true, with: false },
    trail: ["read allow", "read not_executed"],
    told: "openclaw would repair",
  },
  {
    id: "repaired-write",
    what: "a file that must not be written, under a name with `</arg_value>>` at its end, which OpenClaw cuts off after all hooks",
    drive: { kind: "turn", calls: [{ name: "write", args: { path: "MARKER</arg_value>>", content: "x" } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["write allow", "write not_executed"],
    told: "openclaw would repair",
  },
  {
    id: "at-sign",
    what: "a file read as `@at.txt`, whose `@` OpenClaw drops",
    drive: { kind: "turn", calls: [{ name: "read", args: { path: "@at.txt" } }] },
    effect: { kind: "told", text: "the plan for ward 7" },
    takesPlace: { without: true, with: false },
    trail: ["read allow", "read not_executed"],
    told: "begins with `@`",
  },
];
