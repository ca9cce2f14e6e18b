import { beforeEach, describe, expect, test } from "vitest";
import { textOf } from "./fixtures/fake-openclaw.ts";
import { makeScene, type Scene } from "./fixtures/scene.ts";
import { secondReading } from "./second-reading.ts";

const NBSP = "\u00a0";
const patch = (path: string) => ({ input: `*** Begin Patch\n  *** Update File: ${path}\n*** End Patch` });

let scene: Scene;
// A policy of text rules (glob, regex, prefix) that match all of it.
beforeEach(() => {
  scene = makeScene(() => true, { protectedPaths: ["/etc/proclaw"] });
});

describe("refused although the policy allows it, with a reason that holds none of it", () => {
  test.each([
    ["read", { path: "@notes.txt" }, "`@`"],
    ["read", { path: "@/etc/passwd" }, "`@`"],
    ["ls", { path: "@~/.ssh" }, "`@`"],
    ["write", { path: "@/etc/proclaw/policy.yaml", content: "x" }, "`@`"],
    ["apply_patch", patch("@/etc/proclaw/policy.yaml"), "`@`"],
    ["read", { path: `/work/a${NBSP}b` }, "special space"],
    ["ls", { path: "/work/a\u202fb/c" }, "special space"],
    ["read", { path: "/work/a\u3000b" }, "special space"],
    ["edit", { path: "file:///work/a%C2%A0b", edits: [] }, "special space"],
    ["apply_patch", patch(`a${NBSP}b`), "special space"],
    ["read", { path: " ~/.ssh/passwd" }, "white space"],
    ["read", { path: "\t/etc/passwd" }, "white space"],
    ["ls", { path: "\ufeff/etc/passwd" }, "white space"],
    ["write", { path: "/etc/passwd\u2028", content: "x" }, "white space"],
    ["edit", { path: "file:///etc/passwd%20", edits: [] }, "white space"],
    ["read", { path: "/etc/passwd\x1b" }, "white space"],
    ["read", { path: "/work/secret.docodex" }, "repair"],
    ["read", { path: "/work/secret.XLSxcodex" }, "repair"],
    ["read", { path: "/work/secret.txt</arg_value>>" }, "repair"],
    ["write", { path: "/etc/proclaw/policy.yaml</arg_value>>>", content: "x" }, "repair"],
    ["exec", { command: "rm -rf /</arg_value>>" }, "cut off"],
    ["bash", { command: "ls", workdir: "/</arg_value>>" }, "cut off"],
  ])("%s %j", async (tool, params, why) => {
    const outcome = await scene.run(tool, params);
    expect(scene.effects).toEqual([]);
    expect(textOf(outcome)).toContain(why);
    expect(textOf(outcome)).not.toMatch(/notes|passwd|policy\.yaml|secret|rm -rf/);
    expect(scene.guard.statuses).toEqual(["not_executed"]);
  });

  test("also where the arguments became so after the decision", async () => {
    scene.host.addPolicy(async () => ({ params: { path: "@notes.txt" } }));
    expect(textOf(await scene.run("read", { path: "/work/a.txt" }))).toContain("`@`");
    expect(scene.effects).toEqual([]);
  });
});

test.each([
  ["read", { path: "./@notes.txt" }],
  ["read", { path: "/work/@scope/a.docx" }],
  ["read", { path: "/work/codex" }],
  ["exec", { command: `echo @all ${NBSP} report.docodex` }],
  ["message", { path: "@someone" }],
  ["apply_patch", { input: "*** Begin Patch\n*** Add File: a\n+mail @someone\n*** End Patch" }],
])("%s %j is left to the policy", async (tool, params) => {
  await scene.run(tool, params);
  expect(scene.effects).toHaveLength(1);
});

test("what is no text has no second reading", () => {
  expect(secondReading("read", { path: 7 }, { path: 7 }, [])).toBeNull();
  expect(secondReading("exec", {}, {}, [])).toBeNull();
});
