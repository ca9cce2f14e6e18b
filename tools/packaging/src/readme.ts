import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fencesOf } from "../../e2e/src/readme-examples.ts";
import type { PackedPackage } from "./pack.ts";

/**
 * What README's "Ten lines of code" tells: all tarballs at once into an empty folder, the policy, the
 * agent, and the check of what happened by the installed command. Returns what was printed.
 */
export function followReadme(readme: string, folder: string, all: readonly PackedPackage[], node: string): string {
  const titled = (title: string): string => {
    const fence = fencesOf(readme).find((one) => one.info === `title=${title}`);
    if (fence === undefined) throw new Error(`README has no block titled ${title}`);
    return fence.code;
  };
  mkdirSync(folder, { recursive: true });
  const env = {
    ...process.env,
    NO_COLOR: "1",
    PATH: [dirname(node), process.env["PATH"]].join(delimiter),
    XDG_STATE_HOME: join(folder, ".state"),
  };
  const run = (program: string, args: readonly string[]): string =>
    execFileSync(program, args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  run("npm", ["init", "-y"]);
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...all.map(({ tarball }) => tarball)]);
  writeFileSync(join(folder, "clinic_policy.yaml"), titled("clinic_policy.yaml"));
  writeFileSync(join(folder, "agent.mjs"), titled("agent.mjs"));
  return run(node, ["agent.mjs"]) + run("sh", ["-c", titled("verify")]);
}
