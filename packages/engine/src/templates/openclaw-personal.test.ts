import { describe, expect, test } from "vitest";
import { ask, codesOf, planOf } from "../fixtures/support.ts";
import { OPENCLAW_PERSONAL } from "./openclaw-personal.ts";

const plan = planOf({ extends: "template:openclaw-personal", rules: [] });
const outcome = (tool: string, args: object = {}): string => {
  const { effect, rule_name } = ask(plan, tool, args as never);
  return `${effect} ${rule_name}`;
};

test("loads without a word", () => {
  expect(codesOf({ extends: "template:openclaw-personal", rules: [] })).toEqual([]);
  expect(codesOf(OPENCLAW_PERSONAL)).toEqual([]);
});

test.each([
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
])("%s is treated like a shell", (tool) => {
  const shell = outcome("exec", { command: "ls" });
  expect(shell).toBe("require_approval openclaw: whatever is as strong as a shell asks first");
  expect(outcome(tool, { anything: "goes" })).toBe(shell);
});

test.each(["read", "exec", "web_search", "session_status", "server__tool", "no such tool"])(
  "%s may not be pointed at another gateway",
  (tool) => {
    expect(outcome(tool, { gatewayUrl: "ws://evil.example" })).toBe("deny openclaw: no other gateway by url");
    expect(outcome(tool, { gatewayToken: null })).toBe("deny openclaw: no other gateway by token");
  },
);

describe("what is protected", () => {
  test.each([
    ["exec", { command: "ls", elevated: true }],
    ["exec", { command: "ls", elevated: "full" }],
    ["write", { path: "/home/me/.openclaw/openclaw.json", content: "" }],
    ["edit", { path: "~/.openclaw/plugins/x", edits: [] }],
    ["write", { path: "/home/me/.local/state/proclaw/trail/x", content: "" }],
    ["apply_patch", { input: "*** Update File: .openclaw/openclaw.json" }],
    ["read", { path: "/home/me/.ssh/id_ed25519" }],
    ["read", { path: "app/.env" }],
    ["write", { path: ["/home/me/.ssh"] }],
    ["web_fetch", { url: "http://169.254.169.254/latest/meta-data" }],
    ["web_fetch", { url: "http://localhost:18789/" }],
    ["web_fetch", { url: "file:///etc/passwd" }],
    ["web_fetch", { url: "https://user@example.org/" }],
    ["web_search", { query: "x".repeat(301) }],
    ["web_search", { query: "x", provider: "mine" }],
    ["read", { path: "/srv/notes/a.md" }],
    ["no such tool", {}],
  ])("%s %j is denied", (tool, args) => {
    expect(outcome(tool, args)).toMatch(/^deny /);
  });
  test.each([
    ["exec", { command: "ls", elevated: false }, "require_approval"],
    ["write", { path: "/srv/notes/a.md", content: "" }, "require_approval"],
    ["web_fetch", { url: "https://example.org/" }, "require_approval"],
    ["github__create_issue", {}, "require_approval"],
    ["message", { action: "send", message: "hi" }, "require_approval"],
    ["web_search", { query: "weather" }, "allow"],
    ["memory_get", { id: 1 }, "allow"],
  ])("%s %j: %s", (tool, args, effect) => {
    expect(outcome(tool, args).split(" ")[0]).toBe(effect);
  });
});

test("a policy that builds on it lets its own folders be read, and keys stay closed", () => {
  const own = planOf({
    extends: "template:openclaw-personal",
    rules: [{ name: "notes", tool: "read", constraints: { path: { path: { within: "/srv/notes" } } } }],
  });
  const read = (path: string): string => ask(own, "read", { path }, { facts: { paths: { [path]: path } } }).effect;
  expect([read("/srv/notes/a.md"), read("/srv/notes/.env"), read("/srv/other")]).toEqual(["allow", "deny", "deny"]);
});
