export { DeniedError, ToolFailedError, WithheldError } from "@proclaw/runtime";
export type { CallMeta, CallOptions, Denial, Guard, Permit, Settlement, ToolOutcome, Verdict } from "@proclaw/runtime";
export type { PolicySource } from "./load-policy.ts";
export { openDenyAllGuard, openGuard, openGuardOrDenyAll } from "./open-guard.ts";
export type { DenyAllOptions, GuardSettings, OpenGuardOptions } from "./open-guard.ts";
export type { TrailPlace } from "./open-trail.ts";
export { secureAgent } from "./secure-agent.ts";
export type { SecureAgentOptions, ToolInvoker } from "./secure-agent.ts";
