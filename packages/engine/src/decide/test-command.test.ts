import { expect, test } from "vitest";
import { threeWays } from "../fixtures/support.ts";

const HOLDS = "true true true";
const FAILS = "false false false";
const DOUBT = "false true true";

test.each<[x: unknown, ways: string]>([
  ["git status", HOLDS],
  ["git cherry-pick abc", HOLDS],
  ["git", FAILS],
  ["git push", FAILS],
  ["git -C x status", DOUBT],
  ["git +x", DOUBT],
  ["/tmp/git status", DOUBT],
  ["GIT status", DOUBT],
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
