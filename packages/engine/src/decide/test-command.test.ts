import { describe, expect, test } from "vitest";
import { judge, threeWays } from "../fixtures/support.ts";

const HOLDS = "true true true";
const FAILS = "false false false";
const DOUBT = "false true true";

test.each<[x: unknown, ways: string]>([
  ["git status", HOLDS],
  ["git cherry-pick", HOLDS],
  ["git cherry-pick abc", DOUBT],
  ["git status -s", DOUBT],
  ["git status +s", DOUBT],
  ["git", FAILS],
  ["git push", FAILS],
  ["git -C x status", DOUBT],
  ["git +x", DOUBT],
  ["/tmp/git status", DOUBT],
  ["GIT status", DOUBT],
  ["git.exe status", DOUBT],
  ["ld-linux-x86-64.so.2 git status", DOUBT],
  ["npm status", DOUBT],
  ["ls status", FAILS],
  ["1sh status", FAILS],
  ["sh1 status", DOUBT],
  ["env git status", DOUBT],
  ["git status; ls", DOUBT],
  ["", DOUBT],
  [5, DOUBT],
])("git with status or cherry-pick: %j", (x, ways) => {
  const command = { programs: ["git"], subcommands: ["status", "cherry-pick"] };
  expect(threeWays({ command }, { x: x as never })).toBe(ways);
});

describe("an allow rule lets pass only the options and operands that it lists", () => {
  const GIT = { programs: ["git"], subcommands: ["log", "diff"] };
  test.each<[command: object, x: string, holds: boolean]>([
    [{}, "git log", true],
    [{}, "git log x", false],
    [{}, "git log -", false],
    [{}, "git log --output=pwn.sh", false],
    [{ options: ["-1"] }, "git log -1", true],
    [{ options: ["-1"] }, "git log -12", false],
    [{ options: "-1" }, "git log -1 -1", true],
    [{ options: ["-1"] }, "git log -1 --output=.git/config", false],
    [{ options: ["-1"] }, "git log -1 x", false],
    [{ options: ["--format="] }, "git log --format=%H=1", true],
    [{ options: ["--format="] }, "git log --format=", true],
    [{ options: ["--format="] }, "git log --format", false],
    [{ options: ["--format=%H"] }, "git log --format=%H1", false],
    [{ options: ["--format"] }, "git log --format=%H", false],
    [{ options: ["--format="], operands: true }, "git log --no-format=x", false],
    [{ operands: true }, "git diff a b=-c", true],
    [{ operands: true }, "git diff a --no-index", false],
    [{ operands: true }, "git diff a +x", false],
    [{ operands: true }, "git diff -- a", false],
    [{ operands: true, options: ["--"] }, "git diff -- a", true],
    [{ operands: true, options: ["--"] }, "git diff -- --output=x", false],
    [{ operands: false }, "git diff /dev/null /etc/passwd", false],
  ])("%j: %s", (command, x, holds) => {
    const constraints = { x: { command: { ...GIT, ...command } } };
    expect(judge("allow", { constraints }, { x })).toBe(String(holds));
    // Doubt, so that `not` does not let it pass either.
    expect(judge("allow", { constraints: { x: { not: constraints.x } } }, { x })).toBe("false");
  });

  test("without subcommands the word behind the program is asked for too", () => {
    const command = { programs: ["ls"], options: ["-l"] };
    expect(judge("allow", { constraints: { x: { command } } }, { x: "ls -l" })).toBe("true");
    expect(judge("allow", { constraints: { x: { command } } }, { x: "ls /etc" })).toBe("false");
    expect(judge("allow", { constraints: { x: { command } } }, { x: "ls -R" })).toBe("false");
  });

  test("deny and approval rules take any", () => {
    for (const effect of ["deny", "require_approval"] as const)
      expect(judge(effect, { constraints: { x: { command: GIT } } }, { x: "git log -p x" })).toBe("true");
  });
});
