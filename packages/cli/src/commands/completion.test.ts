import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, temporaryFolder } from "../fixtures/run.ts";

const folder = temporaryFolder();

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("of %s knows the commands and options", async (shell) => {
    const { code, out } = await run(["completion", shell]);
    expect(code).toBe(0);
    for (const word of ["lint", "audit", "verify", "strict", "anchor", "template", "minimal", "debug"])
      expect(out).toContain(word);
  });

  it("completes in a real bash", async () => {
    const script = join(folder, "completion.bash");
    writeFileSync(script, (await run(["completion", "bash"])).out);
    const complete = (...words: readonly string[]): string[] =>
      execFileSync(
        "bash",
        [
          "-c",
          `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _proclaw; printf '%s\\n' "\${COMPREPLY[@]}"`,
          script,
          "proclaw",
          ...words,
        ],
        { cwd: folder, encoding: "utf8" },
      )
        .trim()
        .split("\n");
    expect(complete("au")).toContain("audit");
    expect(complete("audit", "v")).toEqual(["verify"]);
    expect(complete("audit", "verify", "--a")).toEqual(["--anchor"]);
    expect(complete("lint", "--s")).toEqual(["--strict"]);
    expect(complete("init", "--template", "c")).toEqual(["clinic"]);
    expect(complete("lint", "compl")).toEqual(["completion.bash"]);
  });

  it.each(["zsh", "fish"])("parses in %s, where that is installed", async (shell) => {
    const script = join(folder, `completion.${shell}`);
    writeFileSync(script, (await run(["completion", shell])).out);
    const { error, status, stderr } = spawnSync(shell, ["-n", script], { encoding: "utf8" });
    // Not installed: nothing to try it with.
    if (error !== undefined) return;
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
