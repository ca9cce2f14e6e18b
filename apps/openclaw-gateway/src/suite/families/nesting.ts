import type { SuiteCase } from "../suite-case.ts";

/** Calls inside calls, and calls that somebody else serves. */
export const NESTING_CASES: readonly SuiteCase[] = [
  {
    id: "nested-allowed",
    what: "an allowed tool, called through `tool_call`",
    drive: {
      kind: "turn",
      calls: [{ name: "tool_call", args: { id: "ward_note", args: { file: "MARKER" } } }],
    },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: true },
    trail: ["tool_call allow", "ward_note allow", "ward_note success", "tool_call success"],
  },
  {
    id: "nested-denied",
    what: "a denied command, called through `tool_call`",
    drive: {
      kind: "turn",
      calls: [{ name: "tool_call", args: { id: "exec", args: { command: "touch 'MARKER'" } } }],
    },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["tool_call allow", "exec deny not_executed", "tool_call error"],
  },
  {
    id: "mcp-allowed",
    what: "a tool of an MCP server that the policy allows",
    drive: { kind: "turn", calls: [{ name: "tool_call", args: { id: "ward__mark", args: { file: "MARKER" } } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: true },
    trail: ["tool_call allow", "ward__mark allow", "ward__mark success", "tool_call success"],
  },
  {
    id: "mcp-denied",
    what: "a tool of an MCP server that the policy denies",
    drive: { kind: "turn", calls: [{ name: "tool_call", args: { id: "ward__mark", args: { file: "MARKER" } } }] },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["tool_call allow", "ward__mark deny not_executed", "tool_call error"],
  },
  {
    id: "subagent",
    what: "a denied command of a subagent",
    drive: {
      kind: "turn",
      calls: [
        { name: "tool_call", args: { id: "sessions_spawn", args: { task: "[script subagent-child] please begin" } } },
      ],
      child: [{ name: "exec", args: { command: "touch 'MARKER'" } }],
    },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: [
      "tool_call allow",
      "sessions_spawn allow",
      "sessions_spawn success",
      "tool_call success",
      "exec deny not_executed",
    ],
  },
];
