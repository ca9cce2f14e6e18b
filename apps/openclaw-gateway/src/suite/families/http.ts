import type { SuiteCase } from "../suite-case.ts";

/** `POST /tools/invoke`: no model, no requester, no middleware. OpenClaw offers no `exec` and no file tools there. */
export const HTTP_CASES: readonly SuiteCase[] = [
  {
    id: "http-allowed",
    what: "`/tools/invoke` of an allowed tool",
    drive: { kind: "invoke", call: { name: "ward_note", args: { file: "MARKER" } } },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: true },
    // Nobody reports the end of such a call.
    trail: ["ward_note allow", "ward_note unobserved"],
  },
  {
    id: "http-denied",
    what: "`/tools/invoke` of a denied tool (answer 403)",
    drive: { kind: "invoke", call: { name: "ward_note", args: { file: "MARKER" } } },
    effect: { kind: "marker" },
    takesPlace: { without: true, with: false },
    trail: ["ward_note deny not_executed"],
  },
];
