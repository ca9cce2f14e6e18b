import type { ToolCatalogue } from "@proclaw/core";

/**
 * What is known of OpenClaw's built-in tools: which talk to the network, and which arguments change
 * how much comes back but never what is touched. Tools that are not listed have no declared zone and
 * no harmless arguments, which is the strict reading. `exec` and what is as strong as it (`process`,
 * `terminal`, `automations`, `nodes`, `gateway`, `plugins`, `sessions_spawn`, `code_execution`, …)
 * has no zone: nobody knows where a shell connects to.
 */
export const OPENCLAW_TOOLS: ToolCatalogue = Object.freeze({
  read: { network: "none", harmless_args: ["offset", "limit", "cursor", "optional"] },
  ls: { network: "none", harmless_args: ["limit"] },
  write: { network: "none" },
  edit: { network: "none" },
  apply_patch: { network: "none" },
  exec: { harmless_args: ["timeoutSeconds", "yieldMs"] },
  web_fetch: { network: "external", harmless_args: ["extractMode", "maxChars"] },
  web_search: { network: "external", harmless_args: ["count"] },
});
