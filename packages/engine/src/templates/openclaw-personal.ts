import type { PolicyDocument } from "../policy.ts";

/**
 * What runs commands, or can make something run them later or elsewhere: treated alike, since a
 * policy that watches `exec` only is passed by any of the others.
 */
const EXEC_EQUIVALENTS: readonly string[] = [
  "exec",
  "bash",
  "process",
  "terminal",
  "code_execution",
  "secrets",
  "automations",
  "cron",
  "plugins",
  "gateway",
  "openclaw",
  "nodes",
  "skill_workshop",
  "sessions_spawn",
  "subagents",
  "computer",
  "mobile_ui",
  "browser",
  "portal",
  "dashboard",
];

const FILE_WRITERS: readonly string[] = ["write", "edit", "apply_patch"];

/** What leaves the machine, or speaks in the user's name. */
const OUTWARD: readonly string[] = [
  "message",
  "conversations_send",
  "conversations_turn",
  "sessions_send",
  "github_publish",
  "web_fetch",
  "x_search",
];

/** Where the host and ProClaw keep state, settings, plugins and the trail. */
const PROTECTED = String.raw`(?:^|/)\.openclaw(?:/|$)|(?:^|/)\.(?:local/state|config)/(?:proclaw|openclaw)(?:/|$)|(?:^|/)openclaw\.plugin\.json$`;
const KEYS = String.raw`(?:^|/)\.(?:ssh|aws|azure|gnupg|kube|docker|password-store)(?:/|$)|(?:^|/)\.(?:netrc|npmrc|pypirc|git-credentials|pgpass)$|(?:^|/)(?:id_rsa|id_ed25519|id_ecdsa)[^/]*$|(?:^|/)\.env(?:\.[^/]*)?$`;

/**
 * For one person's OpenClaw. Everything as strong as a shell, everything that writes files and
 * everything that leaves the machine asks first; the host's own state cannot be written and keys
 * cannot be read; reading files is left to the policy that extends this one, which knows the folders.
 */
export const OPENCLAW_PERSONAL: PolicyDocument = {
  version: 1,
  name: "openclaw-personal",
  rules: [
    {
      name: "openclaw: no other gateway by url",
      tool: "*",
      effect: "deny",
      constraints: { gatewayUrl: { present: true } },
      reason: "tools may not be pointed at another gateway",
    },
    {
      name: "openclaw: no other gateway by token",
      tool: "*",
      effect: "deny",
      constraints: { gatewayToken: { present: true } },
      reason: "tools may not be pointed at another gateway",
    },
    {
      name: "openclaw: no elevated commands",
      tool: ["exec", "bash"],
      effect: "deny",
      // `not` alone would also be true of an absent argument.
      constraints: { elevated: { present: true, not: false } },
      reason: "elevated commands are off limits",
    },
    {
      name: "openclaw: no writing to the host's own state",
      tool: FILE_WRITERS,
      effect: "deny",
      constraints: { path: { regex: PROTECTED, search: true } },
      reason: "the agent may not change its own host, plugins or trail",
    },
    {
      name: "openclaw: no patching of the host's own state",
      tool: "apply_patch",
      effect: "deny",
      constraints: { input: { regex: String.raw`\.openclaw/|openclaw\.plugin\.json|state/proclaw/`, search: true } },
      reason: "the agent may not change its own host, plugins or trail",
    },
    {
      name: "openclaw: no reading of keys",
      tool: ["read", "view_image", "pdf", ...FILE_WRITERS],
      effect: "deny",
      constraints: { path: { regex: KEYS, search: true } },
      reason: "key files are off limits",
    },
    {
      name: "openclaw: fetch public pages only",
      tool: "web_fetch",
      effect: "deny",
      constraints: { url: { not: { url: { schemes: ["https", "http"], zones: ["public"] } } } },
      reason: "only public web pages may be fetched",
    },
    {
      name: "openclaw: whatever is as strong as a shell asks first",
      tool: EXEC_EQUIVALENTS,
      effect: "require_approval",
      reason: "this can run commands",
    },
    {
      name: "openclaw: writing files asks first",
      tool: FILE_WRITERS,
      effect: "require_approval",
      reason: "this changes files",
    },
    {
      name: "openclaw: what leaves the machine asks first",
      tool: OUTWARD,
      effect: "require_approval",
      reason: "this sends data out",
    },
    {
      name: "openclaw: tools of MCP servers ask first",
      tool: "*__*",
      effect: "require_approval",
      reason: "this tool comes from an MCP server",
    },
    {
      name: "openclaw: search the web",
      tool: "web_search",
      effect: "allow",
      constraints: { query: { length: { max: 300 } } },
      other_args: "deny",
      rate_limit: { limit: 30, per: "1m", by: "session" },
    },
    {
      name: "openclaw: look at memory and at the session itself",
      tool: [
        "memory_search",
        "memory_get",
        "session_status",
        "agents_list",
        "get_goal",
        "create_goal",
        "update_goal",
        "progress_card",
        "ask_user",
        "heartbeat_respond",
      ],
      effect: "allow",
    },
  ],
};
